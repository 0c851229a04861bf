"""Each rule gives Spark's value, as a column and in SQL."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

NOON = "timestamp'2024-01-07 12:00:00'"
BEFORE = "timestamp'1969-12-31 23:59:59.5'"
SUNDAY = "date'2024-01-07'"

EQUAL: list[tuple[str, list[str], list[Any], Any]] = [
    ("round", ["1.005D"], [2], 1.01),
    ("round", ["float(1.005)"], [2], 1.0),
    ("round", ["-0.001D"], [2], 0.0),
    ("isnan", ["double(null)"], [], False),
    ("left", ["'abc'", "-1"], [], ""),
    ("right", ["'abc'", "-1"], [], ""),
    ("chr", ["256"], [], "\0"),
    ("chr", ["smallint(321)"], [], "A"),
    ("chr", ["-5"], [], ""),
    ("bigint", ["timestamp'1970-01-01 00:00:01.5'"], [], 1),
    ("bigint", [BEFORE], [], -1),
    ("string", ["1e7D"], [], "1.0E7"),
    ("string", [NOON], [], "2024-01-07 12:00:00"),
    ("weekday", ["date'1969-12-28'"], [], 6),
    ("trunc", [SUNDAY], ["day"], None),
    ("trunc", [SUNDAY], ["week"], dt.date(2024, 1, 1)),
    ("unix_timestamp", [BEFORE], [], 0),
    ("unix_seconds", [BEFORE], [], -1),
    ("nvl", ["decimal(null)", "1.05"], [], Decimal("1.05")),
    ("ifnull", ["date(null)", SUNDAY], [], dt.date(2024, 1, 7)),
    ("substring", ["'abc'", "int(null)"], [], None),
    ("substr", ["'abc'", "2"], [], "bc"),
    ("arrays_overlap", ["array(null, 1)", "slice(array(1), 1, 0)"], [], False),
    ("arrays_overlap", ["array(null, 1)", "array(1)"], [], True),
    ("arrays_overlap", ["array(null, 1)", "array(2)"], [], None),
    ("arrays_overlap", ["array(-0.0D)", "array(0.0D)"], [], True),
    ("array_intersect", ["array(-0.0D, 1D)", "array(0.0D)"], [], [0.0]),
    ("array_remove", ["array(-0.0D, 1D)", "0.0D"], [], [1.0]),
    ("slice", ["array(1, 2)"], [-1, 2], [2]),
    ("slice", ["array(1, 2)"], [-3, 2], []),
    ("slice", ["array(1, 2, 3)"], [-2, 1], [2]),
    ("slice", ["array(1, 2, 3)", "2", "2"], [], [2, 3]),
    ("slice", ["array(1, 2, 3)", "-2", "1"], [], [2]),
    ("slice", ["array(1, 2, 3)", "-4", "2"], [], []),
    ("slice", ["array(1, 2, 3)", "int(null)", "2"], [], None),
    ("pmod", ["-7D", "3D"], [], 2.0),
    ("pmod", ["-7D", "3"], [], 2.0),
    ("pmod", ["double(null)", "3D"], [], None),
    ("make_dt_interval", ["2", "int(null)"], [], None),
    ("make_dt_interval", ["2", "-5"], [], dt.timedelta(days=2, hours=-5)),
    ("timestamp_millis", ["1500L"], [], dt.datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=dt.UTC)),
    ("hypot", ["tinyint(100)", "tinyint(100)"], [], 141.4213562373095),
    ("pow", ["1D", "double('NaN')"], [], math.nan),
    ("pow", ["-1D", "double('Infinity')"], [], math.nan),
    ("pow", ["double(null)", "double('NaN')"], [], None),
    ("pow", ["2D", "3D"], [], 8.0),
    ("locate", ["'a'", "string(null)"], [0], None),
    ("initcap", ["'äö ß'"], [], "Äö Ss"),
    ("from_json", ["' '"], ["a int"], None),
    ("from_json", ["'{}'"], ["a int"], {"a": None}),
]
"""A function, its arguments as columns, its constants, and Spark's value."""

CONSTANT_FIRST: list[tuple[str, list[Any], list[str], Any]] = [
    ("date_part", ["dow"], [SUNDAY], 1),
    ("date_part", ["week"], [SUNDAY], 1),
    ("date_trunc", ["year"], [SUNDAY], dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    ("concat_ws", [","], [NOON], "2024-01-07 12:00:00"),
]


@pytest.fixture(scope="module")
def spark(engine: EmbeddedEngine) -> SparkSession:
    return engine.session()


def asked(spark: SparkSession, columns: list[str]) -> DataFrame:
    return spark.sql(f"select {', '.join(f'{text} as c{n}' for n, text in enumerate(columns))}")


def same(found: Any, wanted: Any) -> bool:
    return repr(found) == repr(wanted) or found == wanted


def both_ways(
    spark: SparkSession, name: str, before: list[Any], columns: list[str], after: list[Any]
) -> list[Any]:
    frame = asked(spark, columns)
    names = [f"c{n}" for n in range(len(columns))]
    given = [*map(F.lit, before), *map(F.col, names), *map(F.lit, after)]
    frame.createOrReplaceTempView("one_row")
    written = [*map(repr, before), *names, *map(repr, after)]
    return [
        found.toArrow()["r"].to_pylist()[0]
        for found in (
            frame.select(F.call_function(name, *given).alias("r")),
            spark.sql(f"select {name}({', '.join(written)}) as r from one_row"),
        )
    ]


@pytest.mark.parametrize(("name", "columns", "after", "wanted"), EQUAL)
def test_a_function_gives_the_value_of_spark(
    spark: SparkSession, name: str, columns: list[str], after: list[Any], wanted: Any
) -> None:
    found = both_ways(spark, name, [], columns, after)
    assert all(same(one, wanted) for one in found), found


@pytest.mark.parametrize(("name", "before", "columns", "wanted"), CONSTANT_FIRST)
def test_a_function_whose_constant_comes_first_does_too(
    spark: SparkSession, name: str, before: list[Any], columns: list[str], wanted: Any
) -> None:
    assert both_ways(spark, name, before, columns, []) == [wanted, wanted]


def test_casts_of_floats_and_arrays(spark: SparkSession) -> None:
    row = asked(spark, ["cast(float(1.005) as decimal(10,2))", "cast(1.005D as decimal(10,2))"])
    assert list(row.toArrow().to_pylist()[0].values()) == [Decimal("1.00"), Decimal("1.01")]


GROUPS = {
    1: [-math.inf],
    2: [math.inf],
    3: [math.inf, math.nan],
    4: [math.nan],
    5: [None],
    6: [-math.inf, 2.5],
}


@pytest.mark.parametrize("kind", ["double", "float"])
def test_the_greatest_and_the_least_of_odd_groups(spark: SparkSession, kind: str) -> None:
    rows = [(group, value) for group, values in GROUPS.items() for value in values]
    frame = spark.createDataFrame(rows, "k int, x double").select("k", F.col("x").cast(kind).alias("x"))
    found = frame.groupBy("k").agg(F.max("x").alias("most"), F.min("x").alias("least")).orderBy("k").toArrow()
    most = [-math.inf, math.inf, math.nan, math.nan, None, 2.5]
    least = [-math.inf, math.inf, math.inf, math.nan, None, -math.inf]
    assert repr(found["most"].to_pylist()) == repr(most)
    assert repr(found["least"].to_pylist()) == repr(least)


def test_a_median_of_numbers_is_one_and_with_nan_it_fails(
    engine: EmbeddedEngine, spark: SparkSession
) -> None:
    numbers = spark.createDataFrame([(1.0,), (2.0,), (math.inf,)], "x double")
    assert numbers.agg(F.median("x").alias("r")).toArrow()["r"].to_pylist() == [2.0]
    odd = spark.createDataFrame([(1.0,), (math.nan,)], "x double")
    with pytest.raises(EngineError, match="has no place in median here"), engine.work("the test"):
        odd.agg(F.median("x")).toArrow()


REFUSED: list[tuple[str, Callable[[SparkSession], DataFrame]]] = [
    ("get_json_object", lambda s: asked(s, ["get_json_object('{}', '$.a')"])),
    ("no character", lambda s: asked(s, ["regexp_replace('a', '', '-')"])),
    (r"\+\(date, interval\)", lambda s: asked(s, [f"{SUNDAY} + interval 36 hours"])),
    (r"format_number\(decimal, int\)", lambda s: asked(s, ["format_number(1.05, 1)"])),
    (r"conv\(string, int, int\)", lambda s: asked(s, ["conv('10', 10, -16)"])),
    ("elements that are floats", lambda s: asked(s, ["cast(array(1e7D) as array<string>)"])),
    ("a time as a decimal", lambda s: asked(s, [f"cast({NOON} as decimal(20,6))"])),
    (
        "a constant number of digits",
        lambda s: s.range(1).select(F.round(F.col("id") / 3, F.col("id").cast("int"))),
    ),
    ("of an empty text from a start on", lambda s: asked(s, ["locate('', 'abc', 3)"])),
    ("the charset lacks", lambda s: asked(s, ["encode('ä', 'US-ASCII')"])),
    ("a number that no argument has", lambda s: asked(s, ["elt(3, 'a', 'b')"])),
    ("marks an empty text", lambda s: asked(s, ["encode('', 'UTF-16')"])),
]


FAILING = [
    ("more than 24855 days", "make_dt_interval(int(id) + 24856)"),
    ("more than 596523 hours", "make_dt_interval(1, -int(id) - 596524)"),
    ("slice counts elements from 1", "slice(array(1), int(id), 1)"),
    ("its length is not negative", "slice(array(1), 1, int(id) - 1)"),
    ("(?i)zero", "pmod(1.5D, double(id))"),
    ("(?i)decimal|range|overflow", "timestamp_millis(9223372036854775807L - id)"),
]


@pytest.mark.parametrize(("words", "text"), FAILING)
def test_what_has_no_value_on_spark_has_none_here(
    engine: EmbeddedEngine, spark: SparkSession, words: str, text: str
) -> None:
    with pytest.raises(EngineError, match=words), engine.work("the test"):
        spark.range(1).select(F.expr(text)).toArrow()


@pytest.mark.parametrize(("words", "make"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_cannot_be_made_equal_is_refused(
    engine: EmbeddedEngine, spark: SparkSession, words: str, make: Callable[[SparkSession], DataFrame]
) -> None:
    with pytest.raises(EngineError, match=words), engine.work("the test"):
        make(spark).toArrow()
