"""The results of each table's checks on its last batches, the failing ones first; and what is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.model import Severity
from clearwell.names import TableName
from clearwell.tables import CHECKS, blocks_in_effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearwell.reports.measure.history import Builds
    from clearwell.reports.measure.storage import LakeStorage
    from clearwell.tables import Blocked, Lake

__all__ = ["BATCHES", "CheckHistory", "CheckRun", "Checks", "Held", "measure_checks"]

BATCHES = 20
"""The number of batches of a table in the history."""

_COLUMNS = (
    "table",
    "batch",
    "name",
    "expectation",
    "severity",
    "scope",
    "success",
    "element_count",
    "unexpected_count",
    "decided",
)
_ORDER = {severity.value: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True)
class CheckRun:
    """The result of a check on one batch. ``blocked``: the batch is kept out of its table.

    ``unexpected`` and ``judged`` are rows; None for a statistic of the whole table.
    """

    batch: int
    at: str
    success: bool
    unexpected: int | None = None
    judged: int | None = None
    blocked: bool = False


@dataclass(frozen=True)
class CheckHistory:
    """A check of a table and its runs, the newest last. ``current``: it checked the newest batch."""

    table: str
    name: str
    expectation: str
    severity: str
    scope: str
    runs: tuple[CheckRun, ...]
    current: bool = True

    @property
    def last(self) -> CheckRun:
        """Its newest run."""
        return self.runs[-1]

    @property
    def is_failing(self) -> bool:
        """Whether it failed on the newest batch."""
        return self.current and not self.last.success


@dataclass(frozen=True)
class Held:
    """A batch, or raw files, that are kept out of a table until something changes."""

    table: str
    since: str
    rows: int
    files: int
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Checks:
    """The history of every check, failing ones first, and what is blocked now."""

    histories: tuple[CheckHistory, ...]
    held: tuple[Held, ...]

    @property
    def current(self) -> tuple[CheckHistory, ...]:
        """The checks that ran on the newest batch of their table."""
        return tuple(history for history in self.histories if history.current)

    @property
    def failing(self) -> tuple[CheckHistory, ...]:
        """Those of them that failed."""
        return tuple(history for history in self.histories if history.is_failing)

    def document(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "histories": [
                {**vars(h), "is_failing": h.is_failing, "runs": [vars(run) for run in h.runs]}
                for h in self.histories
            ],
            "blocked": [vars(held) for held in self.held],
        }


def measure_checks(lake: Lake, storage: LakeStorage, builds: Builds) -> Checks:
    """The last batches of each table, without void ones, and with the blocked one that is still to come."""
    held = [
        (str(name), blocked)
        for name in _named(lake)
        for blocked in blocks_in_effect(lake, name, storage.snapshots.get(name))
    ]
    runs: dict[tuple[str, str], list[tuple[CheckRun, dict[str, Any]]]] = {}
    for row in _recorded(storage, builds):
        run = CheckRun(
            row["batch"],
            row["decided"].isoformat(timespec="seconds"),
            row["success"],
            row["unexpected_count"],
            row["element_count"],
        )
        runs.setdefault((row["table"], row["name"]), []).append((run, row))
    newest = dict(builds.newest)
    for name, blocked in held:
        for check in blocked.checks:
            newest[name] = blocked.batch
            run = CheckRun(
                blocked.batch,
                blocked.when,
                check.success,
                check.unexpected_count,
                check.element_count,
                blocked=True,
            )
            runs.setdefault((name, check.name), []).append((run, vars(check)))
    histories = [_history(key, found, newest) for key, found in runs.items()]
    histories.sort(key=lambda h: (not h.is_failing, not h.current, _ORDER[h.severity], h.table, h.name))
    return Checks(tuple(histories), tuple(_held(name, blocked) for name, blocked in held))


def _history(
    key: tuple[str, str], found: list[tuple[CheckRun, dict[str, Any]]], newest: dict[str, int]
) -> CheckHistory:
    found.sort(key=lambda pair: pair[0].batch)
    last, said = found[-1]
    return CheckHistory(
        *key,
        expectation=said["expectation"],
        severity=str(said["severity"]),
        scope=str(said["scope"]),
        runs=tuple(run for run, _ in found[-BATCHES:]),
        current=last.batch >= newest.get(key[0], 0),
    )


def _recorded(storage: LakeStorage, builds: Builds) -> Iterator[dict[str, Any]]:
    history = storage.snapshots.get(CHECKS)
    if history is None:
        return
    rows: Any = history.to_arrow(_COLUMNS)
    names: Any = pa.array(list(builds.newest), pa.string())
    oldest: Any = pa.array([batch - BATCHES for batch in builds.newest.values()], pa.int64())
    after = oldest.take(pc.index_in(rows.column("table"), names))
    recent: Any = rows.filter(pc.greater(rows.column("batch"), after))
    for row in recent.to_pylist():
        if (row["table"], row["batch"]) not in builds.void:
            yield row


def _named(lake: Lake) -> Iterable[TableName]:
    """The tables with a record of a blocked batch, of those that do not exist yet too."""
    named = {file.path.split("/")[2] for file in lake.store.list("control/blocked")}
    return [TableName.parse(name) for name in sorted(named)]


def _held(name: str, blocked: Blocked) -> Held:
    failed = tuple(check.name for check in blocked.checks if check.blocks)
    return Held(name, blocked.when, blocked.rows, len(blocked.files), failed)
