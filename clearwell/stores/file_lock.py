"""Locks between processes of one machine: a process that dies releases its locks."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["locked"]

_log = logging.getLogger("clearwell")
_PATIENCE_SECONDS = 5.0


@contextmanager
def locked(file: Path, what: str) -> Generator[None]:
    """Hold a lock on ``file``, which is created; a wait of some seconds for another process is told.

    Args:
        file: The file; its content does not matter.
        what: What the other process does meanwhile: "opens Dagster's home".
    """
    with file.open("a") as lock:
        alarm = threading.Timer(
            _PATIENCE_SECONDS, _log.warning, ["waiting for another process that %s, and holds %s", what, file]
        )
        alarm.daemon = True
        alarm.start()
        try:
            import fcntl  # here, because readers import this package, also on systems without it

            fcntl.flock(lock, fcntl.LOCK_EX)
        finally:
            alarm.cancel()
        yield
