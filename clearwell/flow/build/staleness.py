"""Whether a table must be built, and why: its code, its inputs, and the state of its last build.

A build is identified by its inputs' generations and batch numbers and by a hash of its code. If nothing is
new, nothing runs. A compaction changes neither number, so it is not new input.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.tables import changed_by_others

if TYPE_CHECKING:
    from collections.abc import Collection

    from clearwell.flow.run import Run
    from clearwell.model import InputState
    from clearwell.names import TableName
    from clearwell.tables import Intent, Lake, Snapshot

__all__ = ["Need", "fingerprint", "last_build", "newest_build", "touched_by_others", "what_is_new"]


@dataclass(frozen=True)
class Need:
    """A needed build: its write mode, the input batch after which its rows begin, and the reason."""

    mode: str
    reason: str
    after_batch: int | None = None


def fingerprint(*parts: object) -> str:
    """A hash (32 hex digits) of settings and code."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def last_build(run: Run, name: TableName, snapshot: Snapshot | None) -> Intent | None:
    """The newest build in the table's current contents that read its inputs: no void, no manual delete."""
    return newest_build(run.lake, name, snapshot)


def newest_build(lake: Lake, name: TableName, snapshot: Snapshot | None) -> Intent | None:
    """The same, for callers without a run."""
    if snapshot is None or not snapshot.batch:
        return None
    voids = lake.voids(snapshot)
    for batch in range(snapshot.batch, snapshot.generation - 1, -1):
        intent = None if batch in voids else lake.control.intent(name, batch)
        if intent is not None and intent.is_unknown:
            return None  # an earlier build does not say what the table has taken
        if intent is not None and intent.code:
            return intent
    return None


def touched_by_others(last: Intent | None, sources: tuple[Snapshot, ...]) -> list[str]:
    """The inputs whose rows other writers have moved since the last build, before or after our batches."""
    before = {state.table: state for state in last.inputs} if last else {}
    return [
        source.state.table
        for source in sources
        if (seen := before.get(source.state.table))
        and seen.generation == source.state.generation  # else it was rebuilt, and is read completely anyway
        and changed_by_others(source, seen.version)
    ]


def restored(lake: Lake, last: Intent | None, sources: tuple[Snapshot, ...]) -> list[str]:
    """The inputs that are not what the last build has read and more: restored from an earlier copy."""
    before = {state.table: state for state in last.inputs} if last else {}
    found: list[str] = []
    for source in sources:
        now, seen = source.state, before.get(source.state.table)
        if seen is None or seen.generation != now.generation:  # else it is read completely anyway
            continue
        there = now.identity if now.batch == seen.batch else _identity_at(lake, source, seen.batch)
        if now.batch < seen.batch or (seen.identity and there and there != seen.identity):
            found.append(now.table)
    return found


def _identity_at(lake: Lake, source: Snapshot, batch: int) -> int:
    """The identity of a table when ``batch`` was its last one."""
    voids = lake.voids(source)
    for number in range(batch, max(source.generation, 1) - 1, -1):
        if number not in voids:
            intent = lake.control.intent(source.name, number)
            return intent.identity if intent else 0
    return 0


def what_is_new(
    last: Intent | None,
    *,
    code: str,
    inputs: tuple[InputState, ...],
    mode: str,
    refresh: bool,
    incremental: bool,
    touched: Collection[str] = (),
    restored: Collection[str] = (),
) -> Need | None:
    """The build that ``inputs`` and ``code`` require; None when the table contains them already.

    ``incremental`` tables read only the rows of their one input's later batches; ``touched`` are inputs that
    another writer has changed, ``restored`` those that hold other rows than the last build has read.
    """
    if last is None:
        return Need("replace", "first build")
    if refresh:
        return Need("replace", "--full-refresh")
    if last.code != code:
        return Need("replace", "its transform, suite or settings changed")
    before = {state.table: state for state in last.inputs}
    rebuilt = [s.table for s in inputs if s.table not in before or before[s.table].generation != s.generation]
    if rebuilt:
        return Need("replace", f"{', '.join(rebuilt)} was rebuilt")
    if restored:
        return Need("replace", f"{', '.join(restored)} was restored from an earlier copy")
    if touched:
        return Need("replace", f"{', '.join(touched)} was changed by another writer")
    newer = [state.table for state in inputs if state.batch > before[state.table].batch]
    if not newer:
        return None
    reason = f"new rows in {', '.join(newer)}"
    if incremental and mode != "replace":
        return Need(mode, reason, after_batch=before[inputs[0].table].batch)
    return Need("replace", reason)  # of all rows: one that is no longer among them leaves the table
