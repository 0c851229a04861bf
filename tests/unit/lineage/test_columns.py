"""What each way to make a frame does to its columns' lineage, on the engine: a contract with PySpark.

Exact, edge by edge. These cases are what a new version of PySpark has to pass: its plans are private.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd  # noqa: TC002 - PySpark reads the hints of a pandas function
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import Window
from pyspark.sql import functions as F

from clearwell.lineage import expressions, plan, relations
from clearwell.lineage.columns import plan_lineage
from clearwell.lineage.origins import plan_of
from tests.unit.lineage.told import lines, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

    from tests.unit.lineage.conftest import Desk

ALL = """
    a = t.a
    b = t.b
    n = t.n
    arr = t.arr
    s = t.s
"""
ANY = "t.a t.b t.n t.arr t.s"


def same(frames: Iterator[Any]) -> Iterator[Any]:
    """What mapInPandas and mapInArrow are given."""
    yield from frames


def self_join(d: Desk) -> DataFrame:
    left = d.t.select("a", (F.col("a") + 1).alias("q"))
    right = d.t.select("a", (F.col("n") + 1).alias("q"))
    return left.join(right, left["a"] == right["a"]).select(
        left["a"], left["q"].alias("left"), right["q"].alias("right")
    )


def plus_one(values: pd.Series) -> pd.Series:
    return values + 1


EXACT: dict[str, tuple[Callable[[Desk], DataFrame], str]] = {
    "select": (
        lambda d: d.t.select(
            "a", F.upper("b").alias("B"), F.lit(1).alias("one"), F.concat("b", "a").alias("c")
        ),
        """
        a = t.a
        B ~ t.b
        one .
        c ~ t.a t.b
        """,
    ),
    "an expression without a name, and a use of the name that the engine gives it": (
        lambda d: d.t.select(F.col("a") + F.col("n"), "b").select(F.col("`(a + n)`").alias("q")),
        "q ~ t.a t.n",
    ),
    "a star": (lambda d: d.t.select("*", F.col("a").alias("again")), f"{ALL}\nagain = t.a"),
    "the star of an alias": (
        lambda d: d.t.alias("l").join(d.u.alias("r"), F.col("l.a") == F.col("r.a")).select("r.*", "l.b"),
        """
        a = u.a
        z = u.z
        b = t.b
        rows JOIN t.a u.a
        """,
    ),
    "the star of a struct": (lambda d: d.t.select("b", "s.*"), "b = t.b\nx, y ~ t.s"),
    "a field of a struct": (lambda d: d.t.select("s.x", F.col("s")["y"].alias("q")), "x, q ~ t.s"),
    "a name with a dot in it": (
        lambda d: d.t.withColumnRenamed("a", "a.b").select(F.col("`a.b`").alias("q")),
        "q = t.a",
    ),
    "columns by a pattern": (lambda d: d.t.select(d.t.colRegex("`a.*`")), "a = t.a\narr = t.arr"),
    "a self-join, told apart by the frame": (
        self_join,
        """
        a = t.a
        left ~ t.a
        right ~ t.n
        rows JOIN t.a
        """,
    ),
    "a join by a condition": (
        lambda d: d.t.join(d.u, (d.t.a == d.u.a) & (d.u.z > d.t.b), "left").select(
            d.t.a, d.u.a.alias("o"), "z"
        ),
        """
        a = t.a
        o = u.a
        z = u.z
        rows JOIN t.a u.a u.z t.b
        """,
    ),
    "a join by names": (
        lambda d: d.t.select("a", "b").join(d.u, "a"),
        "a = t.a\nb = t.b\nz = u.z\nrows JOIN t.a u.a",
    ),
    "a right join by names takes the key from the right": (
        lambda d: d.t.select("a", "b").join(d.u, ["a"], "right"),
        "a = u.a\nb = t.b\nz = u.z\nrows JOIN t.a u.a",
    ),
    "a full join by names takes the key from both": (
        lambda d: d.t.select("a", "b").join(d.u, ["a"], "full"),
        "a ~ t.a u.a\nb = t.b\nz = u.z\nrows JOIN t.a u.a",
    ),
    "a semi join only decides about rows": (
        lambda d: d.t.select("a").join(d.u, ["a"], "left_semi"),
        "a = t.a\nrows JOIN t.a u.a",
    ),
    "a cross join": (lambda d: d.t.select("b").crossJoin(d.u.select("z")), "b = t.b\nz = u.z"),
    "where": (lambda d: d.t.where(F.col("n") > 1).select("a"), "a = t.a\nrows FILTER t.n"),
    "where, as text": (
        lambda d: d.t.where("n > 1 and b is not null").select("a"),
        "a = t.a\nrows FILTER t.n t.b",
    ),
    "where by a column that was left out before": (
        lambda d: d.t.select("a").where(d.t["b"] == "x").orderBy("n"),
        "a = t.a\nrows FILTER t.b\nrows SORT t.n",
    ),
    "groupBy": (
        lambda d: d.t.groupBy("b", (F.col("a") % 2).alias("odd")).agg(
            F.sum("n"), F.count("*").alias("rows"), F.max(F.col("a") + 1).alias("m"), F.lit(1).alias("one")
        ),
        """
        b = t.b
        odd ~ t.a
        sum(n) + t.n
        rows .
        m + t.a
        one .
        rows GROUP_BY t.b t.a
        """,
    ),
    "a key that is grouped by is not aggregated": (
        lambda d: d.t.groupBy("b").agg(F.upper("b").alias("upper")).select("upper"),
        "upper ~ t.b\nrows GROUP_BY t.b",
    ),
    "rollup": (
        lambda d: d.t.rollup("b").agg(F.avg("n").alias("m")),
        "b = t.b\nm + t.n\nrows GROUP_BY t.b",
    ),
    "pivot": (
        lambda d: d.t.groupBy("b").pivot("a", [1, 2]).agg(F.sum("n").alias("s"), F.max("arr").alias("m")),
        """
        b = t.b
        1_s, 2_s + t.n
        1_m, 2_m + t.arr
        rows GROUP_BY t.a t.b
        """,
    ),
    "window": (
        lambda d: d.t.select(
            "a",
            F.sum("n").over(Window.partitionBy("b").orderBy("a")).alias("total"),
            F.lag("n").over(Window.partitionBy("b").orderBy("a")).alias("before"),
            F.row_number().over(Window.orderBy("a")).alias("rank"),
        ),
        """
        a = t.a
        total + t.n
        before ~ t.n
        rank ~ t.a
        rows WINDOW t.a t.b
        """,
    ),
    "when": (
        lambda d: d.t.select(
            F.when(F.col("a") > 1, F.col("n")).when(F.col("b") == "x", 0.0).otherwise(None).alias("chosen"),
            F.when(F.col("n") > 1, "much").otherwise("little").alias("word"),
        ),
        """
        chosen ~ t.n
        word ~ t.n
        rows CONDITIONAL t.a t.b t.n
        """,
    ),
    "cast": (
        lambda d: d.t.select(F.col("a").cast("string").alias("a"), F.col("n").try_cast("int").alias("n")),
        "a ~ t.a\nn ~ t.n",
    ),
    "lambdas": (
        lambda d: d.t.select(F.transform("arr", lambda x: x + F.col("a")).alias("q")),
        "q ~ t.a t.arr",
    ),
    "a generator": (
        lambda d: d.t.select("a", F.posexplode("arr"), "b"),
        "a = t.a\npos, col ~ t.arr\nb = t.b",
    ),
    "a generator with names": (
        lambda d: d.t.select(F.explode(F.create_map("b", "a")).alias("k", "v")),
        "k, v ~ t.a t.b",
    ),
    "all columns in one": (
        lambda d: d.t.select(
            F.to_json(F.struct("*")).alias("j"), F.count("*").over(Window.partitionBy("b")).alias("c")
        ),
        f"j ~ {ANY}\nc ~ t.b\nrows WINDOW t.b",
    ),
    "union by position": (
        lambda d: d.t.select("a", "n").union(d.w.select("a", "n")),
        "a = t.a w.a\nn = t.n w.n",
    ),
    "union by name": (
        lambda d: d.t.select("a", "n", "b").unionByName(d.w, allowMissingColumns=True),
        "a = t.a w.a\nn = t.n w.n\nb = t.b\nmore = w.more",
    ),
    "intersect and except": (
        lambda d: d.t.select("a").intersect(d.u.select("a")).exceptAll(d.w.select("a")),
        "a = t.a\nrows FILTER u.a w.a",
    ),
    "unpivot": (
        lambda d: d.t.select("b", "a", F.col("n").cast("int").alias("n")).unpivot(
            "b", ["a", "n"], "what", "value"
        ),
        "b = t.b\nwhat .\nvalue ~ t.a t.n",
    ),
    "rename, drop, toDF": (
        lambda d: d.t.withColumnRenamed("a", "A1").drop("arr", d.t["s"]).toDF("p", "q", "r"),
        "p = t.a\nq = t.b\nr = t.n",
    ),
    "withColumn replaces and adds": (
        lambda d: d.t.select("a", "b").withColumns({"A": F.col("a") + 1, "c": F.length("b")}),
        "A ~ t.a\nb = t.b\nc ~ t.b",
    ),
    "fill, replace, drop nulls": (
        lambda d: d.t.select("a", "b", "n").fillna(0, ["n"]).replace("x", "y", ["b"]).dropna(subset=["a"]),
        "a = t.a\nb ~ t.b\nn ~ t.n\nrows FILTER t.a",
    ),
    "duplicates and order": (
        lambda d: d.t.select("a", "b").dropDuplicates(["b"]).orderBy(F.desc("a")).limit(3),
        "a = t.a\nb = t.b\nrows GROUP_BY t.b\nrows SORT t.a",
    ),
    "to another schema": (
        lambda d: d.t.select("a", "b").to(d.t.select("b", "a").schema),
        "b ~ t.b\na ~ t.a",
    ),
    "a function in Python": (
        lambda d: d.t.select(F.udf(lambda a, b: f"{a}{b}", "string")("a", F.upper("b")).alias("q"), "n"),
        "q ~ t.a t.b\nn = t.n",
    ),
    "a function of pandas": (
        lambda d: d.t.select(F.pandas_udf(plus_one, "double")("n").alias("q"), "a"),
        "q ~ t.n\na = t.a",
    ),
    "a scalar sub-query": (
        lambda d: d.t.select("a", d.u.where("z > 'a'").select(F.max("z")).scalar().alias("top")),
        "a = t.a\ntop + u.z\nrows FILTER u.z",
    ),
    "a correlated sub-query": (
        lambda d: (
            d.t.alias("o")
            .where(d.u.alias("i").where(F.col("i.a") == F.col("o.a").outer()).exists())
            .select("b")
        ),
        "b = t.b\nrows FILTER t.a u.a\nrows FILTER u.z ?",
    ),
    "a sub-query of IN": (
        lambda d: d.t.where(F.col("a").isin(d.u.select("a"))).select("b"),
        "b = t.b\nrows FILTER t.a u.a",
    ),
    "cache and persist": (
        lambda d: d.t.select("a").cache().persist().where("a > 1"),
        "a = t.a\nrows FILTER t.a",
    ),
    "sample, repartition, hint": (
        lambda d: d.t.select("a").sample(0.5, 1).repartition(2, "a").hint("broadcast").coalesce(1),
        "a = t.a",
    ),
    "a range and the time": (
        lambda d: d.session.range(3).select("id", F.current_timestamp().alias("now")),
        "id .\nnow .",
    ),
    "no rows at all": (
        lambda d: d.t.select("a").unionByName(d.session.createDataFrame([], "a int")),
        "a = t.a",
    ),
}
BLURRED: dict[str, tuple[Callable[[Desk], DataFrame], str]] = {
    "mapInPandas": (
        lambda d: d.t.select("a", "b").mapInPandas(same, "p int, q string"),
        "p, q ~ t.a t.b ?",
    ),
    "mapInArrow": (lambda d: d.t.select("a", "b").mapInArrow(same, "p int, q string"), "p, q ~ t.a t.b ?"),
    "applyInPandas": (
        lambda d: d.t.select("a", "b").groupBy("b").applyInPandas(lambda rows: rows, "p int, q string"),
        "p, q ~ t.a t.b ?",
    ),
    "cogroup": (
        lambda d: (
            d.t.select("a", "b")
            .groupBy("a")
            .cogroup(d.u.groupBy("a"))
            .applyInPandas(lambda left, right: left, "p int, q string")
        ),
        "p, q ~ t.a t.b u.a u.z ?",
    ),
    "what is known of a blurred frame goes on": (
        lambda d: d.t.select("a").mapInPandas(same, "p int").join(d.u, F.col("p") == d.u.a).select("p", "z"),
        "p ~ t.a ?\nz = u.z\nrows JOIN t.a ?\nrows JOIN u.a",
    ),
    "two generators": (
        lambda d: d.t.select("a", F.posexplode("arr"), "s.*").drop("pos", "x", "y"),
        "a = t.a\ncol ~ t.arr t.s ?",
    ),
    "statistics": (lambda d: d.t.select("a", "n").describe(), "summary, a, n ~ t.a t.n ?"),
}
HIDDEN: dict[str, tuple[Callable[[Desk], DataFrame], str]] = {
    "rows that were collected": (
        lambda d: d.session.createDataFrame(d.t.select("a").collect(), "a int").join(d.u, "a"),
        "a !\nz = u.z\nrows JOIN u.a",
    ),
    "a known value or one from elsewhere": (
        lambda d: d.t.select("a").union(d.session.createDataFrame([(7,)], "a int")),
        "a = t.a\na !",
    ),
    "a function of no column": (
        lambda d: d.t.select("a", F.udf(lambda: 1, "int")().alias("q")),
        "a = t.a\nq !",
    ),
    "a generator in Python that reads what it likes": (
        lambda d: d.session.range(1).mapInPandas(same, "p int"),
        "p !",
    ),
}
REFUSED: dict[str, tuple[Callable[[Desk], DataFrame], str, list[str], str]] = {
    "the star of a frame": (
        lambda d: d.t.join(d.u, d.t.a == d.u.a).select(d.u["*"], d.t["b"]),
        "wildcard with plan ID",
        ["a", "z", "b"],
        "a = u.a\nz = u.z\nb = t.b\nrows JOIN t.a u.a",
    ),
    "grouping sets": (
        lambda d: d.t.groupingSets([["b"], ["a"]], "b", "a").agg(F.sum("n").alias("s")),
        "grouping sets with grouping expressions",
        ["b", "a", "s"],
        "b = t.b\na = t.a\ns + t.n\nrows GROUP_BY t.a t.b",
    ),
}
"""What Sail does not take yet, by its own words; Spark does, so the plan is read all the same."""


@pytest.mark.parametrize("case", [*EXACT, *BLURRED, *HIDDEN])
def test_each_column_says_where_it_comes_from(desk: Desk, case: str) -> None:
    make, expected = {**EXACT, **BLURRED, **HIDDEN}[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PySpark's, of pandas functions without type hints
        found = desk.told(make(desk))
    assert found == lines(expected)


@pytest.mark.parametrize("case", REFUSED)
def test_a_plan_that_this_engine_refuses_is_read_for_those_that_take_it(desk: Desk, case: str) -> None:
    make, refusal, names, expected = REFUSED[case]
    frame = make(desk)
    with pytest.raises(PySparkException, match=refusal):
        frame.schema  # noqa: B018 - asks the engine; when it takes it, the case belongs to the others
    found = plan_lineage(plan_of(frame), desk.origins, _no_engine, names)
    assert (told(found.edges), found.reasons) == (lines(expected), ())


def test_where_our_columns_are_not_the_engines_all_are_blurred(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(relations.RELATIONS, "drop", lambda _, __, ___, inputs: inputs[0][:1])
    found = desk.lineage(desk.t.select("a", "b", "n").drop("n"))
    assert told(found.edges) == lines("a, b ~ t.a t.b t.n t.arr t.s ?")
    assert found.reasons == ("the plan's columns differ from the engine's",)


def test_a_relation_that_a_later_pyspark_brings_is_blurred(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(relations.RELATIONS, "with_columns")
    found = desk.lineage(desk.t.select("a", "b").withColumn("c", F.lit(1)))
    assert told(found.edges) == lines("a, b, c ~ t.a t.b ?")
    assert found.reasons == ("the plan has a relation of the kind with_columns",)


def test_an_expression_that_a_later_pyspark_brings_is_blurred(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(expressions._KINDS, "cast")
    found = desk.lineage(desk.t.select("a", "b").withColumn("c", F.col("a").cast("string")))
    assert told(found.edges) == lines("a = t.a\nb = t.b\nc ~ t.a t.b ?")
    assert found.reasons == ("the plan has an expression of kind cast",)


def test_a_fault_of_the_walk_is_told_and_leaves_every_column_missing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(plan.PlanWalk, "columns", lambda *_: 1 / 0)
    found = desk.lineage(desk.t.select("a", "b"))
    assert told(found.edges) == lines("a !\nb !")
    assert "made: no column lineage" in caplog.text
    assert "ZeroDivisionError" in found.reasons[0]


def test_a_deep_plan_and_a_deep_expression_are_read(desk: Desk) -> None:
    frame = desk.t.select("a", "b")
    for _ in range(60):
        frame = frame.withColumn("a", F.col("a") + 1)
    condition = F.col("b") == "0"
    for number in range(20):
        condition = condition | (F.col("b") == str(number))
    assert desk.told(frame.where(condition)) == lines("a ~ t.a\nb = t.b\nrows FILTER t.b")


def _no_engine(_: Any) -> list[str]:
    raise AssertionError("the engine was asked")
