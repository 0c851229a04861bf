"""The facts of a step for its OpenLineage events: inputs, outputs and their versions."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.datasets import open_release_store
from clearwell.errors import TableError
from clearwell.names import RELEASES, TableName, Zone
from clearwell.notify.openlineage_facts import DataFacts, RunFacts, Written
from clearwell.project.git import find_repository
from clearwell.project.personal_data import PersonalData
from clearwell.project.specs import CuratedSpec, DatasetSpec, TableSpec
from clearwell.sources.match import split_pattern
from clearwell.type_names import recorded_type, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clearwell.flow.publish import ReleaseResult
    from clearwell.flow.run import Run
    from clearwell.model import BuildResult, Edge
    from clearwell.tables import Intent, Snapshot

__all__ = ["StepSpec", "planned_inputs", "release_facts", "run_facts", "table_facts"]

StepSpec = TableSpec | CuratedSpec | DatasetSpec

Facts = tuple[list[tuple[DataFacts, Written | None]], tuple[DataFacts, Written], "tuple[Edge, ...]"]
"""Inputs with the amounts read, the output with the amount written, and the edges between them."""

_KINDS = {Zone.BRONZE: "INGEST", Zone.SILVER: "CLEANSE", Zone.GOLD: "CURATE"}


def run_facts(run: Run, spec: StepSpec, step: str, *, started: str, ended: str, attempt: int) -> RunFacts:
    """The run of the step that makes ``step``, a table or a dataset."""
    kind = "PUBLISH" if isinstance(spec, DatasetSpec) else _KINDS[TableName.parse(step).zone]
    arrow = kind in ("INGEST", "PUBLISH")
    return RunFacts(
        namespace=run.project.settings.lineage_namespace,
        project=_project_name(run.project.root),
        step=step,
        kind=kind,
        run=run.id,
        started=started,
        ended=ended,
        attempt=attempt,
        engine=("arrow", pa.__version__) if arrow else (run.engine.name, _engine_version(run.engine.name)),
        code=_code(run, spec, step),
        description=spec.description,
    )


def table_facts(run: Run, spec: TableSpec | CuratedSpec, result: BuildResult) -> Facts | None:
    """The effect of a build of a table; None if its decision is not recorded, or void."""
    name = TableName.parse(result.table)
    intent, snapshot = (
        run.lake.control.intent(name, result.batch),
        run.lake.table(name).snapshot(result.version),
    )
    if intent is None or snapshot is None or result.batch in run.lake.voids(snapshot):
        return None
    if name.zone is Zone.BRONZE and isinstance(spec, TableSpec):
        read = Written(
            rows=intent.returned, bytes=sum(f.size or 0 for f in intent.files), files=len(intent.files)
        )
        inputs: list[tuple[DataFacts, Written | None]] = [(_raw(run, spec), read)]
    else:
        inputs = [(_table(run, TableName.parse(i.table), i.version), None) for i in intent.inputs]
    output = _described(run, spec, name, snapshot, change=_change(run, intent))
    written = Written(
        rows=intent.accepted_rows,
        bytes=sum(f.size for f in intent.accepted),
        files=len(intent.accepted),
        table_rows=snapshot.rows,
        table_bytes=snapshot.bytes,
        table_files=len(snapshot.files),
        nulls=_nulls(snapshot),
    )
    return inputs, (output, written), intent.lineage


def release_facts(run: Run, spec: DatasetSpec, result: ReleaseResult) -> Facts:
    """The inputs and the contents of a release."""
    release_store = open_release_store(run.lake.store.absolute(RELEASES))
    manifest = release_store.manifest(result.dataset, result.version)
    inputs: list[tuple[DataFacts, Written | None]] = [
        (_table(run, TableName.parse(i.table), i.version), None) for i in manifest.inputs
    ]
    output = DataFacts(
        path=run.lake.store.absolute(f"{RELEASES}/{spec.name}"),
        name=spec.name,
        columns=tuple((column.name, recorded_type(column.type)) for column in manifest.schema),
        version=str(result.version),
        file_format="parquet",
        description=spec.description,
        owners=spec.owners,
        tags=spec.tags,
        personal=PersonalData.of(run.project, run.lake).columns(spec.name),
        change="CREATE" if result.version == 1 else "OVERWRITE",
    )
    written = Written(rows=result.rows, bytes=result.bytes, files=len(manifest.files), table_rows=result.rows)
    return inputs, (output, written), result.lineage


def planned_inputs(run: Run, spec: StepSpec, step: str) -> list[tuple[DataFacts, Written | None]]:
    """The inputs of a failed step: their locations, as far as they exist."""
    match spec:
        case TableSpec() if step == str(spec.bronze_table):
            return [(_raw(run, spec), None)]
        case TableSpec():
            names: tuple[str, ...] = (str(spec.bronze_table),)
        case CuratedSpec():
            names = spec.inputs
        case DatasetSpec():
            names = (spec.from_table,)
    return [(_table(run, TableName.parse(name), None), None) for name in names]


def _raw(run: Run, spec: TableSpec) -> DataFacts:
    """The folder of a source's raw files."""
    fixed, _ = split_pattern(spec.source.path)
    return DataFacts(
        path=str(run.project.root.joinpath(*fixed)),
        name=f"raw_{spec.name}",
        file_format="json" if spec.source.format == "jsonl" else spec.source.format,
        owners=spec.owners,
    )


def _table(run: Run, name: TableName, at: int | None) -> DataFacts:
    """An input, at the version that was read if the log still has it."""
    snapshot = None
    with suppress(TableError):
        snapshot = run.lake.table(name).snapshot(at)
    spec = run.project.produced.get(str(name))
    if snapshot is None or not isinstance(spec, TableSpec | CuratedSpec):
        version_read = None if at is None else str(at)
        return DataFacts(run.lake.table(name).root, str(name), version=version_read, storage="delta")
    return _described(run, spec, name, snapshot)


def _described(
    run: Run, spec: TableSpec | CuratedSpec, name: TableName, snapshot: Snapshot, *, change: str | None = None
) -> DataFacts:
    return DataFacts(
        path=snapshot.root,
        name=str(name),
        columns=tuple((field.name, type_name(field.type)) for field in snapshot.schema),
        version=str(snapshot.version),
        storage="delta",
        file_format="parquet",
        description=spec.description,
        owners=spec.owners,
        tags=spec.tags,
        personal=PersonalData.of(run.project, run.lake).columns(str(name)),
        change=change,
    )


def _change(run: Run, intent: Intent) -> str | None:
    """OpenLineage's lifecycle state for the batch; it has none for rows that are added or merged."""
    if intent.batch == 1:
        return "CREATE"
    if intent.mode == "replace":
        return "OVERWRITE"
    with suppress(TableError):
        before = run.lake.table(intent.table).snapshot(intent.planned_version)
        after = run.lake.table(intent.table).snapshot()
        if before and after and before.schema.names != after.schema.names:
            return "ALTER"
    return None


def _nulls(snapshot: Snapshot) -> Mapping[str, int]:
    """How many NULLs each column has, for columns that the log counts in every file."""
    adds = pa.table(snapshot.handle.get_add_actions(flatten=True))
    counted: dict[str, int] = {}
    for column in adds.column_names:
        values = adds.column(column)
        if column.startswith("null_count.") and not values.null_count:
            counted[column.removeprefix("null_count.")] = sum(values.to_pylist())
    return {name: counted[name] for name in snapshot.schema.names if name in counted}


def _code(run: Run, spec: StepSpec, step: str) -> dict[str, str]:
    """The location of a step's transform; empty without a repository with a known address."""
    if (repository := find_repository(run.project.root)) is None:
        return {}
    path = ""
    if isinstance(spec, TableSpec | CuratedSpec) and step != str(getattr(spec, "bronze_table", None)):
        module = run.project.transform_of(spec)[0].partition(":")[0]
        file = run.project.root.joinpath(*module.split(".")).with_suffix(".py")
        if file.is_file() and file.is_relative_to(repository.root):
            path = file.relative_to(repository.root).as_posix()
    found = {"url": repository.url, "path": path, "version": repository.commit, "branch": repository.branch}
    return {key: value for key, value in found.items() if value}


@lru_cache(maxsize=8)
def _project_name(root: Path) -> str:
    """The project's name in pyproject.toml, else its folder: the same in every checkout."""
    with suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        found = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        if isinstance(name := found.get("project", {}).get("name"), str):
            return name
    return root.name


def _engine_version(engine: str) -> str:
    package = "pysail" if engine == "embedded" else "pyspark"
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
