"""On tables that nobody chose, the same transforms give the same rows on the embedded engine and on Spark.

A query costs Spark a tenth of a second and more, so the tables of all examples are rows of one: each has a
number, and every transform keeps them apart by it.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clearwell.testing.conformance.notation import name_type, parse_columns, spell_rows
from tests.engines.conftest import chosen_engines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

    Transform: TypeAlias = Callable[[DataFrame], DataFrame]

SCHEMA = parse_columns(
    "n int, id int, k int, b bigint, x double, d decimal(12,2), w decimal(38,10), s string, day date, "
    "at timestamp, l array<int>, t struct<a:int,b:string>, z binary"
)
SMALL = st.integers(-3, 3)
WIDE = st.decimals(-(10**27), 10**27, places=10, allow_nan=False)
FLOATS = [0.0, -0.0, math.nan, math.inf, -math.inf, 1.5, 1e7, 1e-4]
VALUES: tuple[st.SearchStrategy[Any], ...] = (
    SMALL,
    st.one_of(SMALL, st.integers(-(2**60), 2**60)),
    st.one_of(st.sampled_from(FLOATS), st.integers(-9, 9).map(float)),
    st.decimals(-(10**6), 10**6, places=2, allow_nan=False),
    st.one_of(WIDE, st.sampled_from([Decimal("3333333333.3333333333"), Decimal(0)])),
    st.text(st.sampled_from(" aAbBzß\u0301é👍1%_\n"), max_size=4),
    st.dates(),
    # As far as the case times/truncated_long_ago lets the embedded engine go.
    st.datetimes(dt.datetime(1678, 1, 1), dt.datetime(2261, 12, 31), timezones=st.just(dt.UTC)),
    st.lists(st.none() | SMALL, max_size=3),
    st.fixed_dictionaries({"a": st.none() | SMALL, "b": st.none() | st.sampled_from(["", "x"])}),
    st.binary(max_size=2),
)
ROWS = st.lists(st.tuples(*(st.none() | values for values in VALUES)), max_size=8)


def latest(frame: DataFrame) -> DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    newest = Window.partitionBy("n", "k").orderBy(F.col("at").desc_nulls_last(), F.col("id").desc())
    return frame.withColumn("r", F.row_number().over(newest)).where("r = 1").drop("r", "w")


def arithmetic(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    k, b, x, d = (F.col(name) for name in "kbxd")
    return frame.where((b > -4) | b.isNull() | F.isnan(x)).select(
        "n",
        "id",
        (k + b).alias("kb"),
        (b * 2 - k).alias("c"),
        (x * 2 + k).alias("y"),
        (d + k).alias("e"),
        (d * d).alias("q"),
        b.cast("string").alias("t"),
        d.cast("int").alias("i"),
        F.round("d", 1).alias("r"),
        F.when(k > 0, k).otherwise(b).alias("v"),
        F.coalesce("k", "b").alias("o"),
        (k % 2).alias("m"),
        F.abs("b").alias("g"),
        k.cast("double").alias("f"),
        k.eqNullSafe(b).alias("h"),
        F.greatest("k", "b").alias("p"),
    )


def groups(frame: DataFrame) -> DataFrame:
    """Not the ends of floats: the case aggregates/infinite_groups tells why."""
    from pyspark.sql import functions as F

    return frame.groupBy("n", "k").agg(
        F.count("*").alias("c"),
        F.sum("b").alias("s"),
        F.sum("d").alias("e"),
        F.min("day").alias("y"),
        F.count_distinct("s").alias("t"),
        F.max("s").alias("m"),
        F.min("at").alias("a"),
        F.sort_array(F.collect_list("id")).alias("l"),
        F.max("w").alias("w"),
        F.max_by("s", "id").alias("i"),
    )


def keys(frame: DataFrame) -> DataFrame:
    """Groups by a float, in which NaN, NULL and the zeros meet; the key may have either zero's sign."""
    from pyspark.sql import functions as F

    return frame.groupBy("n", "x", "t").agg(F.count("*").alias("c"), F.min("id").alias("i")).drop("x")


def pairs(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    left, right = frame.select("n", "id", "x", "k"), frame.select("n", F.col("id").alias("other"), "x", "s")
    return left.join(right, ["n", "x"], "left").drop("x")


def nested(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return frame.select("n", "id", "t.a", F.size("l").alias("z"), F.explode_outer("l").alias("e")).withColumn(
        "f", F.col("e") + F.col("a")
    )


def texts(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return frame.select(
        "n",
        "id",
        F.upper("s").alias("u"),
        F.trim("s").alias("t"),
        F.length("s").alias("l"),
        F.col("s").like("a%").alias("p"),
        F.concat_ws("-", "s", F.col("k").cast("string")).alias("c"),
        F.substring("s", 2, 2).alias("b"),
        F.regexp_replace("s", "[ab]+", "#").alias("r"),
        F.col("x").cast("string").alias("x"),
        F.hex("z").alias("z"),
    )


def dates(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return frame.select(
        "n",
        "id",
        F.year("day").alias("y"),
        F.dayofweek("day").alias("w"),
        F.last_day("day").alias("l"),
        F.date_trunc("hour", "at").alias("h"),
        F.to_date("at").alias("d"),
        F.second("at").alias("s"),
        F.datediff("day", F.lit("2000-01-01").cast("date")).alias("n2"),
        F.unix_micros("at").alias("u"),
    )


TRANSFORMS = [latest, arithmetic, groups, keys, pairs, nested, texts, dates]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.__name__)
@given(tables=st.lists(ROWS, min_size=12, max_size=12))
# Nothing is shrunk: each step would be a query of both engines, and the rows that differ are told anyway.
@pytest.mark.spark
@pytest.mark.promise("embedded", "spark")
@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_both_engines_give_the_same_rows(
    request: pytest.FixtureRequest, tmp_path: Path, transform: Transform, tables: list[list[Any]]
) -> None:
    if "spark" not in chosen_engines(request.config):
        pytest.skip("--engines leaves Spark out")
    rows = [(n, at, *row) for n, made in enumerate(tables) for at, row in enumerate(made)]
    columns = [pa.array([row[c] for row in rows], field.type) for c, field in enumerate(SCHEMA)]
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), file, write_statistics=False)
    here, there = (
        answer(request.getfixturevalue(name), str(file), transform) for name in ("engine", "spark_engine")
    )
    assert here[0] == there[0]
    assert sorted(set(here[1]) ^ set(there[1]))[:6] == []
    assert here[1] == there[1]


def answer(engine: Engine, file: str, transform: Transform) -> tuple[str, list[str]]:
    """The columns with their types, and the rows, sorted: NaN equals NaN, and -0.0 is not 0.0."""
    found = transform(engine.read_parquet([file], SCHEMA)).toArrow()
    types = ", ".join(f"{field.name} {name_type(field.type)}" for field in found.schema)
    return types, spell_rows(found, ordered=False)
