"""Frozen records that cross layers. Plain data: no Spark, no Delta, no behaviour beyond arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = [
    "BuildResult",
    "CheckResult",
    "Edge",
    "FileCounts",
    "InputState",
    "Outcome",
    "Retraction",
    "Sample",
    "Scope",
    "Severity",
]


class Severity(StrEnum):
    """What a failed check does: stop the batch, quarantine the row, or only report it."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Scope(StrEnum):
    """What a check applies to: each candidate row, or the table as it would be."""

    ROW = "row"
    TABLE = "table"


class Outcome(StrEnum):
    """The outcome of one table, release or report in one run.

    BUILT: it has new contents. UNCHANGED: nothing was new. BLOCKED: a critical check failed, and what was
    published before stays. FAILED: there was an error. SKIPPED: not reached, as a step before it failed.
    """

    BUILT = "built"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Sample:
    """A row that failed a check: its raw file and record, where known, and the checked values.

    ``values`` are pairs of column and text, already safe to show to every reader of the log: see
    ``clearwell.quality.explain.redaction``.
    """

    file: str | None
    record: int | None
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CheckResult:
    """One expectation's verdict.

    ``element_count`` and ``unexpected_count`` are rows; both are None for a statistic of the whole
    table, which carries ``observed`` instead (plain data). A failed result has a ``message``, and one of
    row scope a few ``samples``.
    """

    name: str
    expectation: str
    severity: Severity
    scope: Scope
    success: bool
    element_count: int | None = None
    unexpected_count: int | None = None
    observed: Any = None
    why: str | None = None
    message: str | None = None
    samples: tuple[Sample, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether this result stops the batch."""
        return not self.success and self.severity is Severity.CRITICAL


@dataclass(frozen=True, order=True)
class Edge:
    """One influence of an input column on a table, as recorded by one build.

    ``subtype`` is OpenLineage's. On the values of ``column``: IDENTITY, TRANSFORMATION, AGGREGATION. On which
    rows exist and which value they get, with ``column`` empty: FILTER, JOIN, GROUP_BY, SORT, WINDOW,
    CONDITIONAL. Two are our own and have no ``source``: CONSTANT, a column that is derived from no column,
    and MISSING, one whose origin the plan hides. ``blurred``: at most this, because the plan does not say
    which of its inputs a column comes from.
    """

    column: str
    source: str
    source_column: str
    subtype: str
    blurred: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it says where values come from, not why rows exist."""
        return bool(self.column and self.source)


@dataclass(frozen=True)
class Retraction:
    """Who took a raw file back, when (UTC, ISO), and why; ``undone``: or has undone that."""

    by: str
    at: str
    reason: str
    undone: bool = False


@dataclass(frozen=True)
class FileCounts:
    """What one raw file delivered to one table, in records.

    ``arrival`` is its number among the files that its bronze table has taken, in their order; ``batch`` and
    ``ingested_at`` (UTC, ISO) say when it was first taken. A rebuild keeps all three. ``inode`` and
    ``changed_ns`` are as in ``clearwell.sources.RawFile``. None: not known here. ``retraction``: the file was
    taken back, or that was undone and it was not taken again since.
    """

    file_id: str
    path: str
    delivered: int
    accepted: int
    quarantined: int
    blocked: int = 0
    size: int | None = None
    modified_ns: int | None = None
    arrival: int | None = None
    batch: int | None = None
    ingested_at: str | None = None
    inode: int | None = None
    changed_ns: int | None = None
    retraction: Retraction | None = None

    @property
    def is_retracted(self) -> bool:
        """Whether it was taken back: none of it is in the table, and no run takes this content."""
        return self.retraction is not None and not self.retraction.undone

    @property
    def moment(self) -> datetime | None:
        """``ingested_at`` as a moment, in UTC."""
        return datetime.fromisoformat(self.ingested_at) if self.ingested_at else None

    @property
    def balanced(self) -> bool:
        """Delivered = accepted + quarantined + blocked."""
        return self.delivered == self.accepted + self.quarantined + self.blocked


@dataclass(frozen=True)
class InputState:
    """What a build has read of one input: its generation and batch number, and the table version.

    ``generation`` is that of the table (see ``clearwell.tables.Intent``), or the last batch that deleted rows
    if that is later: after both, rows are gone that an earlier build took. Two states with equal
    ``generation`` and ``batch`` hold the same rows, unless the table was restored from an earlier copy in
    between: then their ``identity`` differs (0: not known). Compaction changes only ``version``.
    """

    table: str
    generation: int
    batch: int
    version: int
    identity: int = 0


@dataclass(frozen=True)
class BuildResult:
    """What one step did to one table. ``told``: the notes about raw files, as results by their kind."""

    table: str
    outcome: Outcome
    version: int | None = None
    batch: int = 0
    generation: int = 0
    rows: int = 0
    accepted: int = 0
    quarantined: int = 0
    blocked: int = 0
    bytes: int = 0
    reason: str = ""
    recovered: bool = False
    checks: tuple[CheckResult, ...] = ()
    notes: tuple[str, ...] = ()
    told: tuple[CheckResult, ...] = ()
    columns: tuple[tuple[str, str], ...] = field(default=())
    lineage: tuple[Edge, ...] = ()
