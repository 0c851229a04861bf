"""A temporary folder, of an engine's spill files or a scratch lake; a killed run's is removed by a later one.

A lock on a file inside shows that a run, or its engine, is alive. Each new folder's creator first removes
the folders of its kind that no process locks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["Scratch"]

_PREFIX = "clearwell-engine-"
_LOCK = "alive"


class Scratch:
    """A new private folder. ``lock`` is a descriptor to pass to the process that uses the folder.

    Args:
        parent: The folder that it is made in; default: the system's for temporary files.
        prefix: The first part of its name, which those of one kind share.
    """

    def __init__(self, parent: str | None = None, *, prefix: str = _PREFIX) -> None:
        top = Path(parent or tempfile.gettempdir())
        _sweep(top, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=top))
        # Locked before it gets its name: a sweep never sees it unlocked.
        self.lock = os.open(self.path / "new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError):  # a shared disk without locks: a killed run's folder stays there
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        os.rename(self.path / "new", self.path / _LOCK)

    def remove(self) -> None:
        """Delete the folder and its contents; call it once, when its user has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()


def _sweep(top: Path, prefix: str) -> None:
    for lock in top.glob(f"{prefix}*/{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # deleted meanwhile, or owned by another user
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            pass  # alive, or on a disk without locks
        finally:
            os.close(descriptor)
