"""Force files of a local disk to it, so that a power cut does not take them back.

Neither pyarrow nor Delta's writer nor the object store library does: without it a machine that loses its
power can lose commits of the last half minute, and keep later ones.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["force"]


_Linked = set[tuple[Path, int]]


def force(files: Iterable[str | Path], *, top: str | Path, linked: _Linked | None = None) -> None:
    """Force ``files`` to their disk, and the names in their folders, up to the folder ``top``.

    A file that is no longer there, and a folder that this system cannot force, are passed over. ``linked``
    keeps the folders, with their inodes, whose own name is on the disk: their parents are not forced again.
    """
    known: _Linked = set() if linked is None else linked
    folders: dict[Path, None] = {}  # in their order, without repetition
    for file in map(Path, files):
        if _sync(file):
            folders[file.parent] = None
    for folder in folders:
        _sync(folder)
    for folder in folders:
        _force_name(folder, Path(top), known)


def _force_name(folder: Path, top: Path, linked: _Linked) -> None:
    """Force the name of a folder in its parent, and those of its parents."""
    while folder != top and folder.is_dir() and (mark := (folder, folder.stat().st_ino)) not in linked:
        _sync(folder.parent)
        linked.add(mark)
        folder = folder.parent


def _sync(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, PermissionError):  # a folder cannot be opened on Windows
        return False
    try:
        os.fsync(handle)
    except OSError:
        if path.is_file():  # some file systems refuse it for folders only
            raise
    finally:
        os.close(handle)
    return True
