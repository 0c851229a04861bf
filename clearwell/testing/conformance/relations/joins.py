"""Joins of every kind, and which keys are equal."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from clearwell.testing.conformance.case import ask, grouped, sql
from clearwell.testing.conformance.notation import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.testing.conformance.case import Case

__all__ = ["CASES"]

_NAN = math.nan
_LEFT = table("k int, l string", (1, "a"), (2, "b"), (2, "bb"), (3, "c"), (None, "n"))
_RIGHT = table("k int, r string", (1, "A"), (2, "B"), (4, "D"), (None, "N"))
_NONE = table("k int, r string")
_JOINED = ((1, "a", "A"), (2, "b", "B"), (2, "bb", "B"))
_LEFT_ALONE = ((3, "c", None), (None, "n", None))
_RIGHT_ALONE = ((4, None, "D"), (None, None, "N"))
_COLUMNS = "k int, l string, r string"


def _case(name: str, says: str, query: str, answer: pa.Table, **tables: pa.Table) -> Case:
    return sql(name, says, query, answer, **(tables or {"a": _LEFT, "b": _RIGHT}))


CASES = grouped(
    "joins",
    _case(
        "inner",
        "NULL keys match nothing, repeated keys match each",
        "select * from a join b using (k)",
        table(_COLUMNS, *_JOINED),
    ),
    _case(
        "left",
        "a left join keeps unmatched left rows",
        "select * from a left join b using (k)",
        table(_COLUMNS, *_JOINED, *_LEFT_ALONE),
    ),
    _case(
        "right",
        "a right join keeps unmatched right rows",
        "select * from a right join b using (k)",
        table(_COLUMNS, *_JOINED, *_RIGHT_ALONE),
    ),
    _case(
        "full",
        "a full join keeps both, and USING uses the key of either",
        "select * from a full join b using (k)",
        table(_COLUMNS, *_JOINED, *_LEFT_ALONE, *_RIGHT_ALONE),
    ),
    _case(
        "semi",
        "a semi join returns each row once",
        "select * from b left semi join a using (k)",
        table("k int, r string", (1, "A"), (2, "B")),
    ),
    _case(
        "anti",
        "an anti join keeps the NULL key",
        "select * from a left anti join b using (k)",
        table("k int, l string", (3, "c"), (None, "n")),
    ),
    _case(
        "cross",
        "a cross join returns all pairs",
        "select count(*) n from a cross join b",
        table("n bigint", (20,)),
    ),
    _case(
        "null_safe",
        "<=> matches NULL keys",
        "select l, r from a join b on a.k <=> b.k",
        table("l string, r string", ("a", "A"), ("b", "B"), ("bb", "B"), ("n", "N")),
    ),
    _case(
        "unequal",
        "a condition may be any comparison",
        "select a.k x, b.k y from a left join b on a.k > b.k and b.r <> 'B'",
        table("x int, y int", (1, None), (2, 1), (2, 1), (3, 1), (None, None)),
    ),
    _case(
        "condition_of_a_left_join",
        "a condition on the left side of a left join drops no row",
        "select l, r from a left join b on a.k = b.k and a.l = 'b'",
        table("l string, r string", ("a", None), ("b", "B"), ("bb", None), ("c", None), ("n", None)),
    ),
    _case(
        "filter_after_a_left_join",
        "a filter above a left join sees its NULLs",
        "select l from a left join b on a.k = b.k where b.k is null",
        table("l string", ("c",), ("n",)),
    ),
    _case(
        "empty_side",
        "an empty side of a left join is all NULL",
        "select l, r from a left join b using (k) where k = 1",
        table("l string, r string", ("a", None)),
        a=_LEFT,
        b=_NONE,
    ),
    _case(
        "anti_of_nothing",
        "an anti join with nothing keeps all",
        "select count(*) n from a left anti join b using (k)",
        table("n bigint", (5,)),
        a=_LEFT,
        b=_NONE,
    ),
    _case(
        "nan_keys",
        "NaN keys match",
        "select a.n x, b.n y from a join b on a.x = b.x",
        table("x int, y int", (1, 1)),
        a=table("n int, x double", (1, _NAN), (2, None), (3, math.inf)),
        b=table("n int, x double", (1, _NAN), (2, None)),
    ),
    _case(
        "zero_keys",
        "-0.0 matches 0.0",
        "select a.n x, b.n y from a join b on a.x = b.x",
        table("x int, y int", (1, 1)),
        a=table("n int, x double", (1, -0.0)),
        b=table("n int, x double", (1, 0.0)),
    ),
    _case(
        "zero_keys_among_others",
        "-0.0 matches 0.0 also with a second key",
        "select a.n x, b.n y from a join b on a.x = b.x and a.n = b.n",
        table("x int, y int", (1, 1)),
        a=table("n int, x float", (1, -0.0), (2, 1.0)),
        b=table("n int, x float", (1, 0.0), (2, 2.0)),
    ),
    _case(
        "decimal_scales",
        "decimals of different scales are equal by value",
        "select a.d x, b.d y from a join b on a.d = b.d",
        table("x decimal(10,2), y decimal(20,6)", (Decimal("1.10"), Decimal("1.100000"))),
        a=table("d decimal(10,2)", (Decimal("1.10"),), (Decimal("1.20"),)),
        b=table("d decimal(20,6)", (Decimal("1.1"),), (Decimal("1.200001"),)),
    ),
    _case(
        "wide_decimals",
        "wide decimals are compared digit by digit",
        "select count(*) n from a join b on a.d = b.d",
        table("n bigint", (1,)),
        a=table("d decimal(38,10)", (Decimal("3333333333.3333333333"),), (Decimal("3333333333.3333333334"),)),
        b=table("d decimal(38,10)", (Decimal("3333333333.3333333333"),), (Decimal("3333333333.3333333335"),)),
    ),
    _case(
        "int_and_long",
        "an int matches the bigint of the same value",
        "select count(*) n from a join b on a.k = b.k",
        table("n bigint", (1,)),
        a=table("k int", (1,), (-1,)),
        b=table("k bigint", (1,), (2**32 - 1,)),
    ),
    _case(
        "number_and_text",
        "a number matches its string form",
        "select a.k x from a join b on a.k = b.k",
        table("x int", (10,)),
        a=table("k int", (10,), (11,)),
        b=table("k string", ("10",), ("12",)),
    ),
    _case(
        "struct_keys",
        "structures can be keys, and NULL fields are equal",
        "select a.n x, b.n y from a join b on a.s = b.s",
        table("x int, y int", (1, 1), (2, 2)),
        a=table("n int, s struct<a:int,b:int>", (1, {"a": 1, "b": 2}), (2, {"a": 1, "b": None}), (3, None)),
        b=table("n int, s struct<a:int,b:int>", (1, {"a": 1, "b": 2}), (2, {"a": 1, "b": None}), (3, None)),
    ),
    _case(
        "not_in_null",
        "NOT IN of a list with NULL is never true",
        "select l from a where k not in (select k from b)",
        table("l string"),
    ),
    _case(
        "not_in_null_or",
        "NOT IN of a list with NULL is never true as a part of a condition either",
        "select l from a where k not in (select k from b) or l = 'c'",
        table("l string", ("c",)),
    ),
    _case(
        "in_null",
        "IN of a list with NULL is true for listed values",
        "select l from a where k in (select k from b)",
        table("l string", ("a",), ("b",), ("bb",)),
    ),
    _case(
        "exists",
        "EXISTS and NOT EXISTS of a correlated query",
        "select l from a where exists (select 1 from b where b.k = a.k) or not exists (select 1 from b where "
        "b.k >= a.k)",
        table("l string", ("a",), ("b",), ("bb",), ("n",)),
    ),
    _case(
        "correlated",
        "a scalar subquery without rows is NULL",
        "select l, (select max(r) from b where b.k = a.k) m from a where k is null or k in (1, 3)",
        table("l string, m string", ("a", "A"), ("c", None), ("n", None)),
    ),
    _case(
        "correlated_count",
        "a scalar subquery that counts no rows is 0",
        "select l, (select count(*) from b where b.k = a.k) n from a where k is null or k in (1, 3)",
        table("l string, n bigint", ("a", 1), ("c", 0), ("n", 0)),
    ),
    _case(
        "lateral",
        "a lateral query sees the row on its left",
        "select l, m from a, lateral (select k * 10 m) where k = 1",
        table("l string, m int", ("a", 10)),
    ),
    _case(
        "self",
        "a table is joined with itself under two names",
        "select x.l p, y.l q from a x join a y on x.k = y.k - 1",
        table("p string, q string", ("a", "b"), ("a", "bb"), ("b", "c"), ("bb", "c")),
    ),
    _case(
        "set_operations",
        "EXCEPT, INTERSECT and UNION treat NULL as equal to NULL; with ALL they count",
        "select 'except' o, k from (select k from a except select k from b) union all "
        "select 'except all', k from (select k from a except all select k from b) union all "
        "select 'intersect', k from (select k from a intersect select k from b)",
        table(
            "o string, k int",
            ("except", 3),
            ("except all", 2),
            ("except all", 3),
            ("intersect", 1),
            ("intersect", 2),
            ("intersect", None),
        ),
    ),
    _case(
        "intersect_all",
        "INTERSECT ALL has a row as often as both sides have it",
        "select k from a intersect all (select k from b union all select 3)",
        table("k int", (1,), (2,), (3,), (None,)),
    ),
    ask(
        "by_name",
        "unionByName fills the columns that one side lacks",
        lambda t: t.frame(_LEFT).unionByName(t.frame(_RIGHT), allowMissingColumns=True).where("k = 1"),
        table(_COLUMNS, (1, "a", None), (1, None, "A")),
    ),
    ask(
        "broadcast",
        "a broadcast join gives the same rows",
        lambda t: _broadcast(t.frame(_LEFT), t.frame(_RIGHT)),
        table(_COLUMNS, *_JOINED),
    ),
)


def _broadcast(left: DataFrame, right: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return left.join(F.broadcast(right), "k")
