"""Forms of SQL that transforms use."""

from __future__ import annotations

from clearwell.testing.conformance.case import grouped, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_SALES = table("k string, q string, v int", ("x", "q1", 1), ("x", "q2", 2), ("y", "q1", 3))
_PIVOTED = table("k string, q1 bigint, q2 bigint", ("x", 1, 2), ("y", 3, None))
_WIDE = table("id int, a int, b int", (1, 10, None))
_LONG = table("id int, n string, v int", (1, "a", 10), (1, "b", None))


def _murmur(seed: int, value: int) -> int:
    """Murmur 3 of one int, by its published algorithm, as a signed int."""
    mask = 0xFFFFFFFF
    k = value * 0xCC9E2D51 & mask
    k = (k << 15 | k >> 17) * 0x1B873593 & mask
    h = seed & mask ^ k
    h = ((h << 13 | h >> 19) & mask) * 5 + 0xE6546B64 & mask
    h ^= 4
    h = (h ^ h >> 16) * 0x85EBCA6B & mask
    h = (h ^ h >> 13) * 0xC2B2AE35 & mask
    h ^= h >> 16
    return h - (h >> 31 << 32)


CASES = grouped(
    "sql",
    sql(
        "with",
        "WITH names a query, also twice",
        "with u as (select v from t), w as (select v + 1 v from u) select sum(u.v + w.v) s from u join w on "
        "u.v = w.v",
        table("s bigint", (10,)),
        t=_SALES,
    ),
    sql(
        "lateral_alias",
        "an alias may be used by expressions to its right",
        "select v a, a + 1 b, b * 2 c from t where v = 1",
        table("a int, b int, c int", (1, 2, 4)),
        t=_SALES,
    ),
    sql(
        "group_by_all",
        "GROUP BY ALL groups by all non-aggregates",
        "select k, sum(v) s from t group by all",
        table("k string, s bigint", ("x", 3), ("y", 3)),
        t=_SALES,
    ),
    sql(
        "pivot",
        "PIVOT turns values into columns",
        "select * from t pivot (sum(v) for q in ('q1', 'q2'))",
        _PIVOTED,
        t=_SALES,
    ),
    sql(
        "unpivot",
        "UNPIVOT turns columns into rows, without NULL",
        "select * from t unpivot (v for n in (a, b))",
        _LONG.slice(0, 1),
        t=_WIDE,
    ),
    sql(
        "recursive",
        "WITH RECURSIVE follows a chain",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 4) select * from r",
        table("n int", (1,), (2,), (3,), (4,)),
    ),
    sql(
        "pipe",
        "the pipe syntax",
        "from t |> where v > 1 |> select k, v * 2 as w",
        table("k string, w int", ("x", 4), ("y", 6)),
        t=_SALES,
    ),
    sql(
        "values",
        "VALUES is a table",
        "select * from values (1, 'a'), (2, null) as t(n, s)",
        table("n int, s string", (1, "a"), (2, None)),
    ),
    sql(
        "star_except",
        "* EXCEPT removes columns",
        "select * except (q) from t where v = 3",
        table("k string, v int", ("y", 3)),
        t=_SALES,
    ),
    sql(
        "collation",
        "COLLATE compares without case",
        "select k collate UTF8_LCASE = 'X' same from t where v = 1",
        table("same boolean", (True,)),
        t=_SALES,
    ),
    sql(
        "parameters",
        "CASE of two forms, BETWEEN, IN and IS DISTINCT FROM",
        "select case v when 1 then 'a' when 2 then 'b' end a, case when v > 2 then 'c' else 'd' end b, "
        "v between 2 and 3 c, q in ('q1', null) d, v is distinct from null e from t",
        table(
            "a string, b string, c boolean, d boolean, e boolean",
            ("a", "d", False, True, True),
            ("b", "d", True, None, True),
            (None, "c", True, True, True),
        ),
        t=_SALES,
    ),
    sql(
        "decode",
        "decode compares with several values",
        "select decode(v, 1, 'a', 2, 'b', '?') a from t",
        table("a string", ("a",), ("b",), ("?",)),
        t=_SALES,
    ),
    sql(
        "limits",
        "ORDER BY, LIMIT and OFFSET",
        "select v from t order by v desc limit 1 offset 1",
        table("v int", (2,)),
        ordered=True,
        t=_SALES,
    ),
    sql(
        "sampled_none",
        "a subquery in FROM and one in SELECT",
        "select (select max(v) from t) m, count(*) n from (select distinct k from t)",
        table("m int, n bigint", (3, 2)),
        t=_SALES,
    ),
    sql(
        "stack",
        "stack turns columns into rows",
        "select stack(2, 'a', v, 'b', v * 2) as (n, w) from t where v = 3",
        table("n string, w int", ("a", 3), ("b", 6)),
        t=_SALES,
    ),
    sql(
        "csv_within",
        "from_csv and to_csv",
        "select from_csv('1,a', 'x int, y string') a, to_csv(struct(v, k)) b from t where v = 3",
        table("a struct<x:int,y:string>, b string", ({"x": 1, "y": "a"}, "3,y")),
        t=_SALES,
    ),
    sql(
        "xml_within",
        "from_xml",
        "select from_xml('<a><b>1</b></a>', 'b int') a from t where v = 3",
        table("a struct<b:int>", ({"b": 1},)),
        t=_SALES,
    ),
    sql(
        "hash",
        "hash is Murmur3 with seed 42, and ignores NULL",
        "select hash(v, cast(null as string), v) a from t",
        table("a int", *[(_murmur(_murmur(42, v), v),) for v in (1, 2, 3)]),
        t=_SALES,
    ),
    sql(
        "hash_of_an_array",
        "the hash of an array combines its elements in order",
        "select hash(array(v, v)) a from t",
        table("a int", *[(_murmur(_murmur(42, v), v),) for v in (1, 2, 3)]),
        t=_SALES,
    ),
)
