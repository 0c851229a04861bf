"""Whether the time can be trusted by which maintenance deletes: by the store, and by the log's own times.

Retention is a length of time, so a wrong clock would free files that readers of older versions still need.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["require_clock", "store_time"]

_PROBES = "control/clock"
_LEAST_SECONDS = 300.0
_IDLE_SECONDS = 30 * 86_400.0


def store_time(lake: Lake) -> float:
    """The present time by the clock of the store of ``control``, in seconds: that of a file just written."""
    lake.store.put(f"{_PROBES}/probe", b"the time of this file is that of the store\n")
    return _last_probe(lake)


def _last_probe(lake: Lake) -> float:
    return max((file.modified for file in lake.store.list(_PROBES)), default=0.0)


def require_clock(lake: Lake, snapshots: Iterable[Snapshot], *, dry_run: bool) -> None:
    """Check this machine's clock against the store's, and against the newest commits.

    Raises:
        TableError: the clocks differ by five minutes, a commit is that far in the future, or the newest one
            is older than 30 days, and so is the last maintenance.
    """
    here = time.time()
    newest = _last_probe(lake)
    if not dry_run and abs(ahead := here - store_time(lake)) > _LEAST_SECONDS:
        raise _refusal(
            lake.address,
            f"this machine's clock is {_length(ahead)} {'ahead of' if ahead > 0 else 'behind'} the store's",
        )
    for snapshot in snapshots:
        at = snapshot.committed
        newest = max(newest, at)
        if at > here + _LEAST_SECONDS:
            raise _refusal(str(snapshot.name), f"its newest commit is {_length(at - here)} in the future")
    if newest and here - newest > _IDLE_SECONDS:
        raise _refusal(
            lake.address,
            f"by this machine's clock ({_moment(here)}) nothing was written since {_moment(newest)}",
        )


def _refusal(place: str, fact: str) -> TableError:
    return TableError(
        f"{fact}, so what is old enough to be freed is not known",
        place=place,
        hint="set the clock; if it is right: clearwell maintain --trust-clock",
    )


def _length(seconds: float) -> str:
    hours = abs(seconds) / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes")
