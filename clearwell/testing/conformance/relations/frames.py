"""Operations of frames without SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.testing.conformance.case import ask, grouped
from clearwell.testing.conformance.notation import table

if TYPE_CHECKING:
    from clearwell.testing.conformance.trial import Trial

__all__ = ["CASES"]

_SALES = table("k string, q string, v int", ("x", "q1", 1), ("x", "q2", 2), ("y", "q1", 3))
_PIVOTED = table("k string, q1 bigint, q2 bigint", ("x", 1, 2), ("y", 3, None))
_WIDE = table("id int, a int, b int", (1, 10, None))
_LONG = table("id int, n string, v int", (1, "a", 10), (1, "b", None))


def _sampled(trial: Trial) -> Any:
    frame = trial.session.range(1000)
    once, again = (sorted(row.id for row in frame.sample(fraction=0.1, seed=3).collect()) for _ in range(2))
    return table("same boolean, some boolean", (once == again, 20 < len(once) < 300))


def _divided(trial: Trial) -> Any:
    left, right = (
        {row.id for row in part.collect()}
        for part in trial.session.range(1000).randomSplit([0.7, 0.3], seed=5)
    )
    return table("both bigint, all bigint", (len(left & right), len(left | right)))


def _observed(trial: Trial) -> Any:
    from pyspark.sql import Observation
    from pyspark.sql import functions as F

    seen = Observation("seen")
    trial.frame(_SALES).observe(seen, F.count(F.lit(1)).alias("n")).collect()
    return table("n bigint", (seen.get["n"],))


def _deep(trial: Trial) -> Any:
    from pyspark.sql import functions as F

    frame = trial.frame(_SALES)
    for n in range(100):
        frame = frame.withColumn(f"c{n}", F.col("v") + n)
    return frame.agg(F.sum("c99").alias("s")).withColumn("s", F.col("s") - 6)


CASES = grouped(
    "frames",
    ask(
        "pivot",
        "groupBy().pivot() with its values",
        lambda t: t.frame(_SALES).groupBy("k").pivot("q", ["q1", "q2"]).sum("v"),
        _PIVOTED,
    ),
    ask(
        "pivot_found",
        "pivot() finds the values itself",
        lambda t: t.frame(_SALES).groupBy("k").pivot("q").sum("v"),
        _PIVOTED,
    ),
    ask("unpivot", "unpivot keeps NULL", lambda t: t.frame(_WIDE).unpivot("id", ["a", "b"], "n", "v"), _LONG),
    ask(
        "transpose",
        "transpose swaps rows and columns",
        lambda t: t.frame(_WIDE).transpose("id"),
        table("key string, 1 int", ("a", 10), ("b", None)),
    ),
    ask(
        "duplicates",
        "dropDuplicates keeps one row of each, by some columns or all",
        lambda t: t.frame(_SALES).select("k").dropDuplicates(),
        table("k string", ("x",), ("y",)),
    ),
    ask(
        "fill",
        "na.fill, na.drop and na.replace",
        lambda t: t.frame(_WIDE).na.fill({"b": 7}).na.replace({10: 11}, subset=["a"]).na.drop(),
        table("id int, a int, b int", (1, 11, 7)),
    ),
    ask(
        "describe",
        "summary returns count, mean, minimum and maximum",
        lambda t: t.frame(_SALES).summary("count", "min", "max").select("summary", "v"),
        table("summary string, v string", ("count", "3"), ("min", "1"), ("max", "3")),
    ),
    ask(
        "case_of_names",
        "column names are case-insensitive",
        lambda t: t.frame(_SALES).select("K").where("V = 3").select("k"),
        table("k string", ("y",)),
    ),
    ask(
        "odd_names",
        "names with a dot or a space are quoted",
        lambda t: (
            t.frame(table("a.b int, c int", (1, 2)))
            .selectExpr("`a.b` x", "c `c d`")
            .selectExpr("x", "`c d` y")
        ),
        table("x int, y int", (1, 2)),
    ),
    ask(
        "renamed",
        "withColumnsRenamed, drop, toDF and withColumns",
        lambda t: t.frame(_WIDE).withColumnsRenamed({"a": "x"}).drop("b", "none").toDF("p", "q"),
        table("p int, q int", (1, 10)),
    ),
    ask(
        "sorted_limit",
        "limit after orderBy, and offset",
        lambda t: t.frame(_SALES).orderBy("v").offset(1).limit(1),
        table("k string, q string, v int", ("x", "q2", 2)),
    ),
    ask(
        "sample",
        "sample with one seed gives the same rows twice",
        _sampled,
        table("same boolean, some boolean", (True, True)),
    ),
    ask(
        "split",
        "randomSplit splits without loss or overlap",
        _divided,
        table("both bigint, all bigint", (0, 1000)),
    ),
    ask(
        "approx_quantile",
        "approxQuantile",
        lambda t: table("q double", *[(q,) for q in t.frame(_SALES).approxQuantile("v", [0.5], 0.0)]),
        table("q double", (2.0,)),
    ),
    ask("observe", "observe counts beside a query", _observed, table("n bigint", (3,))),
    ask("deep_plan", "a hundred columns added one by one", _deep, table("s bigint", (297,))),
    ask(
        "cached",
        "a frame may be cached",
        lambda t: t.frame(_SALES).select("k").cache().distinct(),
        table("k string", ("x",), ("y",)),
    ),
    ask(
        "repartitioned",
        "repartition and coalesce keep the rows",
        lambda t: t.frame(_SALES).repartition(3, "k").coalesce(1),
        _SALES,
    ),
    ask(
        "seeded_rand",
        "rand(seed) of one partition is Spark's",
        lambda t: t.session.range(0, 1, 1, 1).selectExpr("rand(42) r"),
        table("r double", (0.619189370225301,)),
    ),
)
