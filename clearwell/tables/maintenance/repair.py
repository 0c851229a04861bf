"""Repair a table whose log, files or decisions do not fit together, without losing what can be had again.

Each kind of damage is named with what would be lost, and mended by one step; nothing is deleted: commits that
cannot be read are moved to ``control/repaired``. After it, the next run continues: it applies the decided
batch again, or takes the raw files again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError
from clearwell.names import Zone
from clearwell.stores import file_sizes
from clearwell.tables.control_records import Intent
from clearwell.tables.read.snapshot import APP_BATCH
from clearwell.tables.write.commit import schema_json, void_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["Damage", "find_damage"]

_LOG = "_delta_log"
_POINTER = "_last_checkpoint"
_DIGITS = 20
_MOST_COMMITS = 100
_DECIDED = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)
"""The zones whose batches are decided by intents."""


@dataclass(frozen=True)
class Damage:
    """Something that keeps a table from being read or written.

    Args:
        table: The table.
        fact: What is wrong.
        lost: What is lost by the repair, or that nothing is.
        step: What the repair does.
        repair: Does it.
    """

    table: str
    fact: str
    lost: str
    step: str
    repair: Callable[[], None]


def find_damage(lake: Lake, name: TableName) -> Damage | None:
    """The first damage of a table, or None if it has none that can be repaired here; look again after each.

    Raises:
        TableError: the log cannot be read, and no version before can.
        StoreError: the store of the table refuses, or does not answer.
    """
    try:
        snapshot = lake.table(name).snapshot()
    except TableError as error:
        if name.zone not in _DECIDED:  # nothing would add the lost records again: files would be taken twice
            raise TableError(
                f"{error.fact}; of a table of records nothing is repaired",
                place=str(name),
                hint="restore its _delta_log folder from a backup",
            ) from error
        return _unreadable_commits(lake, name, error)
    if name.zone not in _DECIDED:
        return None
    batch = snapshot.batch if snapshot else 0
    if not batch and (last := _last_decided(lake, name)) > 1:  # a run may have made it anew, empty
        return _table_is_gone(lake, lake.control.intent(name, last))
    if snapshot is not None and batch and lake.control.intent(name, batch) is None:
        return _records_are_gone(lake, snapshot)
    pending = lake.control.intent(name, batch + 1)
    if pending is not None and (gone := _gone(lake, name, pending)):
        return _staged_files_are_gone(lake, name, pending, gone)
    return None


def _unreadable_commits(lake: Lake, name: TableName, error: TableError) -> Damage:
    """The newest commits of a log, down to the last version that can be read."""
    versions = sorted(v for v, path in _log_files(lake, name) if path.endswith(f"{v:0{_DIGITS}}.json"))
    good = next((v for v in versions[::-1][1 : _MOST_COMMITS + 1] if _opens(lake, name, v)), None)
    if good is None:
        raise TableError(
            f"{error.fact}; nor can any of the {_MOST_COMMITS} versions before",
            place=str(name),
            hint="restore its _delta_log folder from a backup; or move the table's folder away and run "
            f"`clearwell repair {name}` again: the next run rebuilds it",
        ) from error
    bad = [v for v in versions if v > good]
    said = [_said(lake, name, version) for version in bad]
    return Damage(
        table=str(name),
        fact=f"{error.fact}; version {good} can be read",
        lost="; ".join(f"version {v}: {what}" for v, what in zip(bad, said, strict=True)),
        step=f"move {len(bad)} commits after version {good} to {lake.store.absolute(_aside(name, ''))}",
        repair=lambda: _move_aside(lake, name, good),
    )


def _opens(lake: Lake, name: TableName, version: int) -> bool:
    try:
        return lake.table(name).snapshot(version) is not None
    except TableError:
        return False


def _said(lake: Lake, name: TableName, version: int) -> str:
    """What a commit that cannot be applied did, as far as it can be known."""
    data = lake.store.get(f"{name.path}/{_LOG}/{version:0{_DIGITS}}.json") or b""
    actions: list[dict[str, Any]] = []
    for line in data.splitlines():
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
    store, folder = lake.store, _aside(name, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    pointer = f"{name.path}/{_LOG}/{_POINTER}"
    checkpoint = json.loads(store.get(pointer) or b"{}").get("version", 0)
    later = [path for version, path in _log_files(lake, name) if version > good]
    # The newest first: a crash half-way leaves a shorter log, and this is done again.
    for path in [*([pointer] if checkpoint > good else []), *sorted(later, reverse=True)]:
        store.put(f"{folder}/{path.rpartition('/')[2]}", store.get(path) or b"")
        store.delete([path])


def _log_files(lake: Lake, name: TableName) -> Iterator[tuple[int, str]]:
    """Commits and checkpoints: their version, and their path in the lake."""
    for file in lake.store.list(f"{name.path}/{_LOG}"):
        folder, _, leaf = file.path.rpartition("/")
        if folder.endswith(_LOG) and leaf[:_DIGITS].isdigit():
            yield int(leaf[:_DIGITS]), file.path


def _aside(name: TableName, moment: str) -> str:
    return f"control/repaired/{name}/{moment}".rstrip("/")


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
        step=f"record batch {snapshot.batch} without its code: the next run rebuilds it from its input",
        repair=lambda: _record(lake, intent),
    )


def _record(lake: Lake, intent: Intent) -> None:
    lake.control.decide(intent)


def _last_decided(lake: Lake, name: TableName) -> int:
    leaves = (file.path.rpartition("/")[2] for file in lake.store.list(f"control/intents/{name}"))
    return max((int(leaf.removesuffix(".json")) for leaf in leaves if leaf.endswith(".json")), default=0)


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
