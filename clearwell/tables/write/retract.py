"""Take a raw file back from a bronze table, or undo that, as one batch like any other.

Its rows leave the table and its rejected records the quarantine; the ledger keeps who took it back, when and
why. So no later run and no rebuild takes this content again, whatever became of the raw file. Tables that
read this one detect that rows were deleted, and are rebuilt. Undone, the file is taken by the next run that
finds it, at its former place among the others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.tables.control_records import Intent
from clearwell.tables.read.features import WriteKind
from clearwell.tables.records.ledger import ledger_of, without_arrival
from clearwell.tables.write.commit import schema_json
from clearwell.tables.write.delete import rows_to_delete
from clearwell.tables.write.procedure import BatchPlan, write_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearwell.engines import Engine
    from clearwell.model import FileCounts, Retraction
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["retract_file"]


def retract_file(
    lake: Lake,
    name: TableName,
    find: Callable[[Sequence[FileCounts]], FileCounts],
    retraction: Retraction,
    *,
    engine: Engine,
) -> tuple[FileCounts, bool]:
    """Take back the file that ``find`` selects from the ledger, or undo that; what the ledger said before.

    Also returns whether anything was done: a file that is in the wanted state already stays as it is.

    Raises:
        TableNotFound: there is no such table.
        CommitConflict: other runs won every decision.
    """

    def plan(snapshot: Snapshot | None) -> BatchPlan[FileCounts]:
        now = snapshot or lake.existing(name)
        known = ledger_of(lake, now)
        file = find(known)
        if file.is_retracted is not retraction.undone:
            return BatchPlan(file)
        return BatchPlan(file, _intent(lake, now, known, file, retraction, engine))

    written = write_batch(lake, name, plan, engine=engine, recheck=lambda *_: True)
    return written.note, written.intent is not None


def _intent(
    lake: Lake,
    snapshot: Snapshot,
    known: Sequence[FileCounts],
    file: FileCounts,
    retraction: Retraction,
    engine: Engine,
) -> Intent:
    deletes = not retraction.undone
    if deletes:
        snapshot.require_writable(WriteKind.REWRITE)
    predicate = f"_file_id = '{file.file_id}'"
    rows = sum(rows_to_delete(lake, snapshot, predicate, engine).values()) if deletes else 0
    attempt = lake.begin(snapshot.name, snapshot.batch + 1)
    nothing = {"delivered": 0, "accepted": 0, "quarantined": 0}
    less = {count: -getattr(file, count) for count in nothing}
    # The place of each file is fixed, lest one that comes again is compared with places not recorded.
    loose = without_arrival(lake, snapshot) - {file.file_id}
    return Intent(
        table=str(snapshot.name),
        batch=attempt.batch,
        generation=snapshot.generation,
        mode="delete" if deletes else "append",
        attempt=attempt.id,
        schema=schema_json(snapshot.schema),
        planned_version=snapshot.version,
        predicate=predicate if deletes else None,
        required=tuple(f.name for f in snapshot.schema if not f.nullable),
        files=(
            replace(file, **less, retraction=retraction),
            *(replace(other, **nothing) for other in known if other.file_id in loose),
        ),
        returned=rows,
        engine=engine.name,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
