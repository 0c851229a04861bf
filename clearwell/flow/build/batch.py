"""Build the next batch of a table from other tables, or build a batch again.

This is the work of ``cleanse`` and ``curate``: find what is new, make a candidate of it, and write it.
Nothing is visible until the table's commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.flow.build.audit import Audit
from clearwell.flow.build.candidate import make_candidate
from clearwell.flow.build.delivery_order import comes_too_late, order_changed
from clearwell.flow.build.staleness import Need, last_build, restored, touched_by_others, what_is_new
from clearwell.flow.results import built_result, unchanged_result
from clearwell.tables import BatchPlan, WriteKind, apply_batch, decide, write_batch

if TYPE_CHECKING:
    from clearwell.flow.build.job import Job
    from clearwell.flow.run import Run
    from clearwell.model import BuildResult
    from clearwell.tables import Intent, Snapshot

__all__ = ["build", "rebuild"]


def build(run: Run, job: Job) -> BuildResult:
    """Build ``job``'s table if anything is new.

    Raises:
        BatchBlocked: a critical check failed; the table is unchanged.
        CandidateRefused: the transform's rows violate the table's rules.
        CommitConflict: other runs won every decision.
    """
    name = job.name
    audit = Audit(run, name, job.suite)
    written = write_batch(
        run.lake,
        name,
        lambda snapshot: _plan(run, job, audit, snapshot),
        engine=run.engine,
        recheck=audit.still_holds,
        rebuilds=run.must_refresh(name),
    )
    look, recovered = written.note, written.recovered
    if written.intent is None:
        return unchanged_result(name, written.snapshot, look.last, recovered=recovered)
    run.refreshed(name)
    return built_result(run, name, written.intent, look.reason, recovered=recovered)


def rebuild(run: Run, job: Job, need: Need, sources: tuple[Snapshot, ...], *, batch: int) -> Intent:
    """Make ``batch`` of ``job``'s table from exactly these sources, in a lake without other writers.

    Raises:
        BatchBlocked: a critical check failed; the table is unchanged.
        CandidateRefused: the transform's rows violate the table's rules.
    """
    lake = run.lake
    audit = Audit(run, job.name, job.suite)
    snapshot = lake.table(job.name).snapshot()
    intent = make_candidate(run, job, audit, snapshot, sources=sources, need=need, known=(), batch=batch)
    apply_batch(lake, decide(lake, intent), engine=run.engine, recheck=audit.still_holds)
    return intent


@dataclass(frozen=True)
class _Look:
    """The result of comparing a table with its inputs: the last build, and why another is needed."""

    last: Intent | None
    reason: str = ""


def _plan(run: Run, job: Job, audit: Audit, snapshot: Snapshot | None) -> BatchPlan[_Look]:
    """Find the inputs that ``snapshot`` does not contain yet, and make a candidate of them."""
    sources = tuple(run.input(table, of=str(job.name)) for table in job.inputs)
    last = last_build(run, job.name, snapshot)
    need = what_is_new(
        last,
        code=job.code,
        inputs=tuple(source.state for source in sources),
        mode=job.write.mode,
        refresh=run.must_refresh(job.name),
        incremental=job.incremental,
        touched=touched_by_others(last, sources),
        restored=restored(run.lake, last, sources),
    )
    if last and (need is None or need.mode != "replace"):
        moved = [t for t in job.delivered_by if order_changed(run, t, last.order)]
        if moved:
            need = Need("replace", f"files of {moved[0].name} were moved to another place in its order")
    if need is None:
        return BatchPlan(_Look(last))
    if job.write.replaces_rows and need.after_batch is not None:
        late = [t for t in job.delivered_by if comes_too_late(run, t, need.after_batch)]
        if late:
            need = Need("replace", f"a file of {late[0].name} came out of its order")
    if snapshot is not None:
        snapshot.require_writable(WriteKind.of(need.mode))
    known = last.lineage if last and need.mode != "replace" else ()
    with run.lake.reading(*sources, snapshot):
        intent = make_candidate(run, job, audit, snapshot, sources=sources, need=need, known=known)
    return BatchPlan(_Look(last, need.reason), intent)
