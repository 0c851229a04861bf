"""What a verdict promises: nothing passes unjudged, and an engine's trouble is no verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pysail.spark import SparkConnectServer

from clearwell.errors import EngineError, ProjectError
from clearwell.model import Scope, Severity
from clearwell.quality import Suite, judge_rows, judge_table, suite_of
from clearwell.quality.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.model import CheckResult


HALF = "{quantiles: [0.5], value_ranges: [[1, 3]]}"
HALVES = "partition_object: {values: [a, b], weights: [0.5, 0.5]}"


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    rows = [(1, 1.0, "a", 0), (2, 2.0, "b", 0), (3, float("nan"), "b", 0), (3, None, None, 0)]
    return spark.createDataFrame(rows, "i int, f double, s string, k int")


def by_name(results: tuple[CheckResult, ...]) -> dict[str, CheckResult]:
    return {result.name: result for result in results}


def test_rows_pass_only_when_none_fails_and_all_were_judged(suite: Callable[..., Suite]) -> None:
    found = suite(
        "a: expect_column_values_to_not_be_null {column: i}",
        "t: expect_table_row_count_to_be_between {min_value: 1}",
        "b: expect_column_values_to_not_be_null {column: f}",
        "c: expect_column_values_to_not_be_null {column: s}",
    )
    a, b, c = judge_rows(found, 1000, {"a": 0, "b": 3})
    assert (a.success, a.element_count, a.unexpected_count, a.message) == (True, 1000, 0, None)
    assert (b.success, b.unexpected_count, b.message) == (False, 3, "3 of 1,000 rows fail")
    assert (c.success, c.unexpected_count, c.message) == (False, None, "it was not evaluated")
    assert {r.scope for r in (a, b, c)} == {Scope.ROW}
    assert a.expectation == "expect_column_values_to_not_be_null"


def test_a_batch_without_rows_passes_its_row_checks(suite: Callable[..., Suite]) -> None:
    (result,) = judge_rows(suite("a: expect_column_values_to_not_be_null {column: i}"), 0, {"a": 0})
    assert result.success


def test_a_table_is_judged_in_the_suites_order_with_counts_or_what_was_observed(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite(
        "one_row_each: expect_compound_columns_to_be_unique {column_list: [i, k]}",
        "enough: expect_table_row_count_to_be_between {min_value: 5}",
        "kept: expect_column_values_to_not_be_null {column: s}",
        "mean: expect_column_mean_to_be_between {column: i, min_value: 1, max_value: 3}",
        "unique: expect_column_values_to_be_unique {column: f}",
        "known: expect_column_distinct_values_to_be_in_set {column: s, value_set: [a]}",
        severity="critical",
    )
    results = judge_table(found, frame)
    assert [r.name for r in results] == ["one_row_each", "enough", "mean", "unique", "known"]
    of = by_name(results)
    assert (of["one_row_each"].success, of["one_row_each"].unexpected_count) == (False, 2)
    assert (of["one_row_each"].element_count, of["one_row_each"].message) == (4, "2 of 4 rows fail")
    assert (of["enough"].success, of["enough"].observed, of["enough"].unexpected_count) == (False, 4, None)
    assert (of["mean"].success, of["mean"].observed, of["mean"].message) == (True, 2.25, None)
    assert (of["unique"].success, of["unique"].unexpected_count) == (True, 0)
    assert (of["known"].success, of["known"].observed) == (False, {"unexpected": ["b"]})
    assert {r.scope for r in results} == {Scope.TABLE}
    assert [r.name for r in results if r.blocks] == ["one_row_each", "enough", "known"]


def test_a_failed_warning_of_the_table_blocks_nothing(suite: Callable[..., Suite], frame: DataFrame) -> None:
    (result,) = judge_table(suite("a: expect_table_row_count_to_equal {value: 9}"), frame)
    assert (result.success, result.severity, result.blocks) == (False, Severity.WARNING, False)


@pytest.mark.parametrize(("mostly", "success"), [(0.5, True), (0.6, True), (0.67, False)])
def test_a_share_is_taken_of_the_rows_that_are_judged(
    suite: Callable[..., Suite], frame: DataFrame, mostly: float, success: bool
) -> None:
    # Three values of four rows, and one of them is NaN, which lies between no bounds.
    check = f"a: expect_column_values_to_be_between {{column: f, min_value: 0, mostly: {mostly}}}"
    (result,) = judge_table(suite(check, severity="critical"), frame)
    assert (result.success, result.element_count, result.unexpected_count) == (success, 4, 1)
    assert (result.message is None) == success


def test_a_share_of_no_rows_passes(suite: Callable[..., Suite], frame: DataFrame) -> None:
    check = "a: expect_column_values_to_be_between {column: f, min_value: 0, mostly: 0.9}"
    (result,) = judge_table(suite(check, severity="critical"), frame.filter("f IS NULL"))
    assert result.success


def test_a_row_condition_chooses_the_rows_of_a_table_check(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite("a: expect_column_values_to_be_unique {column: i, row_condition: i < 3}")
    (result,) = judge_table(found, frame)
    assert result.success


def test_rows_that_a_query_finds_are_a_failure(suite: Callable[..., Suite], frame: DataFrame) -> None:
    found = suite(
        "a: unexpected_rows_expectation {unexpected_rows_query: 'SELECT * FROM {batch} WHERE i > 2'}"
    )
    (result,) = judge_table(found, frame)
    assert (result.success, result.observed) == (False, 2)


def test_an_exception_in_one_check_is_its_failure_and_leaves_the_others_alone(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite(
        "before: expect_table_row_count_to_equal {value: 4}",
        "bad: unexpected_rows_expectation {unexpected_rows_query: 'SELECT nothing FROM {batch}'}",
        "worse: expect_column_mean_to_be_between {column: s, min_value: 1}",
        "after: expect_column_max_to_be_between {column: i, max_value: 3}",
    )
    of = by_name(judge_table(found, frame))
    assert (of["before"].success, of["after"].success) == (True, True)
    assert (of["bad"].success, of["worse"].success) == (False, False)
    assert "nothing" in (of["bad"].message or "")
    assert of["worse"].message


def test_types_that_the_engine_cannot_put_together_fail_their_check_alone(
    suite: Callable[..., Suite], spark: SparkSession
) -> None:
    frame = spark.sql("SELECT timestamp_ntz '2013-10-31 07:00:00' t")
    found = suite(
        "bad: unexpected_rows_expectation {unexpected_rows_query: 'SELECT sum(t) FROM {batch}'}",
        "after: expect_table_row_count_to_equal {value: 1}",
    )
    of = by_name(judge_table(found, frame))
    assert (of["bad"].success, of["after"].success) == (False, True)
    assert "planning" in (of["bad"].message or "")


def test_decimals_are_observed_and_compared_as_they_are(
    suite: Callable[..., Suite], spark: SparkSession
) -> None:
    frame = spark.sql("SELECT cast('12345678901234567890.12' AS decimal(38, 2)) x")
    wide = "'12345678901234567890.1"
    found = suite(
        f"a: expect_column_max_to_be_between {{column: x, max_value: {wide}1'}}",
        f"b: expect_column_max_to_be_between {{column: x, max_value: {wide}2'}}",
        f"c: expect_column_most_common_value_to_be_in_set {{column: x, value_set: [{wide}2']}}",
    )
    a, b, c = judge_table(found, frame)
    assert (a.success, b.success, c.success) == (False, True, True)
    assert a.observed == b.observed == "12345678901234567890.12"
    assert c.observed == ["12345678901234567890.12"]


def test_what_the_engine_lacks_is_an_error_that_names_another(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite(
        "before: expect_table_row_count_to_equal {value: 4}",
        f"middle: expect_column_quantile_values_to_be_between {{column: i, quantile_ranges: {HALF}}}",
    )
    with pytest.raises(EngineError, match="check 'middle': the engine cannot evaluate") as caught:
        judge_table(found, frame)
    assert caught.value.place == f"{found.file}:3"
    assert "Apache Spark" in (caught.value.hint or "")


def test_an_engine_that_is_gone_is_no_verdict(suite: Callable[..., Suite]) -> None:
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    frame = session.range(3).withColumnRenamed("id", "i")
    assert frame.columns == ["i"]
    session.client._channel.close()
    found = suite("a: expect_table_row_count_to_equal {value: 3}", severity="critical")
    with pytest.raises(ValueError, match="Channel closed"):
        judge_table(found, frame)
    server.stop()


def test_a_column_that_is_not_there_is_refused_with_its_line(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = suite(
        "a: expect_table_row_count_to_equal {value: 4}", "b: expect_column_values_to_be_unique {column: ii}"
    )
    with pytest.raises(ProjectError, match="no column 'ii'") as caught:
        judge_table(found, frame)
    assert caught.value.place == f"{found.file}:3"


def test_a_check_that_a_column_exists_may_fail(suite: Callable[..., Suite], frame: DataFrame) -> None:
    (result,) = judge_table(suite("a: expect_column_to_exist {column: nowhere}"), frame)
    assert not result.success


@pytest.mark.parametrize(
    "check",
    [
        "expect_column_values_to_be_in_set {column: s, value_set: [a], mostly: 0.5}",
        "expect_column_max_to_be_between {column: f, max_value: 3}",
        "expect_column_values_to_be_of_type {column: i, type_: IntegerType}",
        "expect_table_columns_to_match_ordered_list {column_list: [i, f]}",
        "expect_column_most_common_value_to_be_in_set {column: s, value_set: [b]}",
        f"expect_column_kl_divergence_to_be_less_than {{column: s, threshold: 1, {HALVES}}}",
        "expect_column_values_to_match_json_schema {column: i, json_schema: {}}",
    ],
)
def test_what_was_observed_fits_into_json(suite: Callable[..., Suite], frame: DataFrame, check: str) -> None:
    (result,) = judge_table(suite(f"a: {check}", severity="info"), frame)
    json.dumps([result.observed, result.message, result.success, result.unexpected_count])


def test_a_suite_without_table_checks_does_not_ask_the_engine(suite: Callable[..., Suite]) -> None:
    nothing: Any = None
    assert judge_table(suite("a: expect_column_values_to_not_be_null {column: i}"), nothing) == ()


def test_a_recorded_suite_judges_as_the_first_did(suite: Callable[..., Suite], frame: DataFrame) -> None:
    found = suite("a: expect_compound_columns_to_be_unique {column_list: [i, s]}", severity="critical")
    again = suite_of(found.name, json.loads(json.dumps([check.record() for check in found.checks])))
    assert judge_table(again, frame) == judge_table(found, frame)


def test_all_checks_of_a_table_share_their_queries(
    suite: Callable[..., Suite], frame: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    values = Metrics.values

    def counted(self: Metrics, expectations: Any) -> Any:
        passes.append(len(expectations))
        return values(self, expectations)

    monkeypatch.setattr(Metrics, "values", counted)
    judge_table(
        suite(
            "a: expect_table_row_count_to_equal {value: 4}",
            "b: expect_column_max_to_be_between {column: i, max_value: 3}",
        ),
        frame,
    )
    assert passes == [2]


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("expect_column_max_to_be_between {column: i, max_value: 1}", False),
        ("expect_column_distinct_values_to_be_in_set {column: s, value_set: [a]}", False),
        ("expect_column_unique_value_count_to_be_between {column: i, max_value: 1}", True),
        ("expect_table_row_count_to_equal {value: 9}", True),
    ],
)
def test_of_a_personal_column_only_numbers_of_rows_are_told(
    suite: Callable[..., Suite], frame: DataFrame, check: str, told: bool
) -> None:
    (open_,) = judge_table(suite(f"a: {check}"), frame)
    (result,) = judge_table(suite(f"a: {check}"), frame, personal=["i", "s"])
    assert (open_.success, result.success) == (False, False)
    assert (result.observed == open_.observed) is told
    assert told or (result.observed, "(withheld)" in (result.message or "")) == ("(withheld)", True)


def test_an_observed_value_that_looks_personal_is_withheld(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    frame = frame.selectExpr("if(s = 'a', 'jane.roe@example.org', s) s")
    (result,) = judge_table(
        suite("a: expect_column_distinct_values_to_be_in_set {column: s, value_set: [c]}"), frame
    )
    assert {key: sorted(values) for key, values in result.observed.items()} == {
        "unexpected": ["(withheld)", "b"]
    }
