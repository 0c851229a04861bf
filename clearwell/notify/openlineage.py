"""Send the OpenLineage events of a step that has ended: START, and COMPLETE or FAIL.

A step that finds nothing new sends nothing, so a second run writes nothing. A batch that stays blocked sends
nothing either: its events were sent when it was first blocked. START has the time when the step began.

An error in sending is a warning and fails no step. A failed step is described by its error class, its place
and the names of its checks, not by the error's text, which may quote values of rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from clearwell.errors import BatchBlocked, ClearwellError
from clearwell.flow.publish import ReleaseResult
from clearwell.flow.run import log
from clearwell.flow.step import Failed
from clearwell.model import BuildResult, Outcome
from clearwell.names import EVENTS
from clearwell.notify.receivers import FileReceiver, HttpReceiver, Receiver
from clearwell.project.specs import CuratedSpec, DatasetSpec, TableSpec

if TYPE_CHECKING:
    from pathlib import Path

    from openlineage.client.event_v2 import RunEvent

    from clearwell.flow.run import Run
    from clearwell.flow.step import StepEnd
    from clearwell.notify.openlineage_facts import RunFacts
    from clearwell.notify.step_facts import StepSpec
    from clearwell.quality import Suite

__all__ = ["send_step_events"]


def send_step_events(
    run: Run, spec: object, end: StepEnd[Any], *, name: str, suite: Suite | None = None, attempt: int = 0
) -> None:
    """Send the events of a step to the configured receiver, if the step changed something or failed.

    Args:
        run: The run of the step.
        spec: The step's table or dataset; others have no events.
        end: How the step ended.
        name: The table or dataset.
        suite: The checks of the table.
        attempt: The number of earlier tries of the step in this run.
    """
    settings = run.project.settings
    if not isinstance(spec, TableSpec | CuratedSpec | DatasetSpec) or settings.lineage_receiver == "off":
        return
    if not _is_news(end):
        return
    try:
        if lines := _event_lines(run, spec, end, name, suite, attempt):
            folder = run.lake.root / EVENTS
            receiver = _receiver(settings.lineage_receiver, settings.openlineage_api_key, folder, run.id)
            receiver.take(lines, end.started[:10])
    except Exception as error:  # noqa: BLE001 - a step that went well must not fail by its events
        log.warning("%s: its OpenLineage events could not be sent: %s", name, type(error).__name__)
        log.debug("no OpenLineage events of %s", name, exc_info=error)


def _is_news(end: StepEnd[Any]) -> bool:
    if isinstance(end, Failed):
        return not (isinstance(end.error, BatchBlocked) and end.error.again)
    return getattr(end.result, "outcome", None) is Outcome.BUILT


def _event_lines(
    run: Run, spec: StepSpec, end: StepEnd[Any], name: str, suite: Suite | None, attempt: int
) -> list[str]:
    """The events of a step as JSON, one per line; none if its batch was voided meanwhile."""
    from clearwell.notify.openlineage_events import step_events, to_line
    from clearwell.notify.step_facts import planned_inputs, release_facts, run_facts

    facts = run_facts(run, spec, name, started=end.started, ended=end.ended, attempt=attempt)
    if isinstance(end, Failed):
        inputs = planned_inputs(run, spec, name)
        events = step_events(facts, inputs, None, error=_error_summary(end.error, name))
    elif isinstance(end.result, ReleaseResult) and isinstance(spec, DatasetSpec):
        events = step_events(facts, *release_facts(run, spec, end.result))
    elif isinstance(end.result, BuildResult) and not isinstance(spec, DatasetSpec):
        events = _table_events(run, spec, facts, end.result, suite)
    else:
        events = []
    return [to_line(event) for event in events]


def _table_events(
    run: Run, spec: TableSpec | CuratedSpec, facts: RunFacts, result: BuildResult, suite: Suite | None
) -> list[RunEvent]:
    from clearwell.notify.openlineage_events import audit_events, step_events
    from clearwell.notify.openlineage_facts import Assertions
    from clearwell.notify.step_facts import table_facts

    if (built := table_facts(run, spec, result)) is None:
        return []
    _, (table, counts), _ = built
    columns = {
        check.name: column
        for check in (suite.checks if suite else ())
        if isinstance(column := check.kwargs.get("column"), str)
    }
    events = step_events(facts, *built)
    return [*events, *audit_events(facts, table, counts, Assertions(result.checks, columns))]


def _error_summary(error: Exception, name: str) -> str:
    """What went wrong, without the error's own text."""
    if isinstance(error, BatchBlocked):
        result = error.result
        checks = [c.name for c in result.checks if c.blocks] if isinstance(result, BuildResult) else []
        rows = f"{result.blocked:,} rows are kept out" if isinstance(result, BuildResult) else "kept out"
        return f"new data was rejected and the published table is unchanged: {rows} by {', '.join(checks)}"
    place = error.place if isinstance(error, ClearwellError) and error.place else name
    return f"{type(error).__name__} at {place}; see the log of the run"


@lru_cache(maxsize=4)
def _receiver(address: str, key: str | None, folder: Path, run: str) -> Receiver:  # noqa: ARG001
    """One per run, so that an unavailable receiver is tried once."""
    if address == "file":
        return FileReceiver(folder)
    return HttpReceiver(address, key, FileReceiver(folder, prefix="undelivered-"))
