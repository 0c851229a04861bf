"""Ingest: raw files -> bronze, each record once, as accepted or as quarantined.

A file is identified by its content. A copy under another name adds nothing; a known path with other content
is refused, or replaced if the source is configured so; a file that still grows is left for the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.flow.build.staleness import Need, fingerprint, last_build
from clearwell.flow.landing.deliveries import (
    after,
    again,
    known_files,
    remembered,
    retracted_ids,
    touched_counts,
)
from clearwell.flow.landing.notes import left_out_notes, notes_of, results_of
from clearwell.flow.landing.on_workers import read_shares
from clearwell.flow.landing.result import SetAside, Target
from clearwell.flow.landing.write import Landing
from clearwell.flow.results import built_result, unchanged_result
from clearwell.flow.run import Run, log
from clearwell.lineage import raw_lineage
from clearwell.model import FileCounts
from clearwell.names import PROVENANCE
from clearwell.project.personal_data import PersonalData
from clearwell.sources import UnreadableFile, discover, read
from clearwell.tables import (
    BatchPlan,
    Blocked,
    Intent,
    WriteKind,
    former_files,
    ledger_of,
    next_batch,
    record_touched,
    schema_json,
    verify_files,
    write_batch,
)

if TYPE_CHECKING:
    from clearwell.flow.landing.notes import Note
    from clearwell.flow.landing.result import Delivery, Landed
    from clearwell.model import BuildResult
    from clearwell.names import TableName
    from clearwell.project.specs import TableSpec
    from clearwell.sources import Discovery, RawFile, SourceSpec
    from clearwell.tables import Snapshot

__all__ = ["ingest", "ingest_code"]

_FILES_BLOCKED = "files"
_NOT_CONTENT = {"path", "settle_seconds", "on_change", "order", "rehash", "links", "notes"}


def ingest(run: Run, spec: TableSpec) -> BuildResult:
    """Ingest the raw files that ``bronze_<name>`` does not contain yet.

    The result's ``blocked`` counts the records of files that were set aside, and ``notes`` give the reasons.

    Raises:
        SourceError: the source's folder is missing, or a rebuild lacks raw files of the table.
        CommitConflict: other runs won every decision.
    """
    lake, name = run.lake, spec.bronze_table
    written = write_batch(
        lake,
        name,
        lambda snapshot: _plan(run, spec, snapshot),
        engine=run.engine,
        recheck=lambda *_: True,
        rebuilds=run.must_refresh(name),
    )
    look, intent, recovered = written.note, written.intent, written.recovered
    left_out = [note.text for note in look.left_out]
    told = (*left_out, *(note.text for note in look.warnings))
    notes = (*(f"set aside: {item.reason}" for item in look.aside), *told)
    lake.control.record_left_out(name, left_out)
    severities = {
        kind: str(getattr(spec.source.notes, kind)) for kind in type(spec.source.notes).model_fields
    }
    results = results_of((*look.left_out, *look.warnings), severities, has_new_files=intent is not None)
    if intent is None:
        snapshot = written.snapshot
        blocked = _set_aside(run, name, snapshot, look.aside)
        found = unchanged_result(name, snapshot, look.last, recovered=recovered, blocked=blocked, notes=notes)
        return replace(found, told=results)
    run.refreshed(name)
    blocked = _set_aside(run, name, lake.existing(name), look.aside)
    result = built_result(run, name, intent, look.reason, recovered=recovered, notes=notes)
    return replace(result, blocked=blocked, told=results)


def ingest_code(spec: TableSpec) -> str:
    """The hash of everything that determines how raw files become bronze, except their location.

    For a format that a plugin reads, it includes the plugin's version.
    """
    settings = spec.source.model_dump(mode="json", exclude=_NOT_CONTENT)
    plugin = [f"plugin={spec.source.reader}"] if spec.source.reader else []
    return fingerprint("bronze", *(f"{key}={settings[key]}" for key in sorted(settings)), *plugin)


@dataclass(frozen=True)
class _Look:
    """The result of comparing raw files and table: the last build, excluded files, why to build.

    ``left_out`` names files that add no row, and are not set aside; ``warnings`` are about accepted rows.
    """

    last: Intent | None
    left_out: tuple[Note, ...]
    aside: list[SetAside]
    reason: str = ""
    warnings: tuple[Note, ...] = ()


def _plan(run: Run, spec: TableSpec, snapshot: Snapshot | None) -> BatchPlan[_Look]:
    """Find raw files that ``snapshot`` does not contain, and stage them.

    The snapshot is older than the list of files, so a file that arrives later belongs to a later batch.
    """
    name, source, code = spec.bronze_table, run.project.source(spec), ingest_code(spec)
    last = last_build(run, name, snapshot)
    known = ledger_of(run.lake, snapshot) if snapshot else []
    former = former_files(run.lake, name, snapshot)
    forgotten = [f for i, f in former.items() if f.is_retracted and i not in {k.file_id for k in known}]
    every = [*known, *forgotten]  # a table that is gone, or was restored, remembers what was taken back
    found = discover(source, run.project.root, known_files(every), retracted=retracted_ids(every))
    if snapshot is not None and found.touched:
        record_touched(run.lake, snapshot, touched_counts(known, found.touched))
    need = _need(last, code, found, source, refresh=run.must_refresh(name))
    aside, left_out = _changed(found, source), tuple(left_out_notes(found, known, former, source.path))
    if need is None:
        return BatchPlan(_Look(last, left_out, aside))
    if snapshot is not None:
        snapshot.require_writable(WriteKind.of(need.mode))
    batch, moment = next_batch(run.lake, name, snapshot), datetime.now(UTC)
    if need.mode == "replace" and snapshot is not None and known:
        deliveries = again(source, run.project.root, known, batch=batch, moment=moment, place=str(name))
    else:
        arrivals = {f.file_id: f.arrival or 0 for f in former.values()}
        deliveries = after(source, known, found.new, batch=batch, moment=moment, former=arrivals)
    target = Target(
        name,
        run.lake.begin(name, batch),
        source,
        snapshot.schema if snapshot and need.mode != "replace" else None,
        moment,
        tuple(sorted(PersonalData.of(run.project, run.lake).columns(str(name)))),
    )
    kept = remembered(every, deliveries, replaces=need.mode == "replace")
    intent, landed = _stage(run, target, snapshot, deliveries=deliveries, kept=kept, need=need, code=code)
    warnings = tuple(notes_of(landed, target.table_schema))
    for note in warnings:
        log.warning("%s: %s", name, note.text)
    return BatchPlan(_Look(last, left_out, [*aside, *landed.set_aside], need.reason, warnings), intent)


def _need(
    last: Intent | None, code: str, found: Discovery, source: SourceSpec, *, refresh: bool
) -> Need | None:
    if last is None:
        return Need("replace", "first build")
    if refresh:
        return Need("replace", "--full-refresh")
    if last.code != code:
        return Need("replace", "the source's settings changed")
    if found.changed and source.on_change == "replace":
        return Need("replace", f"{len(found.changed)} files changed")
    if found.new:
        return Need("append", f"{len(found.new)} new files")
    return None


def _stage(
    run: Run,
    target: Target,
    snapshot: Snapshot | None,
    *,
    deliveries: list[Delivery],
    kept: tuple[FileCounts, ...],
    need: Need,
    code: str,
) -> tuple[Intent | None, Landed]:
    """Stage a batch of raw files; no intent if there is nothing to decide."""
    lake, name, attempt = run.lake, target.name, target.attempt
    batch = attempt.batch
    log.info("%s: reading %d files (%s)", name, len(deliveries), need.reason)
    lake.failpoint("stage", name)
    landing = Landing(lake, target)
    landing.collect(read_shares(run, target, deliveries))
    landed = landing.close()
    lake.failpoint("staged", name)
    if not landed.counts and snapshot is not None and need.mode == "append":
        lake.discard(attempt.id, name)  # every new file was set aside
        return None, landed
    verify_files(lake.table(name).root, landed.accepted, landing.schema, required=PROVENANCE, place=str(name))
    intent = Intent(
        table=str(name),
        batch=batch,
        generation=batch if need.mode == "replace" or snapshot is None else snapshot.generation,
        mode=need.mode,
        attempt=attempt.id,
        schema=schema_json(landing.schema),
        planned_version=snapshot.version if snapshot else 0,
        required=PROVENANCE,
        accepted=landed.accepted,
        rejected=landed.rejected,
        files=(*landed.counts, *kept),
        returned=sum(f.delivered for f in landed.counts),
        code=code,
        run=run.id,
        engine="arrow",
        started=target.moment.isoformat(timespec="milliseconds"),
        lineage=raw_lineage(name, target.source.columns, landing.schema.names),
        untold=target.untold,
    )
    return intent, landed


def _changed(found: Discovery, source: SourceSpec) -> list[SetAside]:
    """Files whose path is known with other content, if the source refuses that."""
    if source.on_change == "replace":
        return []
    return [
        SetAside(
            _blocked_counts(change.file, source),
            f"{change.file.path}: was taken before with other content\n"
            "  next: to add it, put the former content back and deliver this under a new name; to take it "
            "instead, set `on_change: replace`",
        )
        for change in found.changed
    ]


def _blocked_counts(file: RawFile, source: SourceSpec) -> FileCounts:
    """An excluded file with its number of records; one whose records cannot be read counts as one."""
    try:
        records = sum(p.accepted.num_rows + len(p.rejects) for p in read(file, source)) or 1
    except UnreadableFile:
        records = 1
    return FileCounts(file.file_id, file.path, records, 0, 0, records, file.size, file.modified_ns)


def _set_aside(run: Run, name: TableName, snapshot: Snapshot | None, aside: list[SetAside]) -> int:
    """Record the excluded files, or that there are none any more; returns the number of their records."""
    control = run.lake.control
    before = [b for b in control.blocked(name) if b.build == _FILES_BLOCKED]
    if not aside:
        for blocked in before:
            control.unblock(blocked)
        return 0
    blocked = Blocked(
        table=str(name),
        batch=next_batch(run.lake, name, snapshot),
        build=_FILES_BLOCKED,
        attempt="",
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        reason="\n".join(item.reason for item in aside),
        files=tuple(item.counts for item in aside),
        rows=sum(item.counts.blocked for item in aside),
    )
    for item in aside:
        log.warning("%s: set aside %s", name, item.reason.replace("\n", ";"))
    if not before or replace(before[0], when=blocked.when) != blocked:  # an equal record changes nothing
        control.block(blocked)
    return blocked.rows
