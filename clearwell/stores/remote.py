"""A part of a bucket. Of any number of writers of one name, the store lets exactly one win, if it can.

Some servers accept the condition and ignore it: a writer could then overwrite another's work unnoticed. So
each process tests a bucket before its first conditional put there.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.settings import store_variables
from clearwell.stores.connections import filesystem, objects
from clearwell.stores.failures import explained, no_conditional_put
from clearwell.stores.files import file_sizes, read_file
from clearwell.stores.place import StoredFile
from clearwell.stores.urls import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["RemotePlace"]

_MOST_AT_ONCE = 1_000


class RemotePlace:
    """The files below one address."""

    def __init__(self, url: str) -> None:
        self._base, self._prefix = split(url)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._base}/{self._prefix}".rstrip("/")

    def put_new(self, key: str, data: bytes) -> bool:
        """Write unless the name is taken; returns whether this call wrote it."""
        self.require_conditional_put()
        return _put_new(self._base, self._key(key), data)

    def require_conditional_put(self) -> None:
        """Check that the store keeps concurrent writers apart; raises StoreError."""
        _try_conditional_put(self.url, store_variables())

    def put(self, key: str, data: bytes) -> None:
        """Write atomically; a reader sees the old bytes or the new ones, never a part."""
        import obstore

        with explained(self._address(key)):
            obstore.put(objects(self._base), self._key(key), data)

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        data = read_file(self._address(key))
        if data is None:
            self._require_bucket()
        return data

    def size(self, key: str) -> int | None:
        """The size of the file in bytes, or None when there is none."""
        (size,) = file_sizes([self._address(key)])
        if size is None:
            self._require_bucket()
        return size

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, unordered."""
        import obstore

        above = len(self._key(""))
        with explained(self._address(prefix)):
            for page in obstore.list(objects(self._base), self._key(prefix).rstrip("/") or None):
                for meta in page:
                    if not _marks_a_folder(meta["path"], meta["size"]):
                        yield StoredFile(
                            meta["path"][above:], meta["size"], meta["last_modified"].timestamp()
                        )

    def folders(self, prefix: str) -> list[str]:
        """The sorted names of the folders in the folder ``prefix``."""
        from pyarrow.fs import FileSelector, FileType

        inside = FileSelector(self._key(prefix).rstrip("/"), allow_not_found=True)
        with explained(self._address(prefix)):
            found = filesystem(self._base).get_file_info(inside)
        return sorted(info.base_name for info in found if info.type is FileType.Directory)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; a missing file is not an error."""
        import obstore

        whole = [self._key(key) for key in keys]
        with explained(self.url):
            for start in range(0, len(whole), _MOST_AT_ONCE):
                some = whole[start : start + _MOST_AT_ONCE]
                try:
                    obstore.delete(objects(self._base), some)
                except FileNotFoundError:  # S3 does not report a missing file, other stores do
                    for key in some:
                        with suppress(FileNotFoundError):
                            obstore.delete(objects(self._base), key)

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    def _address(self, key: str) -> str:
        return f"{self.url}/{key}".rstrip("/")

    def _require_bucket(self) -> None:
        """Distinguish a missing file from a missing bucket: they look the same until a listing."""
        _require_bucket(self._base, store_variables())


def _marks_a_folder(key: str, size: int) -> bool:
    """Whether it is S3A's folder marker, ``rows/``. The slash is not shown, and it cannot be deleted."""
    name = key.rpartition("/")[2]
    return not size and "." not in name and name != "_SUCCESS"


@lru_cache(maxsize=64)
def _require_bucket(base: str, _variables: int) -> None:
    from pyarrow.fs import FileSelector

    with explained(base):
        filesystem(base).get_file_info(FileSelector("clearwell-was-here", allow_not_found=True))


@lru_cache(maxsize=64)
def _try_conditional_put(url: str, _variables: int) -> None:
    import obstore

    base, prefix = split(url)
    key = f"{prefix}/clearwell-probe-{uuid4().hex}".lstrip("/")
    _put_new(base, key, b"first")
    try:
        if _put_new(base, key, b"second"):
            raise no_conditional_put(url)
    finally:
        with explained(url):
            obstore.delete(objects(base), key)


def _put_new(base: str, key: str, data: bytes) -> bool:
    import obstore
    from obstore.exceptions import AlreadyExistsError

    try:
        with explained(f"{base}/{key}"):
            obstore.put(objects(base), key, data, mode="create")
    except AlreadyExistsError:
        return False
    return True
