"""Whether the newest commit of a table on a disk is whole: a power cut can leave it empty, or cut.

Delta's readers take an empty commit for one that did nothing, and one that ends after a full line for what is
left of it: rows would be missing, or doubled, without a word. So each commit of Clearwell says in its head
that it is sealed, and its last action is the seal: a transaction with the number of its version.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["SEAL", "SEALED", "require_whole"]

SEAL = "clearwell.commit"
"""Delta application whose transaction, with the version of the commit, is the last action of each commit."""
SEALED = "clearwell.sealed"
"""The key of ``commitInfo`` that says so; commits of earlier versions and of other writers lack it."""
_LONGEST_SEAL = 4096


def require_whole(root: str, version: int) -> None:
    """Check the commit of ``version`` in the log of the local table at ``root``.

    A commit that is no longer there is in a checkpoint.

    Raises:
        ValueError: it is empty, or ends before its seal.
    """
    file = Path(root, "_delta_log", f"{version:020}.json")
    try:
        with file.open("rb") as log:
            head, last = _ends(log)
    except FileNotFoundError:
        return
    if not head:
        raise ValueError(f"commit {version} is empty, as after a power cut")
    info = _action(head).get("commitInfo") or {}
    if SEALED in info and (_action(last).get("txn") or {}).get("appId") != SEAL:
        raise ValueError(f"commit {version} ends too early, as after a power cut")


def _ends(log: BinaryIO) -> tuple[bytes, bytes]:
    """The first and the last line; of a large commit its middle is not read."""
    head = log.readline()
    end = log.seek(0, os.SEEK_END)
    log.seek(max(0, end - _LONGEST_SEAL))
    return head, log.read().rstrip(b"\n").rpartition(b"\n")[2]


def _action(line: bytes) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError:
        return {}
