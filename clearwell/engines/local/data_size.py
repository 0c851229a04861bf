"""Whether a set of folders holds more data than a limit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["hold_more_than"]


def hold_more_than(limit: int, folders: Iterable[Path]) -> bool:
    """Whether the files in ``folders`` have more than ``limit`` bytes together; stops at the limit."""
    total = 0
    for size in _sizes(folders):
        total += size
        if total > limit:
            return True
    return False


def _sizes(folders: Iterable[Path]) -> Iterator[int]:
    waiting = [str(folder) for folder in folders]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # it was deleted, or does not exist yet
