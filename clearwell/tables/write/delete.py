"""Delete rows by a predicate, as one batch like any other.

The deleted rows are subtracted from the counts in the table's ``files`` records, so the records still
balance. Tables that read this one's rows batch by batch detect that it was rewritten, and are rebuilt.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.model import FileCounts
from clearwell.tables.control_records import Intent
from clearwell.tables.read.features import WriteKind
from clearwell.tables.records.ledger import files_of
from clearwell.tables.write.commit import schema_json
from clearwell.tables.write.procedure import BatchPlan, write_batch

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot
    from clearwell.tables.write.commit import Recheck

__all__ = ["delete_rows", "rows_to_delete"]


def delete_rows(lake: Lake, name: TableName, predicate: str, *, engine: Engine, recheck: Recheck) -> int:
    """Delete the rows for which the SQL ``predicate`` is true; returns how many there were.

    A raw file whose rows are deleted stays known, so the next run does not ingest them again; a rebuild does,
    as long as the raw file holds them.

    Raises:
        TableNotFound: there is no such table.
        EngineError: the predicate is not valid SQL, or names a column that does not exist.
        CommitConflict: other runs won every decision.
    """
    written = write_batch(
        lake,
        name,
        lambda snapshot: BatchPlan(None, _intent(lake, snapshot or lake.existing(name), predicate, engine)),
        engine=engine,
        recheck=recheck,
    )
    return written.intent.returned if written.intent else 0


def _intent(lake: Lake, snapshot: Snapshot, predicate: str, engine: Engine) -> Intent | None:
    """The batch that deletes the rows of ``snapshot`` for which ``predicate`` is true; None if none is."""
    snapshot.require_writable(WriteKind.REWRITE)
    to_delete = rows_to_delete(lake, snapshot, predicate, engine)
    if not to_delete:
        return None
    attempt = lake.begin(snapshot.name, snapshot.batch + 1)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    known = {f.file_id: f for f in files_of(lake, snapshot)}
    return Intent(
        table=str(snapshot.name),
        batch=attempt.batch,
        generation=snapshot.generation,
        mode="delete",
        attempt=attempt.id,
        schema=schema_json(snapshot.schema),
        planned_version=snapshot.version,
        predicate=predicate,
        required=tuple(f.name for f in snapshot.schema if not f.nullable),
        files=tuple(
            _deleted(known.get(i) or FileCounts(i, "", 0, 0, 0), n) for i, n in to_delete.items() if i
        ),
        returned=sum(to_delete.values()),
        engine=engine.name,
        started=now,
    )


def _deleted(file: FileCounts, rows: int) -> FileCounts:
    return replace(file, delivered=-rows, accepted=-rows, quarantined=0)


def rows_to_delete(lake: Lake, snapshot: Snapshot, predicate: str, engine: Engine) -> dict[str, int]:
    """How many rows would be deleted, by raw file; under "" for tables without raw files."""
    from pyspark.sql import functions as F

    lake.failpoint("delete", snapshot.name)
    with engine.work(f"counting rows to delete in {snapshot.name}"):
        rows = snapshot.read(engine).where(F.expr(predicate))
        if "_file_id" not in snapshot.schema.names:
            return {"": count} if (count := rows.count()) else {}
        found = rows.groupBy("_file_id").count().collect()
    return {row["_file_id"] or "": row["count"] for row in found}
