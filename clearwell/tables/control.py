"""Small immutable files beside the tables: decided intents, running attempts, blocked batches.

control/intents/TABLE/0000000007.json         what batch 7 of TABLE is; one writer wins the name
control/intents/TABLE/0000000007.void         batch 7 was committed with no files
control/attempts/TABLE/ATTEMPT.json           who stages files in TABLE's folder attempt=ATTEMPT
control/blocked/TABLE/BUILD.json              why a batch was not published
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from clearwell.model import CheckResult, Edge, FileCounts, InputState, Sample, Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.names import TableName
    from clearwell.stores import Store

__all__ = ["Attempt", "Blocked", "Control", "Intent", "Mode", "Process", "StagedFile"]

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
    """A process, distinguishable from a later one with the same number."""

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Process:
        """This process."""
        import psutil  # here, because a cluster's workers import this module and may lack psutil

        return cls(socket.gethostname(), os.getpid(), round(psutil.Process().create_time(), 2))

    @property
    def is_here(self) -> bool:
        """Whether it runs on this host."""
        return self.host == socket.gethostname()

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
class Intent:
    """A decided batch: all that a rerun needs to apply it without running user code again.

    ``generation`` is the number of the first batch of the table's present contents: the first batch of a
    table and each one of mode ``replace`` start a new generation, and any other batch continues the current
    one. ``schema`` is Delta's JSON of the table's columns after the batch, ``required`` its NOT NULL columns,
    ``table_checks`` the definitions of checks across rows (repeated if another writer changed the table
    since).
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


class Control:
    """The control files of a lake."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def intent(self, table: TableName, batch: int) -> Intent | None:
        """The decision for ``batch``, or None if there is none yet."""
        data = self._store.get(_intent_path(str(table), batch))
        return _intent_from(json.loads(data)) if data is not None else None

    def decide(self, intent: Intent) -> Intent:
        """Propose ``intent``; returns the decision that holds, which may be another writer's."""
        intent = replace(intent, decided=datetime.now(UTC).isoformat(timespec="milliseconds"))
        if self._store.put_new(_intent_path(intent.table, intent.batch), _json(intent)):
            return intent
        winner = self._store.get(_intent_path(intent.table, intent.batch))
        return _intent_from(json.loads(winner or b"{}"))

    def mark_void(self, table: TableName, batch: int) -> None:
        """Record that ``batch`` was committed with no files; call it once the log contains that commit."""
        self._store.put_new(_intent_path(str(table), batch).replace(".json", ".void"), b"{}")

    def voids(self, table: TableName) -> set[int]:
        """All batches that were marked void."""
        names = (f.path.rpartition("/")[2] for f in self._store.list(f"control/intents/{table}"))
        return {int(name.removesuffix(".void")) for name in names if name.endswith(".void")}

    def register(self, attempt: Attempt) -> None:
        """Register an attempt before it writes its first file."""
        self._store.put_new(_attempt_path(attempt), _json(attempt))

    def forget(self, attempt: Attempt) -> None:
        """Remove an attempt whose files are deleted or committed."""
        self._store.delete([_attempt_path(attempt)])

    def attempts(self, table: TableName) -> Iterator[Attempt]:
        """The registered attempts of a table."""
        for file in self._store.list(f"control/attempts/{table}"):
            if (data := self._store.get(file.path)) is not None:
                raw: dict[str, Any] = json.loads(data)
                process = Process(**raw.pop("process"))
                yield Attempt(process=process, **raw)

    def block(self, blocked: Blocked) -> None:
        """Record why a batch was not published (overwrites the record of an earlier try)."""
        self._store.put(_blocked_path(blocked.table, blocked.build), _json(blocked))

    def unblock(self, blocked: Blocked) -> None:
        """Remove a block whose reason is gone."""
        self._store.delete([_blocked_path(blocked.table, blocked.build)])

    def blocked(self, table: TableName) -> list[Blocked]:
        """All recorded blocks of a table, oldest first; only those of the next batch are still in effect."""
        listed = (self._store.get(file.path) for file in self._store.list(f"control/blocked/{table}"))
        found = [_blocked_from(json.loads(data)) for data in listed if data is not None]
        return sorted(found, key=lambda b: (b.batch, b.when))


def _json(record: Intent | Attempt | Blocked) -> bytes:
    return json.dumps(asdict(record), indent=1, default=str).encode()


def _intent_path(table: str, batch: int) -> str:
    return f"control/intents/{table}/{batch:010}.json"


def _attempt_path(attempt: Attempt) -> str:
    return f"control/attempts/{attempt.table}/{attempt.id}.json"


def _blocked_path(table: str, build: str) -> str:
    return f"control/blocked/{table}/{build}.json"


def _check_from(raw: dict[str, Any]) -> CheckResult:
    parts: dict[str, Any] = {
        "severity": Severity(raw["severity"]),
        "scope": Scope(raw["scope"]),
        "samples": tuple(
            Sample(s["file"], s["record"], tuple((column, value) for column, value in s["values"]))
            for s in raw.get("samples", ())
        ),
    }
    return CheckResult(**{**raw, **parts})


def _intent_from(raw: dict[str, Any]) -> Intent:
    parts: dict[str, Any] = {
        "key": tuple(raw["key"]),
        "required": tuple(raw["required"]),
        "accepted": tuple(StagedFile(**f) for f in raw["accepted"]),
        "rejected": tuple(StagedFile(**f) for f in raw["rejected"]),
        "files": tuple(FileCounts(**f) for f in raw["files"]),
        "inputs": tuple(InputState(**i) for i in raw["inputs"]),
        "checks": tuple(_check_from(c) for c in raw["checks"]),
        "table_checks": tuple(raw["table_checks"]),
        "lineage": tuple(Edge(**e) for e in raw.get("lineage", ())),
    }
    return Intent(**{**raw, **parts})


def _blocked_from(raw: dict[str, Any]) -> Blocked:
    parts: dict[str, Any] = {
        "checks": tuple(_check_from(c) for c in raw["checks"]),
        "files": tuple(FileCounts(**f) for f in raw["files"]),
        "staged": tuple(StagedFile(**f) for f in raw["staged"]),
    }
    return Blocked(**{**raw, **parts})
