"""How a table grew: its rows and the bytes of its data files after each commit, replayed from its log.

Each commit's additions and removals are carried out on what was live before, so the figures are those that
a reader of that version gets. Where the log's beginning has been cleaned away, the replay starts at the
oldest version that can still be read.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clearwell.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.tables.lake import Lake
    from clearwell.tables.snapshot import Snapshot

__all__ = ["Point", "growth_of"]

_SUFFIX = ".json"
_CHECKPOINT = ".checkpoint."

_Live = dict[str, tuple[int, int]]
"""Rows and bytes of each live file."""


@dataclass(frozen=True)
class Point:
    """What a version of a table holds. ``at`` is the time of its commit."""

    version: int
    at: datetime
    rows: int
    bytes: int


def growth_of(lake: Lake, snapshot: Snapshot, *, most: int = 60) -> tuple[Point, ...]:
    """The last ``most`` versions up to ``snapshot``, oldest first, without gaps.

    The table's beginning, version 0, is among them if its log still has it and it is not too long ago.
    """
    log = Path(snapshot.root, "_delta_log")
    names = set(os.listdir(log))
    first = max(0, snapshot.version - most + 1)
    oldest = snapshot.version
    while oldest > first and _file(oldest - 1) in names:
        oldest -= 1
    start, live = _start(lake, snapshot, oldest, names)
    points: list[Point] = []
    for version in range(start, snapshot.version + 1):
        at = _apply(log / _file(version), live, skip=version == start and start > 0)
        if points:
            at = max(at, points[-1].at)  # clocks of two writers may differ
        rows, size = (sum(part) for part in zip(*live.values(), strict=True)) if live else (0, 0)
        points.append(Point(version, at, rows, size))
    return tuple(points)


def _start(lake: Lake, snapshot: Snapshot, oldest: int, names: set[str]) -> tuple[int, _Live]:
    """The version to replay from, and what is live in it; before version 0 that is nothing."""
    if oldest == 0:
        return 0, {}
    checkpoints = sorted({int(name[:20]) for name in names if _CHECKPOINT in name})
    for version in dict.fromkeys([oldest, *(v for v in checkpoints if v > oldest)]):
        try:
            if (found := lake.table(snapshot.name).snapshot(version)) is not None:
                return version, _live(found)
        except TableError:  # its checkpoint has been cleaned away: a later one may be there
            continue
    return snapshot.version, _live(snapshot)


def _live(snapshot: Snapshot) -> _Live:
    return {unquote(file.path): (file.rows, file.size) for file in snapshot.files}


def _apply(entry: Path, live: _Live, *, skip: bool) -> datetime:
    """Carry out a commit on ``live``, unless that has it already; the time of the commit."""
    at: int | None = None
    if skip and not entry.is_file():  # only its checkpoint is left
        entry = next(entry.parent.glob(f"{entry.stem}*"))
    for action in _actions(entry) if entry.suffix == _SUFFIX else ():
        if info := action.get("commitInfo"):
            at = info.get("inCommitTimestamp") or info.get("timestamp")
        elif skip:
            continue
        elif add := action.get("add"):
            rows = json.loads(add["stats"])["numRecords"] if add.get("stats") else 0
            live[unquote(add["path"])] = (rows or 0, add["size"])
        elif remove := action.get("remove"):
            live.pop(unquote(remove["path"]), None)
    # A commit need not say its time; then, as for all readers of Delta, it is its file's.
    seconds = entry.stat().st_mtime if at is None else at / 1000
    return datetime.fromtimestamp(seconds, UTC)


def _actions(entry: Path) -> Iterator[dict[str, Any]]:
    with entry.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _file(version: int) -> str:
    return f"{version:020}{_SUFFIX}"
