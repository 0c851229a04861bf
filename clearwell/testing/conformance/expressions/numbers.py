"""Arithmetic: the scales of decimals, integer division, rounding, and numbers as strings."""

from __future__ import annotations

import math

from clearwell.testing.conformance.case import grouped, sql
from clearwell.testing.conformance.notation import half_up, table

__all__ = ["CASES"]

_HALVES = (
    *(sign * (number + 0.5) / 100 for number in range(0, 3000, 41) for sign in (1, -1)),
    *(0.285, 8.495, 4503599627370497.5, 123456789012345.675, 99999.994999999999, 1e-9, 5e-324, -0.001, 15.0),
)


CASES = grouped(
    "numbers",
    sql(
        "decimal_scales",
        "sums, differences, products and remainders of decimals have Spark's scales",
        "select a + b s, a - b d, a * b p, a % b r from t",
        table(
            "s decimal(12,3), d decimal(12,3), p decimal(16,5), r decimal(5,3)",
            ("3.600", "-1.400", "2.75000", "1.100"),
        ),
        t=table("a decimal(10,2), b decimal(5,3)", ("1.10", "2.500")),
        columns=lambda t, _: t.select(
            (t.a + t.b).alias("s"), (t.a - t.b).alias("d"), (t.a * t.b).alias("p"), (t.a % t.b).alias("r")
        ),
    ),
    sql(
        "quotient_scale",
        "a quotient of decimals has the digits that divisor and dividend require, at least six",
        "select a / b q from t",
        table("q decimal(19,8)", ("0.44000000",)),
        t=table("a decimal(10,2), b decimal(5,3)", ("1.10", "2.500")),
        columns=lambda t, _: t.select((t.a / t.b).alias("q")),
    ),
    sql(
        "quotient_by_int",
        "a decimal divided by an int is a decimal",
        "select d / i q from t",
        table("q decimal(21,13)", ("0.55",)),
        t=table("d decimal(10,2), i int", ("1.10", 2)),
        columns=lambda t, _: t.select((t.d / t.i).alias("q")),
    ),
    sql(
        "wide_product",
        "a product of more than 38 digits loses scale, and is rounded half up",
        "select a * b p from t",
        table("p decimal(38,6)", ("2.222222",)),
        t=table("a decimal(38,10), b decimal(38,10)", ("1.1111111111", "2.0000000000")),
        columns=lambda t, _: t.select((t.a * t.b).alias("p")),
    ),
    sql(
        "wide_quotient",
        "a quotient of wide decimals keeps six decimal places",
        "select a / b q from t",
        table("q decimal(38,6)", ("0.333333",)),
        t=table("a decimal(38,10), b decimal(38,10)", ("1", "3")),
        columns=lambda t, _: t.select((t.a / t.b).alias("q")),
    ),
    sql(
        "quotient_rounds",
        "a quotient of decimals is rounded half up",
        "select a / b q from t",
        table("q decimal(9,6)", ("0.666667",), ("-0.666667",)),
        t=table("a decimal(5,2), b decimal(1,0)", ("2", "3"), ("-2", "3")),
        columns=lambda t, _: t.select((t.a / t.b).alias("q")),
    ),
    sql(
        "decimal_and_int",
        "an int with a decimal is a decimal of ten digits",
        "select d + i s, d * i p from t",
        table("s decimal(13,2), p decimal(21,2)", ("3.10", "2.20")),
        t=table("d decimal(10,2), i int", ("1.10", 2)),
        columns=lambda t, _: t.select((t.d + t.i).alias("s"), (t.d * t.i).alias("p")),
    ),
    sql(
        "decimal_and_double",
        "a double with a decimal gives a double",
        "select d + x s, d = x e from t",
        table("s double, e boolean", (0.2, True)),
        t=table("d decimal(10,2), x double", ("0.10", 0.1)),
    ),
    sql(
        "integer_division",
        "/ of integers is a double, div and % truncate towards zero, pmod is never negative",
        "select x / 2 a, x div 2 b, x % 3 c, pmod(x, 3) d from t",
        table("a double, b bigint, c int, d int", (3.5, 3, 1, 1), (-3.5, -3, -1, 2)),
        t=table("x int", (7,), (-7,)),
        columns=lambda t, F: t.select(
            (t.x / 2).alias("a"),
            F.call_function("div", t.x, F.lit(2)).alias("b"),
            (t.x % 3).alias("c"),
            F.pmod("x", F.lit(3)).alias("d"),
        ),
    ),
    sql(
        "rounding_decimals",
        "round rounds half away from zero, ceil up and floor down",
        "select round(d, 1) a, cast(round(d) as int) c, ceil(d) e, floor(d) f from t",
        table(
            "a decimal(10,1), c int, e decimal(9,0), f decimal(9,0)",
            ("2.4", 2, "3", "2"),
            ("-2.5", -2, "-2", "-3"),
            ("2.3", 2, "3", "2"),
        ),
        t=table("d decimal(10,2)", ("2.35",), ("-2.45",), ("2.25",)),
    ),
    sql(
        "type_of_a_rounded_decimal",
        "a decimal without its fraction has one more digit than before the point",
        "select round(d) c from t",
        table("c decimal(9,0)", ("2",)),
        t=table("d decimal(10,2)", ("2.35",)),
        columns=lambda t, F: t.select(F.round("d").alias("c")),
    ),
    sql(
        "rounding_decimals_to_even",
        "bround of a decimal rounds half to even",
        "select bround(d, 1) b from t",
        table("b decimal(10,1)", ("2.4",), ("-2.4",), ("2.2",)),
        t=table("d decimal(10,2)", ("2.35",), ("-2.45",), ("2.25",)),
        columns=lambda t, F: t.select(F.bround("d", 1).alias("b")),
    ),
    sql(
        "rounding_doubles",
        "round of a double uses its decimal digits, half away from zero; bround half to even",
        "select round(x, 2) a, round(x) b, bround(x, 0) d from t",
        table("a double, b double, d double", (2.68, 3.0, 3.0), (2.5, 3.0, 2.0), (-2.5, -3.0, -2.0)),
        t=table("x double", (2.675,), (2.5,), (-2.5,)),
    ),
    sql(
        "rounding_halves",
        "a double is rounded by its shortest text, half away from zero: 1.005 to 1.01",
        "select x, round(x, 2) a, round(x, -1) b from t",
        table("x double, a double, b double", *((x, half_up(x, 2), half_up(x, -1)) for x in _HALVES)),
        t=table("x double", *((x,) for x in _HALVES)),
        columns=lambda t, F: t.select("x", F.round("x", 2).alias("a"), F.round("x", -1).alias("b")),
    ),
    sql(
        "rounding_floats",
        "a float is rounded as the double that it is",
        "select round(x, 2) a, round(x) b from t",
        table("a float, b float", (1.0, 1.0), (2.67, 3.0), (-0.13, 0.0), (None, None)),
        t=table("x float", (1.005,), (2.675,), (-0.125,), (None,)),
        columns=lambda t, F: t.select(F.round("x", 2).alias("a"), F.round("x").alias("b")),
    ),
    sql(
        "nearest_integer",
        "rint rounds half to even",
        "select rint(x) c from t",
        table("c double", (2.0,), (-2.0,), (4.0,)),
        t=table("x double", (2.5,), (-2.5,), (3.5,)),
        columns=lambda t, F: t.select(F.rint("x").alias("c")),
    ),
    sql(
        "rounding_integers",
        "round of an integer to tens",
        "select round(x, -1) a from t",
        table("a int", (130,), (-130,), (120,)),
        t=table("x int", (125,), (-125,), (124,)),
    ),
    sql(
        "double_to_text",
        "a double as a string is as in Java: 1.0E7, and 1.0E-4",
        "select cast(x as string) a from t",
        table(
            "a string",
            ("1.0E7",),
            ("1.0E-4",),
            ("100.0",),
            ("0.1",),
            ("NaN",),
            ("Infinity",),
            ("-0.0",),
            ("1.0E20",),
        ),
        t=table("x double", (1e7,), (1e-4,), (100.0,), (0.1,), (math.nan,), (math.inf,), (-0.0,), (1e20,)),
        columns=lambda t, _: t.select(t.x.cast("string").alias("a")),
    ),
    sql(
        "plain_double_to_text",
        "a double between 0.001 and 10,000,000 as a string has no exponent",
        "select concat(x, '') a from t",
        table("a string", ("0.001",), ("1234567.125",), ("-3.5",), ("0.3333333333333333",)),
        t=table("x double", (0.001,), (1234567.125,), (-3.5,), (1 / 3,)),
    ),
    sql(
        "decimal_to_text",
        "a decimal as a string keeps its scale",
        "select cast(d as string) a, concat(d, '!') b from t",
        table("a string, b string", ("1.10", "1.10!"), ("-0.05", "-0.05!")),
        t=table("d decimal(10,2)", ("1.1",), ("-0.05",)),
    ),
    sql(
        "nested_to_text",
        "arrays, maps and structures as strings",
        "select cast(array(x, null) as string) a, cast(map('k', x) as string) b, cast(struct(x, null as n) "
        "as string) c from t",
        table("a string, b string, c string", ("[1, null]", "{k -> 1}", "{1, null}")),
        t=table("x int", (1,)),
        columns=lambda t, F: t.select(
            F.array("x", F.lit(None)).cast("string").alias("a"),
            F.create_map(F.lit("k"), "x").cast("string").alias("b"),
            F.struct("x", F.lit(None).alias("n")).cast("string").alias("c"),
        ),
    ),
    sql(
        "text_to_number",
        "spaces around a number in a string are ignored",
        "select cast(s as decimal(10,2)) d, cast(s as double) x, cast(i as bigint) n from t",
        table("d decimal(10,2), x double, n bigint", ("12.50", 12.5, -7)),
        t=table("s string, i string", (" 12.5 ", " -7 ")),
    ),
    sql(
        "text_with_exponent",
        "a number in a string may have an exponent",
        "select cast(s as decimal(10,2)) d, cast(s as double) x from t",
        table("d decimal(10,2), x double", ("1000.00", 1000.0)),
        t=table("s string", ("1e3",)),
    ),
    sql(
        "double_to_decimal",
        "a double becomes the decimal of its shortest string form",
        "select cast(x as decimal(10,2)) a, cast(x as decimal(20,10)) b from t",
        table("a decimal(10,2), b decimal(20,10)", ("2.68", "2.675"), ("0.10", "0.1")),
        t=table("x double", (2.675,), (0.1,)),
        columns=lambda t, _: t.select(
            t.x.cast("decimal(10,2)").alias("a"), t.x.cast("decimal(20,10)").alias("b")
        ),
    ),
    sql(
        "functions",
        "roots, powers and logarithms at exact points, also of NaN and NULL",
        "select sqrt(x) a, power(x, 2) b, signum(x) c, exp(0) d, ln(0) e, log10(100) f, hypot(3, 4) g, "
        "cbrt(27) h from t",
        table(
            "a double, b double, c double, d double, e double, f double, g double, h double",
            (3.0, 81.0, 1.0, 1.0, None, 2.0, 5.0, 3.0),
            (math.nan, 16.0, -1.0, 1.0, None, 2.0, 5.0, 3.0),
        ),
        t=table("x double", (9.0,), (-4.0,)),
    ),
    sql(
        "greatest_and_least",
        "greatest and least ignore NULL, and NaN is the greatest",
        "select greatest(x, 1.0D, null) a, least(x, 1.0D) b from t",
        table("a double, b double", (math.nan, 1.0), (1.0, 1.0), (2.0, 1.0)),
        t=table("x double", (math.nan,), (None,), (2.0,)),
    ),
    sql(
        "common_types",
        "coalesce, case and arrays use the common type of their arguments",
        "select coalesce(i, l) a, array(i, x) c, case when i = 1 then i else l end e from t",
        table("a bigint, c array<double>, e bigint", (1, [1.0, 2.5], 1)),
        t=table("i int, l bigint, x double", (1, 5, 2.5)),
        columns=lambda t, F: t.select(
            F.coalesce("i", "l").alias("a"),
            F.array("i", "x").alias("c"),
            F.when(t.i == 1, t.i).otherwise(t.l).alias("e"),
        ),
    ),
    sql(
        "common_type_of_decimals",
        "the common type of an int and a decimal holds both",
        "select if(i = 1, i, d) b, coalesce(d, i) c from t",
        table("b decimal(12,2), c decimal(12,2)", ("1.00", "1.50"), ("1.75", "1.75")),
        t=table("i int, d decimal(10,2)", (1, "1.5"), (2, "1.75")),
        columns=lambda t, F: t.select(
            F.when(t.i == 1, t.i).otherwise(t.d).alias("b"), F.coalesce("d", "i").alias("c")
        ),
    ),
    sql(
        "common_type_of_a_union",
        "UNION of an int, a decimal and a bigint is a decimal that holds all",
        "select i x from t union all select d from t union all select l from t",
        table("x decimal(22,2)", ("1",), ("1.5",), ("5",)),
        t=table("i int, l bigint, d decimal(10,2)", (1, 5, "1.5")),
        columns=lambda t, _: t.select(t.i.alias("x")).union(t.select("d")).union(t.select("l")),
    ),
    sql(
        "bitwise",
        "bits of integers",
        "select x & 6 a, x | 8 b, x ^ 1 c, ~x d, shiftleft(x, 2) e, shiftright(-x, 1) f, bit_count(x) g from "
        "t",
        table("a int, b int, c int, d int, e int, f int, g int", (4, 13, 4, -6, 20, -3, 2)),
        t=table("x int", (5,)),
    ),
    sql(
        "bases",
        "numbers in other bases",
        "select hex(x) a, bin(x) b, conv('ff', 16, 10) c, hex(s) d, unhex('4142') e from t",
        table("a string, b string, c string, d string, e binary", ("FF", "11111111", "255", "C3A9", b"AB")),
        t=table("x int, s string", (255, "é")),
    ),
)
