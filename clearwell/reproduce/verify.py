"""Verify a release: its files are as released, and bronze gives the same rows again.

First the files, which needs only the release. Then every table between bronze and the release is made again
in a scratch lake, from the bronze rows that were read then (see ``replay``), and the content fingerprint of
each split is compared with the manifest. From the real lake only bronze, the intents and the release are
read; nothing is written to it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import clearwell
from clearwell.errors import ClearwellError, DatasetError, ProjectError, TableError, did_you_mean
from clearwell.flow.discretion import discreetly
from clearwell.flow.run import Run, log
from clearwell.model import InputState
from clearwell.reproduce.fingerprints import released_contents
from clearwell.reproduce.replay import ChangedCode, Made, Plan, Replay, RowsOnly, changed_code, plan_replay
from clearwell.reproduce.scratch_lake import scratch_lake
from clearwell.reproduce.stored import require_stored_files
from clearwell.tables import altered_files

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from clearwell.datasets import Dataset, Manifest
    from clearwell.engines import Engine
    from clearwell.fingerprint.rows import Fingerprint
    from clearwell.project.load import Project
    from clearwell.project.specs import DatasetSpec
    from clearwell.tables import Lake, Snapshot

__all__ = ["Verification", "VerifiedSplit", "VerifiedTable", "verify"]


@dataclass(frozen=True)
class VerifiedTable:
    """A table that was read, or made again: its number of ``batches``, and its rows.

    ``as_recorded`` says whether each batch has as many rows, accepted and rejected, as its intent.
    """

    table: str
    batches: int
    rows: int
    rejected: int = 0
    as_recorded: bool = True


@dataclass(frozen=True)
class VerifiedSplit:
    """A split: rows and fingerprint in the manifest, and as made now."""

    split: str
    rows: int
    fingerprint: str
    rows_now: int
    fingerprint_now: str

    @property
    def equal(self) -> bool:
        """Whether it has the same rows."""
        return (self.rows, self.fingerprint) == (self.rows_now, self.fingerprint_now)


@dataclass(frozen=True)
class Verification:
    """The result. ``differs`` says where to look, if the release could not be made again."""

    dataset: str
    version: int
    engine: str
    fingerprint: str
    tables: tuple[VerifiedTable, ...]
    splits: tuple[VerifiedSplit, ...]
    notes: tuple[str, ...] = ()
    differs: str | None = None

    @property
    def equal(self) -> bool:
        """Whether every split has the rows that were released."""
        return all(split.equal for split in self.splits)


def verify(
    project: Project,
    lake: Lake,
    release: Dataset,
    engine: Engine,
    *,
    scratch: str | None = None,
    present_code: bool = False,
) -> Verification:
    """Verify ``release`` by making it again from bronze.

    Args:
        project: The project whose code and settings made it.
        lake: The lake in which it was made.
        release: The release.
        engine: Makes the tables again; any engine will do, because the fingerprint is the same on all.
        scratch: Where they are made, a folder or an address: see ``scratch_lake``.
        present_code: Make them with the project's code even if it differs from the release's.

    Raises:
        DatasetError: a file of the release is damaged, or it cannot be made again; with the reason.
        TableError: the bronze rows of that time no longer exist.
    """
    manifest = release.manifest
    log.info("%s v%d: verifying %d files", manifest.dataset, manifest.version, len(manifest.files))
    require_stored_files(lake, manifest)
    release.verify()
    spec = _spec_of(project, manifest)
    made_from = manifest.inputs[0]
    wanted = InputState(
        made_from.table,
        made_from.generation,
        made_from.batch,
        made_from.version,
        made_from.identity,
    )
    plan = plan_replay(lake, wanted)
    notes = list(_notes(manifest))
    if changed := changed_code(Run(project, lake, engine), plan):
        if not present_code:
            raise _other_code(manifest, changed)
        notes += [f"made with the project's current code: {_change(change)}" for change in changed]
    read = [*plan.tables, *(state.table for state in plan.roots)]
    with discreetly(lambda: project, lake, read), scratch_lake(lake, engine.name, scratch) as own:
        run = RowsOnly(project, own, engine, ledgers=lake)
        replay = Replay(run, lake, plan)
        notes += _pins(replay)
        log.info("%s v%d: making %s again", manifest.dataset, manifest.version, ", ".join(plan.tables))
        with _blaming_altered_files(lake, replay):
            made = list(replay)
            snapshot = replay.at(wanted)
            rows = f"{snapshot.rows:,}"
            log.info("%s v%d: fingerprinting %s rows", manifest.dataset, manifest.version, rows)
            found = released_contents(run, spec, snapshot, features=manifest.features)
        tables = tuple(_tables(replay, plan, made))
    splits = tuple(_splits(manifest, found))
    equal = all(split.equal for split in splits)
    if equal:  # the altered rows are not in the release, but they are reported
        notes += filter(None, (_altered(lake, root) for root in replay.roots.values()))
    differs = None if equal else _where(lake, manifest, replay, made, splits)
    return Verification(
        manifest.dataset,
        manifest.version,
        engine.name,
        manifest.fingerprint,
        tables,
        splits,
        tuple(notes),
        differs,
    )


def _spec_of(project: Project, manifest: Manifest) -> DatasetSpec:
    """The settings of the release, which may differ from the project's now."""
    from pydantic import ValidationError

    from clearwell.project.specs import DatasetSpec

    if manifest.dataset not in project.datasets:
        raise ProjectError(
            f"this project no longer has the dataset {manifest.dataset!r}",
            place=str(project.root),
            hint=did_you_mean(manifest.dataset, project.datasets)
            or "check out the project's version of that time",
        )
    try:
        return DatasetSpec.model_validate(dict(manifest.settings))
    except ValidationError as error:
        raise DatasetError(
            f"its settings are not valid in this version of Clearwell: {error.errors()[0]['msg']}",
            place=f"{manifest.dataset} v{manifest.version}",
            hint=f"verify it with clearwell {manifest.clearwell_version}",
        ) from error


def _other_code(manifest: Manifest, changed: Sequence[ChangedCode]) -> DatasetError:
    changes = "; ".join(map(_change, changed))
    return DatasetError(
        f"the project's code (transforms, suites, settings) has changed since the release: {changes}",
        place=f"{manifest.dataset} v{manifest.version}",
        hint="check out the project's version of that time, or use the current code: --with-present-code",
    )


def _change(change: ChangedCode) -> str:
    now = f"is {change.now[:12]}" if change.now else "is no longer in the project"
    return f"that of {change.table} was {change.then[:12]} and {now}"


def _notes(manifest: Manifest) -> Iterator[str]:
    if manifest.clearwell_version != clearwell.__version__:
        yield f"released by clearwell {manifest.clearwell_version}, made again by {clearwell.__version__}"


def _pins(replay: Replay) -> Iterator[str]:
    for snapshot in replay.roots.values():
        if snapshot.version != snapshot.state.version:
            yield (
                f"version {snapshot.state.version} of {snapshot.name} is gone: its batches up to"
                f" {snapshot.batch} were taken from version {snapshot.version}"
            )


@contextmanager
def _blaming_altered_files(lake: Lake, replay: Replay) -> Generator[None]:
    """An engine that fails on a damaged file blames the transform that reads it."""
    try:
        yield
    except ClearwellError as error:
        for root in replay.roots.values():
            if said := _altered(lake, root):
                hint = "restore it from a backup"
                raise TableError(f"{said}; {error.fact}", place=str(root.name), hint=hint) from error
        raise


def _tables(replay: Replay, plan: Plan, made: Sequence[Made]) -> Iterator[VerifiedTable]:
    for snapshot in replay.roots.values():
        yield VerifiedTable(str(snapshot.name), 0, snapshot.rows)
    for table in plan.tables:
        its = [batch for batch in made if batch.table == table]
        last = max(batch.batch for batch in its)
        yield VerifiedTable(
            table,
            len(its),
            replay.rows[table, last],
            sum(batch.rejected_now for batch in its),
            not any(batch.differs for batch in its),
        )


def _splits(manifest: Manifest, found: dict[str, Fingerprint]) -> Iterator[VerifiedSplit]:
    for split in manifest.splits:
        now = found.get(split.name)
        yield VerifiedSplit(
            split.name,
            split.rows,
            split.fingerprint,
            now.rows if now else 0,
            str(now) if now else "",
        )


def _where(
    lake: Lake, manifest: Manifest, replay: Replay, made: Iterable[Made], splits: Iterable[VerifiedSplit]
) -> str:
    """The first split that differs, and the likely reason."""
    split = next(split for split in splits if not split.equal)
    told = [f"split {split.split!r} is the first that differs"]
    if split.rows != split.rows_now:
        told[0] += f": {split.rows_now:,} rows, not {split.rows:,}"
    told += [_altered(lake, root) for root in replay.roots.values()]
    if (first := next((batch for batch in made if batch.differs), None)) is not None:
        told.append(
            f"batch {first.batch} of {first.table} is the first with other rows: {first.accepted_now:,}"
            f" accepted and {first.rejected_now:,} rejected, not {first.accepted:,} and {first.rejected:,}"
        )
    else:
        told.append(
            f"every batch has the recorded number of rows, so values differ: in bronze, in external inputs of"
            f" a transform (the clock, random numbers, a file), or in {manifest.inputs[0].table} itself, if"
            " another writer changed it"
        )
    return "; ".join(filter(None, told))


def _altered(lake: Lake, snapshot: Snapshot) -> str:
    altered = altered_files(lake, snapshot)
    return f"a file of {snapshot.name} does not have the size in its log: {altered[0]}" if altered else ""
