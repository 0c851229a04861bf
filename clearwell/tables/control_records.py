"""The records that ``Control`` keeps: decided intents, running attempts, blocked batches, and their JSON.

Each has a ``format``. Keys that are not known here are ignored: a later version may add some. It raises
``FORMAT`` if they change what the others mean, and then an earlier version refuses the record.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import uuid4

from clearwell import __version__
from clearwell.errors import TableError
from clearwell.model import CheckResult, Edge, FileCounts, InputState, Retraction, Sample, Scope, Severity

__all__ = [
    "FORMAT",
    "Attempt",
    "Blocked",
    "Intent",
    "Mode",
    "Process",
    "Reading",
    "StagedFile",
    "attempt_from",
    "blocked_from",
    "intent_from",
    "read_record",
    "reading_from",
    "to_json",
]

FORMAT = 1
"""Of the records of this version; 0 are those without a format, of earlier versions."""

Mode = str
"""``append``, ``merge``, ``replace``, ``replace_partitions`` or ``delete``."""


@dataclass(frozen=True)
class StagedFile:
    """A Parquet file that an attempt wrote: path relative to its table's root, bytes, statistics."""

    path: str
    size: int
    stats: dict[str, Any]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.stats["numRecords"])


@dataclass(frozen=True)
class Process:
    """A process, distinguishable from a later one with the same number.

    ``host`` tells containers apart that have the name of one machine and do not see each other's processes.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Process:
        """This process."""
        import psutil  # here, because a cluster's workers import this module and may lack psutil

        return cls(_this_host(), os.getpid(), round(psutil.Process().create_time(), 2))

    @property
    def is_here(self) -> bool:
        """Whether it runs on this host, and among the processes that are seen here."""
        return self.host == _this_host()

    @property
    def is_dead(self) -> bool:
        """Whether it has certainly ended; a process of another host counts as alive."""
        if not self.is_here:
            return False
        import psutil

        try:
            found = psutil.Process(self.pid)
            return abs(found.create_time() - self.started) > 1 or found.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


_FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""Of every machine's own processes: a constant of Linux (PROC_PID_INIT_INO)."""


def _this_host() -> str:
    """The name of this machine; in a container, with the number of its namespace of processes."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname()
    inside = namespace != _FIRST_PID_NAMESPACE
    return f"{socket.gethostname()}/{namespace[5:-1]}" if inside else socket.gethostname()


@dataclass(frozen=True)
class Attempt:
    """One try at batch ``batch`` of a table; its files are in folders ``attempt=<id>``."""

    table: str
    batch: int
    id: str = field(default_factory=lambda: uuid4().hex)
    process: Process = field(default_factory=Process.current)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def folder(self) -> str:
        """The attempt's folder, relative to the root of a table."""
        return f"attempt={self.id}"


@dataclass(frozen=True)
class Reading:
    """A process that reads versions of tables: by name, their numbers. Maintenance keeps their files."""

    tables: dict[str, int]
    id: str = field(default_factory=lambda: uuid4().hex)
    process: Process = field(default_factory=Process.current)


@dataclass(frozen=True)
class Intent:
    """A decided batch: all that a rerun needs to apply it without running user code again.

    ``generation`` is the number of the first batch of the table's present contents: the first batch of a
    table and each one of mode ``replace`` start a new generation, and any other batch continues the current
    one. ``schema`` is Delta's JSON of the table's columns after the batch, ``required`` its NOT NULL columns,
    ``table_checks`` the definitions of checks across rows (repeated if another writer changed the table
    since). ``identity``: see ``clearwell.tables.write.identity``; 0 in lakes of earlier versions. ``order``:
    see ``clearwell.flow.build.delivery_order``. ``untold`` are the columns of which no file tells bounds.
    """

    table: str
    batch: int
    generation: int
    mode: Mode
    attempt: str
    schema: str
    planned_version: int
    key: tuple[str, ...] = ()
    predicate: str | None = None
    required: tuple[str, ...] = ()
    accepted: tuple[StagedFile, ...] = ()
    rejected: tuple[StagedFile, ...] = ()
    files: tuple[FileCounts, ...] = ()
    returned: int = 0
    code: str = ""
    inputs: tuple[InputState, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    table_checks: tuple[dict[str, Any], ...] = ()
    run: str = ""
    engine: str = ""
    started: str = ""
    decided: str = ""
    lineage: tuple[Edge, ...] = ()
    identity: int = 0
    order: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether a repair has recorded it: what the batch was made of is not known any more."""
        return self.mode == "replace" and not self.attempt

    @property
    def accepted_rows(self) -> int:
        """Rows that enter the table."""
        return sum(f.rows for f in self.accepted)

    @property
    def rejected_rows(self) -> int:
        """Rows that enter its quarantine."""
        return sum(f.rows for f in self.rejected)


@dataclass(frozen=True)
class Blocked:
    """A batch that a critical check, or a refused raw file, kept out of its table."""

    table: str
    batch: int
    build: str
    attempt: str
    when: str
    reason: str
    checks: tuple[CheckResult, ...] = ()
    files: tuple[FileCounts, ...] = ()
    rows: int = 0
    staged: tuple[StagedFile, ...] = ()


def to_json(record: Intent | Attempt | Blocked | Reading) -> bytes:
    """The bytes of a record's file."""
    head = {"format": FORMAT, "clearwell": __version__}
    return json.dumps({**head, **asdict(record)}, indent=1, default=str).encode()


def read_record(data: bytes, place: str) -> dict[str, Any]:
    """What such a file says; raises TableError if it is damaged, or of a later format."""
    try:
        raw = json.loads(data)
        format = int(raw.get("format", 0))
    except (ValueError, AttributeError) as error:
        raise TableError(
            f"this record of the lake cannot be read: {error}", place=place, hint="restore it from a backup"
        ) from error
    if format > FORMAT:
        writer = raw.get("clearwell")
        raise TableError(
            f"clearwell {writer} wrote this record in format {format}, but this version reads up to {FORMAT}",
            place=place,
            hint=f"install clearwell {writer} or later",
        )
    return raw


def attempt_from(raw: dict[str, Any]) -> Attempt:
    """The attempt that a record describes."""
    return _of(Attempt, raw, process=_of(Process, raw["process"]))


def reading_from(raw: dict[str, Any]) -> Reading:
    """The reading that a record describes."""
    return _of(Reading, raw, process=_of(Process, raw["process"]))


def intent_from(raw: dict[str, Any]) -> Intent:
    """The intent that a record describes."""
    return _of(
        Intent,
        raw,
        key=tuple(raw["key"]),
        required=tuple(raw["required"]),
        accepted=tuple(_of(StagedFile, f) for f in raw["accepted"]),
        rejected=tuple(_of(StagedFile, f) for f in raw["rejected"]),
        files=tuple(_counts_from(f) for f in raw["files"]),
        inputs=tuple(_of(InputState, i) for i in raw["inputs"]),
        checks=tuple(_check_from(c) for c in raw["checks"]),
        table_checks=tuple(raw["table_checks"]),
        lineage=tuple(_of(Edge, e) for e in raw.get("lineage", ())),
        order=tuple(raw.get("order", ())),
        untold=tuple(raw.get("untold", ())),
    )


def blocked_from(raw: dict[str, Any]) -> Blocked:
    """The blocked batch that a record describes."""
    return _of(
        Blocked,
        raw,
        checks=tuple(_check_from(c) for c in raw["checks"]),
        files=tuple(_counts_from(f) for f in raw["files"]),
        staged=tuple(_of(StagedFile, f) for f in raw["staged"]),
    )


RecordT = TypeVar("RecordT")


def _of(kind: type[RecordT], raw: dict[str, Any], **parts: Any) -> RecordT:
    """The record in ``raw``, ``parts`` already made; keys that it does not have are ignored."""
    known = {f.name for f in fields(cast("Any", kind))}
    return kind(**{**{key: value for key, value in raw.items() if key in known}, **parts})


def _counts_from(raw: dict[str, Any]) -> FileCounts:
    why = raw.get("retraction")
    return _of(FileCounts, raw, retraction=why and _of(Retraction, why))


def _check_from(raw: dict[str, Any]) -> CheckResult:
    return _of(
        CheckResult,
        raw,
        severity=Severity(raw["severity"]),
        scope=Scope(raw["scope"]),
        samples=tuple(
            Sample(s["file"], s["record"], tuple((column, value) for column, value in s["values"]))
            for s in raw.get("samples", ())
        ),
    )
