"""The result of a step: built, unchanged, or blocked."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from clearwell.errors import BatchBlocked
from clearwell.flow.run import Run, log
from clearwell.model import BuildResult, Outcome
from clearwell.names import TableName, Zone
from clearwell.tables import files_of
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from clearwell.tables import Blocked, Intent, Snapshot

__all__ = ["blocked_result", "built_result", "raise_blocked", "unchanged_result"]


def built_result(
    run: Run, name: TableName, intent: Intent, reason: str, *, recovered: bool, notes: tuple[str, ...] = ()
) -> BuildResult:
    """The result of a batch that this run has added."""
    snapshot = run.lake.existing(name)
    log.info(
        "%s: %s accepted, %s quarantined, %s rows in version %d",
        name,
        f"{intent.accepted_rows:,}",
        f"{intent.rejected_rows:,}",
        f"{snapshot.rows:,}",
        snapshot.version,
    )
    return _result(
        name,
        snapshot,
        Outcome.BUILT,
        reason,
        recovered=recovered,
        checks=intent.checks,
        lineage=intent.lineage,
        notes=notes,
        accepted=intent.accepted_rows,
        quarantined=intent.rejected_rows,
    )


def unchanged_result(
    name: TableName,
    snapshot: Snapshot | None,
    last: Intent | None,
    *,
    recovered: bool,
    blocked: int = 0,
    notes: tuple[str, ...] = (),
) -> BuildResult:
    """The result if there is nothing new, or only a batch that an interrupted run had decided."""
    outcome = Outcome.BUILT if recovered else Outcome.UNCHANGED
    reason = "carried out what an earlier run had decided" if recovered else "nothing new"
    log.info("%s: %s", name, reason, extra={"passing": not recovered})
    if snapshot is None:
        return BuildResult(str(name), outcome, reason=reason, blocked=blocked, notes=notes)
    found: dict[str, Any] = {"checks": last.checks, "lineage": last.lineage} if last else {}
    return _result(
        name, snapshot, outcome, reason, recovered=recovered, notes=notes, blocked=blocked, **found
    )


def blocked_result(run: Run, name: TableName, blocked: Blocked) -> BuildResult:
    """The result of a batch that was blocked."""
    snapshot = run.lake.table(name).snapshot()
    counts: dict[str, Any] = {"checks": blocked.checks, "blocked": blocked.rows}
    if snapshot is None:
        return BuildResult(str(name), Outcome.BLOCKED, reason=blocked.reason, **counts)
    return _result(name, snapshot, Outcome.BLOCKED, blocked.reason, recovered=False, **counts)


def raise_blocked(run: Run, name: TableName, blocked: Blocked, *, again: bool = False) -> NoReturn:
    """Raise BatchBlocked with the result and ``again``: whether it was blocked before."""
    error = BatchBlocked(
        f"{blocked.rows:,} rows are kept out of the table, which is unchanged: {blocked.reason}",
        place=str(name),
        hint=f"`clearwell quarantine {name} --blocked` shows why; {_way_out(run, name, blocked)}",
    )
    error.result = blocked_result(run, name, blocked)
    error.again = again
    raise error


def _way_out(run: Run, name: TableName, blocked: Blocked) -> str:
    """What ends a block. A raw file that is gone cannot be corrected: then its rows have to be taken back."""
    usual = "correct the data or the check"
    bronze = TableName(Zone.BRONZE, name.name)
    snapshot = run.lake.table(bronze).snapshot() if name.zone is Zone.SILVER else None
    if snapshot is None:
        return usual
    command = f"clearwell retract {bronze}"
    now = {f.file_id: f.path for f in files_of(run.lake, snapshot, complete=False) if not f.is_retracted}
    failing = {s.file for check in blocked.checks if check.blocks for s in check.samples}
    suspected = [now[f.file_id] for f in blocked.files if f.file_id in now]
    suspected = [path for path in suspected if path in failing] or suspected
    gone = [path for path in suspected if not os.path.lexists(run.project.root / path)]
    if not gone:
        return f"{usual}, or take a wrong file back: {command} FILE --reason TEXT"
    more = f", and {len(gone) - 1} more that are gone" if len(gone) > 1 else ""
    return (
        f"{gone[0]} is gone: take it back by {command} {shlex.quote(gone[0])} --reason TEXT{more}, or {usual}"
    )


def _result(
    name: TableName, snapshot: Snapshot, outcome: Outcome, reason: str, *, recovered: bool, **counts: Any
) -> BuildResult:
    return BuildResult(
        str(name),
        outcome,
        version=snapshot.version,
        batch=snapshot.batch,
        generation=snapshot.generation,
        rows=snapshot.rows,
        bytes=snapshot.bytes,
        reason=reason,
        recovered=recovered,
        columns=tuple((f.name, type_name(f.type)) for f in snapshot.schema),
        **counts,
    )
