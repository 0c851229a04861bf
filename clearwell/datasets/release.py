"""What the parts of the reader need of their release; ``Dataset`` is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.datasets.manifest import Manifest

__all__ = ["Release"]


class Release(Protocol):
    """An open release: its folder and its manifest."""

    @property
    def name(self) -> str:
        """Name of the dataset."""
        ...

    @property
    def version(self) -> int:
        """Number of the release."""
        ...

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        ...
