"""A local folder. The first write creates it, a read never does."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.stores.durable import force
from clearwell.stores.failures import explained
from clearwell.stores.place import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from obstore.store import LocalStore

__all__ = ["LocalPlace"]


class LocalPlace:
    """``put_new`` makes a hard link: of any number of writers of one name, exactly one wins.

    Args:
        folder: The folder.
        durable: Whether a write returns only when it is on the disk.
    """

    def __init__(self, folder: str | Path, *, durable: bool = False) -> None:
        self.folder = Path(folder).absolute()
        self._durable = durable
        self._linked: set[tuple[Path, int]] = set()

    @property
    def url(self) -> str:
        """Its absolute path."""
        return str(self.folder)

    @cached_property
    def _store(self) -> LocalStore:
        from obstore.store import LocalStore

        return LocalStore(self.folder, mkdir=True)

    def put_new(self, key: str, data: bytes) -> bool:
        """Write unless the name is taken; returns whether this call wrote it."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            with explained(self.url):
                obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return False
        self.force([key])
        return True

    def put(self, key: str, data: bytes) -> None:
        """Write atomically; a reader sees the old bytes or the new ones, never a part."""
        import obstore

        with explained(self.url):
            obstore.put(self._store, key, data)
        self.force([key])

    def force(self, keys: Iterable[str]) -> None:
        """Force files to the disk if this place is durable."""
        if self._durable:
            force((self.folder / key for key in keys), top=self.folder.parent, linked=self._linked)

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        try:
            with explained(self.url):
                return Path(self.folder, key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def size(self, key: str) -> int | None:
        """The size of the file in bytes, or None when there is none."""
        path = Path(self.folder, key)
        return path.stat().st_size if path.is_file() else None

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, unordered."""
        import obstore

        if not self.folder.is_dir():
            return
        with explained(self.url):
            found = [meta for page in obstore.list(self._store, prefix or None) for meta in page]
        for meta in found:
            yield StoredFile(meta["path"], meta["size"], meta["last_modified"].timestamp())

    def folders(self, prefix: str) -> list[str]:
        """The sorted names of the folders in the folder ``prefix``."""
        folder = Path(self.folder, prefix)
        return sorted(f.name for f in folder.iterdir() if f.is_dir()) if folder.is_dir() else []

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; a missing file is not an error."""
        import obstore

        for key in keys:
            try:
                with explained(self.url):
                    obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
