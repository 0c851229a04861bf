"""Run one step of the flow and return its result, or the error that ended it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from clearwell.errors import ClearwellError
from clearwell.flow.discretion import discreet
from clearwell.stores import disk_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.flow.run import Run

__all__ = ["Done", "Failed", "StepEnd", "run_step"]

SpecT = TypeVar("SpecT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Done(Generic[ResultT]):
    """A step that returned ``result``. The times are ISO 8601 in UTC, with milliseconds."""

    started: str
    ended: str
    result: ResultT


@dataclass(frozen=True)
class Failed:
    """A step that raised ``error``. The times are as in ``Done``."""

    started: str
    ended: str
    error: Exception


StepEnd: TypeAlias = Done[ResultT] | Failed


def run_step(run: Run, step: Callable[[Run, SpecT], ResultT], spec: SpecT) -> StepEnd[ResultT]:
    """Run ``step(run, spec)``. Only what ends the process itself, such as Ctrl-C, is raised here.

    An error is told without what it may quote of personal columns: see ``clearwell.flow.discretion``.
    """
    started = _now()
    try:
        result = step(run, spec)
    except Exception as error:  # noqa: BLE001 - returned, and the caller decides what becomes of it
        known = isinstance(error, ClearwellError)
        place = str(getattr(error, "filename", None) or run.lake.root)
        told = error if known else disk_failure(error, place) or error
        return Failed(started, _now(), discreet(run.project, run.lake, spec, told))
    return Done(started, _now(), result)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
