"""Overflows and divisions by zero: an error, never another number."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from clearwell.testing.conformance.case import grouped, refused
from clearwell.testing.conformance.notation import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.testing.conformance.case import Case

__all__ = ["CASES"]

_INT, _LONG = 2**31 - 1, 2**63 - 1
_NINES = "9" * 38


def _of(
    kind: str,
    name: str,
    says: str,
    expression: str,
    build: Callable[[Any, Any], Any],
    *,
    bad: Any,
    good: Any,
    gives: Any,
    to: str = "",
) -> Case:
    """``expression`` of ``x``, of type ``kind``: an error with ``bad`` among the rows, else it ``gives``."""
    return refused(
        name,
        says,
        f"select {expression} y from t",  # noqa: S608, the expression is written here
        bad=table(f"x {kind}", (good,), (bad,)),
        good=table(f"x {kind}", (good,)),
        gives=table(f"y {to or kind}", (gives,)),
        columns=lambda t, F: t.select(build(t["x"], F).alias("y")),
    )


def _integers(kind: str, name: str, most: int) -> tuple[Case, ...]:
    """What every integer type refuses; ``most`` is its maximum."""
    root = 1 << (most.bit_length() + 1) // 2
    return (
        _of(
            kind,
            f"{name}_add",
            f"{kind} + {kind} past the largest is an error",
            "x + x",
            lambda x, _: x + x,
            bad=most,
            good=1,
            gives=2,
        ),
        _of(
            kind,
            f"{name}_multiply",
            f"{kind} * {kind} past the largest is an error",
            "x * x",
            lambda x, _: x * x,
            bad=root,
            good=3,
            gives=9,
        ),
        _of(
            kind,
            f"{name}_negate",
            f"the least {kind} has no negative",
            "-x",
            lambda x, _: -x,
            bad=-most - 1,
            good=5,
            gives=-5,
        ),
        _of(
            kind,
            f"{name}_abs",
            f"the least {kind} has no absolute value",
            "abs(x)",
            lambda x, F: F.abs(x),
            bad=-most - 1,
            good=-5,
            gives=5,
        ),
    )


CASES = grouped(
    "overflow",
    *_integers("tinyint", "tiny", 127),
    *_integers("smallint", "small", 32767),
    *_integers("int", "int", _INT),
    *_integers("bigint", "long", _LONG),
    _of(
        "int",
        "int_subtract",
        "int - int past the least is an error",
        "x - 2",
        lambda x, _: x - 2,
        bad=-_INT,
        good=1,
        gives=-1,
    ),
    _of(
        "bigint",
        "long_subtract",
        "bigint - bigint past the least is an error",
        "x - 2",
        lambda x, _: x - 2,
        bad=-_LONG,
        good=1,
        gives=-1,
    ),
    _of(
        "bigint",
        "long_and_int",
        "bigint + int past the largest is an error",
        "x + 1",
        lambda x, _: x + 1,
        bad=_LONG,
        good=1,
        gives=2,
    ),
    _of(
        "bigint",
        "long_division",
        "the least bigint div -1 is an error",
        "x div -1",
        lambda x, F: F.call_function("div", x, F.lit(-1)),
        bad=-_LONG - 1,
        good=7,
        gives=-7,
    ),
    refused(
        "long_sum",
        "a sum past the largest bigint is an error",
        "select sum(x) y from t",
        bad=table("x bigint", (_LONG,), (1,)),
        good=table("x bigint", (_LONG - 1,), (1,)),
        gives=table("y bigint", (_LONG,)),
        columns=lambda t, F: t.agg(F.sum("x").alias("y")),
    ),
    refused(
        "sums_of_groups",
        "a sum of a group past the largest bigint is an error",
        "select k, sum(x) y from t group by k",
        bad=table("k int, x bigint", (1, -_LONG), (1, -2), (2, 5)),
        good=table("k int, x bigint", (1, -_LONG), (1, -1), (2, 5)),
        gives=table("k int, y bigint", (1, -_LONG - 1), (2, 5)),
        columns=lambda t, F: t.groupBy("k").agg(F.sum("x").alias("y")),
    ),
    refused(
        "running_sum",
        "a running sum past the largest bigint is an error",
        "select sum(x) over (order by n) y from t",
        bad=table("n int, x bigint", (1, _LONG), (2, 1)),
        good=table("n int, x bigint", (1, 1), (2, 1)),
        gives=table("y bigint", (1,), (2,)),
        columns=lambda t, F: t.select(F.sum("x").over(_by_n()).alias("y")),
    ),
    refused(
        "array_sum",
        "a sum within a lambda past the largest int is an error",
        "select aggregate(a, 0, (s, x) -> s + x) y from t",
        bad=table("a array<int>", ([_INT, 1],)),
        good=table("a array<int>", ([1, 1],)),
        gives=table("y int", (2,)),
        columns=lambda t, F: t.select(F.aggregate("a", F.lit(0), lambda s, x: s + x).alias("y")),
    ),
    refused(
        "nothing_is_lost_in_a_filter",
        "an overflow in a filter is an error, not a missing row",
        "select x from t where x + 1 > 0",
        bad=table("x int", (_INT,), (1,)),
        good=table("x int", (1,), (-5,)),
        gives=table("x int", (1,)),
        columns=lambda t, _: t.where(t["x"] + 1 > 0),
    ),
    refused(
        "join_condition",
        "an overflow in a join's condition is an error, not a missing pair",
        "select a.x from t a join t b on a.x + 1 = b.x",
        bad=table("x int", (_INT,), (1,), (2,)),
        good=table("x int", (1,), (2,)),
        gives=table("x int", (1,)),
        columns=lambda t, F: t.alias("a").join(t.alias("b"), F.col("a.x") + 1 == F.col("b.x")).select("a.x"),
    ),
    _of(
        "int",
        "divide_by_zero",
        "division by zero is an error",
        "1 / x",
        lambda x, F: F.lit(1) / x,
        bad=0,
        good=2,
        gives=0.5,
        to="double",
    ),
    _of(
        "double",
        "divide_double_by_zero",
        "division of doubles by zero is an error",
        "1.0D / x",
        lambda x, F: F.lit(1.0) / x,
        bad=0.0,
        good=2.0,
        gives=0.5,
    ),
    _of(
        "decimal(10,2)",
        "divide_decimal_by_zero",
        "division of decimals by zero is an error",
        "cast(x / x as double)",
        lambda x, _: (x / x).cast("double"),
        bad="0",
        good="2",
        gives=1.0,
        to="double",
    ),
    _of(
        "int",
        "div_by_zero",
        "x div 0 is an error",
        "10 div x",
        lambda x, F: F.call_function("div", F.lit(10), x),
        bad=0,
        good=3,
        gives=3,
        to="bigint",
    ),
    _of(
        "int",
        "remainder_of_zero",
        "x % 0 is an error",
        "10 % x",
        lambda x, F: F.lit(10) % x,
        bad=0,
        good=3,
        gives=1,
    ),
    _of(
        "decimal(38,0)",
        "decimal_add",
        "a decimal past 38 digits is an error",
        "x + x",
        lambda x, _: x + x,
        bad=Decimal(_NINES),
        good="1",
        gives="2",
    ),
    _of(
        "decimal(38,0)",
        "decimal_multiply",
        "a product past 38 digits is an error",
        "x * x",
        lambda x, _: x * x,
        bad=Decimal(_NINES),
        good="3",
        gives="9",
    ),
    refused(
        "decimal_sum",
        "a sum of decimals past 38 digits is an error",
        "select sum(d) s from t",
        bad=table("d decimal(38,0)", (_NINES,), ("1",)),
        good=table("d decimal(38,0)", (_NINES[1:],), ("1",)),
        gives=table("s decimal(38,0)", ("1" + "0" * 37,)),
        columns=lambda t, F: t.agg(F.sum("d").alias("s")),
    ),
)


def _by_n() -> Any:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return Window.partitionBy(F.lit(1)).orderBy("n")  # PySpark warns of a window without a partition
