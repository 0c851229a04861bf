"""A folder for an engine's spill files; a killed run's folder is removed by a later run.

A lock on a file inside shows that a run, or its engine, is alive. Each new folder's creator first removes
the folders that no process locks.
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
    """A new private folder. ``lock`` is a descriptor to pass to the process that uses the folder."""

    def __init__(self, parent: str | None = None) -> None:
        top = Path(parent or tempfile.gettempdir())
        _sweep(top)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=top))
        # Locked before it gets its name: a sweep never sees it unlocked.
        self.lock = os.open(self.path / "new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        os.rename(self.path / "new", self.path / _LOCK)

    def remove(self) -> None:
        """Delete the folder and its contents; call it once, when its user has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def _sweep(top: Path) -> None:
    for lock in top.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # deleted meanwhile, or owned by another user
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
