"""How a table grew: its rows and the bytes of its data files after each commit, replayed from its log.

Each commit's additions and removals are applied to the files that were live before, so the figures are those
that a reader of that version gets. If the start of the log has been cleaned up, the replay starts at the
oldest readable version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clearwell.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["Point", "growth_of"]

_SUFFIX = ".json"
_CHECKPOINT = ".checkpoint."

_Live = dict[str, tuple[int, int]]
"""Rows and bytes of each live file."""


@dataclass(frozen=True)
class Point:
    """The size of a version of a table. ``at`` is the time of its commit."""

    version: int
    at: datetime
    rows: int
    bytes: int


def growth_of(lake: Lake, snapshot: Snapshot, *, most: int = 60) -> tuple[Point, ...]:
    """The last ``most`` versions up to ``snapshot``, oldest first, without gaps.

    The first version, 0, is included if it is in the log and among the last ``most``.
    """
    log = f"{snapshot.name.path}/_delta_log"
    names = {file.path.rpartition("/")[2]: file.modified for file in lake.store.list(log)}
    first = max(0, snapshot.version - most + 1)
    oldest = snapshot.version
    while oldest > first and _file(oldest - 1) in names:
        oldest -= 1
    start, live = _start(lake, snapshot, oldest, names)
    points: list[Point] = []
    for version in range(start, snapshot.version + 1):
        skip = version == start and start > 0  # its files are already known
        data = lake.store.get(f"{log}/{_file(version)}") if _file(version) in names else None
        if data is None and not skip:
            raise TableError(f"version {version} is missing from its log", place=str(snapshot.name))
        at = _apply(data or b"", live, skip=skip) or _written(version, names)
        if points:
            at = max(at, points[-1].at)  # clocks of two writers may differ
        rows, size = (sum(part) for part in zip(*live.values(), strict=True)) if live else (0, 0)
        points.append(Point(version, at, rows, size))
    return tuple(points)


def _start(lake: Lake, snapshot: Snapshot, oldest: int, names: Collection[str]) -> tuple[int, _Live]:
    """The version to replay from, and its live files; before version 0 there are none."""
    if oldest == 0:
        return 0, {}
    checkpoints = sorted({int(name[:20]) for name in names if _CHECKPOINT in name})
    for version in dict.fromkeys([oldest, *(v for v in checkpoints if v > oldest)]):
        try:
            if (found := lake.table(snapshot.name).snapshot(version)) is not None:
                return version, _live(found)
        except TableError:  # its checkpoint has been cleaned up: a later one may exist
            continue
    return snapshot.version, _live(snapshot)


def _live(snapshot: Snapshot) -> _Live:
    return {unquote(file.path): (file.rows, file.size) for file in snapshot.files}


def _apply(entry: bytes, live: _Live, *, skip: bool) -> datetime | None:
    """Apply a commit to ``live``, unless it is already applied; returns the commit's time, if recorded."""
    at: int | None = None
    actions = [json.loads(line) for line in entry.splitlines() if line.strip()]
    for info in (action["commitInfo"] for action in actions if "commitInfo" in action):
        at = info.get("inCommitTimestamp") or info.get("timestamp")
    # Rows deleted by a vector: the same file is removed without the vector and added with it.
    for remove in (action["remove"] for action in actions if "remove" in action and not skip):
        live.pop(unquote(remove["path"]), None)
    for add in (action["add"] for action in actions if "add" in action and not skip):
        rows = (json.loads(add["stats"]).get("numRecords") if add.get("stats") else 0) or 0
        gone = (add.get("deletionVector") or {}).get("cardinality", 0)
        live[unquote(add["path"])] = (rows - gone, add["size"])
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC)


def _written(version: int, names: Mapping[str, float]) -> datetime:
    """The time of a commit that records none: its file's time, as for all readers of Delta."""
    own = (at for name, at in sorted(names.items()) if name.startswith(f"{version:020}"))
    return datetime.fromtimestamp(next(own), UTC)


def _file(version: int) -> str:
    return f"{version:020}{_SUFFIX}"
