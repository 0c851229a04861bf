"""Bytes in the lake's folder: conditional put, read, list, delete.

``put_new`` is the only arbiter that Clearwell needs outside of Delta's log: of any number of writers of
one name exactly one wins (hard link on a disk, conditional put on an object store; obstore does both).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from clearwell.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Store", "StoredFile"]


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it: path relative to the lake, size in bytes, POSIX time of change."""

    path: str
    size: int
    modified: float


class Store:
    """The lake's folder. Paths are relative to its root, with ``/``, whatever the machine."""

    def __init__(self, root: str | Path) -> None:
        if "://" in str(root):
            raise TableError(
                f"a lake at {str(root).split('://')[0]}:// is not supported in this version",
                hint="use a folder on a disk",
            )
        self.root = Path(root).absolute()
        self._opened: LocalStore | None = None

    @property
    def _store(self) -> LocalStore:
        if self._opened is None:  # a folder is made by the first write, never by a look
            self._opened = LocalStore(self.root, mkdir=True)
        return self._opened

    def absolute(self, path: str) -> str:
        """Where engines and Delta find ``path``."""
        return str(self.root / path)

    def put_new(self, path: str, data: bytes) -> bool:
        """Write ``data`` unless the name is taken; whether this call wrote it."""
        try:
            obstore.put(self._store, path, data, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def put(self, path: str, data: bytes) -> None:
        """Write ``data``; a reader sees the old bytes or the new ones, never a part."""
        obstore.put(self._store, path, data)

    def get(self, path: str) -> bytes | None:
        """The bytes at ``path``, or None when there is no such file."""
        if not self.root.is_dir():
            return None
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, in no order."""
        if not self.root.is_dir():
            return
        for page in obstore.list(self._store, prefix or None):
            for meta in page:
                yield StoredFile(meta["path"], meta["size"], meta["last_modified"].timestamp())

    def delete(self, paths: Iterable[str]) -> None:
        """Remove files; one that is already gone is no error."""
        for path in paths:
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                continue
