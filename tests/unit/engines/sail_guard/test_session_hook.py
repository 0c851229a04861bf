"""What Sail would compute otherwise than Spark is made equal, or refused: in columns and in SQL alike."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Window
from pyspark.sql import functions as F

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.regex import in_rust
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame, SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

Numbers = tuple[str, list[tuple[int, int]]]
SIZES = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


@pytest.fixture(scope="module")
def spark(engine: EmbeddedEngine) -> SparkSession:
    return engine.session()


def outcome(engine: EmbeddedEngine, make: Callable[[], DataFrame]) -> list[dict[str, Any]] | str:
    """The rows, or the error's text."""
    try:
        with engine.work("the test"):
            return make().toArrow().to_pylist()
    except EngineError as error:
        return str(error)


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    kind = draw(st.sampled_from(sorted(SIZES)))
    most = 2 ** (SIZES[kind] - 1) - 1
    near = st.one_of(
        st.integers(-4, 4),
        st.integers(most - 3, most),
        st.integers(-most - 1, -most + 2),
        st.integers(-most, most),
    )
    return kind, draw(st.lists(st.tuples(near, near), min_size=1, max_size=5))


OPERATIONS: dict[str, tuple[Callable[[Column, Column], Column], Callable[[int, int], int]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
}


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers(), st.sampled_from(sorted(OPERATIONS)), st.booleans())
def test_whole_numbers_are_exact_or_fail(
    engine: EmbeddedEngine,
    spark: SparkSession,
    made: Numbers,
    name: str,
    text: bool,
) -> None:
    kind, rows = made
    frame = spark.createDataFrame(rows, f"a {kind}, b {kind}")
    column, exact = OPERATIONS[name]
    shown = F.expr(f"a {name} b") if text else column(F.col("a"), F.col("b"))
    found = outcome(engine, lambda: frame.select(shown.alias("r")))
    wanted = [exact(a, b) for a, b in rows]
    most = 2 ** (SIZES[kind] - 1)
    if all(-most <= value < most for value in wanted):
        assert found == [{"r": value} for value in wanted]
    else:
        assert isinstance(found, str)
        assert "cast" in found.lower()


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers(), st.booleans())
def test_a_sum_is_exact_or_fails(
    engine: EmbeddedEngine, spark: SparkSession, made: Numbers, text: bool
) -> None:
    kind, rows = made
    frame = spark.createDataFrame(rows, f"a {kind}, b {kind}")
    found = outcome(engine, lambda: frame.agg((F.expr("sum(a)") if text else F.sum("a")).alias("r")))
    wanted = sum(a for a, _ in rows)
    if -(2**63) <= wanted < 2**63:
        assert found == [{"r": wanted}]
    else:
        assert isinstance(found, str)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**9)), min_size=1, max_size=5))
def test_a_quotient_of_decimals_is_rounded_as_on_spark(
    engine: EmbeddedEngine, spark: SparkSession, rows: list[tuple[int, int]]
) -> None:
    pairs = [(Decimal(a).scaleb(-2), Decimal(b).scaleb(-2)) for a, b in rows]
    frame = spark.createDataFrame(pairs, "a decimal(10,2), b decimal(10,2)")
    with engine.work("the test"):
        found = [row["r"] for row in frame.select((F.col("a") / F.col("b")).alias("r")).toArrow().to_pylist()]
    step = Decimal(1).scaleb(-13)
    with localcontext() as context:
        context.prec = 60
        assert found == [(a / b).quantize(step, ROUND_HALF_UP) for a, b in pairs]


def _numbers(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [(1, 2**63 - 1, Decimal("2.00"), 1e10, [1, None], dt.datetime(1969, 12, 31, 23, 59, 59, 500_000))],
        "k int, l bigint, d decimal(10,2), x double, a array<int>, t timestamp",
    )


EQUAL: list[tuple[Callable[[], Column], str, Any]] = [
    (lambda: F.when(F.col("k") == 2, 1).otherwise(F.col("d")), "if(k = 2, 1, d)", Decimal("2.00")),
    (lambda: F.col("k").isin(1.5, 1), "k in (1.5D, 1)", True),
    (lambda: F.col("x").cast("string"), "cast(x as string)", "1.0E10"),
    (lambda: F.concat(F.lit("a"), "x"), "concat('a', x)", "a1.0E10"),
    (lambda: F.array_contains("a", 3), "array_contains(a, 3)", None),
    (lambda: F.unix_seconds("t"), "unix_seconds(t)", -1),
    (lambda: F.initcap(F.lit("a b-c")), "initcap('a b-c')", "A B-c"),
    (lambda: F.rint(F.lit(2.5)), "rint(2.5D)", 2.0),
    (lambda: F.col("d") / F.lit(3), "d / 3", Decimal("0.666667")),
    (lambda: F.transform("a", lambda v: v + 1), "transform(a, v -> v + 1)", [2, None]),
    (lambda: F.regexp_replace(F.lit("a\n"), "a$", "b"), "regexp_replace('a\\n', 'a$', 'b')", "b\n"),
]


@pytest.mark.parametrize(("column", "text", "wanted"), EQUAL, ids=[text for _, text, _ in EQUAL])
def test_what_differs_is_made_equal(
    spark: SparkSession, column: Callable[[], Column], text: str, wanted: Any
) -> None:
    frame = _numbers(spark)
    for select in (column(), F.expr(text)):
        assert frame.select(select.alias("r")).toArrow().to_pylist() == [{"r": wanted}]
    frame.createOrReplaceTempView("guarded_numbers")
    assert spark.sql(f"SELECT {text} r FROM guarded_numbers").toArrow().to_pylist() == [{"r": wanted}]


def test_a_column_keeps_the_name_that_it_would_have_had(spark: SparkSession) -> None:
    frame = _numbers(spark)
    assert frame.select(F.col("k") + 1).columns == ["(k + 1)"]
    assert frame.groupBy(F.col("k") + 1).agg(F.sum("k")).columns == ["(k + 1)", "sum(k)"]
    assert frame.select(F.col("k") + 1).toArrow().column_names == ["(k + 1)"]


def test_minus_zero_is_zero_to_a_window(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.0, 1), (-0.0, 2)], "x double, y int")
    ranked = frame.select(F.row_number().over(Window.partitionBy("x").orderBy("y")).alias("n"))
    assert sorted(row["n"] for row in ranked.toArrow().to_pylist()) == [1, 2]


REFUSED: list[tuple[Guard, Callable[[SparkSession, DataFrame], DataFrame]]] = [
    (Guard.REFUSED_FUNCTIONS, lambda _, f: f.agg(F.max(F.struct("k", "l")))),
    (Guard.REFUSED_FUNCTIONS, lambda _, f: f.agg(F.percentile_approx("k", 0.5))),
    (Guard.REFUSED_FUNCTIONS, lambda _, f: f.select(F.xxhash64(F.col("d").cast("decimal(20,2)")))),
    (Guard.REFUSED_FUNCTIONS, lambda _, f: f.select(F.regexp_like(F.lit("aa"), F.lit("a++a")))),
    (Guard.CHECKED_DECIMALS, lambda _, f: f.select(F.col("d").cast("decimal(38,2)") * F.col("d"))),
    (Guard.OWN_READERS, lambda s, _: s.read.csv("/nowhere.csv")),
    (Guard.OWN_READERS, lambda s, _: s.read.schema("a int").parquet("/nowhere/*.parquet")),
    (Guard.OWN_READERS, lambda s, _: s.sql("select * from delta.`/nowhere`")),
]


@pytest.mark.parametrize(("guard", "make"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_made_equal_is_refused_by_name(
    engine: EmbeddedEngine, spark: SparkSession, guard: Guard, make: Callable[..., DataFrame]
) -> None:
    with pytest.raises(EngineError, match=rf"\[{guard}\]") as caught, engine.work("the test"):
        make(spark, _numbers(spark)).schema  # noqa: B018 - before a row is computed
    assert "--engine spark" in str(caught.value)


def test_a_refusal_says_where_in_the_code(engine: EmbeddedEngine, spark: SparkSession) -> None:
    frame = _numbers(spark).agg(F.percentile_approx(F.col("k") + 0, 0.5))
    with pytest.raises(EngineError) as caught, engine.work("the test"):
        frame.collect()
    assert "test_session_hook.py:" in (caught.value.place or "")


def test_what_is_wrong_in_itself_is_said_by_the_engine(engine: EmbeddedEngine, spark: SparkSession) -> None:
    with pytest.raises(EngineError, match="nosuch"), engine.work("the test"):
        _numbers(spark).select(F.col("nosuch") + 1).collect()


def test_a_view_keeps_its_columns_names(spark: SparkSession) -> None:
    _numbers(spark).createOrReplaceTempView("guarded_numbers")
    spark.sql("CREATE OR REPLACE TEMP VIEW guarded_sums AS SELECT k + 1, k + 2 AS two FROM guarded_numbers")
    assert spark.table("guarded_sums").toArrow().to_pylist() == [{"(k + 1)": 2, "two": 3}]


@pytest.mark.parametrize(
    ("java", "rust"),
    [
        (r"^\d+$", r"^[0-9]+(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z"),
        (r"a.b", r"a[^\n\r\x{85}\x{2028}\x{2029}]b"),
        (r"[\s,]", r"[ \t\n\x0B\f\r,]"),
        (r"\$\.", r"\$\."),
        (r"(?:a|b)+", r"(?:a|b)+"),
    ],
)
def test_a_pattern_of_java_is_said_in_rusts_words(java: str, rust: str) -> None:
    assert in_rust(java) == rust


@pytest.mark.parametrize("java", ["a++a", "a$b", r"\p{Alpha}", r"\R", "(?m)^a"])
def test_a_pattern_that_cannot_be_said_is_refused(java: str) -> None:
    with pytest.raises(Refused):
        in_rust(java)


def test_every_guard_says_what_it_does() -> None:
    assert all(guard.sentence.endswith(".") for guard in Guard)
