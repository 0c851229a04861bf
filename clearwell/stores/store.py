"""The whole lake under one kind of path, relative to it and with ``/``, wherever each part is stored.

``put_new`` is the only arbiter that Clearwell needs outside of Delta's log: of any number of writers of
one name, exactly one wins (hard link on a disk, conditional put on an object store).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import StoreError
from clearwell.names import is_url
from clearwell.stores.connections import OPTIONS
from clearwell.stores.files import open_input, open_output
from clearwell.stores.local import LocalPlace
from clearwell.stores.place import StoredFile
from clearwell.stores.private import keep_private
from clearwell.stores.remote import RemotePlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from clearwell.stores.place import Place

__all__ = ["Store"]

_NOWHERE: dict[str, str] = {}


class Store:
    """The lake whose folder is ``root``; ``places`` gives the parts that are stored elsewhere.

    Args:
        root: A local folder.
        places: From the first segment of a path (``gold``) to an absolute path or a store address.
        durable: Whether what is written to a disk is forced to it. An object store does so by itself.
    """

    def __init__(
        self, root: str | Path, places: Mapping[str, str] = _NOWHERE, *, durable: bool = False
    ) -> None:
        if is_url(str(root)):
            raise StoreError(
                "a lake's own folder must be local",
                place=str(root),
                hint='write the address as the setting lake = "...", or as its places',
            )
        self.root = Path(root).absolute()
        self.places = dict(places)
        self.durable = durable
        self._root = LocalPlace(self.root, durable=durable)
        self._places: dict[str, Place] = {
            segment: RemotePlace(where) if is_url(where) else LocalPlace(where, durable=durable)
            for segment, where in self.places.items()
        }

    def absolute(self, path: str) -> str:
        """Where engines and Delta find ``path``: a local path, or an address."""
        place, key = self._at(path)
        return f"{place.url}/{key}" if key else place.url

    def uri(self, path: str) -> str:
        """The same as an address, ``file://`` for a local path."""
        where = self.absolute(path)
        return where if is_url(where) else Path(where).as_uri()

    def is_local(self, path: str) -> bool:
        """Whether ``path`` is on a local disk."""
        return isinstance(self._at(path)[0], LocalPlace)

    def keep_private(self, access: str) -> None:
        """Close the lake's folder, and those of parts on other disks, to everybody but ``access``."""
        for place in (self._root, *self._places.values()):
            if isinstance(place, LocalPlace):
                keep_private(place.folder, access)

    def options(self, path: str) -> dict[str, str] | None:
        """Delta's storage options to open ``path``; they hold no secret."""
        return None if self.is_local(path) else dict(OPTIONS)

    def require_conditional_put(self, path: str) -> None:
        """Check that the store keeps concurrent writers of ``path`` apart; raises StoreError."""
        place, _ = self._at(path)
        if isinstance(place, RemotePlace):
            place.require_conditional_put()

    def put_new(self, path: str, data: bytes) -> bool:
        """Write ``data`` unless the name is taken; returns whether this call wrote it."""
        place, key = self._at(path)
        return place.put_new(key, data)

    def put(self, path: str, data: bytes) -> None:
        """Write ``data`` atomically; a reader sees the old bytes or the new ones, never a part."""
        place, key = self._at(path)
        place.put(key, data)

    def get(self, path: str) -> bytes | None:
        """The bytes at ``path``, or None when there is no such file."""
        place, key = self._at(path)
        return place.get(key)

    def size(self, path: str) -> int | None:
        """The size of the file at ``path`` in bytes, or None when there is none."""
        place, key = self._at(path)
        return place.size(key)

    def exists(self, path: str) -> bool:
        """Whether there is a file at ``path``."""
        return self.size(path) is not None

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, unordered; with ``""`` those of the whole lake."""
        place, key = self._at(prefix)
        segment = prefix.partition("/")[0]
        if segment in self._places:
            for file in place.list(key):
                yield StoredFile(f"{segment}/{file.path}", file.size, file.modified)
            return
        for file in place.list(key):
            if file.path.partition("/")[0] not in self._places:
                yield file
        for elsewhere in () if prefix else self._places:
            yield from self.list(elsewhere)

    def folders(self, prefix: str) -> list[str]:
        """The sorted names of the folders in the folder ``prefix``."""
        place, key = self._at(prefix)
        return place.folders(key)

    def delete(self, paths: Iterable[str]) -> None:
        """Remove files; a missing file is not an error."""
        keys: dict[str, list[str]] = {}
        for path in paths:
            keys.setdefault(path.partition("/")[0], []).append(path)
        for together in keys.values():
            place, _ = self._at(together[0])
            place.delete(self._at(path)[1] for path in together)

    def force(self, paths: Iterable[str]) -> None:
        """Force files that others have written to their disk, if this lake is durable."""
        for path in paths:
            place, key = self._at(path)
            if isinstance(place, LocalPlace):
                place.force([key])

    def open_input(self, path: str) -> Any:
        """What pyarrow reads the file at ``path`` from."""
        return open_input(self.absolute(path))

    def open_output(self, path: str) -> Any:
        """What pyarrow writes a Parquet file at ``path`` to."""
        return open_output(self.absolute(path))

    def _at(self, path: str) -> tuple[Place, str]:
        segment, _, key = path.partition("/")
        if segment in self._places:
            return self._places[segment], key
        return self._root, path
