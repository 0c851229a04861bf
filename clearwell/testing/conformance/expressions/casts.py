"""Casts that do not fit, invalid dates, assertions: an error, never NULL."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from clearwell.testing.conformance.case import grouped, refused, sql
from clearwell.testing.conformance.notation import moment, table

if TYPE_CHECKING:
    from clearwell.testing.conformance.case import Case

__all__ = ["CASES"]

_INFINITE, _NAN = float("inf"), float("nan")


def _cast(name: str, says: str, kind: str, to: str, *, bad: Any, good: Any, gives: Any) -> Case:
    """A cast of ``kind`` to another type: an error with ``bad`` among the rows, else it ``gives``."""
    return refused(
        name,
        f"{says} is an error",
        f"select cast(x as {to}) y from t",  # noqa: S608, the type is written here
        bad=table(f"x {kind}", (good,), (bad,)),
        good=table(f"x {kind}", (good,)),
        gives=table(f"y {to}", (gives,)),
        columns=lambda t, _: t.select(t["x"].cast(to).alias("y")),
    )


CASES = grouped(
    "casts",
    _cast(
        "decimal_to_narrower",
        "a decimal with too many digits",
        "decimal(10,2)",
        "decimal(5,2)",
        bad="1234.56",
        good="123.45",
        gives="123.45",
    ),
    _cast(
        "decimal_to_int",
        "a decimal past the largest int",
        "decimal(20,2)",
        "int",
        bad="3000000000.00",
        good="7.99",
        gives=7,
    ),
    _cast("long_to_int", "a bigint outside int", "bigint", "int", bad=2**31, good=7, gives=7),
    _cast("int_to_tinyint", "an int outside tinyint", "int", "tinyint", bad=300, good=7, gives=7),
    _cast(
        "int_to_decimal", "an int with too many digits", "int", "decimal(5,2)", bad=1000, good=7, gives="7"
    ),
    _cast("double_to_int", "a double past the largest int", "double", "int", bad=1e20, good=7.9, gives=7),
    _cast("nan_to_int", "NaN as an int", "double", "int", bad=_NAN, good=-7.9, gives=-7),
    _cast(
        "double_to_long", "a double past the largest bigint", "double", "bigint", bad=1e19, good=7.0, gives=7
    ),
    _cast(
        "double_to_decimal",
        "a double with too many digits",
        "double",
        "decimal(5,2)",
        bad=1234.5,
        good=1.005,
        gives="1.01",
    ),
    _cast(
        "infinity_to_decimal",
        "infinity as a decimal",
        "double",
        "decimal(10,2)",
        bad=_INFINITE,
        good=1.5,
        gives="1.5",
    ),
    _cast("text_to_int", "a string that is not a number", "string", "int", bad="abc", good=" 12 ", gives=12),
    _cast(
        "fraction_to_int", "a string with a fraction as an int", "string", "int", bad="1.5", good="1", gives=1
    ),
    _cast("empty_text_to_int", "an empty string as an int", "string", "int", bad="", good="-1", gives=-1),
    _cast(
        "text_to_long",
        "a string past the largest bigint",
        "string",
        "bigint",
        bad=str(2**63),
        good=str(2**63 - 1),
        gives=2**63 - 1,
    ),
    _cast(
        "text_to_double",
        "a string that is not a double",
        "string",
        "double",
        bad="1,5",
        good="-1.5e3",
        gives=-1500.0,
    ),
    _cast(
        "text_to_decimal",
        "a string that is not a decimal",
        "string",
        "decimal(10,2)",
        bad="x",
        good="1.005",
        gives="1.01",
    ),
    _cast(
        "text_to_date",
        "a string that is not a date",
        "string",
        "date",
        bad="2026-02-30",
        good="2026-02-28",
        gives=dt.date(2026, 2, 28),
    ),
    _cast(
        "text_to_timestamp",
        "a string that is not a timestamp",
        "string",
        "timestamp",
        bad="2026-13-01",
        good="2026-02-28",
        gives=moment(2026, 2, 28),
    ),
    _cast(
        "text_to_boolean",
        "a string that is not a boolean",
        "string",
        "boolean",
        bad="maybe",
        good="yes",
        gives=True,
    ),
    sql(
        "tried_casts",
        "try_cast gives NULL instead",
        "select try_cast(a as int) a, try_cast(a as date) b, try_cast(b as int) c, try_cast(b as "
        "decimal(3,0)) d from t",
        table("a int, b date, c int, d decimal(3,0)", (None, None, None, None)),
        t=table("a string, b bigint", ("abc", 2**40)),
    ),
    sql(
        "tried_arithmetic",
        "try_add, try_divide, try_subtract and try_multiply give NULL instead",
        "select try_add(x, 1) a, try_divide(x, 0) b, try_subtract(-x, 2) c, try_multiply(x, x) d from t",
        table("a int, b double, c int, d int", (None, None, None, None)),
        t=table("x int", (2**31 - 1,)),
        columns=lambda t, F: t.select(
            F.try_add("x", F.lit(1)).alias("a"),
            F.try_divide("x", F.lit(0)).alias("b"),
            F.try_subtract(-t["x"], F.lit(2)).alias("c"),
            F.try_multiply("x", "x").alias("d"),
        ),
    ),
    sql(
        "tried_sum",
        "try_sum gives NULL instead",
        "select try_sum(x) e from t",
        table("e bigint", (None,)),
        t=table("x bigint", (2**63 - 1,), (1,)),
        columns=lambda t, F: t.select(F.try_sum("x").alias("e")),
    ),
    refused(
        "make_date",
        "a date that does not exist is an error",
        "select make_date(2026, x, 1) y from t",
        bad=table("x int", (13,)),
        good=table("x int", (2,)),
        gives=table("y date", (dt.date(2026, 2, 1),)),
    ),
    refused(
        "assertion",
        "assert_true and raise_error stop the query",
        "select case when x > 5 then raise_error('too much') else x end y from t where assert_true(x > 0) is "
        "null",
        bad=table("x int", (9,)),
        good=table("x int", (3,)),
        gives=table("y int", (3,)),
    ),
    refused(
        "two_rows_for_one",
        "a scalar subquery with two rows is an error",
        "select (select x from t) y",
        bad=table("x int", (1,), (2,)),
        good=table("x int", (1,)),
        gives=table("y int", (1,)),
    ),
)
