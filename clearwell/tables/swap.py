"""The one way to change a table: files added and files removed, compared-and-swapped on one version.

    read the newest version; stop if the transaction is in its log; plan on it; commit once; any error:
    read again, look again, plan again

Why each line: delta-rs's own retry would accept removals that were planned before another writer's compaction
(deleted rows would reappear), so it is off; an error can follow a commit that landed, and a transaction that
comes later than another of its number is not refused, so only a fresh look at the log shows the outcome.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deltalake import CommitProperties, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from clearwell.errors import CommitConflict, TableError
from clearwell.stores import refusal
from clearwell.tables.columns import require_types
from clearwell.tables.read.complete import SEAL, SEALED
from clearwell.tables.read.features import WriteKind
from clearwell.tables.read.snapshot import APP_BATCH, LiveFile, Snapshot
from clearwell.tables.read.stats import stats_json

if TYPE_CHECKING:
    from clearwell.tables.control_records import StagedFile
    from clearwell.tables.lake import Table

__all__ = ["Change", "Plan", "add", "remove", "swap"]

RETRIES_INSIDE_DELTA = 0
_DEADLINE_SECONDS = 300.0
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True)
class Change:
    """What a commit does. ``replaces`` removes every live file and sets ``schema``."""

    adds: list[AddAction] = field(default_factory=list[AddAction])
    removes: list[RemoveAction] = field(default_factory=list[RemoveAction])
    replaces: bool = False
    schema: Schema | None = None
    transactions: dict[str, int] = field(default_factory=dict[str, int])
    why: str = "write"


Plan = Callable[[Snapshot], Change | None]
"""Plans a change on this exact version; None if nothing is left to do."""


def swap(table: Table, plan: Plan, *, batch: int | None = None, app: str = APP_BATCH) -> int:
    """Commit ``plan`` once; returns a version that certainly contains it.

    With ``batch`` the commit carries the transaction (``app``, ``batch``) and is not repeated if the log has
    it already, from any writer.

    Raises:
        TableError: the table does not exist, or this commit would break another writer's features of Delta.
        StoreError: the store of the table refuses, or does not answer.
        CommitConflict: other writers won every try for five minutes.
    """
    table.lake.store.require_conditional_put(table.name.path)
    end = time.monotonic() + _DEADLINE_SECONDS
    pause, last = 0.01, None
    while time.monotonic() < end:
        snapshot = table.snapshot()
        if snapshot is None:
            raise TableError(
                "the table no longer exists", place=str(table.name), hint="was its folder deleted?"
            )
        if batch is not None and is_committed(snapshot, batch, app):
            return snapshot.version
        change = plan(snapshot)
        if change is None:
            return snapshot.version
        if (kind := _kind(change)) is not None:
            snapshot.require_writable(kind)
        if change.schema is not None:
            require_types(snapshot, change.schema)
        table.force(action.path for action in change.adds)
        table.lake.failpoint("commit", table.name)
        try:
            _commit(snapshot, change, {app: batch} if batch is not None else {})
        except (DeltaError, OSError) as error:  # unknown outcome: only the log shows it
            if (refused := refusal(error, table.root)) and not refused.transient:
                raise refused from error
            last = error
            time.sleep(pause * random.random())
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            table.force_commit(snapshot.version + 1)
            return snapshot.version + 1
    raise CommitConflict(
        "other writers won every commit for five minutes",
        place=str(table.name),
        hint="run again; nothing was lost",
    ) from last


def is_committed(snapshot: Snapshot, batch: int, app: str = APP_BATCH) -> bool:
    """Whether the log of this version has decided ``batch``."""
    return (snapshot.handle.transaction_version(app) or 0) >= batch


def add(file: StagedFile, *, moves_data: bool = True) -> AddAction:
    """The action that adds a staged file; ``moves_data`` is false for compaction."""
    return AddAction(file.path, file.size, {}, int(time.time() * 1000), moves_data, stats_json(file.stats))


def remove(file: LiveFile, *, moves_data: bool = True) -> RemoveAction:
    """The action that removes a live file."""
    return RemoveAction(
        path=file.path,
        size=file.size,
        partition_values={},
        deletion_timestamp=int(time.time() * 1000),
        data_change=moves_data,
    )


def _kind(change: Change) -> WriteKind | None:
    """What a change does to the existing files; None: nothing, and it adds none."""
    if change.replaces:
        return WriteKind.REPLACE
    if change.removes:
        moves = any(action.data_change for action in change.removes)
        return WriteKind.REWRITE if moves else WriteKind.COMPACT
    return WriteKind.APPEND if change.adds else None


def _commit(snapshot: Snapshot, change: Change, transactions: dict[str, int]) -> None:
    handle = snapshot.handle
    marks = {**transactions, **change.transactions, SEAL: snapshot.version + 1}  # the seal is the last
    apps = [Transaction(app, number) for app, number in marks.items()]
    properties = CommitProperties(
        app_transactions=apps,
        max_commit_retries=RETRIES_INSIDE_DELTA,
        custom_metadata={"clearwell": change.why, SEALED: "true"},
    )
    handle.create_write_transaction(
        [*change.removes, *change.adds],
        "overwrite" if change.replaces else "append",
        change.schema or handle.schema(),
        commit_properties=properties,
    )
