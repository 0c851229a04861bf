"""Publish: a version of a table becomes an immutable release, for training a model or for inference.

A release is made when its input or its settings have changed since the last one. No row is dropped
(``from_spec``, ``training`` and ``inference`` of ``clearwell.publishing`` document what is refused), and rows
are written in an order that depends on their contents only, so the same rows give the same bytes. The columns
of provenance are not features: they are removed; ``_file_id`` and ``_record_no`` are kept beside the data.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import clearwell
from clearwell.datasets import FORMAT, INDEX_FORMAT, Column, Input, Manifest
from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import ALGORITHM, combined_fingerprint
from clearwell.lineage import release_lineage
from clearwell.model import Outcome
from clearwell.project.personal_data import PersonalData
from clearwell.publishing.attempts import publisher_of
from clearwell.publishing.from_spec import allowed_personal, inference_recipe, training_recipe
from clearwell.publishing.inference import InferenceRecipe, make_inference
from clearwell.publishing.order import buckets_for
from clearwell.publishing.splits import TEST
from clearwell.publishing.training import TrainingRecipe, make_training
from clearwell.tables import Process, record_release

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.datasets import SplitFiles
    from clearwell.flow.run import Run
    from clearwell.model import Edge
    from clearwell.project.specs import DatasetSpec
    from clearwell.publishing.publisher import Publisher
    from clearwell.tables import Intent, Lake, Snapshot

__all__ = ["ReleaseResult", "publish"]

_log = logging.getLogger("clearwell")


@dataclass(frozen=True)
class ReleaseResult:
    """The result of publishing: the release that readers now get, and whether it is new."""

    dataset: str
    outcome: Outcome
    version: int
    path: Path | str
    rows: int
    bytes: int
    fingerprint: str
    splits: dict[str, int] = field(default_factory=dict[str, int])
    reason: str = ""
    recovered: bool = False
    lineage: tuple[Edge, ...] = ()
    personal: dict[str, str] = field(default_factory=dict[str, str])


def publish(run: Run, spec: DatasetSpec) -> ReleaseResult:
    """Release the current version of ``spec.from_table``, unless the current release has the same input.

    Safe to kill and to run twice at once: see ``claim`` and ``upload`` of ``clearwell.publishing``.

    Raises:
        TableNotFound: the table was never built.
        DatasetError: the table cannot be released as the spec says, or has personal columns that it does not
            allow.
        StoreError: the store of the releases refuses access.
    """
    run.lake.require_owner()
    publisher = publisher_of(run.lake, spec.name)
    seen = publisher.versions()  # before the table is read: a later release may have read more
    snapshot = run.input(spec.from_table, of=spec.name)
    recipe = _recipe(run, spec, snapshot)  # first: the training dataset's features may have changed
    personal = PersonalData.of(run.project, run.lake).columns(spec.name)
    allowed = allowed_personal(run.project, spec, recipe.schema, personal)
    if (found := publisher.adopt(_identity(snapshot, spec))) is not None:
        manifest, moved = found
        _record(run.lake, manifest)
        reason = "finished a release that was cut short" if moved else "same input, same settings"
        return _result(publisher, manifest, Outcome.UNCHANGED, reason, recovered=moved)

    given = run.lake.control.released(spec.name)
    lost = publisher.lost() or (given if given > max(seen, default=0) else None)
    if lost is not None:
        _log.warning("%s: v%d is gone, or lacks files; it is released again", spec.name, lost)
    draft = replace(_draft(run.lake, spec, recipe, snapshot), personal=allowed)
    attempt = publisher.begin(json.dumps(asdict(Process.current())))
    try:
        with run.lake.reading(snapshot):
            splits, achieved = _make(recipe, snapshot, attempt)
        draft = replace(
            draft,
            splits=splits,
            rows=sum(split.rows for split in splits),
            achieved=achieved,
            fingerprint=combined_fingerprint((split.name, split.fingerprint) for split in splits),
        )
        held, is_ours = publisher.claim(attempt, draft, seen=seen, after=given)
    finally:
        publisher.forget(attempt)
    _record(run.lake, held)
    if not is_ours:
        return _result(publisher, held, Outcome.UNCHANGED, "another run was first")
    _log.info("%s: released v%d, %s rows", spec.name, held.version, f"{held.rows:,}")
    why = "first release" if held.version == 1 else "new input or settings"
    return _result(publisher, held, Outcome.BUILT, f"v{lost} is gone, or lacks files" if lost else why)


def _lineage(held: Manifest) -> tuple[Edge, ...]:
    return release_lineage([column.name for column in held.schema], held.inputs[0].table)


def _record(lake: Lake, held: Manifest) -> None:
    lake.control.record_released(held.dataset, held.version)
    record_release(lake, held.dataset, held.version, _lineage(held), created=held.created)


def _recipe(run: Run, spec: DatasetSpec, snapshot: Snapshot) -> TrainingRecipe | InferenceRecipe:
    if spec.kind == "inference":
        return inference_recipe(run.project, run.lake, spec, snapshot)
    return training_recipe(run.project, spec, snapshot)


def _make(
    recipe: TrainingRecipe | InferenceRecipe, snapshot: Snapshot, attempt: Path
) -> tuple[tuple[SplitFiles, ...], dict[str, Any]]:
    """Write the data; returns its splits and the result of the settings."""
    batches, rows, buckets = snapshot.batches(recipe.reads), snapshot.rows, buckets_for(snapshot.bytes)
    try:
        if isinstance(recipe, InferenceRecipe):
            live, replaced = make_inference(batches, recipe, attempt, rows=rows, buckets=buckets)
            return (live,), {"replaced_rows": replaced}
        splits = make_training(batches, recipe, attempt, rows=rows, buckets=buckets)
        tests = next(split.rows for split in splits if split.name == TEST)
        return splits, {"test_share": round(tests / rows, 6)}
    except (OSError, pa.ArrowException) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise DatasetError(
            f"{recipe.table} could not be released: {said}",
            quotes=said if isinstance(error, pa.ArrowException) else None,
            place=recipe.place,
            hint="run again; if a file is missing, rebuild the table with --full-refresh",
        ) from error


def _draft(
    lake: Lake, spec: DatasetSpec, recipe: TrainingRecipe | InferenceRecipe, snapshot: Snapshot
) -> Manifest:
    """The manifest without its number and its data."""
    state = snapshot.state
    intent = _last_intent(lake, snapshot)
    return Manifest(
        dataset=spec.name,
        version=0,
        kind=spec.kind,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        clearwell_version=clearwell.__version__,
        identity=_identity(snapshot, spec),
        fingerprint="",
        fingerprint_algorithm=ALGORITHM,
        rows=0,
        schema=tuple(Column(f.name, str(f.type), f.nullable) for f in recipe.schema),
        splits=(),
        inputs=(Input(state.table, state.version, state.generation, state.batch, state.identity),),
        settings=_settings(spec),
        label=spec.label,
        key=spec.key,
        features=recipe.features,
        order="key" if spec.key else "digest",
        excluded=spec.exclude,
        description=spec.description,
        owners=spec.owners,
        license=spec.license,
        code=intent.code if intent else None,
        checks=tuple(asdict(check) for check in intent.checks) if intent else (),
        format=INDEX_FORMAT if spec.key else FORMAT,
    )


def _last_intent(lake: Lake, snapshot: Snapshot) -> Intent | None:
    """The decision that made the last batch of this version; a void batch does not count."""
    voids = lake.voids(snapshot)
    for batch in range(snapshot.batch, max(snapshot.generation, 1) - 1, -1):
        if batch not in voids:
            return lake.control.intent(snapshot.name, batch)
    return None


def _settings(spec: DatasetSpec) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True)


def _identity(snapshot: Snapshot, spec: DatasetSpec) -> str:
    """The inputs of a release: the input's batch, the settings, and how files are written."""
    state = snapshot.state
    made_from = [FORMAT, ALGORITHM, state.table, state.generation, state.batch, _settings(spec)]
    if state.identity:  # earlier versions' tables have none, and their releases stay what they are
        made_from.append(state.identity)
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _result(
    publisher: Publisher, held: Manifest, outcome: Outcome, reason: str, *, recovered: bool = False
) -> ReleaseResult:
    return ReleaseResult(
        dataset=held.dataset,
        outcome=outcome,
        version=held.version,
        path=publisher.address(held.version),
        rows=held.rows,
        bytes=held.bytes,
        fingerprint=held.fingerprint,
        splits={split.name: split.rows for split in held.splits},
        reason=reason,
        recovered=recovered,
        lineage=_lineage(held),
        personal=dict(held.personal),
    )
