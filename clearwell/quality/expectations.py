"""Build expectations from checks, as Great Expectations would, or refuse them with their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.quality.fit import COMPARED, fit
from clearwell.quality.importing import import_great_expectations
from clearwell.quality.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pyspark.sql import DataFrame

    from clearwell.quality.suites import Check, Suite

__all__ = ["arguments_of", "build", "fitted", "problems_of", "require_columns", "unknown_columns"]

_NOT_ARGUMENTS = {
    *("batch_id", "catch_exceptions", "description", "id", "meta", "notes"),
    *("rendered_content", "result_format", "severity", "windows"),
}

_OF_TWO_TABLES = "expect_table_row_count_to_equal_other_table"
"""Its metrics exist for Spark, and raise there: Great Expectations gives Spark one table alone."""

_OF_AN_ORDER = ("expect_column_values_to_be_decreasing", "expect_column_values_to_be_increasing")
"""They compare a row with the one before it, which is any row on any day."""
_ORDERED_INSTEAD = (
    "order them by a column: compare the value with lag(VALUE) OVER (PARTITION BY ... ORDER BY COLUMN) in the"
    " transform, and check the result"
)


def arguments_of(kind: Any) -> dict[str, Any]:
    """The keyword arguments of an expectation class, by name, as pydantic fields."""
    return {name: field for name, field in kind.__fields__.items() if name not in _NOT_ARGUMENTS}


def build(check: Check, suite: Suite) -> Any:
    """The expectation of a check; raises ProjectError, the first of ``problems_of``."""
    expectation, problems = _try(check, suite)
    if problems:
        raise problems[0]
    return expectation


def fitted(expectation: Any, check: Check, suite: Suite, frame: DataFrame) -> Any:
    """The expectation with literals of the types of ``frame``'s columns; raises ProjectError: see ``fit``."""
    return expectation.copy(update=fit(check, suite, frame))  # not validated: YAML lacks these types


def problems_of(check: Check, suite: Suite) -> list[ProjectError]:
    """The problems of a check's expectation and its keyword arguments, independent of the data."""
    expectation, problems = _try(check, suite)
    return problems or _not_on_spark(expectation, check, suite)


def unknown_columns(check: Check, suite: Suite, columns: Collection[str]) -> list[ProjectError]:
    """The columns that a check names and ``columns`` lacks. The parent of a nested column is enough."""
    return [
        ProjectError(
            f"check {check.name!r}: no column {column!r}",
            place=suite.place(check, key),
            hint=did_you_mean(column, columns) or f"the columns are {', '.join(columns)}",
        )
        for column, key in check.columns.items()
        if column not in columns and column.partition(".")[0] not in columns
    ]


def require_columns(checks: Iterable[Check], suite: Suite, frame: DataFrame) -> None:
    """Check that ``frame`` has all columns that ``checks`` name; raises ProjectError."""
    for check in checks:
        for problem in unknown_columns(check, suite, frame.columns):
            raise problem


def _try(check: Check, suite: Suite) -> tuple[Any, list[ProjectError]]:
    import_great_expectations()
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )
    from great_expectations.expectations.row_conditions import PassThroughCondition

    known = list_registered_expectation_implementations()
    if check.expectation not in known:
        hint = did_you_mean(_snake(check.expectation), known)
        fact = f"check {check.name!r}: no expectation {check.expectation!r}"
        return None, [ProjectError(fact, place=suite.place(check, "expectation"), hint=hint)]
    if check.expectation in _OF_AN_ORDER:
        fact = f"check {check.name!r}: rows of a table have no order, so no value comes before another"
        return None, [ProjectError(fact, place=suite.place(check, "expectation"), hint=_ORDERED_INSTEAD)]
    kind: Any = get_expectation_impl(check.expectation)
    arguments = sorted(arguments_of(kind))
    problems = [
        ProjectError(
            f"check {check.name!r}: {check.expectation} has no keyword argument {key!r}",
            place=suite.place(check, key),
            hint=did_you_mean(key, arguments) or f"it has {', '.join(arguments)}",
        )
        for key in check.kwargs
        if key not in arguments
    ]
    kwargs = {key: value for key, value in check.kwargs.items() if key in arguments}
    if "row_condition" in kwargs:  # strings with a parser are deprecated
        kwargs.pop("condition_parser", None)
        kwargs["row_condition"] = PassThroughCondition(pass_through_filter=kwargs["row_condition"])
    try:
        expectation = kind(**kwargs)
    except ValueError as error:  # from pydantic and its validators
        return None, problems + _invalid(error, check, suite, alone=not problems)
    return expectation, problems + _taken_otherwise(expectation, check, suite)


def _invalid(error: ValueError, check: Check, suite: Suite, *, alone: bool) -> list[ProjectError]:
    """One problem for each keyword argument; problems of several together only if no single one is wrong."""
    details: list[dict[str, Any]] = getattr(
        error, "errors", lambda: [{"loc": ("__root__",), "msg": str(error)}]
    )()
    reasons: dict[str, list[str]] = {}
    for detail in details:
        if detail.get("type") != "type_error.dict":  # a suite parameter, which we do not support
            reasons.setdefault(str(detail["loc"][0]), []).append(str(detail["msg"]))
    together = reasons.pop("__root__", [])
    if not reasons and alone:
        return [ProjectError(f"check {check.name!r}: {'; '.join(together)}", place=suite.place(check))]
    return [
        ProjectError(f"check {check.name!r}: {key}: {'; '.join(found)}", place=suite.place(check, key))
        for key, found in reasons.items()
    ]


def _taken_otherwise(expectation: Any, check: Check, suite: Suite) -> list[ProjectError]:
    """Numbers that Great Expectations would round: it stores them as double."""
    return [
        ProjectError(
            f"check {check.name!r}: {key} {value} would be rounded to {getattr(expectation, key)}",
            place=suite.place(check, key),
            hint="whole numbers beyond 2^53 cannot be bounds here; check them in the transform",
        )
        for key, value in check.kwargs.items()
        if key not in COMPARED.get(check.expectation, ())
        if isinstance(value, int) and isinstance(getattr(expectation, key, None), float)
        if getattr(expectation, key) != value
    ]


def _not_on_spark(expectation: Any, check: Check, suite: Suite) -> list[ProjectError]:
    if check.expectation != _OF_TWO_TABLES and Metrics(None).provide(expectation):
        return []
    fact = f"check {check.name!r}: Great Expectations has no {check.expectation} for Spark"
    return [ProjectError(fact, place=suite.place(check), hint="use another, or check it in the transform")]


def _snake(name: str) -> str:
    """``expect_column_to_exist`` for the class name ``ExpectColumnToExist``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
