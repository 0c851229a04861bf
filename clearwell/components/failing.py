"""How a failed step ends in Dagster: with its reason, and without the stack of anyone's internals.

Dagster's pages show below the error of a step the stack through Dagster's own code, and below it that of
each cause. They leave out the former where an error of a user's code has a cause, and a cause that was never
raised has no stack. So an error of Clearwell gets such a cause. Its traceback is in the run's log, once.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.errors import BatchBlocked, ClearwellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["StepFailed", "reason_of", "reasons_only"]

_OUTER = dg.DagsterExecutionStepExecutionError
_PREFIX = f"{_OUTER.__module__}.{_OUTER.__name__}: "


class StepFailed(Exception):
    """Where in the run's log more is told of a failed step. It is never raised, and so has no stack."""

    __module__ = "builtins"  # so that Dagster's pages show its name alone


def reasons_only(
    execute: Callable[[dg.AssetExecutionContext], Iterator[object]], context: dg.AssetExecutionContext
) -> Iterator[object]:
    """The events of ``execute``; a failure that an error of Clearwell has caused is shown as its reason.

    Raises:
        dg.DagsterExecutionStepExecutionError: it failed so.
        dg.Failure: it failed otherwise: an unforeseen error, whose stack is needed, or the user's own.
    """
    try:
        yield from execute(context)
    except dg.Failure as failure:
        error = failure.__cause__
        if not isinstance(error, ClearwellError):
            raise
        name, more = context.op_def.name, "the failed checks are above, in this log"
        if not isinstance(error, BatchBlocked):  # a verdict on data, whose stack tells nothing
            context.log.info("%s failed:\n%s", name, "".join(traceback.format_exception(error)))
            more = "its traceback is above, in this log"
        raise _OUTER(
            str(failure.description),
            user_exception=error,
            original_exc_info=(type(error), error, error.__traceback__),
            step_key=name,
            op_name=name,
            op_def_name=name,
        ) from StepFailed(f"{name}: {more}")


def reason_of(error: Any) -> str:
    """The reason in a failed step's ``error``, or the root cause of an unforeseen one; empty without any."""
    while error and error.cause and error.cause.cls_name != StepFailed.__name__:
        error = error.cause
    return error.message.strip().removeprefix(_PREFIX) if error else ""
