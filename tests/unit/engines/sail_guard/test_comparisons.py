"""Values of different types are compared and united in the type in which Spark does it, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

BEYOND = 2**53 + 1

COMPARED: list[tuple[str, str, str, bool]] = [
    ("=", "float(2.9)", "'2.9'", False),
    ("=", "2.9D", "'2.9'", True),
    ("=", "cast(3 as decimal(38,0))", "'2.9'", False),
    ("=", "cast(3 as decimal(38,0))", "cast(2.9 as decimal(9,2))", True),
    ("<", "cast('0.9999' as decimal(38,38))", "cast(1 as bigint)", True),
    ("=", f"cast({BEYOND} as decimal(38,10))", "9007199254740992D", True),
    ("=", f"{BEYOND}L", "9007199254740992D", True),
    ("=", "tinyint(3)", "'300'", False),
    ("=", "true", "'true'", True),
    ("<=>", "cast('0.1' as decimal(38,38))", "0.1D", True),
    ("is not distinct from", "float(2.9)", "'2.9'", False),
    ("is distinct from", "float(2.9)", "'2.9'", True),
]
"""An operator, two values, and what Spark says of them."""

LISTED: list[tuple[str, tuple[Any, ...], bool]] = [
    ("cast(3 as bigint)", (Decimal("2.9"),), False),
    ("cast(3 as bigint)", (Decimal("2.9"), Decimal("3.0")), True),
    ("tinyint(3)", (Decimal(BEYOND),), False),
    ("cast(3 as decimal(9,2))", (Decimal("2.9999999999"),), False),
    ("0.0D", (-0.0, 5.0), True),
    ("cast(0 as decimal(2,1))", (-0.0, 5.0), True),
    ("float(2.9)", ("2.9", "3"), False),
]


@pytest.fixture(scope="module")
def spark(engine: EmbeddedEngine) -> SparkSession:
    return engine.session()


def one_row(spark: SparkSession, **columns: str) -> DataFrame:
    return spark.sql(f"select {', '.join(f'{text} as {name}' for name, text in columns.items())}")


def value(frame: DataFrame) -> Any:
    return frame.toArrow().to_pylist()[0]["r"]


@pytest.mark.parametrize(("operator", "left", "right", "wanted"), COMPARED)
def test_two_values_are_compared_as_spark_compares_them(
    spark: SparkSession, operator: str, left: str, right: str, wanted: bool
) -> None:
    frame = one_row(spark, a=left, b=right)
    assert value(frame.select(F.expr(f"a {operator} b").alias("r"))) is wanted
    if not operator.startswith("is"):
        made = {"=": F.col("a") == F.col("b"), "<": F.col("a") < F.col("b")}
        column = made.get(operator, F.col("a").eqNullSafe(F.col("b")))
        assert value(frame.select(column.alias("r"))) is wanted


@pytest.mark.parametrize(("one", "listed", "wanted"), LISTED)
def test_a_list_has_the_values_that_were_written(
    spark: SparkSession, one: str, listed: tuple[Any, ...], wanted: bool
) -> None:
    assert value(one_row(spark, a=one).select(F.col("a").isin(*listed).alias("r"))) is wanted


def test_a_decimal_literal_keeps_its_digits(spark: SparkSession) -> None:
    """The client says of each that it is a decimal(10,0)."""
    literal = F.lit(Decimal("2.95"))
    frame = one_row(spark, i="cast(3 as bigint)")
    found = frame.select((F.col("i") * literal).alias("p"), F.coalesce("i", literal).alias("c"))
    assert found.toArrow().to_pylist() == [{"p": Decimal("8.85"), "c": Decimal("3.00")}]
    assert found.schema.simpleString() == "struct<p:decimal(31,2),c:decimal(22,2)>"


def test_a_wide_decimal_is_cast_to_the_nearest_double(spark: SparkSession) -> None:
    wide = f"cast({BEYOND} as decimal(38,10))"
    assert value(one_row(spark, r=f"cast({wide} as double)")) == 2.0**53
    assert value(one_row(spark, r="cast(cast('0.1' as decimal(38,38)) as double)")) == 0.1


def test_an_array_finds_zero_whatever_its_sign(spark: SparkSession) -> None:
    assert value(one_row(spark, r="array_contains(array(0.0D), -0.0D)")) is True


def test_a_union_has_the_common_types_of_its_frames(spark: SparkSession) -> None:
    whole, parts = one_row(spark, n="2.9BD", k="1", u="null"), one_row(spark, u="'x'", n="1.5D", k="5L")
    united = whole.unionByName(parts)
    assert united.schema.simpleString() == "struct<n:double,k:bigint,u:string>"
    assert sorted(united.toArrow()["n"].to_pylist()) == [1.5, 2.9]


def test_text_and_whole_numbers_are_joined_by_their_name(spark: SparkSession) -> None:
    assert one_row(spark, r="'3'").join(one_row(spark, r="3"), "r").count() == 1
    assert one_row(spark, r=f"{BEYOND}L").join(one_row(spark, r="9007199254740992D"), "r").count() == 1


def test_a_query_beside_others_knows_its_types(spark: SparkSession) -> None:
    found = spark.sql("with w as (select 1L r), v as (select 2 r) select * from w union all select r from v")
    assert sorted(found.toArrow()["r"].to_pylist()) == [1, 2]


REFUSED: list[tuple[str, Callable[[SparkSession], DataFrame]]] = [
    ("Spark does not compare date with bigint", lambda s: one_row(s, r="date'2024-02-29' = 3L")),
    ("case x when y compares double and", lambda s: one_row(s, r="case 2.9D when 2.9BD then 1 end")),
    ("each limit in a type of its own", lambda s: one_row(s, r=f"{BEYOND}L between 3L and 2.9D")),
    ("column 1 of a union, int and", lambda s: s.sql("select 3 r union all select 2.9BD")),
    ("column 1 of a union, double and", lambda s: s.sql("select 3D r union all select 2.9BD")),
    (
        "the types of the columns of a natural",
        lambda s: s.sql("select * from range(1) natural join range(2)"),
    ),
    (
        "a join by r compares bigint and float",
        lambda s: s.sql("with w as (select 1L r), v as (select float(1) r) select r from w join v using (r)"),
    ),
    (
        "a join by r compares string and float",
        lambda s: one_row(s, r="'3'").join(one_row(s, r="float(3)"), "r"),
    ),
    (
        "in with a frame compares float and string",
        lambda s: one_row(s, r="float(3)").filter(F.col("r").isin(one_row(s, q="'3'"))),
    ),
    (
        "in \\(select ...\\) compares float and string",
        lambda s: s.sql(
            "with w as (select float(1) r), v as (select '1' d) select r from w where r in (select d from v)"
        ),
    ),
]


@pytest.mark.parametrize(("words", "make"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_cannot_be_made_equal_is_refused(
    engine: EmbeddedEngine, spark: SparkSession, words: str, make: Callable[[SparkSession], DataFrame]
) -> None:
    with pytest.raises(EngineError, match=words), engine.work("the test"):
        make(spark).toArrow()
