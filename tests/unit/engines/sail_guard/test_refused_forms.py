"""Forms of SQL and of frames that Sail answers differently are refused, and their neighbours are not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

ROWS = [
    (1, 1, dt.date(2024, 1, 1), Decimal("1.10")),
    (2, None, dt.date(2024, 1, 9), None),
    (3, 4, None, None),
]


@pytest.fixture(scope="module")
def spark(engine: EmbeddedEngine) -> SparkSession:
    session = engine.session()
    session.createDataFrame(ROWS, "i bigint, b bigint, d date, m decimal(9,2)").createOrReplaceTempView("x")
    session.createDataFrame([(1,), (None,)], "v bigint").createOrReplaceTempView("y")
    return session


REFUSED = {
    "INTERSECT ALL does not count": [
        "select b from x intersect all select v from y",
        "select i from (select b i from x intersect all select v from y)",
    ],
    "NOT IN with a query": [
        "select i from x where b not in (select v from y) or i = 3",
        "select i from x where not (b in (select v from y) and i < 3)",
        "select i from x where (b in (select v from y)) is null",
        "select i from x where coalesce(b in (select v from y), true)",
    ],
    "the NULL of NOT IN": [
        "select i from x where b in (1, 4) and b not in (1, null)",
        "select i from x where b not in (1, cast(null as bigint))",
    ],
    "a RANGE frame over dates": [
        "select sum(i) over (order by d range between interval 2 days preceding and current row) from x",
        "select sum(i) over (order by d range between 2 preceding and current row) from x",
        "select sum(i) over w from x window w as (order by d range between current row and 2 following)",
    ],
}


@pytest.mark.parametrize(("words", "text"), [(words, text) for words in REFUSED for text in REFUSED[words]])
def test_a_form_that_differs_is_refused_by_name(
    engine: EmbeddedEngine, spark: SparkSession, words: str, text: str
) -> None:
    with pytest.raises(EngineError, match=words), engine.work("the test"):
        spark.sql(text).toArrow()


SAME = [
    ("select i from x where i in (select v from y) or i = 3", [1, 3]),
    ("select i from x where i not in (select v from y where v is not null) and i < 3", [2]),
    ("select i from x where i not in (select v from y)", []),
    ("select i from x where b in (1, null, 4)", [1, 3]),
    ("select i from x where b in (1, 4) and not (b in (1, null))", []),
    ("select b from x intersect select v from y", [1, None]),
    ("select sum(i) over (order by d) i from x where d is not null", [1, 3]),
]


@pytest.mark.parametrize(("text", "wanted"), SAME)
def test_its_neighbours_are_answered(spark: SparkSession, text: str, wanted: list[int | None]) -> None:
    found = spark.sql(text).toArrow().column(0).to_pylist()
    assert sorted(found, key=str) == sorted(wanted, key=str)


FRAMES: list[tuple[str, Callable[[DataFrame, DataFrame], DataFrame]]] = [
    ("INTERSECT ALL", lambda x, y: x.select("b").intersectAll(y)),
    ("NOT IN with a query", lambda x, y: x.where(~F.col("b").isin(y) | (F.col("i") == 3))),
    ("NOT IN with a query", lambda x, y: x.where(~(F.col("b").isin(y) & (F.col("i") == 3)))),
    ("crosstab loses rows", lambda x, _: x.crosstab("i", "b")),
    ("other quartiles", lambda x, _: x.select("i").summary()),
    ("other quartiles", lambda x, _: x.select("i").summary("count", "10%")),
    ("to_json spells decimals", lambda x, _: x.select(F.to_json(F.struct("m")))),
    ("to_json spells decimals", lambda x, _: x.select(F.to_json(F.array(F.struct("m"))))),
]


@pytest.mark.parametrize(("words", "make"), FRAMES)
def test_so_are_frames(
    engine: EmbeddedEngine,
    spark: SparkSession,
    words: str,
    make: Callable[[DataFrame, DataFrame], DataFrame],
) -> None:
    with pytest.raises(EngineError, match=words), engine.work("the test"):
        make(spark.table("x"), spark.table("y")).toArrow()


def test_correlations_of_a_frame_are_refused(engine: EmbeddedEngine, spark: SparkSession) -> None:
    with pytest.raises(EngineError, match=r"stat\.corr"), engine.work("the test"):
        spark.table("x").stat.corr("i", "b")


def test_frames_beside_them_are_answered(spark: SparkSession) -> None:
    x, y = spark.table("x"), spark.table("y")
    assert x.where(F.col("b").isin(y) | (F.col("i") == 3)).count() == 2
    assert x.where(~F.col("b").isin(y)).count() == 0
    assert x.where(F.col("b").isin(1, 4) & ~F.col("b").isin(1, None)).count() == 0
    assert x.select("i").summary("count", "min").count() == 2
    assert x.where("i = 1").select(F.to_json(F.struct("i", "d")).alias("r")).collect() == [
        ('{"i":1,"d":"2024-01-01"}',)
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.groupBy("x").count(),
        lambda t: t.groupBy(F.struct("k", "x").alias("s")).count(),
        lambda t: t.distinct(),
        lambda t: t.dropDuplicates(["k", "x"]),
        lambda t: t.intersect(t),
        lambda t: t.join(t.select("x"), "x"),
        lambda t: t.select(F.count_distinct("x")),
    ],
)
def test_equal_rows_are_not_found_by_floats_within(
    engine: EmbeddedEngine, spark: SparkSession, make: Callable[[DataFrame], DataFrame]
) -> None:
    """-0.0 is 0.0 on Spark at any depth, and on Sail only in plain columns."""
    with engine.work("the test"):
        frame = spark.createDataFrame([(1, [0.0]), (1, [-0.0])], "k int, x array<double>")
        with pytest.raises(EngineError, match=r"-0\.0 is not 0\.0 here"):
            make(frame).toArrow()
        assert frame.dropDuplicates(["k"]).count() == 1
        assert frame.union(frame).groupBy("k").count().count() == 1


@pytest.mark.parametrize("query", ["select count(*) n from t group by x", "select distinct x, k from t"])
def test_nor_in_sql(engine: EmbeddedEngine, spark: SparkSession, query: str) -> None:
    with engine.work("the test"):
        spark.createDataFrame([(1, [0.0])], "k int, x array<double>").createOrReplaceTempView("t")
        with pytest.raises(EngineError, match=r"-0\.0 is not 0\.0 here"):
            spark.sql(query).toArrow()
