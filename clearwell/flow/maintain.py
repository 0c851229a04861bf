"""Keep a lake tidy: its tables, except versions that releases were made from, and unfinished releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from clearwell.datasets import open_release_store
from clearwell.names import ERRORS, EVENTS, RELEASES
from clearwell.publishing.attempts import leftover_attempts
from clearwell.tables import Maintained, maintain

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.errors import TableError
    from clearwell.tables import Lake

__all__ = ["MaintenanceResult", "maintain_lake", "pinned_versions"]


_EVENTS_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class MaintenanceResult:
    """What was done, or would be: per table, and the number of unfinished releases and old files removed.

    ``unreadable`` says why tables were left out.
    """

    tables: tuple[Maintained, ...]
    unfinished_releases: int
    old_event_files: int = 0
    unreadable: tuple[TableError, ...] = ()


def maintain_lake(
    lake: Lake, *, retention_hours: float, trust_clock: bool = False, dry_run: bool = False
) -> MaintenanceResult:
    """Join small files and delete what no reader, run or release can need: see ``clearwell.tables``."""
    if not dry_run:
        lake.require_owner()
    pinned = pinned_versions(lake)
    done = maintain(  # first: it refuses a clock by which other machines' attempts would look dead
        lake, retention_hours=retention_hours, pinned=pinned, trust_clock=trust_clock, dry_run=dry_run
    )
    leftovers = leftover_attempts(lake)
    if not dry_run:
        for attempt in leftovers:
            attempt.remove()
    old = _old_event_files(lake)
    if not dry_run:
        for file in old:
            file.unlink(missing_ok=True)
    return MaintenanceResult(tuple(done), len(leftovers), len(old), tuple(lake.snapshots()[1].values()))


def pinned_versions(lake: Lake) -> dict[str, set[int]]:
    """The versions of tables that releases of this lake were made from, by table."""
    pinned: dict[str, set[int]] = {}
    release_store = open_release_store(lake.store.absolute(RELEASES))
    for dataset in release_store.folders():
        for version in release_store.versions(dataset):
            for made_from in release_store.manifest(dataset, version).inputs:
                pinned.setdefault(made_from.table, set()).add(made_from.version)
    return pinned


def _old_event_files(lake: Lake) -> list[Path]:
    """Days of OpenLineage events that are old enough to have been fetched, and of errors to have been read.

    The lineage itself stays in its table. Days with events that a receiver did not accept are kept.
    """
    oldest = (datetime.now(UTC) - _EVENTS_KEPT).date().isoformat()
    found = (*(lake.root / EVENTS).glob("????-??-??.ndjson"), *(lake.root / ERRORS).glob("????-??-??.log"))
    return sorted(file for file in found if file.stem < oldest)
