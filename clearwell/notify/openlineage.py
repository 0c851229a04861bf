"""Run a step and tell OpenLineage what came of it: START and COMPLETE or FAIL, when it has ended.

A step that finds nothing new tells nothing, so a second run writes nothing; nor does a batch that stays
blocked, which was told when it was blocked first. START comes with the time at which the step began.

Whatever goes wrong with an event is a warning: no step fails by it. A failure is told by its kind, its place
and the names of its checks, not by its text: that may quote values of rows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from clearwell.errors import BatchBlocked, ClearwellError
from clearwell.flow.publish import ReleaseResult
from clearwell.flow.run import log
from clearwell.model import BuildResult, Outcome
from clearwell.names import EVENTS, TableName
from clearwell.notify.receivers import FileReceiver, HttpReceiver, Receiver
from clearwell.project.specs import CuratedSpec, DatasetSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.flow.run import Run
    from clearwell.notify.step_facts import StepSpec
    from clearwell.quality import Suite

__all__ = ["tell_step"]

SpecT = TypeVar("SpecT")
ResultT = TypeVar("ResultT")


def tell_step(
    run: Run,
    spec: SpecT,
    step: Callable[[Run, SpecT], ResultT],
    *,
    name: str,
    suite: Suite | None = None,
    attempt: int = 0,
) -> ResultT:
    """What ``step(run, spec)`` gives or raises, told to the receiver that the settings name.

    Args:
        run: The run that the step is a part of.
        spec: What it makes; of other specs than tables and datasets nothing is told.
        step: The step itself.
        name: The table or dataset that it makes.
        suite: The checks of the table.
        attempt: How often the step was tried before in this run.
    """
    if not isinstance(spec, TableSpec | CuratedSpec | DatasetSpec):
        return step(run, spec)
    if run.project.settings.lineage_receiver == "off":
        return step(run, spec)
    telling = _Telling(run, spec, name, suite, attempt)
    try:
        result = step(run, spec)
    except Exception as error:
        telling.failed(error)
        raise
    telling.done(result)
    return result


class _Telling:
    """What is known of a step from its start to its end."""

    def __init__(self, run: Run, spec: StepSpec, name: str, suite: Suite | None, attempt: int) -> None:
        self._run = run
        self._spec = spec
        self._name = name
        self._suite = suite
        self._attempt = attempt
        self._started = _now()
        self._blocked = self._blocks()

    def done(self, result: object) -> None:
        """Tell of a step that ended well, if it changed anything."""
        if getattr(result, "outcome", None) is Outcome.BUILT:
            self._safely(lambda: self._done(result))

    def failed(self, error: Exception) -> None:
        """Tell of a step that failed; of a batch that was blocked before, not again."""
        if not isinstance(error, BatchBlocked) or self._blocks() != self._blocked:
            self._safely(lambda: self._failed(error))

    def _done(self, result: object) -> list[str]:
        from clearwell.notify.openlineage_events import audit_events, step_events, to_line
        from clearwell.notify.openlineage_facts import Assertions
        from clearwell.notify.step_facts import release_facts, run_facts, table_facts

        ended = _now()
        facts = run_facts(
            self._run, self._spec, self._name, started=self._started, ended=ended, attempt=self._attempt
        )
        if isinstance(result, ReleaseResult) and isinstance(self._spec, DatasetSpec):
            found = release_facts(self._run, self._spec, result)
            return [to_line(event) for event in step_events(facts, *found)]
        if not isinstance(result, BuildResult) or isinstance(self._spec, DatasetSpec):
            return []
        if (built := table_facts(self._run, self._spec, result)) is None:
            return []
        _, (table, counts), _ = built
        columns = {
            check.name: column
            for check in (self._suite.checks if self._suite else ())
            if isinstance(column := check.kwargs.get("column"), str)
        }
        events = step_events(facts, *built)
        events += audit_events(facts, table, counts, Assertions(result.checks, columns))
        return [to_line(event) for event in events]

    def _failed(self, error: Exception) -> list[str]:
        from clearwell.notify.openlineage_events import step_events, to_line
        from clearwell.notify.step_facts import planned_inputs, run_facts

        facts = run_facts(
            self._run, self._spec, self._name, started=self._started, ended=_now(), attempt=self._attempt
        )
        inputs = planned_inputs(self._run, self._spec, self._name)
        events = step_events(facts, inputs, None, error=_told(error, self._name))
        return [to_line(event) for event in events]

    def _safely(self, make: Callable[[], list[str]]) -> None:
        try:
            if lines := make():
                settings = self._run.project.settings
                receiver = _receiver(
                    settings.lineage_receiver,
                    settings.openlineage_api_key,
                    self._run.lake.root / EVENTS,
                    self._run.id,
                )
                receiver.take(lines, self._started[:10])
        except Exception as error:  # noqa: BLE001 - a step that went well must not fail by its events
            log.warning("%s: its OpenLineage events are lost: %s", self._name, type(error).__name__)
            log.debug("no OpenLineage events of %s", self._name, exc_info=error)

    def _blocks(self) -> set[tuple[str, str]]:
        if isinstance(self._spec, DatasetSpec):
            return set()
        found = self._run.lake.control.blocked(TableName.parse(self._name))
        return {(block.build, block.attempt) for block in found}


def _told(error: Exception, name: str) -> str:
    """What is wrong, without the error's own text."""
    if isinstance(error, BatchBlocked):
        result = error.result
        checks = [c.name for c in result.checks if c.blocks] if isinstance(result, BuildResult) else []
        rows = f"{result.blocked:,} rows are kept out" if isinstance(result, BuildResult) else "kept out"
        return f"new data was rejected and the published table is unchanged: {rows} by {', '.join(checks)}"
    place = error.place if isinstance(error, ClearwellError) and error.place else name
    return f"{type(error).__name__} at {place}; the log of the run says more"


@lru_cache(maxsize=4)
def _receiver(address: str, key: str | None, folder: Path, run: str) -> Receiver:  # noqa: ARG001
    """One for a run, so that a receiver that is down is asked once."""
    if address == "file":
        return FileReceiver(folder)
    return HttpReceiver(address, key, FileReceiver(folder, prefix="undelivered-"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
