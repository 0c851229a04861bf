"""A cache folder of a test's own, in which what Spark needs is the user's: to fetch jars takes a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cache_of_its_own"]

_SHARED = ("jars", "classes")


def cache_of_its_own(folder: Path) -> str:
    """Make ``folder``, for CLEARWELL_CACHE."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        shared = cache_folder() / name
        shared.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).symlink_to(shared)
    return str(folder)
