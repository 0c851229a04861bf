"""Records that a table lost, by a power cut or a partial restore, are written again from its intents.

The log of a table says which batch was the last with rows in its ``files`` table and in its quarantine. If
one of these is behind, its readers stop: files would be taken twice, and rejected rows would be missing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clearwell.errors import TableError
from clearwell.names import TableName, Zone
from clearwell.stores import file_sizes
from clearwell.tables.control_records import Attempt
from clearwell.tables.records.counting import records_behind
from clearwell.tables.records.history import commit_history, history_until
from clearwell.tables.records.ledger import commit_files
from clearwell.tables.records.quarantine import commit_quarantine

if TYPE_CHECKING:
    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["complete_history", "complete_records", "lost_batches", "require_data"]

log = logging.getLogger("clearwell")

_COMMIT = {Zone.FILES: commit_files, Zone.QUARANTINE: commit_quarantine}


def complete_records(lake: Lake, snapshot: Snapshot, *, rebuilds: bool = False) -> None:
    """Write again what the table's records lack; with ``rebuilds`` its quarantine need not be complete.

    Raises:
        TableError: an intent that is needed, or a file of rejected rows, is gone, too.
    """
    for zone, commit in _COMMIT.items():
        if rebuilds and zone is Zone.QUARANTINE and lost_batches(lake, snapshot, zone):
            continue
        for intent in _lacking(lake, snapshot, zone):
            log.warning("%s: its records of batch %d were lost; written again", snapshot.name, intent.batch)
            attempt = Attempt(intent.table, intent.batch, id=intent.attempt)
            lake.control.register(attempt)  # maintenance keeps its files until they are committed
            commit(lake, intent)
            lake.control.forget(attempt)


def require_data(lake: Lake, snapshot: Snapshot, *, rebuilds: bool = False) -> None:
    """Check that the data files of a table and of its records are there, where they lie on a disk.

    A run that finds nothing new reads none of them. With ``rebuilds`` only those of its ledger are needed.

    Raises:
        FilesGone: some are gone, or have another size.
    """
    zones = (Zone.FILES,) if rebuilds else (Zone.FILES, Zone.QUARANTINE)
    records = [lake.table(snapshot.name.records(z)).snapshot() for z in zones if snapshot.recorded_until(z)]
    needed = records if rebuilds else [snapshot, *records]
    for found in needed:
        if found is not None and lake.store.is_local(found.name.path):
            found.require_files()


def lost_batches(lake: Lake, snapshot: Snapshot, zone: Zone) -> list[int]:
    """The batches that the table's records of ``zone`` lack and that cannot be written again."""
    lost: list[int] = []
    for batch in records_behind(lake, snapshot, zone):
        intent = lake.control.intent(snapshot.name, batch)
        has_rows = intent is not None and _rows_of(intent, zone)
        if (
            intent is None
            or (batch == snapshot.recorded_until(zone) and not has_rows)
            or (zone is Zone.QUARANTINE and has_rows and _files_gone(lake, intent))
        ):
            lost.append(batch)
    return lost


def _lacking(lake: Lake, snapshot: Snapshot, zone: Zone) -> list[Intent]:
    if lost := lost_batches(lake, snapshot, zone):
        records = snapshot.name.records(zone)
        again = {
            Zone.FILES: f"make it again from the table's rows: clearwell repair {snapshot.name}",
            Zone.QUARANTINE: f"build the table again: clearwell run {snapshot.name} --full-refresh",
        }
        raise TableError(
            f"{records} lacks batch {lost[0]} of it, and there is nothing to write it again from",
            place=str(snapshot.name),
            hint=f"restore {records} from a backup, or {again[zone]}",
        )
    found = [lake.control.intent(snapshot.name, batch) for batch in records_behind(lake, snapshot, zone)]
    return [intent for intent in found if intent and _rows_of(intent, zone)]


def _rows_of(intent: Intent, zone: Zone) -> bool:
    return bool(intent.files if zone is Zone.FILES else intent.rejected)


def _files_gone(lake: Lake, intent: Intent) -> bool:
    root = lake.table(TableName.parse(intent.table).quarantine).root
    sizes = file_sizes([f"{root}/{file.path}" for file in intent.rejected])
    return sizes != [file.size for file in intent.rejected]


def complete_history(lake: Lake, snapshot: Snapshot) -> None:
    """Record the builds that the history lacks: a run died after a table's commit, or some were lost."""
    missing = range(history_until(lake, snapshot.name) + 1, snapshot.batch + 1)
    voids = lake.control.voids(snapshot.name) if missing else set()
    for batch in missing:
        if intent := lake.control.intent(snapshot.name, batch):
            commit_history(lake, intent, void=batch in voids)
