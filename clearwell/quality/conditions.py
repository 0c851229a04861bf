"""Row checks as Spark columns: each is Great Expectations' own condition, so both give the same verdict.

A condition is true where the row fails, and false where it passes or is not checked: the value is NULL
(except for the checks of NULL itself), the row is excluded by ``ignore_row_if`` or ``row_condition``, or the
comparison has no result. It is never NULL.

NaN is between no bounds and greater than nothing: such a row fails. Under IEEE's order, Spark's (above every
number) and Sail's (above or below, by its sign bit) the same NaN would get three verdicts.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError
from clearwell.model import Scope
from clearwell.quality.expectations import build, fitted, require_columns
from clearwell.quality.explain.failures import explain
from clearwell.quality.fit import type_of
from clearwell.quality.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column, DataFrame

    from clearwell.quality.suites import Check, Suite

__all__ = ["conditions_of", "count_failures", "judged", "row_conditions"]

_OF_NULL = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
_OF_ORDER = ("expect_column_values_to_be_between", "expect_column_pair_values_a_to_be_greater_than_b")


def row_conditions(suite: Suite, frame: DataFrame) -> dict[str, Column]:
    """For each check of row scope, by name: true where a row of ``frame`` fails it, else false.

    Nothing is computed; the columns fit any frame with the same names and types.

    Raises:
        ProjectError: an invalid check, or one that names a column which ``frame`` lacks.
    """
    return conditions_of(suite, suite.of(Scope.ROW), frame)


def conditions_of(suite: Suite, checks: Iterable[Check], frame: DataFrame) -> dict[str, Column]:
    """The conditions of these checks, whose expectations apply to single rows."""
    wanted = list(checks)
    if not wanted:
        return {}
    require_columns(wanted, suite, frame)
    metrics = Metrics(frame.limit(0))  # no row is needed, and the frame may be expensive
    expectations = [fitted(build(check, suite), check, suite, frame) for check in wanted]
    try:
        conditions = metrics.conditions(expectations)
    except Exception:  # noqa: BLE001 - the failing check is found when each is evaluated alone
        pairs = zip(wanted, expectations, strict=True)
        conditions = [_alone(check, expectation, suite, metrics) for check, expectation in pairs]
    pairs = zip(wanted, conditions, strict=True)
    return {check.name: _failing(check, condition, frame) for check, condition in pairs}


def count_failures(frame: DataFrame, conditions: Mapping[str, Column]) -> tuple[int, dict[str, int]]:
    """The rows of ``frame``, and for each condition the number of failing rows: one query for all."""
    from pyspark.sql import functions as F

    counts = (F.count_if(condition) for condition in conditions.values())
    rows, *failures = frame.agg(F.count(F.lit(1)), *counts).collect()[0]
    return rows, dict(zip(conditions, failures, strict=True))


def judged(check: Check) -> Column:
    """True where the check applies to a row, else false."""
    from pyspark.sql import functions as F

    applies = (
        [F.coalesce(F.expr(check.kwargs["row_condition"]), F.lit(False))]
        if "row_condition" in check.kwargs
        else []
    )
    missing = [F.col(column).isNull() for column in check.columns]
    if "column" in check.kwargs:
        if check.expectation not in _OF_NULL:
            applies.append(~missing[0])
    else:
        ignored = check.kwargs.get("ignore_row_if") or ""
        if ignored in ("either_value_is_missing", "any_value_is_missing"):
            applies.append(~reduce(or_, missing))
        elif ignored not in ("neither", "never"):  # Great Expectations' default
            applies.append(~reduce(and_, missing))
    return reduce(and_, applies) if applies else F.lit(True)


def _alone(check: Check, expectation: Any, suite: Suite, metrics: Metrics) -> Column:
    try:
        return metrics.conditions([expectation])[0]
    except Exception as error:
        fact = f"check {check.name!r}: {explain(error, check, suite)}"
        raise ProjectError(fact, place=suite.place(check)) from error


def _failing(check: Check, condition: Column, frame: DataFrame) -> Column:
    from pyspark.sql import functions as F

    fails = F.coalesce(condition, F.lit(False))
    if check.expectation in _OF_ORDER:
        types = {column: type_of(frame, column).typeName() for column in check.columns}
        floats = [column for column, kind in types.items() if kind in ("float", "double")]
        fails = reduce(or_, (F.coalesce(F.isnan(column), F.lit(False)) for column in floats), fails)
    return fails & judged(check)
