"""A folder for what an engine spills to disk, which no killed run leaves behind for ever.

A lock on a file inside says that a run, or its engine, lives. Whoever makes a folder first removes
those that nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["Scratch"]

_PREFIX = "clearwell-engine-"
_LOCK = "alive"


class Scratch:
    """A new private folder. ``lock`` is a descriptor to hand on to the process that uses the folder."""

    def __init__(self, parent: str | None = None) -> None:
        top = Path(parent or tempfile.gettempdir())
        _sweep(top)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=top))
        # Locked before it has its name: a sweep never sees it free.
        self.lock = os.open(self.path / "new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        os.rename(self.path / "new", self.path / _LOCK)

    def remove(self) -> None:
        """Delete the folder and all in it; call it once, when its user has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def _sweep(top: Path) -> None:
    for lock in top.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # gone meanwhile, or another user's
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
