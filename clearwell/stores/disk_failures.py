"""Explain what the operating system refuses on a disk: a full one, a read-only one, a missing permission.

These do not pass by waiting, so nothing tries again. The libraries that write a lake wrap the system's error
in texts of their own, with its number.
"""

from __future__ import annotations

import errno
import os
import re

from clearwell.errors import StoreError

__all__ = ["disk_failure"]

_PERMIT = "let this user write there, or run as the user whom the lake belongs to"
_ROOM = "make room there, and run again; nothing was lost"
_HINTS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: "mount it for writing, or put the lake elsewhere",
    errno.EACCES: _PERMIT,
    errno.EPERM: _PERMIT,
    errno.EIO: "examine the disk; restore the lake from a backup if it is damaged",
}
_NUMBER = re.compile(r"\(os error (\d+)\)|\bOs \{ code: (\d+)|\[[Ee]rrno (\d+)\]")


def disk_failure(error: BaseException, place: str) -> StoreError | None:
    """The error to raise for a lasting one of the operating system at ``place``; None for any other."""
    number = getattr(error, "errno", None)
    if not isinstance(number, int):
        found = _NUMBER.search(str(error))
        number = int(next(n for n in found.groups() if n)) if found else 0
    hint = _HINTS.get(number)
    return StoreError(os.strerror(number).lower(), place=place, hint=hint) if hint else None
