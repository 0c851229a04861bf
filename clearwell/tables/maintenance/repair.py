"""Repair a table whose log, files or decisions do not fit together, without losing what can be had again.

Each kind of damage is named with what would be lost, and mended by one step; nothing is deleted: commits that
cannot be read are moved to ``control/repaired``. After it, the next run continues: it applies the decided
batch again, or takes the raw files again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError
from clearwell.names import Zone
from clearwell.stores import file_sizes
from clearwell.tables.control import DECIDED
from clearwell.tables.control_records import Intent
from clearwell.tables.maintenance.repair_records import (
    DIGITS,
    LOG,
    Damage,
    aside,
    log_files,
    lost_data,
    missing_counts,
    record_counts,
    require_written_again,
)
from clearwell.tables.read.snapshot import APP_BATCH
from clearwell.tables.records.agree import lost_batches
from clearwell.tables.write.commit import schema_json, void_batch

if TYPE_CHECKING:
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["Damage", "find_damage"]

_POINTER = "_last_checkpoint"
_MOST_COMMITS = 100


def find_damage(lake: Lake, name: TableName) -> Damage | None:
    """The first damage of a table, or None if it has none that can be repaired here; look again after each.

    Raises:
        TableError: the log cannot be read, and no version before can.
        FilesGone: data files are gone: the table is built again by a run.
        StoreError: the store of the table refuses, or does not answer.
    """
    try:
        snapshot = lake.table(name).snapshot()
    except TableError as error:
        return _unreadable_commits(lake, name, error)
    if name.zone not in DECIDED:
        return lost_data(lake, snapshot) if snapshot and name.zone is not Zone.HISTORY else None
    if damaged := _damaged_record(lake, name, snapshot.batch if snapshot else 0):
        return damaged
    batch = snapshot.batch if snapshot else 0
    if (
        not batch and (last := max(lake.control.decided(name), default=0)) > 1
    ):  # a run may have made it anew, empty
        return _table_is_gone(lake, lake.control.intent(name, last))
    if snapshot is not None and batch and lake.control.intent(name, batch) is None:
        return _records_are_gone(lake, snapshot)
    pending = lake.control.intent(name, batch + 1)
    if pending is not None and (gone := _gone(lake, name, pending)):
        return _staged_files_are_gone(lake, name, pending, gone)
    if snapshot is not None and (lost := lost_batches(lake, snapshot, Zone.FILES)):
        return _ledger_is_lost(lake, snapshot, lost)
    for records in (name.files, name.quarantine):
        if (found := lake.table(records).snapshot()) and (damaged := lost_data(lake, found)):
            return damaged
    if snapshot is not None:
        snapshot.require_files()
    return None


def _damaged_record(lake: Lake, name: TableName, batch: int) -> Damage | None:
    """The record of the newest batch, or of the next one, cannot be read."""
    for number in (batch, batch + 1):
        try:
            lake.control.intent(name, number)
        except TableError as error:
            path = f"control/intents/{name}/{number:010}.json"
            return Damage(
                table=str(name),
                fact=f"its record of batch {number} is damaged: {error.fact}",
                lost="what that batch was made of; a batch that is not in the table is planned again",
                step=f"move it to {lake.store.absolute(aside(name, ''))}",
                repair=partial(_move_record, lake, name, path),
            )
    return None


def _move_record(lake: Lake, name: TableName, path: str) -> None:
    folder = aside(name, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    lake.store.put(f"{folder}/{path.rpartition('/')[2]}", lake.store.get(path) or b"")
    lake.store.delete([path])


def _unreadable_commits(lake: Lake, name: TableName, error: TableError) -> Damage:
    """The newest commits of a log, down to the last version that can be read."""
    versions = sorted(v for v, path in log_files(lake, name) if path.endswith(f"{v:0{DIGITS}}.json"))
    good = next((v for v in versions[::-1][1 : _MOST_COMMITS + 1] if _opens(lake, name, v)), None)
    if good is None:
        raise TableError(
            f"{error.fact}; nor can any of the {_MOST_COMMITS} versions before",
            place=str(name),
            hint="restore its _delta_log folder from a backup; or move the table's folder away and run "
            f"`clearwell repair {name}` again: the next run rebuilds it",
        ) from error
    bad = [v for v in versions if v > good]
    if name.zone in DECIDED:
        lost = "; ".join(f"version {version}: {_said(lake, name, version)}" for version in bad)
    else:
        lost = require_written_again(lake, name, good, error)
    return Damage(
        table=str(name),
        fact=f"{error.fact}; version {good} can be read",
        lost=lost,
        step=f"move {len(bad)} commits after version {good} to {lake.store.absolute(aside(name, ''))}",
        repair=lambda: _move_aside(lake, name, good),
    )


def _opens(lake: Lake, name: TableName, version: int) -> bool:
    try:
        return lake.table(name).snapshot(version) is not None
    except TableError:
        return False


def _said(lake: Lake, name: TableName, version: int) -> str:
    """What a commit that cannot be applied did, as far as it can be known."""
    data = lake.store.get(f"{name.path}/{LOG}/{version:0{DIGITS}}.json") or b""
    actions: list[dict[str, Any]] = []
    for line in data.splitlines() or [b""]:
        try:
            actions.append(json.loads(line))
        except ValueError:
            return "damaged, so what it did is not known; a batch that was decided will be applied again"
    for action in actions:
        batch = action.get("txn", {})
        if batch.get("appId") == APP_BATCH:
            intent = lake.control.intent(name, int(batch["version"]))
            if intent is not None and not _gone(lake, name, intent):
                return f"nothing is lost: the next run applies batch {intent.batch} again"
    rows = sum(
        json.loads(a["add"].get("stats") or "{}").get("numRecords") or 0 for a in actions if "add" in a
    )
    removed = sum("remove" in action for action in actions)
    return f"{rows:,} rows that it added, and the removal of {removed} files"


def _move_aside(lake: Lake, name: TableName, good: int) -> None:
    store, folder = lake.store, aside(name, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    pointer = f"{name.path}/{LOG}/{_POINTER}"
    checkpoint = json.loads(store.get(pointer) or b"{}").get("version", 0)
    later = [path for version, path in log_files(lake, name) if version > good]
    # The newest first: a crash half-way leaves a shorter log, and this is done again.
    for path in [*([pointer] if checkpoint > good else []), *sorted(later, reverse=True)]:
        store.put(f"{folder}/{path.rpartition('/')[2]}", store.get(path) or b"")
        store.delete([path])


def _gone(lake: Lake, name: TableName, intent: Intent) -> list[str]:
    """The staged files of a batch that are gone."""
    root = lake.table(name).root
    sizes = file_sizes([f"{root}/{file.path}" for file in intent.accepted])
    return [file.path for file, size in zip(intent.accepted, sizes, strict=True) if size is None]


def _staged_files_are_gone(lake: Lake, name: TableName, intent: Intent, gone: list[str]) -> Damage:
    return Damage(
        table=str(name),
        fact=f"{len(gone)} staged files of the decided batch {intent.batch} are gone, such as {gone[0]}",
        lost=f"nothing that its input still has: the next run makes the {intent.accepted_rows:,} rows again",
        step=f"commit batch {intent.batch} empty, so that the next run plans another",
        repair=lambda: void_batch(lake, intent),
    )


def _records_are_gone(lake: Lake, snapshot: Snapshot) -> Damage:
    """The table holds a batch that ``control`` does not know: it is recorded, as one of unknown code."""
    intent = Intent(
        table=str(snapshot.name),
        batch=snapshot.batch,
        generation=snapshot.generation,
        mode="replace",
        attempt="",
        schema=schema_json(snapshot.schema),
        planned_version=snapshot.version,
        required=tuple(f.name for f in snapshot.schema if not f.nullable),
    )
    return Damage(
        table=str(snapshot.name),
        fact=f"it holds batch {snapshot.batch}, of which {lake.store.absolute('control')} has no record",
        lost="no row; what code made the table, and what its checks said, is not known any more",
        step=f"record batch {snapshot.batch} without its code: the next run rebuilds it from its input, for "
        "which all of it must be there",
        repair=lambda: _record(lake, intent),
    )


def _ledger_is_lost(lake: Lake, snapshot: Snapshot, lost: list[int]) -> Damage:
    """The table's raw files of some batches are known only by their rows."""
    counts = missing_counts(lake, snapshot)
    return Damage(
        table=str(snapshot.name),
        fact=f"{snapshot.name.files} lacks batch {lost[0]}, of which there is no record either",
        lost="the paths of the files of these batches, until the next run finds them; the order of what "
        "one run took, which is by name then; and that files without a record were taken",
        step=f"count the rows of {len(counts)} files by their provenance, and record that",
        repair=lambda: record_counts(lake, snapshot, counts),
    )


def _record(lake: Lake, intent: Intent) -> None:
    lake.control.decide(intent)


def _table_is_gone(lake: Lake, last: Intent | None) -> Damage | None:
    if last is None:
        return None
    return Damage(
        table=last.table,
        fact=f"the table is gone, and {last.batch} batches of it were decided",
        lost="what no raw file and no input has any more",
        step=f"make an empty table that counts on from batch {last.batch}: the next run rebuilds it",
        repair=lambda: void_batch(lake, last, begins=True),
    )
