"""One step of the flow as one asset: it runs the step, and tells Dagster what came of it.

Checks are yielded first. A blocked batch ends the step with a failure and no materialization, so what
hangs on it does not run, and the published table stays as it was. A step that finds nothing new yields
what its last build found, never nothing: nothing would skip all that hangs on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg

from clearwell.components.events import check_results, check_specs, described
from clearwell.components.resources import LAKE, LakeRun
from clearwell.errors import BatchBlocked, ClearwellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearwell.components.events import StepResult
    from clearwell.flow.run import Run
    from clearwell.quality import Suite

__all__ = ["step_asset"]

SpecT = TypeVar("SpecT")


def step_asset(
    asset: dg.AssetSpec,
    step: Callable[[Run, SpecT], StepResult],
    spec: SpecT,
    *,
    suite: Suite | None = None,
    reads_files: bool = False,
) -> dg.AssetsDefinition:
    """The asset that ``step(run, spec)`` brings up to date, with a check for each of its suite's.

    With ``reads_files`` it has one more: whether every raw file could be taken.
    """
    specs = check_specs(asset.key, suite, reads_files=reads_files)

    def run_step(context: dg.AssetExecutionContext) -> Any:
        return _events(context, asset, step, spec)

    # Dagster takes no annotation that is text, and of what is returned none but a tuple.
    run_step.__annotations__ = {"context": dg.AssetExecutionContext}
    decorate = dg.multi_asset(
        name=asset.key.to_python_identifier(),
        specs=[asset],
        check_specs=specs,
        required_resource_keys={LAKE},
        can_subset=bool(specs),  # a check that has never been evaluated has no result to yield
    )
    return decorate(run_step)


def _events(
    context: dg.AssetExecutionContext,
    asset: dg.AssetSpec,
    step: Callable[[Run, SpecT], StepResult],
    spec: SpecT,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]:
    lake: LakeRun = getattr(context.resources, LAKE)
    name = asset.key.to_user_string()
    wanted = {key.name for key in context.selected_asset_check_keys}
    try:
        result = step(lake.run, spec)
    except BatchBlocked as error:
        blocked: StepResult | None = getattr(error, "result", None)
        lake.record.fail(name, error, blocked)
        if blocked is not None:
            yield from (found for found in check_results(asset.key, blocked) if found.check_name in wanted)
        raise dg.Failure(
            description=f"New data was rejected; the published table is unchanged.\n{error}",
            allow_retries=False,
        ) from error
    except ClearwellError as error:
        lake.record.fail(name, error)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    lake.record.done(name, result)
    yield from (found for found in check_results(asset.key, result) if found.check_name in wanted)
    if asset.key in context.selected_asset_keys:
        yield described(asset.key, result)
