"""Maintenance: join small files, then delete what no version, reader or run can need.

Deleted: data files that a commit removed longer ago than the retention, staged files of attempts that are
over, records of old generations. Kept: files that are live, pinned by a release, younger than the retention,
read by a process that may still be alive, or staged by one. Nothing else deletes files of a lake.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clearwell.errors import TableError
from clearwell.names import TableName, Zone
from clearwell.tables.maintenance.clock import require_clock, store_time
from clearwell.tables.maintenance.compact import compact, worth_joining
from clearwell.tables.records.counting import blocks_in_effect, records_behind
from clearwell.tables.records.untold import untold_of
from clearwell.tables.swap import Change, remove, swap

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clearwell.tables.control_records import Attempt, Process
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["Maintained", "maintain", "pending_attempts"]

RETENTION_HOURS = 168.0
_BLOCKED_KEPT = timedelta(days=7)
_ABROAD_KEPT = 7 * 86_400.0


@dataclass(frozen=True)
class Maintained:
    """What maintenance did to a table, or would do: files joined and written, files and bytes deleted."""

    table: str
    joined: int = 0
    made: int = 0
    freed_files: int = 0
    freed_bytes: int = 0


def maintain(
    lake: Lake,
    *,
    retention_hours: float = RETENTION_HOURS,
    pinned: Mapping[str, Collection[int]] | None = None,
    trust_clock: bool = False,
    dry_run: bool = False,
) -> list[Maintained]:
    """Maintain every table of the lake that can be read.

    Args:
        lake: The lake.
        retention_hours: How long files that a commit removed are kept for readers of older versions.
        pinned: Versions that releases were made from, by table: their files stay.
        trust_clock: Do not compare this machine's clock with the store's and with the log's times.
        dry_run: Only report what would be done.

    Raises:
        TableError: the clock cannot be trusted.
    """
    snapshots = lake.snapshots()[0]
    if not trust_clock:
        require_clock(lake, snapshots.values(), dry_run=dry_run)
    _drop_old_blocks(lake, dry_run=dry_run)
    if not dry_run:
        pending_attempts(lake, forget=True)
    done: list[Maintained] = []
    for name, snapshot in snapshots.items():
        if name.zone in (Zone.QUARANTINE, Zone.FILES) and not dry_run:
            _drop_old_generations(lake, name)
        if dry_run:
            joined, made = len(worth_joining(snapshot, untold=untold_of(lake, snapshot))), 0
        else:
            joined, made = compact(lake, name)
        if _is_incomplete(lake, name):
            done.append(Maintained(str(name), joined, made))
            continue
        keep = _pinned_paths(lake, name, (pinned or {}).get(str(name), ()))
        files, size = _free(lake, name, keep, retention_hours, dry_run=dry_run)
        done.append(Maintained(str(name), joined, made, files, size))
    return done


def pending_attempts(lake: Lake, *, forget: bool = False) -> set[str]:
    """Ids of attempts whose staged files may still be needed; ``forget`` removes the others.

    An attempt is over when its batch was decided for another attempt, or its process is dead and nothing was
    decided. A decided one is pending until it is applied. Whether a process of another host is alive cannot
    be checked: after a week by the clock of the store it is presumed dead.
    """
    now = store_time(lake) if forget else None
    pending: set[str] = set()
    for name in _tables_with_attempts(lake):
        try:
            snapshot = lake.table(name).snapshot()
        except TableError:  # it cannot be read: nothing of it is certainly over
            snapshot = None
        if snapshot is None:  # or at the first batch of a table
            pending |= {attempt.id for attempt in lake.control.attempts(name)}
            continue
        kept = {blocked.attempt for blocked in blocks_in_effect(lake, name, snapshot)}
        for attempt, since in lake.control.aged_attempts(name):
            age = 0.0 if now is None else now - since
            if attempt.id in kept or not _is_over(lake, snapshot, attempt, age):
                pending.add(attempt.id)
            elif forget:
                lake.control.forget(attempt)
    return pending


def _tables_with_attempts(lake: Lake) -> list[TableName]:
    names = {file.path.split("/")[2] for file in lake.store.list("control/attempts")}
    return [TableName.parse(name) for name in sorted(names)]


def _is_over(lake: Lake, snapshot: Snapshot, attempt: Attempt, age: float) -> bool:
    if attempt.batch == 0:  # a compaction
        return _has_died(attempt.process, age)
    intent = lake.control.intent(snapshot.name, attempt.batch)
    if intent is not None and intent.attempt == attempt.id:
        return False  # decided; the run that applies it removes it
    return _has_died(attempt.process, age) or (intent is not None and attempt.batch <= snapshot.batch)


def _has_died(process: Process, age: float) -> bool:
    return process.is_dead or (not process.is_here and age > _ABROAD_KEPT)


def _being_read(lake: Lake, name: TableName, *, dry_run: bool) -> set[int]:
    """The versions of a table that processes read which may be alive; records of dead ones are removed."""
    now: float | None = None
    found: set[int] = set()
    for reading, since in list(lake.control.readings()):
        if not reading.process.is_here and now is None and not dry_run:
            now = store_time(lake)
        if _has_died(reading.process, now - since if now else 0.0):
            if not dry_run:
                lake.control.end_reading(reading)
        elif str(name) in reading.tables:
            found.add(reading.tables[str(name)])
    return found


def _drop_old_blocks(lake: Lake, *, dry_run: bool) -> None:
    """Remove records of blocked batches whose number was taken since, or that are older than a week."""
    for name, snapshot in lake.snapshots()[0].items():
        batch = snapshot.batch
        for blocked in lake.control.blocked(name):
            old = datetime.now(UTC) - datetime.fromisoformat(blocked.when) > _BLOCKED_KEPT
            if (old or blocked.batch != batch + 1) and blocked.attempt and not dry_run:
                lake.control.unblock(blocked)


def _drop_old_generations(lake: Lake, records: TableName) -> None:
    """Remove records of old generations from a quarantine or ``files`` table."""
    try:
        owner = lake.table(TableName.parse(records.name)).snapshot()
    except TableError:  # which generation is the present one cannot be read
        return
    if owner is None:
        return

    def plan(now: Snapshot) -> Change | None:
        old = [file for file in now.files if file.high.get("_n", owner.generation) < owner.generation]
        return Change(removes=[remove(file) for file in old], why="drop old generations") if old else None

    swap(lake.table(records), plan)


def _is_incomplete(lake: Lake, name: TableName) -> bool:
    """Whether a run still has to apply a batch, or to write records again: from files that no version has."""
    if name.zone is Zone.HISTORY:
        return False
    is_record = name.zone in (Zone.QUARANTINE, Zone.FILES)
    try:
        owner = lake.table(TableName.parse(name.name) if is_record else name).snapshot()
    except TableError:
        return True
    if owner is None:
        return False
    if is_record and records_behind(lake, owner, name.zone):
        return True
    return lake.control.intent(owner.name, owner.batch + 1) is not None


def _pinned_paths(lake: Lake, name: TableName, versions: Collection[int]) -> set[str]:
    found: set[str] = set()
    for version in versions:
        with suppress(TableError):  # a version that left the log cannot be read again anyway
            snapshot = lake.table(name).snapshot(version)
            found |= {unquote(file.path) for file in snapshot.files} if snapshot else set()
    return found


def _free(
    lake: Lake,
    name: TableName,
    keep: set[str],
    retention_hours: float,
    *,
    dry_run: bool,
) -> tuple[int, int]:
    # The order matters: an attempt is registered before its first file and removed after its commit, so a
    # file listed first is in `pending` or in the version read last, if anything still needs it.
    listed = list(lake.store.list(name.path))
    pending = pending_attempts(lake)
    snapshot = lake.existing(name)
    handle = snapshot.handle
    live = {unquote(file.path) for file in snapshot.files}
    expired = set(handle.vacuum(_whole(retention_hours), dry_run=True, enforce_retention_duration=False))
    removed = set(handle.vacuum(0, dry_run=True, enforce_retention_duration=False))
    to_delete: dict[str, int] = {}
    for file in listed:
        path = file.path.removeprefix(f"{name.path}/")
        if path in live or path in keep or path.startswith("_delta_log/"):
            continue
        # Files in no version may be files that another writer is writing now, its vectors or its change
        # files.
        _, ours, attempt = path.partition("/")[0].partition("attempt=")
        if path in expired or (ours and path not in removed and attempt not in pending):
            to_delete[file.path] = file.size
    read = {
        f"{name.path}/{path}" for path in _pinned_paths(lake, name, _being_read(lake, name, dry_run=dry_run))
    }
    to_delete = {path: size for path, size in to_delete.items() if path not in read}
    if not dry_run:
        lake.store.delete(to_delete)
    return len(to_delete), sum(to_delete.values())


def _whole(hours: float) -> int:
    return max(0, round(hours))
