"""Who may enter a folder of data on this machine: what is below a closed folder is closed, whatever its mode.

Files are written by this process, by Delta's writer and by engines, each with the mode that its umask gives;
so the folders at the top are closed, and nothing else.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["keep_private"]

_CLOSED_TO = {"owner": 0o077, "group": 0o007, "all": 0}


def keep_private(folder: Path, access: str) -> None:
    """Make ``folder`` if it is not there, and close it to everybody but ``access``.

    A folder is only ever closed further, and one that somebody else owns is left as it is. What cannot be
    made is left to the write that needs it, which knows how to say so.
    """
    closed = _CLOSED_TO[access]
    with suppress(OSError):
        folder.mkdir(mode=0o777 & ~closed, parents=True, exist_ok=True)
        mode = folder.stat().st_mode & 0o7777
        if mode & closed:
            folder.chmod(mode & ~closed)
