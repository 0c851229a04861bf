"""What a row check promises: Great Expectations' verdict for each single row, on the engine, never NULL."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.errors import ProjectError
from clearwell.quality import Suite, count_failures, row_conditions, suite_of
from clearwell.quality.importing import import_great_expectations
from clearwell.quality.suites import ROW_EXPECTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

NAN = float("nan")
ROWS = [
    (1, 1.5, "ab", "2013-01-31", date(2013, 1, 1)),
    (2, NAN, "abc", "31.1.2013", date(2013, 1, 2)),
    (3, None, None, None, None),
    (None, -2.0, "", "", date(2014, 1, 1)),
]
SCHEMA = "i int, f double, s string, t string, d date"


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, SCHEMA)


def failing(suite: Suite, frame: DataFrame) -> dict[str, list[int]]:
    """For each check the positions of the rows that fail; fails the test on a verdict of NULL."""
    conditions = row_conditions(suite, frame)
    rows = frame.select(*(column.alias(name) for name, column in conditions.items())).collect()
    verdicts = {name: [row[name] for row in rows] for name in conditions}
    assert all(verdict in (True, False) for column in verdicts.values() for verdict in column)
    return {name: [n for n, fails in enumerate(column) if fails] for name, column in verdicts.items()}


@pytest.mark.parametrize(
    ("check", "rows"),
    [
        ("expect_column_values_to_be_between {column: i, min_value: 2}", [0]),
        ("expect_column_values_to_be_between {column: i, min_value: 1, strict_min: true}", [0]),
        ("expect_column_values_to_be_between {column: d, max_value: 2013-01-01}", [1, 3]),
        ("expect_column_values_to_be_in_set {column: s, value_set: [ab]}", [1, 3]),
        ("expect_column_values_to_not_be_in_set {column: s, value_set: [ab]}", [0]),
        ("expect_column_values_to_not_be_null {column: i}", [3]),
        ("expect_column_values_to_be_null {column: i}", [0, 1, 2]),
        ("expect_column_values_to_match_regex {column: s, regex: '^a'}", [3]),
        ("expect_column_values_to_not_match_regex {column: s, regex: '^a'}", [0, 1]),
        ("expect_column_values_to_match_regex_list {column: s, regex_list: [b$, c$], match_on: any}", [3]),
        ("expect_column_values_to_not_match_regex_list {column: s, regex_list: [b$, c$]}", [0, 1]),
        ("expect_column_value_lengths_to_be_between {column: s, min_value: 3}", [0, 3]),
        ("expect_column_value_lengths_to_equal {column: s, value: 2}", [1, 3]),
        ("expect_column_values_to_match_strftime_format {column: t, strftime_format: '%Y-%m-%d'}", [1, 3]),
        ("expect_column_values_to_be_json_parseable {column: s}", [0, 1, 3]),
        ("expect_column_pair_values_to_be_equal {column_A: s, column_B: t}", [0, 1]),
        ("expect_column_pair_values_a_to_be_greater_than_b {column_A: f, column_B: i}", [1]),
        (
            "expect_column_pair_values_to_be_in_set {column_A: i, column_B: s, value_pairs_set: [[1, ab]]}",
            [1, 2, 3],
        ),
        ("expect_multicolumn_sum_to_equal {column_list: [i, i], sum_total: 4}", [0, 2]),
        ("expect_multicolumn_values_to_be_equal {column_list: [s, t]}", [0, 1]),
        ("expect_select_column_values_to_be_unique_within_record {column_list: [s, t]}", [3]),
    ],
)
def test_a_row_fails_exactly_when_great_expectations_says_so(
    suite: Callable[..., Suite], frame: DataFrame, check: str, rows: list[int]
) -> None:
    assert failing(suite(f"c: {check}"), frame) == {"c": rows}


def test_every_row_expectation_is_tried_above() -> None:
    (marker,) = test_a_row_fails_exactly_when_great_expectations_says_so.pytestmark
    assert {check.partition(" ")[0] for check, _ in marker.args[1]} == ROW_EXPECTATIONS


def test_row_scope_is_what_great_expectations_judges_by_the_row() -> None:
    import_great_expectations()
    from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
    from great_expectations.exceptions.exceptions import MetricProviderError
    from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        get_metric_provider,
        list_registered_expectation_implementations,
    )

    engine = SparkDFExecutionEngine(spark=object(), persist=False)
    by_row: set[str] = set()
    for name in list_registered_expectation_implementations():
        metric = getattr(get_expectation_impl(name), "map_metric", None)
        try:
            _, function = get_metric_provider(f"{metric}.condition", engine)
        except MetricProviderError:
            continue
        if function.metric_fn_type is MetricPartialFunctionTypes.MAP_CONDITION_FN:
            by_row.add(name)
    across_rows = {
        "expect_compound_columns_to_be_unique",  # a window that Great Expectations does not declare
        "expect_column_value_z_scores_to_be_less_than",  # by the column's mean
        "expect_column_values_to_not_be_outliers",  # by its quartiles
        "expect_column_values_to_match_json_schema",  # raises at what is no JSON
    }
    assert by_row == ROW_EXPECTATIONS | across_rows


@pytest.mark.parametrize("sign", ["positive", "negative"])
@pytest.mark.parametrize("bound", ["min_value: 0", "max_value: 5", "min_value: 0, max_value: 5"])
@pytest.mark.parametrize("kind", ["double", "float"])
def test_nan_of_either_sign_lies_between_no_bounds(
    suite: Callable[..., Suite], spark: SparkSession, bound: str, sign: str, kind: str
) -> None:
    # Sail orders NaN by its sign bit: a negative one is below every number.
    number = "double('NaN')" if sign == "positive" else "sqrt(-1D)"
    frame = spark.sql(f"SELECT cast({number} AS {kind}) AS x UNION ALL SELECT NULL UNION ALL SELECT 3")
    found = suite(f"c: expect_column_values_to_be_between {{column: x, {bound}}}")
    assert frame.filter(row_conditions(found, frame)["c"]).collect()[0].x != 3
    assert count_failures(frame, row_conditions(found, frame)) == (3, {"c": 1})


def test_nan_is_greater_than_nothing(suite: Callable[..., Suite], spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT double('NaN') a, 1D b UNION ALL SELECT 1D, double('NaN') UNION ALL SELECT 2D, 1D"
    )
    found = suite("c: expect_column_pair_values_a_to_be_greater_than_b {column_A: a, column_B: b}")
    assert count_failures(frame, row_conditions(found, frame)) == (3, {"c": 2})


@pytest.mark.parametrize(
    ("ignored", "rows"),
    [("both_values_are_missing", [2, 3]), ("either_value_is_missing", [3]), ("neither", [2, 3])],
)
def test_ignored_rows_are_not_judged_in_pairs(
    suite: Callable[..., Suite], spark: SparkSession, ignored: str, rows: list[int]
) -> None:
    frame = spark.createDataFrame([(1, 1), (None, None), (1, None), (1, 2)], "a int, b int")
    check = f"c: expect_column_pair_values_to_be_equal {{column_A: a, column_B: b, ignore_row_if: {ignored}}}"
    assert failing(suite(check), frame) == {"c": rows}


@pytest.mark.parametrize(
    ("ignored", "rows"),
    [("all_values_are_missing", [2, 3]), ("any_value_is_missing", [3]), ("never", [1, 2, 3])],
)
def test_ignored_rows_are_not_judged_in_lists(
    suite: Callable[..., Suite], spark: SparkSession, ignored: str, rows: list[int]
) -> None:
    frame = spark.createDataFrame([(1, 2), (None, None), (None, 2), (2, 2)], "a int, b int")
    check = (
        "c: expect_select_column_values_to_be_unique_within_record"
        f" {{column_list: [a, b], ignore_row_if: {ignored}}}"
    )
    found = failing(suite(check), frame)["c"]
    assert set(found) <= set(rows)
    assert 3 in found


def test_a_row_condition_chooses_the_rows_that_are_judged(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite(
        "c: expect_column_values_to_not_be_null {column: f, row_condition: 'i = 3'}",
        "d: expect_column_values_to_not_be_null {column: f, row_condition: 'i < 3', condition_parser: spark}",
        "e: expect_column_values_to_be_between {column: f, max_value: -5, row_condition: i IS NULL}",
    )
    assert failing(found, frame) == {"c": [2], "d": [], "e": [3]}


def test_all_checks_are_counted_in_one_query(
    suite: Callable[..., Suite], frame: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = suite(
        "a: expect_column_values_to_not_be_null {column: i}",
        "b: expect_column_values_to_be_between {column: i, max_value: 1}",
        "c: expect_column_values_to_match_regex {column: s, regex: a}",
    )
    queries: list[Any] = []
    client = type(frame.sparkSession.client)
    execute = client.to_table

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        queries.append(args[0])
        return execute(self, *args, **kwargs)

    monkeypatch.setattr(client, "to_table", counted)
    conditions = row_conditions(found, frame)
    assert len(queries) <= 1  # Great Expectations counts rows: those of an empty frame
    assert all("limit" in str(plan) for plan in queries)
    del queries[:]
    assert count_failures(frame, conditions) == (4, {"a": 1, "b": 2, "c": 1})
    assert len(queries) == 1


def test_a_frame_without_rows_fails_nothing(suite: Callable[..., Suite], frame: DataFrame) -> None:
    found = suite("a: expect_column_values_to_not_be_null {column: i}")
    none = frame.limit(0)
    assert count_failures(none, row_conditions(found, none)) == (0, {"a": 0})
    assert count_failures(frame, {}) == (4, {})


def test_conditions_fit_a_frame_that_is_read_again(
    suite: Callable[..., Suite], frame: DataFrame, tmp_path: Path
) -> None:
    found = suite("a: expect_column_values_to_be_between {column: f, min_value: 0}")
    conditions = row_conditions(found, frame)
    frame.write.option("compression", "none").parquet(str(tmp_path / "rows"))
    again = frame.sparkSession.createDataFrame(ROWS[2:], SCHEMA)
    assert count_failures(again, conditions) == (2, {"a": 1})


def test_a_nested_column_is_judged(suite: Callable[..., Suite], spark: SparkSession) -> None:
    frame = spark.sql("SELECT named_struct('x', double('NaN')) s UNION ALL SELECT named_struct('x', 1D)")
    found = suite("a: expect_column_values_to_be_between {column: s.x, min_value: 0}")
    assert count_failures(frame, row_conditions(found, frame)) == (2, {"a": 1})


@pytest.mark.parametrize(
    ("check", "fact"),
    [
        ("expect_column_values_to_not_be_null {column: ii}", "no column 'ii'"),
        (
            "expect_column_values_to_be_between {column: s, max_value: 3}",
            "needs a column of numbers, dates or times; 's' is string",
        ),
        ("expect_column_values_to_be_in_set {column: i, value_set: [1, a]}", "value_set: 'a' is no int"),
        ("expect_column_values_to_match_regex {column: i, regex: 1}", "needs a text column; 'i' is int"),
        (
            "expect_column_pair_values_to_be_equal {column_A: i, column_B: s}",
            "cannot be compared: 'i' is int, 's' is string",
        ),
        ("expect_column_values_to_be_between {column: f, max_value: .nan}", "NaN is no bound"),
        ("expect_column_values_to_be_between {column: i, max_valu: 3}", "has no keyword argument 'max_valu'"),
        (
            "expect_column_values_to_be_between {column: i, min_value: 3, max_value: 1}",
            "min_value cannot be greater",
        ),
        (
            "expect_column_values_to_match_strftime_format {column: i, strftime_format: '%Y'}",
            "needs a text column",
        ),
        (
            "expect_column_values_to_match_strftime_format {column: s, strftime_format: '%'}",
            "strftime_format",
        ),
    ],
)
def test_a_check_that_does_not_fit_the_frame_is_refused_with_its_line(
    suite: Callable[..., Suite], frame: DataFrame, check: str, fact: str
) -> None:
    found = suite("ok: expect_column_values_to_not_be_null {column: i}", f"bad: {check}")
    with pytest.raises(ProjectError, match=fact) as caught:
        row_conditions(found, frame)
    assert caught.value.place == f"{found.file}:3"


def test_bounds_that_one_double_would_stand_for_are_two(
    suite: Callable[..., Suite], spark: SparkSession
) -> None:
    frame = spark.sql("SELECT cast('0.1000000000000000000002' AS decimal(38, 22)) x")
    between = (
        "expect_column_values_to_be_between {column: x, min_value: 0, max_value: '0.100000000000000000000"
    )
    found = suite(*(f"c{n}: {between}{n}'}}" for n in (1, 2, 3)))
    assert count_failures(frame, row_conditions(found, frame)) == (1, {"c1": 1, "c2": 0, "c3": 0})


def test_a_column_that_is_not_there_is_named_with_its_nearest(
    suite: Callable[..., Suite], spark: SparkSession
) -> None:
    frame = spark.createDataFrame([(1, 2)], "dep_time int, arr_time int")
    with pytest.raises(ProjectError) as caught:
        row_conditions(suite("a: expect_column_values_to_not_be_null {column: dep_tim}"), frame)
    assert caught.value.hint == "did you mean 'dep_time'?"


def test_a_suite_without_row_checks_does_not_ask_the_engine(suite: Callable[..., Suite]) -> None:
    nothing: Any = None
    assert row_conditions(suite("a: expect_table_row_count_to_be_between {min_value: 1}"), nothing) == {}


numbers = (
    st.none() | st.integers(-4, 4) | st.floats(-4, 4) | st.sampled_from([NAN, math.inf, -math.inf, -0.0])
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(numbers, max_size=6),
    low=st.none() | st.integers(-3, 3),
    high=st.integers(-3, 3),
    strict=st.booleans(),
)
def test_between_is_between_for_any_numbers(
    spark: SparkSession, rows: list[float | None], low: int | None, high: int, strict: bool
) -> None:
    low = None if low is not None and low > high else low
    kwargs = {"column": "x", "min_value": low, "max_value": high, "strict_max": strict}
    record = {"name": "c", "expectation": "expect_column_values_to_be_between", "kwargs": kwargs}
    found = suite_of("s", [record | {"severity": "warning", "why": None, "line": 1}])
    frame = spark.createDataFrame([(None if x is None else float(x),) for x in rows], "x double")

    def within(x: float) -> bool:
        return (low is None or x >= low) and (x < high if strict else x <= high)

    expected = sum(x is not None and not within(x) for x in rows)
    assert count_failures(frame, row_conditions(found, frame)) == (len(rows), {"c": expected})
