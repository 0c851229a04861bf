"""Clearwell's own records in Delta tables: rejected rows, what each raw file brought, history.

Rows of a quarantine and of a ``files`` table are written before the commit of the table that they belong
to. That commit decides: a row counts when its batch ``_n`` is in the table's present generation, is
committed, and is not void. So every reader, at every version, sees books that balance.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.model import CheckResult, Edge, FileCounts
from clearwell.names import TableName, Zone
from clearwell.tables.parts import PartWriter
from clearwell.tables.snapshot import APP_BATCH
from clearwell.tables.stage import QUARANTINE
from clearwell.tables.swap import Change, add, is_committed, swap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearwell.tables.control import Intent, StagedFile
    from clearwell.tables.lake import Lake
    from clearwell.tables.snapshot import Snapshot

__all__ = [
    "BUILDS",
    "CHECKS",
    "LINEAGE",
    "commit_files",
    "commit_history",
    "commit_lineage",
    "commit_quarantine",
    "files_of",
    "lineage_of",
    "quarantine_of",
]

BUILDS = TableName(Zone.HISTORY, "builds")
CHECKS = TableName(Zone.HISTORY, "checks")
LINEAGE = TableName(Zone.HISTORY, "lineage")

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
    ]
)

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

_LINEAGE = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("generation", pa.int64(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("column", pa.string()),
        ("source", pa.string()),
        ("source_column", pa.string()),
        ("subtype", pa.string()),
        ("blurred", pa.bool_()),
        ("decided", _MOMENT),
    ]
)


def quarantine_of(lake: Lake, snapshot: Snapshot) -> Iterator[pa.RecordBatch]:
    """The rejected rows of the table at this version."""
    yield from _counting(lake, snapshot, snapshot.name.quarantine)


def files_of(lake: Lake, snapshot: Snapshot) -> list[FileCounts]:
    """What each raw file brought to the table at this version, in the order of arrival."""
    rows = [row for batch in _counting(lake, snapshot, snapshot.name.files) for row in batch.to_pylist()]
    fields = ("path", "delivered", "accepted", "quarantined", "size", "modified_ns")
    by_file: dict[str, FileCounts] = {}
    for row in sorted(rows, key=lambda r: (r["_n"], r["path"] or "")):
        counts = FileCounts(file_id=row["_file_id"], **{f: row[f] for f in fields})
        by_file[counts.file_id] = _sum(by_file.get(counts.file_id), counts)
    return list(by_file.values())


def commit_quarantine(lake: Lake, intent: Intent) -> None:
    """Make the rejected rows of a decided batch part of the quarantine."""
    if intent.rejected:
        _append(lake, TableName.parse(intent.table).quarantine, QUARANTINE, intent, list(intent.rejected))


def commit_files(lake: Lake, intent: Intent) -> None:
    """Make what the raw files of a decided batch brought part of the ``files`` table."""
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
        }
        for f in intent.files
    ]
    _append(lake, TableName.parse(intent.table).files, FILES, intent, rows)


def commit_history(lake: Lake, intent: Intent, *, void: bool) -> None:
    """Record a carried-out batch and its checks, once."""
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
    _append(lake, BUILDS, _BUILDS, intent, [build], app=intent.table)  # last: it says that all is on record


def commit_lineage(lake: Lake, intent: Intent) -> None:
    """Record the edges of a carried-out batch that its generation has not had yet, once."""
    if not intent.lineage:
        return
    known = set(_edges(lake, intent.table).get((intent.table, intent.generation), ()))
    decided = datetime.fromisoformat(intent.decided)
    place = {"table": intent.table, "generation": intent.generation, "batch": intent.batch}
    fresh = [{**place, **vars(e), "decided": decided} for e in sorted(set(intent.lineage) - known)]
    if fresh:
        _append(lake, LINEAGE, _LINEAGE, intent, fresh, app=intent.table)


def lineage_of(lake: Lake) -> dict[str, tuple[Edge, ...]]:
    """By table or dataset: the edges of all batches since its present contents began, in order."""
    newest: dict[str, int] = {}
    found = _edges(lake)
    for table, generation in found:
        newest[table] = max(newest.get(table, 0), generation)
    return {table: tuple(sorted(found[table, newest[table]])) for table in sorted(newest)}


def _edges(lake: Lake, only: str | None = None) -> dict[tuple[str, int], set[Edge]]:
    """The recorded edges by table and generation."""
    found: dict[tuple[str, int], set[Edge]] = {}
    if (snapshot := lake.table(LINEAGE).snapshot()) is None:
        return found
    fields = ("column", "source", "source_column", "subtype", "blurred")
    for batch in snapshot.batches():
        rows = batch if only is None else batch.filter(pc.equal(batch.column("table"), only))
        for row in rows.to_pylist():
            edges = found.setdefault((row["table"], row["generation"]), set())
            edges.add(Edge(**{field: row[field] for field in fields}))
    return found


def history_lacks(lake: Lake, name: TableName, batch: int) -> bool:
    """Whether the build of ``batch`` is not on record yet: a run died after the table's commit."""
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
    """Append rows, or files staged before, as batch ``intent.batch`` of application ``app``."""
    table = lake.table(name)
    required = [f.name for f in schema if not f.nullable]
    if (snapshot := table.snapshot()) is None:
        table.create(schema, required=required)
    elif is_committed(snapshot, intent.batch, app):
        return
    items = list(content)
    if items and isinstance(items[0], dict):
        folder = f"attempt={intent.attempt}/{intent.table}-{intent.batch}"
        with PartWriter(table.root, folder, schema, required=required) as writer:
            writer.write(pa.RecordBatch.from_pylist(items, schema))
        adds = [add(file) for file in writer.files]
    else:
        adds = [add(file) for file in items if not isinstance(file, dict)]
    change = Change(adds=adds, why=f"{intent.table} {intent.batch}")
    swap(table, lambda _: change, batch=intent.batch, app=app)


def _counting(lake: Lake, snapshot: Snapshot, records: TableName) -> Iterator[pa.RecordBatch]:
    found = lake.table(records).snapshot()
    if found is None:
        return
    voids = pa.array(sorted(lake.control.voids(snapshot.name) | {snapshot.last_void}), pa.int64())
    for batch in found.batches():
        n = batch.column(batch.schema.get_field_index("_n"))
        counts = pc.and_(pc.greater_equal(n, snapshot.generation), pc.less_equal(n, snapshot.batch))
        yield batch.filter(pc.and_not(counts, pc.is_in(n, value_set=voids)))


def _sum(before: FileCounts | None, now: FileCounts) -> FileCounts:
    if before is None:
        return now
    return FileCounts(
        file_id=now.file_id,
        path=now.path,
        delivered=before.delivered + now.delivered,
        accepted=before.accepted + now.accepted,
        quarantined=before.quarantined + now.quarantined,
        size=now.size,
        modified_ns=now.modified_ns,
    )
