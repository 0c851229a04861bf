"""What is built once for all test processes, each of which has its own fixtures."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

__all__ = ["built_once", "in_memory"]

_ENOUGH = 6 << 30
"""Bytes. The tests of `make test-all` leave about 1 GB."""


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """The folder ``name`` as ``build`` filled it in the process that asked first; copy it to change it."""
    base = factory.getbasetemp()
    top = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = top / name, top / f"{name}.built"
    with (top / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            build(folder)
            done.touch()
    return folder


def in_memory() -> str | None:
    """A folder in memory that has room for the tests' files and may hold programs; None without one."""
    folder = Path("/dev/shm")
    try:
        if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
            return None
        return str(folder) if shutil.disk_usage(folder).free >= _ENOUGH else None
    except OSError:
        return None
