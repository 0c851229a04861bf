"""Comparisons of values of different types: in the type in which Spark compares them."""

from __future__ import annotations

from decimal import Decimal

from clearwell.testing.conformance.case import grouped, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_ZEROS = table("p double, n double", (0.0, -0.0))

CASES = grouped(
    "numbers",
    sql(
        "zeros_are_equal",
        "-0.0 is 0.0 for nullif, =, IN and CASE; its sign is its own",
        "select nullif(p, n) a, p = n b, p in (n) c, case p when n then 1 end d, cast(sign(n) as string) e, "
        "nullif(p, 1.0D) f from t",
        table(
            "a double, b boolean, c boolean, d int, e string, f double", (None, True, True, 1, "-0.0", 0.0)
        ),
        t=_ZEROS,
        columns=lambda t, F: t.select(
            F.nullif("p", "n").alias("a"),
            (t.p == t.n).alias("b"),
            t.p.isin(t.n).alias("c"),
            F.when(t.p == t.n, F.lit(1)).alias("d"),
            F.sign("n").cast("string").alias("e"),
            F.nullif("p", F.lit(1.0)).alias("f"),
        ),
    ),
    sql(
        "zeros_within_are_equal",
        "-0.0 is 0.0 also within arrays and structs that are compared",
        "select array(p) = array(n) a, array(p) in (array(n)) b from t",
        table("a boolean, b boolean", (True, True)),
        t=_ZEROS,
        columns=lambda t, F: t.select(
            (F.array("p") == F.array("n")).alias("a"), F.array("p").isin(F.array("n")).alias("b")
        ),
    ),
    sql(
        "zero_as_a_key",
        "-0.0 is 0.0 as a key of a map",
        "select map(n, 1)[p] a, map_from_arrays(array(n), array(1))[p] b from t",
        table("a int, b int", (1, 1)),
        t=_ZEROS,
        columns=lambda t, F: t.select(
            F.create_map("n", F.lit(1))[t.p].alias("a"),
            F.map_from_arrays(F.array("n"), F.array(F.lit(1)))[t.p].alias("b"),
        ),
    ),
    sql(
        "null_in_a_list_beside_another",
        "IN of a list with NULL is NULL for a value that is not listed, beside any other condition",
        "select n, n in (1, 2) and n in (2, null) a, n in (1, 2) and not (n in (1, null)) b from t",
        table("n int, a boolean, b boolean", (1, None, False), (2, True, None), (3, False, False)),
        t=table("n int", (1,), (2,), (3,)),
        columns=lambda t, F: t.select(
            "n",
            (t.n.isin(1, 2) & t.n.isin(2, None)).alias("a"),
            (t.n.isin(1, 2) & ~t.n.isin(F.lit(1), F.lit(None).cast("int"))).alias("b"),
        ),
    ),
    sql(
        "compared_in_a_common_type",
        "numbers and text are compared as doubles, decimals with all their integer digits, and -0.0 is 0.0",
        "select f = s a, d = w b, n = s c, n = p e, p in (-0.0D, d) g, d between w and w h, i in (2.9BD) j, "
        "i * 2.95BD > 8.8 k from t",
        table(
            "a boolean, b boolean, c boolean, e boolean, g boolean, h boolean, j boolean, k boolean",
            (False, True, False, True, False, True, False, True),
        ),
        t=table(
            "f float, s string, d double, w decimal(38,10), n decimal(38,0), p decimal(9,2), i bigint",
            (2.9, "2.9", 9007199254740992.0, "9007199254740993", 3, "2.9", 3),
        ),
        columns=lambda t, F: t.select(
            (t.f == t.s).alias("a"),
            (t.d == t.w).alias("b"),
            (t.n == t.s).alias("c"),
            (t.n == t.p).alias("e"),
            t.p.isin(-0.0, t.d).alias("g"),
            t.d.between(t.w, t.w).alias("h"),
            t.i.isin(Decimal("2.9")).alias("j"),
            (t.i * F.lit(Decimal("2.95")) > 8.8).alias("k"),
        ),
    ),
)
