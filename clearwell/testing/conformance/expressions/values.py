"""Types: each value is returned unchanged, and is compared by Spark's rules."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from clearwell.testing.conformance.case import ask, grouped, sql
from clearwell.testing.conformance.notation import clock, moment, table

__all__ = ["CASES"]

_NAN, _INF = math.nan, math.inf
_NINES = Decimal("9" * 38)
_NOON = clock(2026, 7, 1, 12, 0, 0, 123456)
_FLOATS = table("n int, x double", (1, 1.0), (2, _NAN), (3, -0.0), (4, 0.0), (5, _INF), (6, -_INF), (7, None))
_DAYS = [
    dt.date(1, 1, 1),
    dt.date(1500, 2, 28),
    dt.date(1582, 10, 4),
    dt.date(1582, 10, 15),
    dt.date(1899, 12, 31),
]
_OLD = table("day date", *[(day,) for day in _DAYS])
_MOMENTS = [
    clock(1, 1, 1),
    clock(1582, 10, 10, 12, 30),
    clock(1883, 11, 18, 12, 3, 58),
    clock(1969, 12, 31, 23, 59, 59, 999999),
    clock(9999, 12, 31, 23, 59, 59, 999999),
]
_TIMES = table(
    "at timestamp, local timestamp_ntz",
    *[(moment.replace(tzinfo=dt.UTC), moment) for moment in _MOMENTS],
    (None, None),
)
_NESTED = table(
    "s struct<a:int,b:struct<c:string>>, a array<int>, m map<string,double>, l "
    "array<struct<k:int,v:decimal(20,2)>>",
    ({"a": 1, "b": {"c": "x"}}, [1, None], {"k": 1.5, "n": None}, [{"k": 1, "v": Decimal("1.10")}, None]),
    ({"a": None, "b": None}, [], {}, []),
    (None, None, None, None),
)
_TEXTS = table(
    "n int, t string", (1, ""), (2, None), (3, " "), (4, "größe"), (5, "👩‍🚀"), (6, "\x00"), (7, "é")
)
_BYTES = table("n int, b binary", (1, b""), (2, None), (3, b"\x00\xff"), (4, b"\x7f"), (5, b"\x80"))
_LOGIC = table("a boolean, b boolean", *[(a, b) for a in (True, False, None) for b in (True, False, None)])


def _and(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _or(a: bool | None, b: bool | None) -> bool | None:
    return True if a or b else None if a is None or b is None else False


CASES = grouped(
    "types",
    ask(
        "floats",
        "NaN, -0.0 and the infinities of a double column are unchanged",
        lambda t: t.frame(_FLOATS),
        _FLOATS,
    ),
    ask(
        "times",
        "timestamps with and without a zone keep each microsecond, from year 1 to 9999",
        lambda t: t.frame(_TIMES),
        _TIMES,
    ),
    ask(
        "dates",
        "dates before 1582 and 1900 are those of the proleptic Gregorian calendar",
        lambda t: t.frame(_OLD),
        _OLD,
    ),
    ask(
        "nested",
        "a NULL structure, an empty one and one of NULLs are distinct",
        lambda t: t.frame(_NESTED),
        _NESTED,
    ),
    ask(
        "texts",
        "the empty string is not NULL, and every character is kept",
        lambda t: t.frame(_TEXTS),
        _TEXTS,
    ),
    ask("bytes", "binary values keep every byte", lambda t: t.frame(_BYTES), _BYTES),
    sql(
        "decimal_38",
        "38 digits are exact, also compared and summed",
        "select max(d) a, min(d) b, sum(d) c, count(case when d > 0 then 1 end) n from t",
        table(
            "a decimal(38,0), b decimal(38,0), c decimal(38,0), n bigint",
            (_NINES, _NINES.copy_negate(), Decimal(1), 2),
        ),
        t=table("d decimal(38,0)", (_NINES,), (_NINES.copy_negate(),), (Decimal(1),), (None,)),
    ),
    sql(
        "decimal_fraction",
        "a wide decimal with a fraction is not rounded through a double",
        "select d, d = 3333333333.3333333333BD same from t where d > 3333333333.33333BD",
        table("d decimal(38,10), same boolean", (Decimal("3333333333.3333333333"), True)),
        t=table("d decimal(38,10)", (Decimal("3333333333.3333333333"),)),
    ),
    sql(
        "nan_equals_nan",
        "NaN equals NaN and is greater than infinity",
        "select n, x = x same, x > double('infinity') over_inf, isnan(x) nan from t where n <= 5",
        table(
            "n int, same boolean, over_inf boolean, nan boolean",
            *[(n, True, n == 2, n == 2) for n in range(1, 6)],
        ),
        t=_FLOATS,
    ),
    sql(
        "null_is_not_nan",
        "NULL is no NaN: a filter for numbers keeps it",
        "select n from t where not isnan(x)",
        table("n int", (1,), (3,)),
        t=table("n int, x double", (1, 1.5), (2, math.nan), (3, None)),
        columns=lambda t, F: t.where(~F.isnan("x")).select("n"),
    ),
    sql(
        "nan_is_found",
        "a filter treats NaN as the greatest value",
        "select n from t where x > 5",
        table("n int", (2,), (5,)),
        t=_FLOATS,
    ),
    sql(
        "float_order",
        "NULL comes first, then -infinity to infinity, and NaN last",
        "select x from t where n not in (3, 4) order by x",
        table("x double", (None,), (-_INF,), (1.0,), (_INF,), (_NAN,)),
        ordered=True,
        t=_FLOATS,
    ),
    sql(
        "zero_is_zero",
        "-0.0 equals 0.0, and both are one group and one distinct value",
        "select count(distinct x) d, (select count(*) from (select x from t group by x)) g from t",
        table("d bigint, g bigint", (1, 1)),
        t=table("x double", (0.0,), (-0.0,), (0.0,)),
        columns=lambda t, F: t.agg(F.count_distinct("x").alias("d")).crossJoin(
            t.groupBy("x").agg(F.count("*")).agg(F.count("*").alias("g"))
        ),
    ),
    sql(
        "zero_keeps_its_sign",
        "-0.0 keeps its sign through a projection",
        "select x, -x y from t",
        table("x double, y double", (-0.0, 0.0), (0.0, -0.0)),
        t=table("x double", (-0.0,), (0.0,)),
    ),
    sql(
        "infinite_arithmetic",
        "arithmetic with infinities follows IEEE 754",
        "select x + 1 a, x - x b, x * 0 c, 1 / x d from t",
        table("a double, b double, c double, d double", (_INF, _NAN, _NAN, 0.0)),
        t=table("x double", (_INF,)),
    ),
    sql(
        "float_widens",
        "a float becomes the double of the same value",
        "select cast(x as double) d, x = 0.1D same, x + 1 y from t",
        table("d double, same boolean, y double", (0.10000000149011612, False, 1.1000000014901161)),
        t=table("x float", (0.1,)),
        columns=lambda t, F: t.select(
            t.x.cast("double").alias("d"), (t.x == F.lit(0.1)).alias("same"), (t.x + F.lit(1)).alias("y")
        ),
    ),
    sql(
        "long_exact",
        "a bigint above 2^53 stays exact when it is compared with a bigint",
        "select x from t where x > 9007199254740992",
        table("x bigint", (2**53 + 1,), (2**63 - 1,)),
        t=table("x bigint", (2**53,), (2**53 + 1,), (2**63 - 1,), (-(2**63),)),
    ),
    sql(
        "small_integers",
        "tinyint and smallint keep their limits and their types",
        "select a, b, -b c from t",
        table("a tinyint, b smallint, c smallint", (127, 32767, -32767), (-128, -32767, 32767)),
        t=table("a tinyint, b smallint", (127, 32767), (-128, -32767)),
    ),
    sql(
        "before_the_epoch",
        "a timestamp before 1970 has the correct day, hour and second",
        "select cast(at as date) d, second(at) s, unix_micros(at) u, date_trunc('minute', at) m from t",
        table(
            "d date, s int, u bigint, m timestamp",
            (dt.date(1969, 12, 31), 59, -1, moment(1969, 12, 31, 23, 59)),
        ),
        t=table("at timestamp", (_MOMENTS[3].replace(tzinfo=dt.UTC),)),
    ),
    sql(
        "whole_seconds_before_the_epoch",
        "whole seconds of a timestamp before 1970 are rounded down, as after it",
        "select cast(at as bigint) b, unix_seconds(at) s from t",
        table("b bigint, s bigint", (-1, -1)),
        t=table("at timestamp", (_MOMENTS[3].replace(tzinfo=dt.UTC),)),
        columns=lambda t, F: t.select(t.at.cast("bigint").alias("b"), F.unix_seconds("at").alias("s")),
    ),
    sql(
        "no_days_lost_in_1582",
        "the day after 4 October 1582 is the 5th",
        "select date_add(day, 1) d, year(day) y, cast(datediff(date'1582-10-15', day) as int) n from t",
        table("d date, y int, n int", (dt.date(1582, 10, 5), 1582, 11)),
        t=table("day date", (dt.date(1582, 10, 4),)),
    ),
    sql(
        "zone_and_none",
        "in UTC a timestamp and one without zone show the same time, and differ by type",
        "select cast(at as timestamp_ntz) a, cast(local as timestamp) b, at = local same from t",
        table("a timestamp_ntz, b timestamp, same boolean", (_NOON, _NOON.replace(tzinfo=dt.UTC), True)),
        t=table("at timestamp, local timestamp_ntz", (_NOON.replace(tzinfo=dt.UTC), _NOON)),
    ),
    sql(
        "three_valued_logic",
        "AND, OR and NOT of NULL follow SQL's three-valued logic",
        "select a, b, a and b x, a or b y, not a z from t",
        table(
            "a boolean, b boolean, x boolean, y boolean, z boolean",
            *[
                (a, b, _and(a, b), _or(a, b), None if a is None else not a)
                for a in (True, False, None)
                for b in (True, False, None)
            ],
        ),
        t=_LOGIC,
    ),
    sql(
        "null_everywhere",
        "NULL makes every operator NULL, except <=>, IS NULL and coalesce",
        "select i + 1 a, i = i b, i <=> i c, i is null d, coalesce(i, 7) e, concat('x', s) f, i in (1, 2) g, "
        "greatest(i, 3) h, upper(s) j, x * 2 k, date_add(day, 1) l, nullif(1, i) m from t",
        table(
            "a int, b boolean, c boolean, d boolean, e int, f string, g boolean, h int, j string, k double, "
            "l date, m int",
            (None, None, True, True, 7, None, None, 3, None, None, None, 1),
        ),
        t=table("i int, s string, x double, day date", (None, None, None, None)),
    ),
    sql(
        "bytes_are_unsigned",
        "binary values are ordered as unsigned bytes",
        "select n from t where b is not null order by b",
        table("n int", (1,), (3,), (4,), (5,)),
        ordered=True,
        t=_BYTES,
    ),
    sql(
        "texts_by_code_point",
        "strings are ordered by code point, also beyond Java's 16-bit characters",
        "select t from t order by t",
        table("t string", ("",), ("B",), ("a",), ("ä",), ("\uffee",), ("𐀀",)),
        ordered=True,
        t=table("t string", ("𐀀",), ("\uffee",), ("ä",), ("a",), ("B",), ("",)),
    ),
    sql(
        "struct_is_compared",
        "structures are compared field by field, a NULL field before any other",
        "select n from t order by s",
        table("n int", (1,), (2,), (3,), (4,)),
        ordered=True,
        t=table(
            "n int, s struct<a:int,b:string>",
            (4, {"a": 2, "b": "a"}),
            (3, {"a": 1, "b": "b"}),
            (1, None),
            (2, {"a": None, "b": "z"}),
        ),
    ),
)
