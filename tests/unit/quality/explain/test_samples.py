"""Samples of failing rows: few, always the same, with their origin, and nothing personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.model import Sample, Scope
from clearwell.quality import row_conditions, sample_failures
from clearwell.quality.explain.redaction import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.quality import Suite

FILES = {"aa": "raw/b.csv", "bb": "raw/a.csv"}
COLUMNS = "_file_id string, _record_no bigint, amount double, name string, ok boolean, extra array<int>"


@pytest.fixture
def frame(spark: SparkSession) -> DataFrame:
    rows: list[Any] = [
        ("bb", n, -float(n), f"{n}@example.org" if n % 2 else f"code {n}", n > 2, [n]) for n in range(1, 8)
    ]
    rows += [("aa", 9, -9.0, "c" * 5000, None, None), (None, None, -1.5, None, None, None)]
    return spark.createDataFrame(list(reversed(rows)), COLUMNS).repartition(3)


def samples(suite: Suite, frame: DataFrame, **options: Any) -> tuple[Sample, ...]:
    (check,) = suite.of(Scope.ROW)
    (condition,) = row_conditions(suite, frame).values()
    return sample_failures(check, condition, frame, files=FILES, **options)


def test_five_rows_are_shown_by_file_and_record(suite: Callable[..., Suite], frame: DataFrame) -> None:
    found = samples(suite("a: expect_column_values_to_be_between {column: amount, min_value: 0}"), frame)
    assert [(s.file, s.record, s.values) for s in found] == [
        ("raw/a.csv", 1, (("amount", "-1.0"),)),
        ("raw/a.csv", 2, (("amount", "-2.0"),)),
        ("raw/a.csv", 3, (("amount", "-3.0"),)),
        ("raw/a.csv", 4, (("amount", "-4.0"),)),
        ("raw/b.csv", 9, (("amount", "-9.0"),)),
    ]
    again = samples(suite("a: expect_column_values_to_be_between {column: amount, min_value: 0}"), frame)
    assert again == found


def test_only_judged_columns_are_shown_and_nothing_personal(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    check = "a: expect_column_values_to_match_regex {column: name, regex: '^[0-9]+$'}"
    found = samples(suite(check), frame)
    assert [dict(s.values) for s in found] == [
        {"name": WITHHELD},
        {"name": "code 2"},
        {"name": WITHHELD},
        {"name": "code 4"},
        {"name": WITHHELD},
    ]
    assert all(s.values == (("name", WITHHELD),) for s in samples(suite(check), frame, personal=["name"]))


def test_a_check_of_two_columns_shows_both(suite: Callable[..., Suite], frame: DataFrame) -> None:
    check = "a: expect_column_pair_values_to_be_equal {column_A: name, column_B: amount}"
    pairs = frame.selectExpr("_file_id", "_record_no", "amount name", "amount + 1 amount")
    first = samples(suite(check), pairs, personal=["amount"])[0]
    assert first.values == (("name", "-1.0"), ("amount", WITHHELD))


def test_rows_that_do_not_say_where_they_came_from_are_shown_without_it(
    suite: Callable[..., Suite], frame: DataFrame
) -> None:
    found = samples(
        suite("a: expect_column_values_to_be_between {column: amount, min_value: -3}"), frame.select("amount")
    )
    assert [(s.file, s.record, dict(s.values)["amount"]) for s in found] == [
        (None, None, amount) for amount in ("-9.0", "-7.0", "-6.0", "-5.0", "-4.0")
    ]


def test_lists_are_withheld(suite: Callable[..., Suite], frame: DataFrame) -> None:
    check = "a: expect_column_values_to_be_null {column: extra}"
    assert {s.values for s in samples(suite(check), frame)} == {(("extra", WITHHELD),)}


def test_a_passing_check_has_no_samples(suite: Callable[..., Suite], frame: DataFrame) -> None:
    check = "a: expect_column_values_to_be_between {column: amount, max_value: 0}"
    assert samples(suite(check), frame) == ()
