"""The candidate of a batch: transformed, staged, verified and audited, but not decided yet.

Refused: rows that violate the table's rules (``CandidateRefused``). Blocked: rows that fail a critical check
(``BatchBlocked``). A block is recorded, and the same build fails again at once while nothing changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.errors import CandidateRefused
from clearwell.flow.build.delivery_order import file_ranks, latest_deliveries, order_marks
from clearwell.flow.build.lineage import build_lineage
from clearwell.flow.build.staleness import fingerprint
from clearwell.flow.results import raise_blocked
from clearwell.flow.run import log
from clearwell.lineage import judge_lineage
from clearwell.tables import (
    Blocked,
    Intent,
    count_by_file,
    files_of,
    next_batch,
    schema_json,
    stage_frame,
    stage_rejected,
    verify_files,
    verify_keys,
    verify_required,
    verify_rows,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from clearwell.flow.build.audit import Audit
    from clearwell.flow.build.job import Job
    from clearwell.flow.build.staleness import Need
    from clearwell.flow.run import Run
    from clearwell.model import CheckResult, Edge, FileCounts, InputState
    from clearwell.names import TableName
    from clearwell.tables import Candidate, Snapshot

__all__ = ["make_candidate"]


def make_candidate(
    run: Run,
    job: Job,
    audit: Audit,
    snapshot: Snapshot | None,
    *,
    sources: tuple[Snapshot, ...],
    need: Need,
    known: tuple[Edge, ...],
    batch: int | None = None,
) -> Intent:
    """Stage, verify and audit a batch; returns the intent that would publish it.

    Args:
        run: The run; its engine transforms and stages.
        job: The table to build.
        audit: The table's checks; it learns the lineage of the new rows.
        snapshot: The table's newest version, or None if there is none.
        sources: The inputs, in the order of ``job.inputs``.
        need: Which rows are needed, and the write mode.
        known: The lineage of the earlier batches, which the table keeps.
        batch: The number of the batch; default: the next one.

    Raises:
        BatchBlocked: a critical check failed, now or at an earlier try of the same build.
        CandidateRefused: the transform's rows violate the table's rules.
        FilesGone: files of an input went while they were read.
    """
    lake, name = run.lake, job.name
    batch = batch or next_batch(lake, name, snapshot)
    inputs = tuple(source.state for source in sources)
    build_id = fingerprint(name, batch, need.mode, job.code, *map(_key, inputs))
    _stay_blocked(run, name, batch, build_id)
    log.info("%s: building (%s)", name, need.reason)
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    attempt = lake.begin(name, batch)
    frame = job.frame(need, sources)
    required = job.write.key or job.write.partition_by
    _require_columns(frame, (*required, *job.write.order_by), snapshot, need, name)
    lineage = build_lineage(run, name, frame, job.declared, sources)
    audit.learn((*known, *lineage.edges))
    conditions = audit.conditions(frame)
    rejects = audit.rejecting(conditions)
    ranks = file_ranks(run, job.delivered_by, after_batch=need.after_batch) if required else {}
    frame = latest_deliveries(frame, job.write, ranks, run.engine, rejects=rejects)
    untold = tuple(sorted(audit.personal))
    candidate = stage_frame(
        lake, name, attempt, frame, run.engine, rejects=rejects, required=required, untold=untold
    )
    verify_rows(candidate.returned, candidate.accepted_rows, candidate.rejected_rows, place=str(name))
    place, root = str(name), lake.table(name).root
    verify_files(root, candidate.accepted, candidate.schema, place=place)
    if need.mode == "merge" or (need.mode == "replace" and job.write.key):
        verify_keys(audit.accepted(candidate), job.write.key, place=place, shown=audit.shown)
    checks = (
        *audit.judge(candidate, conditions, snapshot, mode=need.mode, key=required),
        judge_lineage(lineage.edges, lineage.reasons),
    )
    if any(check.blocks for check in checks):
        _block(run, candidate, batch, build_id, checks, _files(run, job, candidate, sources))
    verify_required(candidate.accepted, required, place=place)  # after the audit, which explains more
    rejected = stage_rejected(lake, name, candidate, audit.rejecting_only(conditions), run.engine)
    files = _files(run, job, candidate, sources)
    for read in (*sources, *((snapshot,) if snapshot and audit.table_checks() else ())):
        run.require_read(read)
    lake.store.delete(f"{name.path}/{file.path}" for file in candidate.rejected)  # they are in the quarantine
    return Intent(
        table=str(name),
        batch=batch,
        generation=batch if need.mode == "replace" or snapshot is None else snapshot.generation,
        mode=need.mode,
        attempt=attempt.id,
        schema=schema_json(candidate.schema_with(required)),
        planned_version=snapshot.version if snapshot else 0,
        key=required,
        required=required,
        accepted=candidate.accepted,
        rejected=rejected,
        files=files,
        returned=candidate.returned,
        code=job.code,
        inputs=inputs,
        checks=checks,
        table_checks=audit.table_checks(),
        run=run.id,
        engine=run.engine.name,
        started=started,
        lineage=tuple(sorted({*known, *lineage.edges})),
        order=order_marks(run, job.delivered_by, job.write),
        untold=untold,
    )


def _require_columns(
    frame: DataFrame, key: tuple[str, ...], snapshot: Snapshot | None, need: Need, name: TableName
) -> None:
    """Check that the transform returns the key, and all columns of the table, unless it is replaced."""
    promised = list(key)
    if snapshot is not None and need.mode != "replace":
        promised += snapshot.schema.names
    if missing := [column for column in promised if column not in frame.columns]:
        raise CandidateRefused(
            f"the transform returns no column {', '.join(map(repr, missing))};"
            f" it returns {', '.join(frame.columns)}",
            place=str(name),
            hint="return it, or rebuild the table with --full-refresh to remove it",
        )


def _stay_blocked(run: Run, name: TableName, batch: int, build_id: str) -> None:
    """Raise again the error that blocked this same build: neither data nor code has changed since."""
    for blocked in run.lake.control.blocked(name):
        if blocked.batch == batch and blocked.build == build_id:
            log.info("%s: still blocked, nothing has changed since %s", name, blocked.when)
            raise_blocked(run, name, blocked, again=True)


def _block(
    run: Run,
    candidate: Candidate,
    batch: int,
    build_id: str,
    checks: tuple[CheckResult, ...],
    files: tuple[FileCounts, ...],
) -> None:
    name = candidate.attempt.table
    failed = [check for check in checks if check.blocks]
    blocked = Blocked(
        table=name,
        batch=batch,
        build=build_id,
        attempt=candidate.attempt.id,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        reason="; ".join(
            f"{check.name}: {check.message}" if check.message else check.name for check in failed
        ),
        checks=checks,
        files=tuple(replace(f, accepted=0, quarantined=0, blocked=f.delivered) for f in files),
        rows=candidate.returned,
        staged=(*candidate.accepted, *candidate.rejected),
    )
    run.lake.control.block(blocked)
    raise_blocked(run, run.lake.table(name).name, blocked)


def _key(state: InputState) -> tuple[str | int, ...]:
    """What of an input distinguishes builds; earlier versions' tables have no identity."""
    key = (state.table, state.generation, state.batch)
    return (*key, state.identity) if state.identity else key


def _files(run: Run, job: Job, candidate: Candidate, sources: tuple[Snapshot, ...]) -> tuple[FileCounts, ...]:
    """The results of each raw file in this batch, with the paths that the first input records."""
    counted = count_by_file(run.lake, job.name, candidate)
    paths = (
        {f.file_id: f.path for source in sources[:1] for f in files_of(run.records, source, complete=False)}
        if counted
        else {}
    )
    return tuple(replace(f, path=paths.get(f.file_id, f.path)) for f in counted)
