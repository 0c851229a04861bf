"""Run a project in this process: the same job, and the same resource, that Dagster's pages start."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.instance import end_dead_runs, open_instance, telling_of_its_database
from clearwell.components.running.location import JOB, load_definitions
from clearwell.components.running.record import RunRecord
from clearwell.components.running.resources import run_tags
from clearwell.errors import ClearwellError, ProjectError, did_you_mean
from clearwell.model import BuildResult
from clearwell.project.load import load_project

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.components.display.events import StepResult
    from clearwell.settings import Settings

__all__ = ["RunReport", "StepFailure", "run_project"]

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class StepFailure:
    """A step that failed, why, and where in the code.

    ``error`` is None when it was no error that Clearwell raises on purpose; ``asset`` is ``"run"`` when
    the run failed outside of its steps.
    """

    asset: str
    text: str
    error: ClearwellError | None = None
    trace: str = ""


@dataclass(frozen=True)
class RunReport:
    """What came of a run: the steps that ended, in their order, those that failed, those not reached.

    ``success`` is False too when raw files were set aside, though all else went its way.
    """

    success: bool
    run_id: str
    results: tuple[StepResult, ...]
    failures: tuple[StepFailure, ...]
    skipped: tuple[str, ...]


def run_project(
    settings: Settings, *, selection: str = "*", full_refresh: bool = False, engine: str | None = None
) -> RunReport:
    """Bring the assets of ``selection`` up to date, those before others that hang on them.

    Args:
        settings: Of the project, with its lake.
        selection: In Dagster's selection syntax, such as ``"+gold_flight_delays"``; parts joined by commas.
        full_refresh: Rebuild each table, new data or not.
        engine: Another engine than that of the settings.

    Raises:
        ProjectError: the project cannot be loaded, or the selection names nothing of it.
        EngineError: no engine of that name.
    """
    project = load_project(replace(settings, engine=engine) if engine else settings)
    record = RunRecord()
    definitions = load_definitions(project, record)
    with quiet_dagster():
        selected = _select(definitions, selection)
    job = definitions.resolve_job_def(JOB)
    home = settings.dagster_home
    with quiet_dagster(), open_instance(home) as instance, telling_of_its_database(home):
        end_dead_runs(instance)
        result = job.execute_in_process(
            run_config=_QUIET,
            instance=instance,
            asset_selection=selected,
            raise_on_error=False,
            tags=run_tags(project, full_refresh=full_refresh),
        )
    failures = _failures(result, record)
    names = [key.to_user_string() for key in selected]
    aside = any(isinstance(found, BuildResult) and found.blocked for found in record.results.values())
    return RunReport(
        success=result.success and not failures and not aside,
        run_id=result.run_id,
        results=tuple(record.results.values()),
        failures=failures,
        skipped=tuple(n for n in names if n not in record.results and n not in {f.asset for f in failures}),
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
    """Bare names of assets as ``key:"name"``: else Dagster takes a selection for its old syntax.

    There ``+name`` is one step up, and neither ``and`` nor parentheses are known.
    """
    names = set(made)
    if part.startswith("*") or part.endswith("*"):  # only the old syntax has it
        return part
    return re.sub(
        r'(?<![\w:"])([A-Za-z]\w*)(?![\w:"(])', lambda m: f'key:"{m[1]}"' if m[1] in names else m[1], part
    )


def _selects_nothing(part: str, made: Iterable[str]) -> ProjectError:
    """The error for a part of a selection, with the nearest asset to any name in it."""
    assets = sorted(made)
    near = next((hint for name in re.findall(r"\w+", part) if (hint := did_you_mean(name, assets))), None)
    return ProjectError(
        f"{part!r} selects nothing of this project", hint=near or f"its assets are {', '.join(assets)}"
    )


def _failures(result: dg.ExecuteInProcessResult, record: RunRecord) -> tuple[StepFailure, ...]:
    """The steps that failed; the run itself, if it failed outside of any."""
    steps = [event for event in result.all_events if event.is_step_failure]
    if steps or result.success:
        return tuple(_failure(event.step_key or "run", event, record) for event in steps)
    return tuple(_failure("run", event, record) for event in result.all_events if event.is_failure)


def _failure(asset: str, event: dg.DagsterEvent, record: RunRecord) -> StepFailure:
    error: Any = getattr(event.event_specific_data, "error", None)
    if error is None:
        return StepFailure(asset, event.message or "it failed")
    trace: str = error.to_string()
    if known := record.failures.get(asset):
        return StepFailure(asset, str(known), known, trace)
    while error.cause:
        error = error.cause
    return StepFailure(asset, error.message.strip(), None, trace)
