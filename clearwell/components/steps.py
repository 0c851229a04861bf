"""One step of the flow as one asset: run the step, send its events, and report its result to Dagster.

Checks are yielded first. A blocked batch ends the step with a failure and no materialization, so downstream
assets do not run, and the published table stays unchanged. A step that finds nothing new yields the results
of its last build, never nothing: yielding nothing would skip everything downstream.

A step is retried if its error is transient: the engine was lost, or other writers won. What a try has
committed is kept, and the next try finds it done. A check that is executed without its asset runs on the
published table: see ``clearwell.components.recheck``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import dagster as dg

from clearwell.components.display.events import check_results, check_specs, described, unchanged
from clearwell.components.failing import reasons_only
from clearwell.components.recheck import audit_again
from clearwell.components.running.resources import LAKE
from clearwell.errors import (
    BatchBlocked,
    CandidateRefused,
    ClearwellError,
    EngineLost,
    ProjectError,
    SourceError,
)
from clearwell.flow.step import Failed, run_step
from clearwell.model import BuildResult
from clearwell.notify.openlineage import send_step_events
from clearwell.project.blocks import RetrySpec
from clearwell.project.specs import CuratedSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearwell.components.running.record import LakeRun
    from clearwell.flow.run import Run
    from clearwell.flow.run_result import StepDetails
    from clearwell.quality import Suite

__all__ = ["Step", "seconds_to_wait", "step_asset", "step_events"]

SpecT = TypeVar("SpecT")


@dataclass(frozen=True)
class Step(Generic[SpecT]):
    """What brings an asset up to date: ``run`` of its ``spec``.

    It gets the engine that the settings name for the step ``at``, one of ``clearwell.names.STEPS``.
    """

    asset: dg.AssetSpec
    run: Callable[[Run, SpecT], StepDetails]
    spec: SpecT
    at: str | None = None
    suite: Suite | None = None
    reads_files: bool = False

    @property
    def checks(self) -> list[dg.AssetCheckSpec]:
        """One for each of the suite's, and one more.

        Of a table read from files, whether every file could be taken; of one that is computed, whether each
        of its columns says where it comes from.
        """
        computed = isinstance(self.spec, TableSpec | CuratedSpec) and not self.reads_files
        return check_specs(self.asset.key, self.suite, reads_files=self.reads_files, has_lineage=computed)


def step_asset(
    step: Step[Any], execute: Callable[[dg.AssetExecutionContext], Iterator[Any]]
) -> dg.AssetsDefinition:
    """The asset of ``step``, with its checks; ``execute`` gives the events of a run."""

    def run_step(context: dg.AssetExecutionContext) -> Any:
        return reasons_only(execute, context)

    # Dagster accepts no string annotations, and as the return type only a tuple.
    run_step.__annotations__ = {"context": dg.AssetExecutionContext}
    checks = step.checks
    decorate = dg.multi_asset(
        name=step.asset.key.to_python_identifier(),
        specs=[step.asset],
        check_specs=checks,
        required_resource_keys={LAKE},
        # A check can be executed alone; one that has never been evaluated has no result to yield.
        can_subset=bool(checks),
    )
    return decorate(run_step)


def step_events(
    context: dg.AssetExecutionContext, step: Step[Any]
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]:
    """Run ``step``; what Dagster is told of it."""
    asset, spec, suite = step.asset, step.spec, step.suite
    lake: LakeRun = getattr(context.resources, LAKE)
    name = asset.key.to_user_string()
    wanted = {key.name for key in context.selected_asset_check_keys}
    try:
        run = lake.run.at(step.at)
    except ClearwellError as error:
        lake.record.fail(name, error)
        raise dg.Failure(description=_failure_text(error, name), allow_retries=False) from error
    if asset.key not in context.selected_asset_keys:
        end = run_step(run, lambda run, spec: tuple(audit_again(run, asset.key, spec, suite, wanted)), spec)
        if isinstance(end, Failed):
            raise _failure(context, lake, run, spec, name, end.error) from end.error
        yield from end.result
        return
    end = run_step(run, step.run, spec)
    send_step_events(run, spec, end, name=name, suite=suite, attempt=context.retry_number)
    if isinstance(end, Failed):
        failure = _failure(context, lake, run, spec, name, end.error)
        if isinstance(end.error, BatchBlocked) and end.error.result is not None:
            found = [*check_results(asset.key, end.error.result, suite)]
            # Failed ones last: in the run's log their links to their pages are then beside the reason.
            found.sort(key=lambda result: (not result.passed, result.severity is dg.AssetCheckSeverity.ERROR))
            yield from (result for result in found if result.check_name in wanted)
        raise failure from end.error
    lake.record.done(name, end.result)
    found = check_results(asset.key, end.result, suite)
    yield from (result for result in found if result.check_name in wanted)
    yield described(asset.key, end.result, getattr(spec, "column_descriptions", None))


def _failure(
    context: dg.AssetExecutionContext, lake: LakeRun, run: Run, spec: object, name: str, error: Exception
) -> dg.Failure | dg.RetryRequested:
    """Record ``error``, and return how this try of the step ends in Dagster: failed, or to be retried."""
    if not isinstance(error, ClearwellError):  # unexpected, and a retry would fail again
        return dg.Failure(description=_unforeseen(error), allow_retries=False)
    if isinstance(error, BatchBlocked):
        blocked: StepDetails | None = error.result
        lake.record.fail(name, error, blocked)
        fate = unchanged(blocked) if isinstance(blocked, BuildResult) else ""
        return dg.Failure(description=f"{fate}\n{error}", allow_retries=False)
    lake.record.fail(name, error)
    if isinstance(error, EngineLost) and run.engines is not None:
        run.engines.renew(run.engine)
    retries: RetrySpec = getattr(spec, "retries", RetrySpec())
    if error.transient and context.retry_number < retries.max:
        # Not a policy of Dagster, because that would also retry what Ctrl-C or the pages have ended.
        wait = seconds_to_wait(retries, context.retry_number)
        return dg.RetryRequested(max_retries=retries.max, seconds_to_wait=wait)
    return dg.Failure(description=_failure_text(error, name), allow_retries=False)


def seconds_to_wait(retries: RetrySpec, number: int) -> float:
    """The wait after try ``number``, counted from 0: doubled each time."""
    return retries.delay_seconds * 2**number


def _failure_text(error: ClearwellError, name: str) -> str:
    """What went wrong, and, where it is certain, that nothing was published."""
    if isinstance(error, CandidateRefused | ProjectError | SourceError):
        return f"{error}\n\nNothing was published: {name} is unchanged."
    return str(error)


def _unforeseen(error: Exception) -> str:
    return (
        f"{type(error).__name__}: {error}\n  next: this is an unexpected error; "
        "its traceback is below, and `clearwell doctor` checks this machine for missing parts"
    )
