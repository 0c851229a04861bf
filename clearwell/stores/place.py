"""The operations of a place: a folder or a part of a bucket. Keys are relative to it, with ``/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Place", "StoredFile"]


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it: path relative to the lake, size in bytes, POSIX modification time."""

    path: str
    size: int
    modified: float


class Place(Protocol):
    """One place. Each method may raise StoreError, and no other error for a failure of the store."""

    @property
    def url(self) -> str:
        """Its absolute path, or its address."""
        ...

    def put_new(self, key: str, data: bytes) -> bool:
        """Write unless the name is taken; returns whether this call wrote it."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write atomically; a reader sees the old bytes or the new ones, never a part."""
        ...

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        ...

    def size(self, key: str) -> int | None:
        """The size of the file in bytes, or None when there is none."""
        ...

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, unordered."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """The sorted names of the folders in the folder ``prefix``."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; a missing file is not an error."""
        ...
