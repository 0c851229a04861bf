"""How much memory an engine may use: the machine's, a process's use, and the limit for the OS.

The hard limit is on private writable address space (RLIMIT_DATA), because Linux has none on the resident
memory of one process. Stacks of idle threads and the allocator's first arena count there without being
used, so the limit leaves room for them; the resident size is watched from outside.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["address_space_limit", "machine_memory", "resident_bytes"]

_STACKS = 544 * 8 * 2**20
"""Tokio's 512 blocking threads and some workers, 8 MiB each (measured: 519 threads, 4.1 GiB)."""

_ARENA = 2**30
"""Address space that mimalloc reserves at its start."""


def machine_memory(cgroups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes of memory available to this process: the machine's, or its control group's if less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_cgroup_limits(cgroups, own)])


def address_space_limit(memory: int) -> int:
    """The RLIMIT_DATA for a process that may use at most ``memory`` bytes."""
    return memory + _STACKS + _ARENA


def resident_bytes(pid: int) -> int:
    """Private resident memory of a process; 0 where the system does not report it, or it is gone."""
    if sys.platform != "linux":
        return 0
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _cgroup_limits(cgroups: Path, own: Path) -> list[int]:
    """Limits of the group of this process and of all groups above it, versions 1 and 2."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = cgroups / controllers
        file = "memory.limit_in_bytes" if controllers else "memory.max"
        folder = top / group.lstrip("/")
        # In a container the path may be the host's: then only the mount's top can be read.
        for level in (folder, *folder.parents):
            if not level.is_relative_to(top):
                break
            try:
                text = (level / file).read_text().strip()
            except OSError:
                continue
            if text.isdigit():
                found.append(int(text))
    return found
