"""After a run with a failed step: write the report that the run had selected, which Dagster skips.

The report waits for every table, so a failure skips it, exactly when it is needed most: it shows what is
blocked and what failed. So it is written at the end of every such run, and Dagster is told: its pages would
show an asset as failed that was made.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.events import StepMaterializationData

from clearwell.components.display.events import described
from clearwell.errors import ClearwellError
from clearwell.flow.report import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.components.running.record import LakeRun
    from clearwell.flow.report import ReportResult

__all__ = ["report_after_failure"]

_log = logging.getLogger("clearwell")


def report_after_failure(context: dg.InitResourceContext, lake: LakeRun) -> None:
    """Write the reports that the run of ``context`` skipped because a step failed; never raises.

    An interrupted run ends without it.
    """
    project, record = lake.run.project, lake.record
    planned = _planned_steps(context)
    skipped = {n: s for n, s in project.reports.items() if n in planned and n not in record.results}
    if not skipped:
        return
    failed = dict(_failed_steps(context))
    if not failed or any("DagsterExecutionInterruptedError" in error for error in failed.values()):
        return
    for name, spec in skipped.items():
        if name not in failed:
            try:
                written = report(lake.run, spec)
            except (ClearwellError, OSError) as error:
                _log.warning("%s: not written: %s", name, error)
            else:
                record.done(name, written)
                _tell(context, name, written)


def _tell(context: dg.InitResourceContext, name: str, written: ReportResult) -> None:
    """Tell Dagster, as an event of the run itself: the run's failure would hide one from outside of it."""
    if context.instance is None or context.run is None:
        return
    key = dg.AssetKey(name)
    made = dg.AssetMaterialization(key, metadata=dict(described(key, written).metadata or {}))
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name=context.run.job_name,
        step_key=name,
        event_specific_data=StepMaterializationData(made),
    )
    context.instance.report_dagster_event(event, run_id=context.run.run_id)


def _planned_steps(context: dg.InitResourceContext) -> set[str]:
    """The steps that the run was to execute. Its selection does not show them: a job's own is not in it."""
    if context.instance is None or context.run is None or context.run.execution_plan_snapshot_id is None:
        return set()
    plan = context.instance.get_execution_plan_snapshot(context.run.execution_plan_snapshot_id)
    return set(plan.step_keys_to_execute)


def _failed_steps(context: dg.InitResourceContext) -> Iterator[tuple[str, str]]:
    """The steps of the run that failed, each with its error."""
    if context.instance is None or context.run is None:
        return
    found = context.instance.get_records_for_run(context.run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in found.records:
        event = entry.event_log_entry.dagster_event
        if event is not None and event.step_key is not None:
            error = event.step_failure_data.error
            yield event.step_key, error.to_string() if error else ""
