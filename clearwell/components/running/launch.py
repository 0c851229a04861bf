"""Run a project in this process: the same job, and the same resource, as from Dagster's pages."""

from __future__ import annotations

import re
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.failing import reason_of
from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.instance import end_dead_runs, open_instance, telling_of_its_database
from clearwell.components.running.location import JOB, load_definitions
from clearwell.components.running.origin import note_origin
from clearwell.components.running.record import RunRecord
from clearwell.components.running.resources import run_tags
from clearwell.errors import BatchBlocked, ProjectError, did_you_mean
from clearwell.flow.report import ReportResult
from clearwell.flow.run_result import RunResult, StepResult
from clearwell.model import BuildResult, Outcome
from clearwell.project.load import load_project
from clearwell.settings import code_location_name
from clearwell.stores import keep_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearwell.engines import Engine
    from clearwell.flow.run_result import StepDetails
    from clearwell.project.load import Project
    from clearwell.settings import Settings

__all__ = ["launch", "run_project"]

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_INTERRUPTED = "DagsterExecutionInterruptedError"


def run_project(
    settings: Settings, *, selection: str = "*", full_refresh: bool = False, engine: str | None = None
) -> RunResult:
    """The same as ``launch``, for the project of ``settings``, with another ``engine``."""
    project = load_project(replace(settings, engine=engine, engines={}) if engine else settings)
    return launch(project, selection=selection, full_refresh=full_refresh)


def launch(
    project: Project, *, selection: str = "*", full_refresh: bool = False, engine: Engine | None = None
) -> RunResult:
    """Bring the assets of ``selection`` up to date, upstream ones first.

    Args:
        project: Includes the settings for the run.
        selection: In Dagster's selection syntax, such as ``"+gold_flight_delays"``; parts joined by commas.
        full_refresh: Rebuild each table, new data or not.
        engine: An open engine for all steps, instead of those of the settings; it stays open.

    Raises:
        ProjectError: the project cannot be loaded, or the selection matches none of its assets.
        EngineError: there is no engine of that name.
        KeyboardInterrupt: the run was interrupted outside of its steps.
    """
    record = RunRecord()
    definitions = load_definitions(project, record, engine)
    with quiet_dagster():
        selected = _select(definitions, selection)
    job = definitions.resolve_job_def(JOB)
    home = project.settings.dagster_home
    keep_private(home, project.settings.access)  # the records of runs have rows that failed a check
    try:
        with quiet_dagster(), open_instance(home) as instance, telling_of_its_database(home):
            end_dead_runs(instance)
            note_origin(instance, location=code_location_name(project.root), job=JOB)
            result = job.execute_in_process(
                run_config=_QUIET,
                instance=instance,
                asset_selection=selected,
                raise_on_error=False,
                tags=run_tags(project, full_refresh=full_refresh),
            )
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    steps = tuple(_steps(result, record, [key.to_user_string() for key in selected]))
    failed = any(step.outcome in (Outcome.FAILED, Outcome.BLOCKED) for step in steps)
    tables = [found for found in record.results.values() if isinstance(found, BuildResult)]
    aside = any(table.blocked or any(note.blocks for note in table.told) for table in tables)
    return RunResult(
        success=result.success and not failed and not aside,
        run_id=result.run_id,
        steps=steps,
        interrupted=any(_INTERRUPTED in step.reason for step in steps if step.outcome is Outcome.FAILED),
    )


def _select(definitions: dg.Definitions, selection: str) -> list[dg.AssetKey]:
    """The assets of ``selection`` that a run can bring up to date."""
    graph = definitions.resolve_asset_graph()
    made = {key.to_user_string(): key for key in graph.materializable_asset_keys}
    found: set[dg.AssetKey] = set()
    for part in (part.strip() for part in selection.split(",")):
        try:
            keys = dg.AssetSelection.from_string(_with_keys(part, made)).resolve(graph)
        except dg.DagsterError as error:
            raise _selects_nothing(part, made) from error
        if not (runnable := keys & set(made.values())):
            raise _selects_nothing(part, made)
        found |= runnable
    return sorted(found)


def _with_keys(part: str, made: Iterable[str]) -> str:
    """Bare names of assets as ``key:"name"``: else Dagster parses a selection in its old syntax.

    There ``+name`` is one step up, and neither ``and`` nor parentheses are supported.
    """
    names = set(made)
    if part.startswith("*") or part.endswith("*"):  # only the old syntax has it
        return part
    return re.sub(
        r'(?<![\w:"])([A-Za-z]\w*)(?![\w:"(])', lambda m: f'key:"{m[1]}"' if m[1] in names else m[1], part
    )


def _selects_nothing(part: str, made: Iterable[str]) -> ProjectError:
    """The error for a part of a selection, with the closest asset to any name in it."""
    assets = sorted(made)
    near = next((hint for name in re.findall(r"\w+", part) if (hint := did_you_mean(name, assets))), None)
    return ProjectError(
        f"{part!r} selects no asset of this project", hint=near or f"its assets are {', '.join(assets)}"
    )


def _steps(
    result: dg.ExecuteInProcessResult, record: RunRecord, selected: Iterable[str]
) -> Iterator[StepResult]:
    """The steps in the order in which they ended; the run itself, if it failed outside of any."""
    ended = [event for event in result.all_events if event.is_step_failure or event.is_step_success]
    failed = {_name(event): event for event in ended if event.is_step_failure}
    if not failed and not result.success:
        failed = {_name(event): event for event in result.all_events if event.is_failure}
    reached = dict.fromkeys([*map(_name, ended), *failed, *record.results])
    for name in reached:
        if name in failed:
            yield _failure(name, failed[name], record)
        elif name in record.results:
            yield _success(name, record.results[name])
        else:  # an `execute` of the project's own code, which runs no step of Clearwell
            yield StepResult(name, Outcome.BUILT)
    yield from (StepResult(name, Outcome.SKIPPED) for name in selected if name not in reached)


def _name(event: dg.DagsterEvent) -> str:
    """The step of the event; ``run`` if it belongs to none."""
    return event.step_key or "run"


def _success(name: str, details: StepDetails) -> StepResult:
    return StepResult(name, details.outcome, *_numbers(details), _why(details), details=details)


def _failure(name: str, event: dg.DagsterEvent, record: RunRecord) -> StepResult:
    """The error of a failed step; for an unknown error its root cause."""
    error: Any = getattr(event.event_specific_data, "error", None)
    known, details = record.failures.get(name), record.results.get(name)
    outcome = Outcome.BLOCKED if isinstance(known, BatchBlocked) else Outcome.FAILED
    if known is not None:
        reason, trace = str(known), "".join(traceback.format_exception(known))
    else:
        reason = reason_of(error) or event.message or "it failed"
        trace: str = error.to_string() if error is not None else ""
    return StepResult(name, outcome, *_numbers(details), reason, known, details, trace)


def _numbers(details: StepDetails | None) -> tuple[int | None, int | None]:
    """Rows and version of a step's result; a report has neither."""
    if details is None or isinstance(details, ReportResult):
        return None, None
    return details.rows, details.version


def _why(details: StepDetails) -> str:
    return details.summary if isinstance(details, ReportResult) else details.reason
