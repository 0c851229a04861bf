"""A row that fails a check is told with its column, its value and the bound, for each expectation."""

from __future__ import annotations

from typing import Any

import pytest

from clearwell.model import Scope, Severity
from clearwell.quality.explain.wording import failure_of
from clearwell.quality.suites import ROW_EXPECTATIONS, Check

ROW = {"n": 1048.4, "m": 7, "t": "Zürich", "x": None, "inner": {"n": 3}, "nan": "NaN"}
BETWEEN = "expect_column_values_to_be_between"
CASES: list[tuple[str, dict[str, Any], str]] = [
    (BETWEEN, {"column": "n", "min_value": 0, "max_value": 100}, "n 1048.4 not in 0..100"),
    (BETWEEN, {"column": "n", "max_value": 100}, "n 1048.4 above 100"),
    (BETWEEN, {"column": "m", "min_value": 8}, "m 7 below 8"),
    (BETWEEN, {"column": "m", "min_value": 7, "strict_min": True}, "m 7 not above 7"),
    (BETWEEN, {"column": "m", "max_value": 7, "strict_max": True}, "m 7 not below 7"),
    (
        BETWEEN,
        {"column": "m", "min_value": 0, "max_value": 7, "strict_max": True},
        "m 7 not in 0..7, without 7",
    ),
    (BETWEEN, {"column": "nan", "max_value": 100}, "nan NaN is no number"),
    (BETWEEN, {"column": "inner.n", "max_value": 2}, "inner.n 3 above 2"),
    ("expect_column_values_to_not_be_null", {"column": "x"}, "x NULL not allowed"),
    ("expect_column_values_to_not_be_null", {"column": "absent"}, "absent NULL not allowed"),
    ("expect_column_values_to_be_null", {"column": "m"}, "m 7 is not NULL"),
    ("expect_column_values_to_be_in_set", {"column": "t", "value_set": ["A", None]}, "t Zürich not in {A}"),
    (
        "expect_column_values_to_be_in_set",
        {"column": "m", "value_set": [*range(10, 20)]},
        "m 7 not in {10, 11, 12, 13, 14, … 10 in all}",
    ),
    ("expect_column_values_to_not_be_in_set", {"column": "m", "value_set": [7]}, "m 7 in {7}"),
    ("expect_column_values_to_match_regex", {"column": "t", "regex": "^N"}, "t Zürich does not match ^N"),
    ("expect_column_values_to_not_match_regex", {"column": "t", "regex": "^Z"}, "t Zürich matches ^Z"),
    (
        "expect_column_values_to_match_regex_list",
        {"column": "t", "regex_list": ["a", "b"], "match_on": "all"},
        "t Zürich does not match all of a, b",
    ),
    (
        "expect_column_values_to_not_match_regex_list",
        {"column": "t", "regex_list": ["Z", "b"]},
        "t Zürich matches one of Z, b",
    ),
    (
        "expect_column_values_to_match_strftime_format",
        {"column": "t", "strftime_format": "%Y"},
        "t Zürich does not match %Y",
    ),
    ("expect_column_values_to_be_json_parseable", {"column": "t"}, "t Zürich is no JSON"),
    (
        "expect_column_value_lengths_to_be_between",
        {"column": "t", "max_value": 3},
        "t Zürich has a length above 3",
    ),
    (
        "expect_column_value_lengths_to_equal",
        {"column": "t", "value": 3},
        "t Zürich has another length than 3",
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "m", "column_B": "n"},
        "m 7, n 1048.4: m is not above n",
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "m", "column_B": "x"},
        "m 7, x NULL: not equal",
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        {"column_A": "m", "column_B": "n", "value_pairs_set": [[1, 2]]},
        "m 7, n 1048.4: not in {(1, 2)}",
    ),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["m", "n"], "sum_total": 9},
        "m 7, n 1048.4: the sum is not 9",
    ),
    (
        "expect_multicolumn_values_to_be_equal",
        {"column_list": ["m", "n"]},
        "m 7, n 1048.4: not all equal",
    ),
    (
        "expect_select_column_values_to_be_unique_within_record",
        {"column_list": ["m", "n"]},
        "m 7, n 1048.4: not all different",
    ),
]


def check_of(expectation: str, kwargs: dict[str, Any]) -> Check:
    return Check("plausible", expectation, kwargs, Severity.WARNING, None, Scope.ROW, 1)


@pytest.mark.parametrize(("expectation", "kwargs", "told"), CASES)
def test_a_failure_is_told_with_column_value_and_bound(
    expectation: str, kwargs: dict[str, Any], told: str
) -> None:
    assert failure_of(check_of(expectation, kwargs), ROW) == told


def test_every_expectation_of_rows_has_its_words() -> None:
    assert {expectation for expectation, _, _ in CASES} == ROW_EXPECTATIONS


@pytest.mark.parametrize(
    ("expectation", "kwargs"),
    [
        (BETWEEN, {"column": "m", "max_value": 100}),
        ("expect_column_values_to_not_be_null", {"column": "m"}),
        ("expect_column_max_to_be_between", {"column": "m", "max_value": 1}),
    ],
)
def test_nothing_is_told_of_a_value_that_the_check_accepts_now_or_of_a_whole_table(
    expectation: str, kwargs: dict[str, Any]
) -> None:
    assert failure_of(check_of(expectation, kwargs), ROW) is None


def test_a_long_value_is_cut() -> None:
    told = failure_of(check_of("expect_column_values_to_be_json_parseable", {"column": "t"}), {"t": "x" * 99})
    assert told == f"t {'x' * 59}… is no JSON"
