"""Clearwell's own records in Delta tables: rejected rows, the result of each raw file, history.

Rows of a quarantine and of a ``files`` table are written before the commit of the table that they belong to.
That commit decides: a row counts when its batch ``_n`` is in the table's current generation (see ``Intent``),
is committed, and is not void. So every reader, at every version, sees records that balance.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.model import CheckResult, FileCounts
from clearwell.names import TableName, Zone
from clearwell.tables.read.snapshot import APP_BATCH
from clearwell.tables.records.edges import commit_lineage
from clearwell.tables.records.records import append_records
from clearwell.tables.staging.stage import QUARANTINE
from clearwell.tables.swap import is_committed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clearwell.tables.control_records import Intent, StagedFile
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = [
    "BUILDS",
    "CHECKS",
    "commit_files",
    "commit_history",
    "commit_quarantine",
    "files_of",
    "quarantine_of",
]

BUILDS = TableName(Zone.HISTORY, "builds")
CHECKS = TableName(Zone.HISTORY, "checks")

_MOMENT = pa.timestamp("us", "UTC")

FILES = pa.schema(
    [
        pa.field("_file_id", pa.string(), nullable=False),
        ("path", pa.string()),
        ("delivered", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("size", pa.int64()),
        ("modified_ns", pa.int64()),
        pa.field("_n", pa.int64(), nullable=False),
        ("_attempt", pa.string()),
        ("decided", _MOMENT),
        ("arrival", pa.int64()),
        ("batch", pa.int64()),
        ("ingested_at", _MOMENT),
    ]
)
"""``arrival``, ``batch``, ``ingested_at``: see ``FileCounts``. Ledgers of earlier versions lack them."""

_BUILDS = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("generation", pa.int64()),
        ("mode", pa.string()),
        ("returned", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("bytes", pa.int64()),
        ("void", pa.bool_()),
        ("code", pa.string()),
        ("inputs", pa.string()),
        ("run", pa.string()),
        ("engine", pa.string()),
        ("started", _MOMENT),
        ("decided", _MOMENT),
    ]
)

_CHECKS = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("name", pa.string()),
        ("expectation", pa.string()),
        ("severity", pa.string()),
        ("scope", pa.string()),
        ("success", pa.bool_()),
        ("element_count", pa.int64()),
        ("unexpected_count", pa.int64()),
        ("observed", pa.string()),
        ("decided", _MOMENT),
    ]
)


def quarantine_of(
    lake: Lake, snapshot: Snapshot, *, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The rejected rows of the table at this version; ``columns`` must hold ``_n``."""
    yield from _counting(lake, snapshot, snapshot.name.quarantine, columns)


def files_of(lake: Lake, snapshot: Snapshot) -> list[FileCounts]:
    """The result of each raw file in the table at this version, in the order of arrival.

    Files without a recorded arrival come first: by batch, then by path, as earlier versions took them.
    """
    rows = [
        row for batch in _counting(lake, snapshot, snapshot.name.files, None) for row in batch.to_pylist()
    ]
    by_file: dict[str, FileCounts] = {}
    for row in sorted(rows, key=lambda r: (r["_n"], r["path"] or "")):
        counts = _counts_of(row)
        by_file[counts.file_id] = _sum(by_file.get(counts.file_id), counts)
    found = sorted(by_file.values(), key=lambda f: f.arrival or 0)  # the sort is stable
    return [replace(f, arrival=f.arrival or number) for number, f in enumerate(found, 1)]


def commit_quarantine(lake: Lake, intent: Intent) -> None:
    """Add the rejected rows of a decided batch to the quarantine."""
    if intent.rejected:
        _append(lake, TableName.parse(intent.table).quarantine, QUARANTINE, intent, list(intent.rejected))


def commit_files(lake: Lake, intent: Intent) -> None:
    """Add the results of the raw files of a decided batch to the ``files`` table."""
    if not intent.files:
        return
    decided = datetime.fromisoformat(intent.decided)
    rows = [
        {
            "_file_id": f.file_id,
            "path": f.path,
            "delivered": f.delivered,
            "accepted": f.accepted,
            "quarantined": f.quarantined,
            "size": f.size,
            "modified_ns": f.modified_ns,
            "_n": intent.batch,
            "_attempt": intent.attempt,
            "decided": decided,
            "arrival": f.arrival,
            "batch": f.batch,
            "ingested_at": f.ingested_at and datetime.fromisoformat(f.ingested_at),
        }
        for f in intent.files
    ]
    _append(lake, TableName.parse(intent.table).files, FILES, intent, rows)


def commit_history(lake: Lake, intent: Intent, *, void: bool) -> None:
    """Record an applied batch and its checks, once."""
    decided = datetime.fromisoformat(intent.decided)
    build = {
        "table": intent.table,
        "batch": intent.batch,
        "generation": intent.generation,
        "mode": intent.mode,
        "returned": intent.returned,
        "accepted": 0 if void else intent.accepted_rows,
        "quarantined": 0 if void else intent.rejected_rows,
        "bytes": 0 if void else sum(f.size for f in intent.accepted),
        "void": void,
        "code": intent.code,
        "inputs": json.dumps([vars(i) for i in intent.inputs]),
        "run": intent.run,
        "engine": intent.engine,
        "started": datetime.fromisoformat(intent.started) if intent.started else None,
        "decided": decided,
    }
    if intent.checks:
        checks = [_check_row(intent, check, decided) for check in intent.checks]
        _append(lake, CHECKS, _CHECKS, intent, checks, app=intent.table)
    if not void:
        commit_lineage(lake, intent)
    _append(lake, BUILDS, _BUILDS, intent, [build], app=intent.table)  # last: it marks the record as complete


def history_lacks(lake: Lake, name: TableName, batch: int) -> bool:
    """Whether the build of ``batch`` is not recorded yet: a run died after the table's commit."""
    builds = lake.table(BUILDS).snapshot()
    return builds is None or not is_committed(builds, batch, str(name))


def _check_row(intent: Intent, check: CheckResult, decided: datetime) -> dict[str, Any]:
    return {
        "table": intent.table,
        "batch": intent.batch,
        "name": check.name,
        "expectation": check.expectation,
        "severity": str(check.severity),
        "scope": str(check.scope),
        "success": check.success,
        "element_count": check.element_count,
        "unexpected_count": check.unexpected_count,
        "observed": None if check.observed is None else json.dumps(check.observed, default=str),
        "decided": decided,
    }


def _append(
    lake: Lake,
    name: TableName,
    schema: pa.Schema,
    intent: Intent,
    content: Iterable[StagedFile] | Iterable[dict[str, Any]],
    *,
    app: str = APP_BATCH,
) -> None:
    """Append rows, or previously staged files, as batch ``intent.batch`` of application ``app``."""
    folder = f"attempt={intent.attempt}/{intent.table}-{intent.batch}"
    why = f"{intent.table} {intent.batch}"
    append_records(lake, name, schema, content, app=app, batch=intent.batch, folder=folder, why=why)


def _counting(
    lake: Lake, snapshot: Snapshot, records: TableName, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    found = lake.table(records).snapshot()
    if found is None:
        return
    voids = pa.array(sorted(lake.control.voids(snapshot.name) | {snapshot.last_void}), pa.int64())
    for batch in found.batches(columns):
        n = batch.column(batch.schema.get_field_index("_n"))
        counts = pc.and_(pc.greater_equal(n, snapshot.generation), pc.less_equal(n, snapshot.batch))
        yield batch.filter(pc.and_not(counts, pc.is_in(n, value_set=voids)))


def _counts_of(row: dict[str, Any]) -> FileCounts:
    """The counts of one row; a ledger of an earlier version lacks the columns of the arrival."""
    fields = ("path", "delivered", "accepted", "quarantined", "size", "modified_ns")
    first = row.get("ingested_at") or row["decided"]
    return FileCounts(
        file_id=row["_file_id"],
        arrival=row.get("arrival"),
        batch=row.get("batch") or row["_n"],
        ingested_at=first and first.isoformat(),
        **{f: row[f] for f in fields},
    )


def _sum(before: FileCounts | None, now: FileCounts) -> FileCounts:
    """Two rows of one file, in the order of their batches: a later one counts what a delete took away."""
    if before is None:
        return now
    return replace(
        now,
        delivered=before.delivered + now.delivered,
        accepted=before.accepted + now.accepted,
        quarantined=before.quarantined + now.quarantined,
        arrival=before.arrival or now.arrival,
        batch=before.batch,
        ingested_at=before.ingested_at,
    )
