"""Explain an exception inside Great Expectations: an invalid check, a gap of the engine, or a lost engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.engines.failures import is_disconnect
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.quality.suites import Check, Suite

__all__ = ["explain"]

_PLANNING = "Error during planning"
"""How Sail begins a message about types that do not go together."""


def explain(error: Exception, check: Check, suite: Suite) -> str:
    """Why ``check`` has no verdict, in one line, when the check does not fit the data.

    Raises:
        EngineError: the engine lacks what the check needs.
        Exception: the engine's own error, unchanged, when the engine failed and not the check.
    """
    from grpc import RpcError
    from pyspark.errors import PySparkException, PySparkNotImplementedError, UnsupportedOperationException

    for cause in _causes(error):
        if is_disconnect(cause) or getattr(cause, "transient", False):
            raise cause
        if isinstance(cause, EngineError):  # refused by a guard, whose hint names the way
            raise EngineError(
                f"check {check.name!r}: the engine cannot evaluate {check.expectation}: {cause.fact}",
                quotes=cause.quotes,
                place=suite.place(check),
                hint=cause.hint,
            ) from error
        if isinstance(cause, UnsupportedOperationException | PySparkNotImplementedError):
            raise EngineError(
                f"check {check.name!r}: the engine cannot evaluate {check.expectation}: {_line(cause)}",
                quotes=_line(cause),
                place=suite.place(check),
                hint="run it on Apache Spark: --engine spark",
            ) from error
        if isinstance(cause, PySparkException | RpcError):
            if _is_query_fault(cause):
                return _line(cause)
            raise cause
    return _line(error)


def _is_query_fault(cause: BaseException) -> bool:
    """Whether the query itself is invalid, so that it would fail again on a healthy engine."""
    from pyspark import errors

    if isinstance(cause, errors.SparkRuntimeException):
        return _PLANNING in str(cause)
    return isinstance(
        cause,
        errors.AnalysisException
        | errors.ArithmeticException
        | errors.ArrayIndexOutOfBoundsException
        | errors.DateTimeException
        | errors.IllegalArgumentException
        | errors.NumberFormatException
        | errors.ParseException
        | errors.PySparkTypeError
        | errors.PySparkValueError
        | errors.PythonException,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, down to the root; without the wrappers of Great Expectations."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        if not type(at).__module__.startswith("great_expectations."):
            yield at
        at = at.__cause__ or at.__context__


def _line(error: BaseException) -> str:
    """The message: the first line, or the last line of a Python worker's traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if any(line.startswith("Traceback") for line in lines) else lines[0]
