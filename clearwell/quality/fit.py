"""Fit a check to the columns that it names: what their types allow, and its literals as their values.

Refused, with the check's name and line: a type that the expectation cannot judge, columns that cannot be
compared with each other, a literal that no value of its column can be compared with. An engine would refuse
them too, but for all checks of the table at once; or it would compare other values than those in the suite.

``null`` in a set is dropped: NULL is in no set, and no set excludes it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError
from clearwell.quality.literals import NUMBERS, TEXTS, TIMES, member_of, value_of, wanted
from clearwell.quality.statistics import type_of_sum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType

    from clearwell.quality.suites import Check, Suite

__all__ = ["COMPARED", "NEEDS", "fit", "type_of"]

_BOUNDS = ("min_value", "max_value")
COMPARED = {
    "expect_column_distinct_values_to_be_in_set": ("value_set",),
    "expect_column_distinct_values_to_contain_set": ("value_set",),
    "expect_column_distinct_values_to_equal_set": ("value_set",),
    "expect_column_kl_divergence_to_be_less_than": ("partition_object",),
    "expect_column_max_to_be_between": _BOUNDS,
    "expect_column_mean_to_be_between": _BOUNDS,
    "expect_column_min_to_be_between": _BOUNDS,
    "expect_column_most_common_value_to_be_in_set": ("value_set",),
    "expect_column_pair_values_to_be_in_set": ("value_pairs_set",),
    "expect_column_sum_to_be_between": _BOUNDS,
    "expect_column_values_to_be_between": _BOUNDS,
    "expect_column_values_to_be_in_set": ("value_set",),
    "expect_column_values_to_not_be_in_set": ("value_set",),
    "expect_multicolumn_sum_to_equal": ("sum_total",),
}
"""The keyword arguments that are compared with values of the columns."""

_CONTAINING = (
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than",
)
_Needs = tuple[tuple[str, ...], str, str]
_ORDER: _Needs = (
    (*NUMBERS, *TIMES),
    "a column of numbers, dates or times",
    "check it by a set or a pattern",
)
_SUM: _Needs = (NUMBERS, "a column of numbers", "cast it in the transform")
_TEXT: _Needs = (TEXTS, "a text column", "check a number, a date or a time by its bounds")
_LENGTH: _Needs = ((*TEXTS, "binary"), "a column of texts or bytes", _TEXT[2])
NEEDS: dict[str, _Needs] = {
    "expect_column_max_to_be_between": _ORDER,
    "expect_column_mean_to_be_between": _SUM,
    "expect_column_median_to_be_between": _SUM,
    "expect_column_min_to_be_between": _ORDER,
    "expect_column_quantile_values_to_be_between": _SUM,
    "expect_column_stdev_to_be_between": _SUM,
    "expect_column_sum_to_be_between": _SUM,
    "expect_column_value_lengths_to_be_between": _LENGTH,
    "expect_column_value_lengths_to_equal": _LENGTH,
    "expect_column_value_z_scores_to_be_less_than": _SUM,
    "expect_column_values_to_be_between": _ORDER,
    "expect_column_values_to_be_json_parseable": _TEXT,
    "expect_column_values_to_match_regex": _TEXT,
    "expect_column_values_to_match_regex_list": _TEXT,
    "expect_column_values_to_match_strftime_format": _TEXT,
    "expect_column_values_to_not_be_outliers": _SUM,
    "expect_column_values_to_not_match_regex": _TEXT,
    "expect_column_values_to_not_match_regex_list": _TEXT,
    "expect_multicolumn_sum_to_equal": _SUM,
}
"""The types that an expectation can judge, in words too, and what to do with a column of another."""

_TOGETHER = (
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_multicolumn_values_to_be_equal",
    "expect_select_column_values_to_be_unique_within_record",
)


def fit(check: Check, suite: Suite, frame: DataFrame) -> dict[str, Any]:
    """The keyword arguments of ``check`` that are compared with values of ``frame``, as such values.

    Raises:
        ProjectError: the check cannot judge columns of these types, or has a literal of another type.
    """
    types = {column: type_of(frame, column) for column in check.columns}
    _require_types(check, suite, types)
    keys = [key for key in COMPARED.get(check.expectation, ()) if check.kwargs.get(key) is not None]
    named = [types[column] for column in _named(check.kwargs)] if keys else []
    return {key: _Fitting(check, suite, key).fitted(named) for key in keys}


def type_of(frame: DataFrame, column: str) -> DataType:
    """The type of a column; a nested one is named by its path."""
    if column in frame.columns:
        return frame.schema[column].dataType
    return frame.select(column).schema[0].dataType


def _named(kwargs: Mapping[str, Any]) -> list[str]:
    """The columns in their order, and as often as they are named."""
    if "column_list" in kwargs:
        return [*kwargs["column_list"]]
    return [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]


def _require_types(check: Check, suite: Suite, types: Mapping[str, DataType]) -> None:
    possible, words, hint = NEEDS.get(check.expectation, ((), "", ""))
    for column, kind in types.items():
        if possible and kind.typeName() not in possible:
            fact = f"{check.expectation} needs {words}; {column!r} is {kind.simpleString()}"
            raise _problem(check, suite, check.columns[column], fact, hint)
    if check.expectation in _TOGETHER and len({_family(kind) for kind in types.values()}) > 1:
        told = ", ".join(f"{column!r} is {kind.simpleString()}" for column, kind in types.items())
        hint = "cast one of them in the transform"
        raise _problem(check, suite, "expectation", f"its columns cannot be compared: {told}", hint)


def _family(kind: DataType) -> str:
    """Types with one of these can be compared with each other."""
    families = {"a number": NUMBERS, "a text": TEXTS, "a time": TIMES}
    name = kind.typeName()
    return next((family for family, names in families.items() if name in names), kind.simpleString())


class _Fitting:
    """One keyword argument of one check."""

    def __init__(self, check: Check, suite: Suite, key: str) -> None:
        self._check, self._suite, self._key = check, suite, key

    def fitted(self, types: list[DataType]) -> Any:
        given = self._check.kwargs[self._key]
        if self._key in _BOUNDS:
            return self._bound(given, types[0])
        if self._key == "value_set":
            return self._set(given, types[0])
        if self._key == "value_pairs_set":
            pairs = (zip(pair, types, strict=True) for pair in given)
            return [tuple(self._member(item, kind) for item, kind in pair) for pair in pairs]
        if self._key == "sum_total":
            return self._value(given, self._sum(types))
        return given | {"values": self._set(given["values"], types[0])} if "values" in given else given

    def _sum(self, types: list[DataType]) -> DataType:
        try:
            return type_of_sum(types)
        except ValueError as error:
            fact = f"the sum of these columns needs {error} digits; engines have 38"
            raise self._wrong(fact, "cast them to fewer digits in the transform") from None

    def _bound(self, given: Any, kind: DataType) -> Any:
        if isinstance(given, float) and math.isnan(given):
            raise self._wrong("NaN is no bound", "remove it")
        return self._value(given, kind)

    def _set(self, given: Any, kind: DataType) -> list[Any]:
        if None in given and self._check.expectation in _CONTAINING:
            raise self._wrong("NULL is never among the distinct values", "remove it")
        return [self._member(item, kind) for item in given if item is not None]

    def _member(self, given: Any, kind: DataType) -> Any:
        return None if given is None else self._value(given, kind, member_of)

    def _value(self, given: Any, kind: DataType, read: Callable[[Any, DataType], Any] = value_of) -> Any:
        try:
            return read(given, kind)
        except ValueError:
            raise self._wrong(f"{given!r} is no {kind.simpleString()}", wanted(kind)) from None

    def _wrong(self, fact: str, hint: str) -> ProjectError:
        return _problem(self._check, self._suite, self._key, f"{self._key}: {fact}", hint)


def _problem(check: Check, suite: Suite, key: str, fact: str, hint: str) -> ProjectError:
    return ProjectError(f"check {check.name!r}: {fact}", place=suite.place(check, key), hint=hint)
