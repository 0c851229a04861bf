"""Write a table's next batch: the one procedure that every step which changes rows goes through.

    recover     apply what an earlier run decided but did not finish
    look        take the newest snapshot of the table
    plan        ask the caller: nothing to do, or a staged intent for the next batch
    decide      put the intent under (table, batch); exactly one writer wins
    apply       bring the winner's batch into the table, whichever writer decided it

If another run won, the staged files are discarded. If the batch was voided, nothing of it is in the table. In
both cases the procedure starts again from ``recover``, because the table has changed since the plan.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from clearwell.errors import CommitConflict, TableError
from clearwell.tables.write.commit import apply_batch, decide, recover
from clearwell.tables.write.identity import identified

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot
    from clearwell.tables.write.commit import Recheck

__all__ = ["BatchPlan", "WrittenBatch", "write_batch"]

NoteT = TypeVar("NoteT")

_MOST_TRIES = 20

log = logging.getLogger("clearwell")


@dataclass(frozen=True)
class BatchPlan(Generic[NoteT]):
    """What a caller wants to write on top of one snapshot.

    Args:
        note: What the caller needs again to report the result; the procedure does not look at it.
        intent: The next batch, staged and verified, or None if there is nothing to do.
    """

    note: NoteT
    intent: Intent | None = None


@dataclass(frozen=True)
class WrittenBatch(Generic[NoteT]):
    """How a write ended.

    Args:
        note: The note of the last plan.
        intent: The batch of this call that is in the table now, or None if the last plan had nothing to do.
        snapshot: The version that the last plan was made on, or None if the table did not exist.
        recovered: Whether a batch was applied that another run had decided.
    """

    note: NoteT
    intent: Intent | None
    snapshot: Snapshot | None
    recovered: bool


def write_batch(
    lake: Lake,
    name: TableName,
    plan: Callable[[Snapshot | None], BatchPlan[NoteT]],
    *,
    engine: Engine,
    recheck: Recheck,
    rebuilds: bool = False,
) -> WrittenBatch[NoteT]:
    """Write the batch that ``plan`` makes for ``name``, or nothing if it finds nothing to do.

    ``plan`` is called at least once, and again after each decision that did not put its batch into the table.
    What it raises ends the write; the table is then as it was. With ``rebuilds`` the plan replaces all rows,
    so rejected rows that the table's quarantine has lost for good do not stop it.

    Raises:
        TableError: the lake belongs to another project, or the records of the table do not fit it.
        CommitConflict: 20 plans in a row did not get into the table.
    """
    lake.require_owner()
    recovered = False
    for _ in range(_MOST_TRIES):
        recovered |= recover(lake, name, engine=engine, recheck=recheck, rebuilds=rebuilds) is not None
        snapshot = lake.table(name).snapshot()
        _require_records(lake, snapshot)
        planned = plan(snapshot)
        if planned.intent is None:
            return WrittenBatch(planned.note, None, snapshot, recovered)
        winner = decide(lake, identified(planned.intent, snapshot))
        holds = apply_batch(lake, winner, engine=engine, recheck=recheck)
        if winner.attempt != planned.intent.attempt:
            lake.discard(planned.intent.attempt, name)
            log.info("%s: another run was first; looking again", name)
        elif holds:
            return WrittenBatch(planned.note, winner, snapshot, recovered)
    raise CommitConflict("other runs won every decision", place=str(name), hint="run again; nothing was lost")


def _require_records(lake: Lake, snapshot: Snapshot | None) -> None:
    """Check that the lake's records know the newest batch of a table: without them it looks new."""
    if snapshot is None or not snapshot.batch or lake.control.intent(snapshot.name, snapshot.batch):
        return
    raise TableError(
        f"it holds batch {snapshot.batch}, of which {lake.store.absolute('control')} has no record",
        place=str(snapshot.name),
        hint="is `places.control` right? restore the folder from a backup, or go on without the records: "
        f"clearwell repair {snapshot.name}",
    )
