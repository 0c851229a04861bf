"""The operations that the write procedure consists of: decide a batch, apply it, recover one.

    decide    put the intent under (table, batch); a writer that loses the put gets the winner's intent
    apply     quarantine, then files, then the table, then history; each step looks before it acts
    recover   apply the batch that was decided but is not in the table yet

Their order is in ``clearwell.tables.write.procedure``.

A batch whose checks across rows no longer hold, because another writer changed the table since the audit, is
voided: committed with no files, so that its number is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import Schema

from clearwell.errors import TableError
from clearwell.names import TableName, Zone
from clearwell.stores import file_sizes
from clearwell.tables.columns import add_columns, allow_types
from clearwell.tables.control_records import Intent
from clearwell.tables.read.external_writers import changed_since
from clearwell.tables.read.features import WriteKind
from clearwell.tables.read.snapshot import (
    APP_BATCH,
    APP_DELETED,
    APP_GENERATION,
    APP_IDENTITY,
    APP_RECORDS,
    APP_VOID,
)
from clearwell.tables.records.agree import complete_history, complete_records, require_data
from clearwell.tables.records.counting import records_until
from clearwell.tables.records.history import commit_history
from clearwell.tables.records.ledger import commit_files
from clearwell.tables.records.quarantine import commit_quarantine
from clearwell.tables.swap import Change, add, swap
from clearwell.tables.write.rewrite import plan_rewrite

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.tables.control_records import Attempt
    from clearwell.tables.lake import Lake, Table
    from clearwell.tables.read.snapshot import Snapshot

log = logging.getLogger("clearwell")

__all__ = ["Recheck", "apply_batch", "decide", "recover", "schema_json", "void_batch"]

Recheck = Callable[["Snapshot", "Intent"], bool]
"""Whether an intent's checks across rows hold for this version of its table with the batch in it."""


def schema_json(schema: pa.Schema) -> str:
    """A table's columns as an intent records them."""
    return Schema.from_arrow(schema).to_json()


def decide(lake: Lake, intent: Intent) -> Intent:
    """Propose ``intent`` for its batch; returns the decision that holds, which may be another run's."""
    table = lake.table(intent.table)
    table.force(file.path for file in intent.accepted)
    lake.table(table.name.quarantine).force(file.path for file in intent.rejected)
    lake.failpoint("intent", intent.table)
    winner = lake.control.decide(intent)
    lake.failpoint("decided", intent.table)
    return winner


def recover(
    lake: Lake, name: TableName, *, engine: Engine, recheck: Recheck, rebuilds: bool = False
) -> Intent | None:
    """Apply the decided batch of ``name`` that is not in it yet; returns that intent, or None.

    Raises:
        TableError: records that the table needs are lost, and cannot be written again (see ``write_batch``).
    """
    table = lake.table(name)
    snapshot = table.snapshot()
    if snapshot and name not in lake.compared:
        if _pass_over(lake, snapshot):
            snapshot = table.snapshot() or snapshot
        complete_records(lake, snapshot, rebuilds=rebuilds)
        require_data(lake, snapshot, rebuilds=rebuilds)
        lake.compared.add(name)
    batch = snapshot.batch if snapshot else 0
    if snapshot and batch:
        if snapshot.last_void == batch:
            lake.control.mark_void(name, batch)
        complete_history(lake, snapshot)
    pending = lake.control.intent(name, batch + 1)
    if pending is not None:
        apply_batch(lake, pending, engine=engine, recheck=recheck)
    return pending


def _pass_over(lake: Lake, snapshot: Snapshot) -> bool:
    """Take the batch numbers that the records of a table know, but neither it nor ``control``.

    It was restored from an earlier copy, and they were not. They would take rows of a known number for
    written; so it goes on behind their last one, and what they say of these batches does not count.
    """
    last = records_until(lake, snapshot.name)
    if last <= snapshot.batch or lake.control.intent(snapshot.name, snapshot.batch + 1):
        return False
    log.warning(
        "%s: it holds batch %d, its records know batch %d: restored from an earlier copy; it goes on after",
        snapshot.name,
        snapshot.batch,
        last,
    )
    empty = Intent(
        table=str(snapshot.name),
        batch=last,
        generation=snapshot.generation or last,
        mode="append",
        attempt="",
        schema=schema_json(snapshot.schema),
        planned_version=snapshot.version,
    )
    for batch in range(snapshot.batch + 1, last):
        lake.control.mark_void(snapshot.name, batch)
    void_batch(lake, lake.control.decide(empty), begins=not snapshot.batch)
    return True


def apply_batch(lake: Lake, intent: Intent, *, engine: Engine, recheck: Recheck) -> bool:
    """Apply a decided batch to its table, once among all writers; whether it holds (is not void)."""
    name = TableName.parse(intent.table)
    table = lake.table(name)
    before = table.snapshot()
    if before is not None and before.batch < intent.batch:
        before.require_writable(WriteKind.of(intent.mode))
    _require_staged(table, before, intent)
    lake.failpoint("quarantine", name)
    commit_quarantine(lake, intent)
    lake.failpoint("files", name)
    commit_files(lake, intent)
    lake.failpoint("table", name)
    _prepare(table, intent)
    rewrite = lake.begin(name, intent.batch) if intent.mode in _REWRITES else None
    swap(
        table,
        lambda snapshot: _plan(lake, snapshot, intent, rewrite, engine=engine, recheck=recheck),
        batch=intent.batch,
    )
    lake.failpoint("committed", name)
    after = table.snapshot()
    void = after is not None and intent.batch in lake.voids(after)
    if void:
        lake.control.mark_void(name, intent.batch)
    commit_history(lake, intent, void=void)
    lake.failpoint("history", name)
    for attempt in lake.control.attempts(name):  # of this batch none is running any more
        if attempt.id == intent.attempt or (rewrite and attempt.id == rewrite.id):
            lake.control.forget(attempt)
    return not void


def void_batch(lake: Lake, intent: Intent, *, begins: bool = False) -> None:
    """Void a batch as another writer voided it: its number is taken, its columns exist, it has no rows.

    With ``begins`` it begins a generation: no earlier batch counts any more.
    """
    table = lake.table(intent.table)
    _prepare(table, intent)
    # Builds that have read an earlier try of this batch read the table anew.
    change = _nothing_of(intent)
    change = replace(change, transactions={**change.transactions, APP_DELETED: intent.batch})
    if begins:
        change = replace(change, transactions={**change.transactions, APP_GENERATION: intent.batch})
    swap(table, lambda _: change, batch=intent.batch)
    lake.control.mark_void(table.name, intent.batch)


_REWRITES = ("merge", "replace_partitions", "delete")


def _plan(
    lake: Lake,
    snapshot: Snapshot,
    intent: Intent,
    rewrite: Attempt | None,
    *,
    engine: Engine,
    recheck: Recheck,
) -> Change:
    marks = {APP_GENERATION: intent.generation}
    if intent.identity:
        marks[APP_IDENTITY] = intent.identity
    if intent.mode == "delete":
        marks[APP_DELETED] = intent.batch
    if intent.files:
        marks[APP_RECORDS[Zone.FILES]] = intent.batch
    if intent.rejected:
        marks[APP_RECORDS[Zone.QUARANTINE]] = intent.batch
    why = f"{intent.mode} {intent.batch}"
    if (
        intent.table_checks
        and changed_since(snapshot, intent.planned_version)
        and not recheck(snapshot, intent)
    ):
        return _nothing_of(intent)
    if intent.mode == "replace":
        schema = Schema.from_json(intent.schema)
        adds = [add(f) for f in intent.accepted]
        return Change(adds=adds, replaces=True, schema=schema, transactions=marks, why=why)
    if rewrite is None:
        return Change(adds=[add(f) for f in intent.accepted], transactions=marks, why=why)
    change = plan_rewrite(lake, snapshot, intent, rewrite, engine)
    return Change(change.adds, change.removes, transactions=marks, why=why)


def _nothing_of(intent: Intent) -> Change:
    transactions = {APP_BATCH: intent.batch, APP_VOID: intent.batch}
    return Change(transactions=transactions, why=f"void {intent.batch}")


def _prepare(table: Table, intent: Intent) -> None:
    """Create the table, or its new columns: harmless if the batch is voided afterwards."""
    schema = pa.schema(Schema.from_json(intent.schema).to_arrow())
    snapshot = table.snapshot()
    if snapshot is None:
        table.create(schema, required=intent.required, untold=intent.untold)
    elif intent.mode == "replace":
        allow_types(table, schema)
    else:
        add_columns(table, schema)


def _require_staged(table: Table, snapshot: Snapshot | None, intent: Intent) -> None:
    """Check the staged files before anything is written, because Delta would add missing ones."""
    if snapshot is not None and snapshot.batch >= intent.batch:
        return
    sizes = file_sizes([f"{table.root}/{file.path}" for file in intent.accepted])
    gone = [file.path for file, size in zip(intent.accepted, sizes, strict=True) if size is None]
    if not gone:
        return
    if snapshot is None:
        raise TableError(
            f"batch {intent.batch} was decided, but at {table.root} there is neither the table nor its files",
            place=intent.table,
            hint="a profile with places of its own needs a `lake` of its own, or the parts copied there "
            f"(docs/deploy.md); if the table was deleted: clearwell repair {intent.table}",
        )
    raise TableError(
        f"{len(gone)} staged files of the decided batch {intent.batch} are gone, such as {gone[0]}",
        place=intent.table,
        hint=f"restore them, or give up the batch: clearwell repair {intent.table}",
    )
