"""Delete rows by a predicate, as one batch like any other.

What the rows were counted as is taken back in the table's ``files`` records, so the books still balance.
Tables that take this one's rows batch by batch see that it was rewritten, and are built anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.errors import CommitConflict
from clearwell.model import FileCounts
from clearwell.tables.control import Intent
from clearwell.tables.read.features import WriteKind
from clearwell.tables.records.ledger import files_of
from clearwell.tables.write.commit import Recheck, apply_batch, decide, recover, schema_json

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["delete_rows"]

_MOST_TRIES = 20


def delete_rows(lake: Lake, name: TableName, predicate: str, *, engine: Engine, recheck: Recheck) -> int:
    """Delete the rows for which the SQL ``predicate`` is true; how many there were.

    A raw file of which rows are deleted is still known, so they do not come back with the next run; they
    do with a rebuild, as long as the raw file holds them.

    Raises:
        TableNotFound: there is no such table.
        EngineError: the predicate is no SQL, or names a column that is not there.
        CommitConflict: other runs won every decision.
    """
    for _ in range(_MOST_TRIES):
        recover(lake, name, engine=engine, recheck=recheck)
        snapshot = lake.existing(name)
        snapshot.require_writable(WriteKind.REWRITE)
        to_delete = _count(lake, snapshot, predicate, engine)
        if not to_delete:
            return 0
        attempt = lake.begin(name, snapshot.batch + 1)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        rows = sum(to_delete.values())
        paths = {f.file_id: f.path for f in files_of(lake, snapshot)}
        intent = Intent(
            table=str(name),
            batch=snapshot.batch + 1,
            generation=snapshot.generation,
            mode="delete",
            attempt=attempt.id,
            schema=schema_json(snapshot.schema),
            planned_version=snapshot.version,
            predicate=predicate,
            required=tuple(f.name for f in snapshot.schema if not f.nullable),
            files=tuple(FileCounts(i, paths.get(i, ""), -n, -n, 0) for i, n in to_delete.items() if i),
            returned=rows,
            engine=engine.name,
            started=now,
        )
        winner = decide(lake, intent)
        apply_batch(lake, winner, engine=engine, recheck=recheck)
        if winner.attempt == intent.attempt:
            return rows
        lake.discard(attempt.id, name)
    raise CommitConflict("other runs won every decision", place=str(name), hint="run again; nothing was lost")


def _count(lake: Lake, snapshot: Snapshot, predicate: str, engine: Engine) -> dict[str, int]:
    """How many rows would go, by raw file; under "" those of tables that do not say."""
    from pyspark.sql import functions as F

    lake.failpoint("delete", snapshot.name)
    with engine.work(f"counting rows to delete in {snapshot.name}"):
        rows = snapshot.read(engine).where(F.expr(predicate))
        if "_file_id" not in snapshot.schema.names:
            return {"": count} if (count := rows.count()) else {}
        found = rows.groupBy("_file_id").count().collect()
    return {row["_file_id"] or "": row["count"] for row in found}
