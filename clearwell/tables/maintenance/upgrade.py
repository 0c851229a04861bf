"""Bring a lake that an earlier version wrote up to what this one writes. Without it, the next batches do.

Earlier versions' tables and records are read as they are. What they lack is added by commits that change no
row, so that the guards of this version hold from now on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from clearwell.names import TableName, Zone
from clearwell.tables.columns import add_columns, lacks_columns
from clearwell.tables.control import DECIDED
from clearwell.tables.owner import owner_of
from clearwell.tables.read.snapshot import APP_RECORDS
from clearwell.tables.read.stats import untold_in
from clearwell.tables.records.ledger import FILES
from clearwell.tables.records.untold import untold_of, without_bounds
from clearwell.tables.swap import Change, swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["Upgrade", "pending_upgrades"]


@dataclass(frozen=True)
class Upgrade:
    """Something that a lake of an earlier version lacks: where, what it is for, and the way to add it."""

    place: str
    what: str
    apply: Callable[[], None]


def pending_upgrades(lake: Lake) -> list[Upgrade]:
    """What the lake lacks; none if this version has written all of it.

    Raises:
        TableError: a table cannot be read, or a later version or another project has written the lake.
    """
    found: list[Upgrade] = []
    if owner_of(lake.store) is None:
        found.append(Upgrade(lake.address, "record the project that it belongs to", lake.require_owner))
    else:
        lake.require_owner()
    for name in lake.tables():
        snapshot = lake.existing(name)
        if name.zone in DECIDED and (marks := _marks(lake, snapshot)):
            what = f"say in its log which batches have rows in {' and '.join(map(str, marks))}"
            found.append(Upgrade(str(name), what, _marking(lake, name, marks)))
        if name.zone in DECIDED and (telling := list(_telling_intents(lake, snapshot))):
            what = f"take the bounds of personal columns out of the records of {len(telling)} batches"
            found.append(Upgrade(str(name), what, partial(_restate, lake, telling)))
        if name.zone is Zone.FILES and lacks_columns(snapshot, FILES):
            widen = partial(add_columns, lake.table(name), FILES)
            what = "columns for the order and the inodes of files, and for those that were taken back"
            found.append(Upgrade(str(name), what, widen))
    return found


def _telling_intents(lake: Lake, snapshot: Snapshot) -> Iterator[Intent]:
    """The intents of applied batches that tell bounds of untold columns, each without them."""
    name, untold = snapshot.name, untold_of(lake, snapshot)
    for batch in lake.control.decided(name):
        intent = lake.control.intent(name, batch) if batch <= snapshot.batch else None
        if intent is None:
            continue
        accepted = tuple(without_bounds(file, untold) for file in intent.accepted)
        rejected = tuple(without_bounds(file, untold_in(name.quarantine)) for file in intent.rejected)
        silent = replace(intent, accepted=accepted, rejected=rejected)
        if silent != intent:
            yield silent


def _restate(lake: Lake, intents: Iterable[Intent]) -> None:
    for intent in intents:
        lake.control.restate(intent)


def _marks(lake: Lake, snapshot: Snapshot) -> dict[Zone, int]:
    """The last batch with rows in each table of records, where the log of the table does not say it."""
    marks: dict[Zone, int] = {}
    voids = lake.voids(snapshot)
    unknown = [zone for zone in APP_RECORDS if not snapshot.handle.transaction_version(APP_RECORDS[zone])]
    for batch in range(snapshot.batch, max(snapshot.generation, 1) - 1, -1):
        if not unknown or (intent := lake.control.intent(snapshot.name, batch)) is None:
            break
        for zone, rows in ((Zone.FILES, intent.files), (Zone.QUARANTINE, intent.rejected)):
            if rows and zone in unknown and batch not in voids:
                marks[zone] = batch
                unknown.remove(zone)
    return marks


def _marking(lake: Lake, name: TableName, marks: dict[Zone, int]) -> Callable[[], None]:
    def plan(now: Snapshot) -> Change | None:
        apps = {APP_RECORDS[zone]: batch for zone, batch in marks.items()}
        lacking = {app: b for app, b in apps.items() if not now.handle.transaction_version(app)}
        return Change(transactions=lacking, why="upgrade") if lacking else None

    def apply() -> None:
        swap(lake.table(name), plan)

    return apply
