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
    voids = lake.control.voids(name) | {snapshot.last_void}
    for batch in range(snapshot.batch, snapshot.generation - 1, -1):
        if batch not in voids and (intent := lake.control.intent(name, batch)) and intent.code:
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


def what_is_new(
    last: Intent | None,
    *,
    code: str,
    inputs: tuple[InputState, ...],
    mode: str,
    refresh: bool,
    incremental: bool,
    touched: Collection[str] = (),
) -> Need | None:
    """The build that ``inputs`` and ``code`` require; None when the table contains them already.

    ``incremental`` tables read only the rows of their one input's later batches; ``touched`` are inputs that
    another writer has changed.
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
    if touched:
        return Need("replace", f"{', '.join(touched)} was changed by another writer")
    newer = [state.table for state in inputs if state.batch > before[state.table].batch]
    if not newer:
        return None
    reason = f"new rows in {', '.join(newer)}"
    if incremental and mode != "replace":
        return Need(mode, reason, after_batch=before[inputs[0].table].batch)
    return Need(mode, reason)
