"""Clearwell from Python: load a project, bring it or a part of it up to date, see what came of it.

    from clearwell.api import load_project, run

    result = run(load_project("my_lake"), "+gold_daily_sales")
    for step in result.steps:
        print(step.name, step.outcome, step.rows, step.reason)

The command line uses the same functions: a run that a program starts does what `clearwell run` does, and
Dagster's pages show it. Importing this loads neither Dagster nor PySpark nor pyarrow; each function loads
what it needs.

What is wrong with the project, the selection or the engine is raised before anything runs. A step that fails
raises nothing: the steps that do not need it go on, and the result has its error. All errors are below
``ClearwellError`` and can be imported from here.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import (
    AlertError,
    AnswerLost,
    BatchBlocked,
    CandidateRefused,
    ClearwellError,
    CommitConflict,
    DatasetError,
    EngineError,
    EngineLost,
    FilesGone,
    ProjectError,
    ReleaseNotFound,
    SourceError,
    StoreError,
    StoreUnreachable,
    TableError,
    TableNotFound,
)
from clearwell.model import Outcome
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pyarrow as pa

    from clearwell.engines import Engine
    from clearwell.flow.run_result import RunResult, StepResult
    from clearwell.project.load import Project

__all__ = [
    "PROVENANCE",
    "AlertError",
    "AnswerLost",
    "BatchBlocked",
    "CandidateRefused",
    "ClearwellError",
    "CommitConflict",
    "DatasetError",
    "Engine",
    "EngineError",
    "EngineLost",
    "FilesGone",
    "Outcome",
    "Project",
    "ProjectError",
    "ReleaseNotFound",
    "RunResult",
    "SourceError",
    "StepResult",
    "StoreError",
    "StoreUnreachable",
    "TableError",
    "TableNotFound",
    "load_project",
    "open_engine",
    "read_table",
    "run",
]

_LAZY = {
    "Engine": "clearwell.engines",
    "Project": "clearwell.project.load",
    "RunResult": "clearwell.flow.run_result",
    "StepResult": "clearwell.flow.run_result",
}


def load_project(
    path: str | os.PathLike[str] | None = None,
    *,
    profile: str | None = None,
    lake: str | os.PathLike[str] | None = None,
    engine: str | None = None,
) -> Project:
    """A project whose YAML is sound, with the settings to run it by. No code of the project runs.

    Args:
        path: A folder of the project; by default the working directory. The project is the nearest folder at
            or above it whose pyproject.toml has ``[tool.clearwell]``.
        profile: One of the project's profiles.
        lake: Another lake than the project's: a folder, or an address such as ``s3://bucket/lake``.
        engine: Another engine for all steps: ``embedded``, ``spark``, ``sc://host:port`` or a plugin's name.

    Raises:
        ProjectError: there is no project, or something in it is wrong; the place is its ``file:line``.
    """
    from clearwell.project.load import load_project as load
    from clearwell.settings import load_settings

    folder = Path(path) if path is not None else Path.cwd()
    if not folder.is_dir():
        raise ProjectError(f"there is no folder {folder}", hint="name a folder of the project")
    return load(load_settings(folder, profile=profile, lake=lake, engine=engine))


def run(
    project: Project,
    selection: str | None = None,
    *,
    engine: Engine | str | None = None,
    full_refresh: bool = False,
) -> RunResult:
    """Bring tables, releases and reports up to date. Where nothing is new, nothing is built.

    Args:
        project: As ``load_project`` gives it.
        selection: What to run, in Dagster's selection syntax: ``"silver_flights"``,
            ``"+gold_flight_delays"`` (with all before it), ``"bronze_flights+"``; parts joined by commas.
            By default everything.
        engine: Another engine for all steps: its name, or one of ``open_engine``, which stays open.
        full_refresh: Rebuild each selected table, new data or not.

    Raises:
        ProjectError: the project's code cannot be loaded, or the selection names nothing of it.
        EngineError: no engine of that name, or one that this installation cannot run.
    """
    from clearwell.components.running.launch import launch

    chosen = selection if selection is not None else "*"
    if isinstance(engine, str):
        settings = replace(project.settings, engine=engine, engines={})
        return launch(replace(project, settings=settings), selection=chosen, full_refresh=full_refresh)
    return launch(project, selection=chosen, full_refresh=full_refresh, engine=engine)


def open_engine(project: Project, *, step: str | None = None) -> Engine:
    """The engine of a project, or of one of its steps; it starts with its first work.

        with open_engine(project) as engine:
            frame = engine.session().sql("SELECT 1")

    Args:
        project: As ``load_project`` gives it.
        step: ``ingest``, ``cleanse`` or ``curate``, where the settings give that step its own.

    Raises:
        EngineError: no engine of that name, or one that this installation cannot run.
    """
    from clearwell.engines import open_engine as open_by_settings

    return open_by_settings(project.settings.at(step) if step else project.settings)


def read_table(project: Project, table: str, *, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a table of the project's lake, as they are now, all of them in memory.

    Args:
        project: As ``load_project`` gives it.
        table: Its name, such as ``gold_flight_delays`` or ``quarantine_silver_flights``.
        columns: The columns to read; by default all.

    Raises:
        TableNotFound: the lake has no such table.
        TableError: the table has no such column, or only Spark can read it.
    """
    from clearwell.errors import did_you_mean
    from clearwell.tables import lake_of

    snapshot = lake_of(project.settings).existing(table)
    if unknown := [name for name in columns or () if name not in snapshot.schema.names]:
        hint = did_you_mean(unknown[0], snapshot.schema.names) or f"it has {', '.join(snapshot.schema.names)}"
        raise TableError(f"no column {unknown[0]!r}", place=table, hint=hint)
    return snapshot.to_arrow(columns)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
