"""What a place can do, be it a folder or a part of a bucket. Keys are relative to it, with ``/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Place", "StoredFile"]


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it: path relative to the lake, size in bytes, POSIX time of change."""

    path: str
    size: int
    modified: float


class Place(Protocol):
    """One place. Each method may raise StoreError, and nothing else for what the store does wrong."""

    @property
    def url(self) -> str:
        """Its absolute path, or its address."""
        ...

    def put_new(self, key: str, data: bytes) -> bool:
        """Write unless the name is taken; whether this call wrote it."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write; a reader sees the old bytes or the new ones, never a part."""
        ...

    def get(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        ...

    def size(self, key: str) -> int | None:
        """How many bytes the file has, or None when there is none."""
        ...

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """All files at or below the folder ``prefix``, in no order."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders in the folder ``prefix``, sorted."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; one that is already gone is no error."""
        ...
