"""The ledger of a table, its ``files`` table: what each raw file delivered to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.errors import TableError
from clearwell.model import FileCounts, Retraction
from clearwell.names import TableName
from clearwell.tables.columns import add_columns
from clearwell.tables.records.counting import counting_rows
from clearwell.tables.records.records import append_of_intent
from clearwell.tables.staging.parts import PartWriter
from clearwell.tables.swap import Change, add, swap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = [
    "FILES",
    "commit_files",
    "files_of",
    "former_files",
    "ledger_of",
    "record_touched",
    "retracted_until",
    "without_arrival",
    "write_counts",
]

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
        ("inode", pa.int64()),
        ("changed_ns", pa.int64()),
        ("retracted", pa.bool_()),
        ("retracted_by", pa.string()),
        ("retracted_at", _MOMENT),
        ("retracted_why", pa.string()),
    ]
)
"""From ``arrival`` on: see ``FileCounts``. Ledgers of earlier versions lack these columns. ``retracted``: the
file was taken back, or (false) that was undone; NULL in any other row."""


def files_of(lake: Lake, snapshot: Snapshot, *, complete: bool = True) -> list[FileCounts]:
    """What the ledger says of each raw file that the table, at this version, has taken or taken back."""
    known = ledger_of(lake, snapshot, complete=complete)
    return [counts for counts in known if counts.retraction is None or counts.is_retracted]


def ledger_of(lake: Lake, snapshot: Snapshot, *, complete: bool = True) -> list[FileCounts]:
    """The same in the order of arrival, with files whose retraction was undone and that may come again.

    Without ``complete`` also of a ``files`` table that has lost batches.

    Files without a recorded arrival come first: by batch, then by path, as earlier versions took them. So
    are files of one arrival, which a repair has recorded for want of a better one. A file that was taken back
    keeps its place, which a corrected one may have taken.
    """
    rows = [
        row
        for batch in counting_rows(lake, snapshot, snapshot.name.files, None, complete=complete)
        for row in batch.to_pylist()
    ]
    by_file: dict[str, FileCounts] = {}
    for row in sorted(rows, key=lambda r: (r["_n"], r["decided"], r["path"] or "")):
        counts = _counts_of(row)
        by_file[counts.file_id] = _sum(by_file.get(counts.file_id), counts)
    ordered: list[FileCounts] = []
    last = 0
    for counts in sorted(by_file.values(), key=lambda f: (f.arrival or 0, f.batch or 0, f.path)):
        arrival = max(counts.arrival or 0, last + 1)
        if counts.retraction is None:
            last = arrival
        ordered.append(replace(counts, arrival=arrival))
    return ordered


def without_arrival(lake: Lake, snapshot: Snapshot) -> set[str]:
    """The ids of the files for which the ledger has no arrival: an earlier version has taken them."""
    rows = [
        row for batch in counting_rows(lake, snapshot, snapshot.name.files, None) for row in batch.to_pylist()
    ]
    return {row["_file_id"] for row in rows} - {row["_file_id"] for row in rows if row.get("arrival")}


def retracted_until(lake: Lake, snapshot: Snapshot) -> dict[str, int]:
    """File id -> the batch of this generation that took it back, for those where one did."""
    if snapshot.state.generation == snapshot.generation:  # nothing was ever deleted from it
        return {}
    found: dict[str, int] = {}
    for batch in counting_rows(lake, snapshot, snapshot.name.files, None, complete=False):
        for row in batch.to_pylist():
            if row.get("retracted"):
                found[row["_file_id"]] = max(row["_n"], found.get(row["_file_id"], 0))
    return found


def former_files(lake: Lake, name: TableName, snapshot: Snapshot | None) -> dict[str, FileCounts]:
    """What files had delivered to the table, or that they were taken back, by file id.

    They are those of its void batches: it was restored from an earlier copy. Of a table that is gone
    (``snapshot`` is None, or has no file) all that its ledger and its intents know.
    """
    lost = lake.voids(snapshot) if snapshot is not None and snapshot.files else None
    former: dict[str, FileCounts] = {}
    if lost is not None and not lost:  # as in nearly every run: the ledger need not be read
        return former
    for batch in lake.control.decided(name) if lost is None else sorted(lost):
        with suppress(TableError):  # a damaged record
            if intent := lake.control.intent(name, batch):
                former |= {f.file_id: f for f in intent.files}
    found = lake.table(name.files).snapshot()
    if found is None or "arrival" not in found.schema.names:
        return former
    rows = [row for row in found.to_arrow().to_pylist() if row["arrival"]]
    rows = [row for row in rows if lost is None or row["_n"] in lost]
    for row in sorted(rows, key=lambda r: (r["_n"], r["decided"])):
        former[row["_file_id"]] = _counts_of(row)
    return former


def commit_files(lake: Lake, intent: Intent) -> None:
    """Add the results of the raw files of a decided batch to the ``files`` table."""
    if intent.files:
        write_counts(lake, intent)


def write_counts(lake: Lake, intent: Intent) -> None:
    """The same, also of a batch without files: then the table only learns its number."""
    decided = datetime.fromisoformat(intent.decided)
    rows = _rows(intent.files, batch=intent.batch, attempt=intent.attempt, decided=decided)
    append_of_intent(lake, TableName.parse(intent.table).files, FILES, intent, rows)


def record_touched(lake: Lake, snapshot: Snapshot, counts: Sequence[FileCounts]) -> None:
    """Record how known files look now: rows without records, of the table's last batch, in no batch's order.

    If that batch is void they would not count, and nothing is written.
    """
    if snapshot.batch in lake.voids(snapshot):
        return
    table, attempt = lake.table(snapshot.name.files), lake.begin(snapshot.name, snapshot.batch)
    rows = _rows(counts, batch=snapshot.batch, attempt=attempt.id, decided=datetime.now(UTC))
    required = [f.name for f in FILES if not f.nullable]
    add_columns(table, FILES)
    with PartWriter(table.root, f"{attempt.folder}/touched", FILES, required=required) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, FILES))
    change = Change(adds=[add(file) for file in writer.files], why="touched")
    swap(table, lambda _: change)
    lake.control.forget(attempt)


def _rows(
    counts: Sequence[FileCounts], *, batch: int, attempt: str, decided: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "_file_id": f.file_id,
            "path": f.path,
            "delivered": f.delivered,
            "accepted": f.accepted,
            "quarantined": f.quarantined,
            "size": f.size,
            "modified_ns": f.modified_ns,
            "_n": batch,
            "_attempt": attempt,
            "decided": decided,
            "arrival": f.arrival,
            "batch": f.batch,
            "ingested_at": f.ingested_at and datetime.fromisoformat(f.ingested_at),
            "inode": f.inode,
            "changed_ns": f.changed_ns,
            "retracted": None if f.retraction is None else f.is_retracted,
            "retracted_by": f.retraction and f.retraction.by,
            "retracted_at": f.retraction and datetime.fromisoformat(f.retraction.at),
            "retracted_why": f.retraction and f.retraction.reason,
        }
        for f in counts
    ]


def _counts_of(row: dict[str, Any]) -> FileCounts:
    """The counts of one row; a ledger of an earlier version lacks the columns of the arrival."""
    fields = ("path", "delivered", "accepted", "quarantined", "size", "modified_ns")
    first = row.get("ingested_at") or row["decided"]
    return FileCounts(
        file_id=row["_file_id"],
        arrival=row.get("arrival"),
        batch=row.get("batch") or row["_n"],
        ingested_at=first and first.isoformat(),
        inode=row.get("inode"),
        changed_ns=row.get("changed_ns"),
        retraction=None if row.get("retracted") is None else _retraction_of(row),
        **{f: row[f] for f in fields},
    )


def _retraction_of(row: dict[str, Any]) -> Retraction:
    at = row["retracted_at"].isoformat(timespec="milliseconds")
    return Retraction(row["retracted_by"], at, row["retracted_why"], undone=not row["retracted"])


def _sum(before: FileCounts | None, now: FileCounts) -> FileCounts:
    """Two rows of one file, in the order of their batches: a later one counts what a delete took away.

    A file that is taken again, after it was taken back, is new to the batches after it; its place is kept.
    """
    if before is None:
        return now
    if before.retraction and now.retraction is None:
        return replace(now, arrival=before.arrival or now.arrival)
    return replace(
        now,
        delivered=before.delivered + now.delivered,
        accepted=before.accepted + now.accepted,
        quarantined=before.quarantined + now.quarantined,
        arrival=before.arrival or now.arrival,
        batch=before.batch,
        ingested_at=before.ingested_at,
    )
