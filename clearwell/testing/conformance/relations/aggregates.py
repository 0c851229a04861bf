"""Aggregates: of no rows, of NULL, of special numbers, and their result types."""

from __future__ import annotations

import math

from clearwell.testing.conformance.case import grouped, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_NAN, _INF = math.nan, math.inf
_ROWS = table(
    "g string, v int, d decimal(10,2)",
    ("x", 1, "1.10"),
    ("x", 1, "2.25"),
    ("x", 2, None),
    ("y", None, "0.01"),
    (None, 7, "9.99"),
)
_TEN = table("x int", *[(n,) for n in range(1, 11)])
_CUBE = table("a int, b string, c int", (1, "x", 10), (1, "y", 20), (2, "x", 30))

CASES = grouped(
    "aggregates",
    sql(
        "of_nothing",
        "without rows a count is 0, a list is empty, and all else is NULL",
        "select count(*) a, count(v) b, sum(v) c, avg(v) d, max(v) e, min(d) f, collect_list(v) g, sum(d) h, "
        "count(distinct v) i, max_by(g, v) j, bool_and(v > 0) k from t where v > 100",
        table(
            "a bigint, b bigint, c bigint, d double, e int, f decimal(10,2), g array<int>, h decimal(20,2), "
            "i bigint, j string, k boolean",
            (0, 0, None, None, None, None, [], None, 0, None, None),
        ),
        t=_ROWS,
    ),
    sql(
        "groups_of_nothing",
        "without rows there are no groups",
        "select g, count(*) n from t where v > 100 group by g",
        table("g string, n bigint"),
        t=_ROWS,
    ),
    sql(
        "of_null",
        "aggregates ignore NULL; of NULL alone they are NULL",
        "select g, count(*) a, count(v) b, sum(v) c, avg(v) d, max(v) e, collect_list(v) f, count(distinct "
        "v) h from t group by g",
        table(
            "g string, a bigint, b bigint, c bigint, d double, e int, f array<int>, h bigint",
            ("x", 3, 3, 4, 4 / 3, 2, [1, 1, 2], 2),
            ("y", 1, 0, None, None, None, [], 0),
            (None, 1, 1, 7, 7.0, 7, [7], 1),
        ),
        t=_ROWS,
    ),
    sql(
        "zeros_counted",
        "-0.0 and 0.0 are one number to count, to collect, and among distinct rows",
        "select count(distinct x) a, count(distinct x, k) b, size(collect_set(x)) c, "
        "size(array_agg(distinct x)) d, (select count(*) from (select distinct x from t)) e from t",
        table("a bigint, b bigint, c int, d int, e bigint", (1, 1, 1, 1, 2)),
        t=table("x double, k int", (-0.0, 1), (0.0, 1), (None, 1)),
    ),
    sql(
        "count_distinct",
        "count(distinct a, b) counts pairs without NULL",
        "select count(distinct v) a, count(distinct g, v) b, count(distinct d) c, sum(distinct v) e from t",
        table("a bigint, b bigint, c bigint, e bigint", (3, 2, 4, 10)),
        t=_ROWS,
    ),
    sql(
        "decimal_types",
        "a sum of decimals is ten digits wider, an average has four more digits on each side",
        "select sum(d) s, avg(d) a, max(d) m from t",
        table("s decimal(20,2), a decimal(14,6), m decimal(10,2)", ("13.35", "3.3375", "9.99")),
        t=_ROWS,
        columns=lambda t, F: t.agg(F.sum("d").alias("s"), F.avg("d").alias("a"), F.max("d").alias("m")),
    ),
    sql(
        "decimal_average_rounds",
        "an average of decimals is rounded half up at its last digit",
        "select avg(d) a from t",
        table("a decimal(9,4)", ("0.6667",)),
        t=table("d decimal(5,0)", ("1",), ("1",), ("0",)),
        columns=lambda t, F: t.agg(F.avg("d").alias("a")),
    ),
    sql(
        "wide_decimal_average",
        "the average of wide decimals keeps 38 digits at most",
        "select avg(d) a from t",
        table("a decimal(38,14)", ("3333333333.33333333335000",)),
        t=table("d decimal(38,10)", ("3333333333.3333333333",), ("3333333333.3333333334",)),
        columns=lambda t, F: t.agg(F.avg("d").alias("a")),
    ),
    sql(
        "average_of_large_longs",
        "an average of bigints does not overflow on its way",
        "select avg(x) a from t",
        table("a double", (9.223372036854775807e18,)),
        t=table("x bigint", (2**63 - 1,), (2**63 - 1,)),
        columns=lambda t, F: t.agg(F.avg("x").alias("a")),
    ),
    sql(
        "sum_types",
        "sums of integers are bigint, of floats double",
        "select sum(a) a, sum(b) b, sum(c) c, avg(c) d from t",
        table("a bigint, b bigint, c double, d double", (3, 65534, 1.5, 0.75)),
        t=table("a tinyint, b smallint, c float", (1, 32767, 0.5), (2, 32767, 1.0)),
    ),
    sql(
        "nan_in_aggregates",
        "NaN is the greatest value, and makes sums NaN",
        "select max(x) a, min(x) b, sum(x) c, count(x) n, avg(x) d from t",
        table("a double, b double, c double, n bigint, d double", (_NAN, 1.0, _NAN, 3, _NAN)),
        t=table("x double", (1.0,), (_NAN,), (_INF,), (None,)),
    ),
    sql(
        "nan_groups",
        "NaN is one group, and so are the zeros of either sign",
        "select count(*) n from t group by x",
        table("n bigint", (2,), (2,), (1,)),
        t=table("x double", (_NAN,), (_NAN,), (0.0,), (-0.0,), (None,)),
        columns=lambda t, F: t.groupBy("x").agg(F.count("*").alias("n")).select("n"),
    ),
    sql(
        "infinite_groups",
        "the maximum of -infinity alone is -infinity, also in a group",
        "select k, max(x) a, min(x) b from t group by k",
        table("k int, a double, b double", (1, -_INF, -_INF), (2, _INF, _INF)),
        t=table("k int, x double", (1, -_INF), (2, _INF)),
        columns=lambda t, F: t.groupBy("k").agg(F.max("x").alias("a"), F.min("x").alias("b")),
    ),
    sql(
        "max_by",
        "max_by and min_by return the value at the greatest and least key, and ignore NULL keys",
        "select max_by(a, b) x, min_by(a, b) y from t",
        table("x string, y string", (None, "p")),
        t=table("a string, b int", ("p", 1), (None, 3), ("r", 2), ("s", None)),
    ),
    sql(
        "max_of_struct",
        "structures are compared by their first field, then the next",
        "select max(struct(v, g)).g a, max_by(g, struct(v, d)) b from t where g is not null",
        table("a string, b string", ("x", "x")),
        t=_ROWS,
        columns=lambda t, F: t.where("g is not null").agg(
            F.max(F.struct("v", "g"))["g"].alias("a"), F.max_by("g", F.struct("v", "d")).alias("b")
        ),
    ),
    sql(
        "percentiles",
        "exact percentiles are interpolated, also several at once",
        "select percentile(x, 0.5) a, percentile(x, array(0.25, 0.75)) b, median(x) c, "
        "percentile_cont(0.9) within group (order by x) d, percentile_disc(0.5) within group (order by x) e "
        "from t",
        table("a double, b array<double>, c double, d double, e double", (5.5, [3.25, 7.75], 5.5, 9.1, 5.0)),
        t=_TEN,
    ),
    sql(
        "percentile_approx",
        "percentile_approx of few rows is one of them",
        "select percentile_approx(x, 0.5) a, percentile_approx(x, 0.0) b, percentile_approx(x, 1.0) c from t",
        table("a int, b int, c int", (5, 1, 10)),
        t=_TEN,
        columns=lambda t, F: t.agg(
            *(
                F.percentile_approx("x", share).alias(name)
                for name, share in (("a", 0.5), ("b", 0.0), ("c", 1.0))
            )
        ),
    ),
    sql(
        "percentiles_approx",
        "percentile_approx accepts several percentages at once",
        "select percentile_approx(x, array(0.1, 0.9)) b from t",
        table("b array<int>", ([1, 9],)),
        t=_TEN,
    ),
    sql(
        "approx_count_distinct",
        "approx_count_distinct is within ten percent",
        "select approx_count_distinct(id % 1000) between 900 and 1100 x from range(20000)",
        table("x boolean", (True,)),
    ),
    sql(
        "spread",
        "variance, deviation and correlation; undefined for a sample of one row",
        "select var_pop(x) a, var_samp(x) b, stddev_pop(x) c, corr(x, x) d, covar_samp(x, x) e, "
        "(select stddev(x) from t where x = 1) f from t where x <= 3",
        table(
            "a double, b double, c double, d double, e double, f double",
            (2 / 3, 1.0, math.sqrt(2 / 3), 1.0, 1.0, None),
        ),
        t=_TEN,
    ),
    sql(
        "booleans",
        "bool_and, bool_or and count_if ignore NULL",
        "select bool_and(b) x, bool_or(b) y, count_if(b) n, every(b) e, some(b) s from t",
        table("x boolean, y boolean, n bigint, e boolean, s boolean", (False, True, 1, False, True)),
        t=table("b boolean", (True,), (False,), (None,)),
    ),
    sql(
        "bits",
        "bit_and, bit_or and bit_xor",
        "select bit_and(v) a, bit_or(v) b, bit_xor(v) c from t where g = 'x'",
        table("a int, b int, c int", (0, 3, 2)),
        t=_ROWS,
    ),
    sql(
        "sets",
        "collect_set has each value once and no NULL",
        "select sort_array(collect_set(v)) s, sort_array(collect_set(g)) g from t",
        table("s array<int>, g array<string>", ([1, 2, 7], ["x", "y"])),
        t=_ROWS,
    ),
    sql(
        "collected_structs",
        "collect_list of structures keeps those with NULL fields",
        "select sort_array(collect_list(struct(v, g))) l from t where v is null or v = 1",
        table(
            "l array<struct<v:int,g:string>>",
            ([{"v": None, "g": "y"}, {"v": 1, "g": "x"}, {"v": 1, "g": "x"}],),
        ),
        t=_ROWS,
    ),
    sql(
        "filtered",
        "FILTER and HAVING",
        "select g, count(*) filter (where v = 1) n from t group by g having count(*) > 1",
        table("g string, n bigint", ("x", 2)),
        t=_ROWS,
    ),
    sql(
        "grouping_sets",
        "grouping sets distinguish NULL in the data from NULL of the set",
        "select a, b, sum(c) s, grouping_id(a, b) g from t group by grouping sets ((a, b), (a), ())",
        table(
            "a int, b string, s bigint, g bigint",
            (1, "x", 10, 0),
            (1, "y", 20, 0),
            (2, "x", 30, 0),
            (1, None, 30, 1),
            (2, None, 30, 1),
            (None, None, 60, 3),
        ),
        t=_CUBE,
    ),
    sql(
        "cube",
        "CUBE and ROLLUP",
        "select a, b, sum(c) s from t group by cube(a, b) union all select a, null, sum(c) from t group by "
        "rollup(a)",
        table(
            "a int, b string, s bigint",
            *[
                (1, "x", 10),
                (1, "y", 20),
                (2, "x", 30),
                (1, None, 30),
                (2, None, 30),
                (None, "x", 40),
                (None, "y", 20),
            ],
            *[(None, None, 60), (1, None, 30), (2, None, 30), (None, None, 60)],
        ),
        t=_CUBE,
    ),
    sql(
        "listagg",
        "listagg and string_agg join strings in order",
        "select listagg(g, ',') within group (order by v, g) a, string_agg(g, '|') within group (order by g "
        "desc) b from t",
        table("a string, b string", ("y,x,x,x", "y|x|x|x")),
        t=_ROWS,
    ),
    sql(
        "mode",
        "the mode is the most frequent value",
        "select mode(v) m from t",
        table("m int", (1,)),
        t=_ROWS,
    ),
    sql(
        "group_by_expression",
        "groups may be an expression, an alias or a position",
        "select v % 2 odd, count(*) n from t group by odd union all select v % 2, count(*) from t group by 1",
        table("odd int, n bigint", (1, 3), (0, 1), (None, 1), (1, 3), (0, 1), (None, 1)),
        t=_ROWS,
    ),
    sql(
        "distinct_rows",
        "DISTINCT treats NULL as equal to NULL",
        "select distinct g from t",
        table("g string", ("x",), ("y",), (None,)),
        t=_ROWS,
    ),
)
