"""SQL text says where its columns come from as frames do, down to what WHERE and GROUP BY decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.lineage.origins import Origins
from clearwell.lineage.plan import PlanWalk
from clearwell.lineage.sql import expressions, queries
from clearwell.lineage.walk import Opaque
from tests.unit.lineage.told import lines

if TYPE_CHECKING:
    from tests.unit.lineage.conftest import Desk

EXACT = {
    "columns, expressions, literals": (
        "select a, upper(b) as B, 1 as one, n + a as q, current_date() as today from {t}",
        "a = t.a\nB ~ t.b\none .\nq ~ t.n t.a\ntoday .",
    ),
    "a star, and one of a table": (
        "select r.*, l.* from {t} l join {u} r on l.a = r.a",
        "a = u.a t.a\nz = u.z\nb = t.b\nn = t.n\narr = t.arr\ns = t.s\nrows JOIN t.a u.a",
    ),
    "what decides about rows": (
        """
        select b, sum(n) as total from {t} where a > 1 and b is not null
        group by b having max(n) > 2 order by total limit 3
        """,
        "b = t.b\ntotal + t.n\nrows FILTER t.a t.b t.n\nrows GROUP_BY t.b\nrows SORT t.n",
    ),
    "numbers in place of names": (
        "select b as k, count(*) as c from {t} group by 1 order by 1 desc",
        "k = t.b\nc .\nrows GROUP_BY t.b\nrows SORT t.b",
    ),
    "an expression inside WITH": (
        "with c as (select a + 1 as q, b from {t} where n > 0) select q, b from c",
        "q ~ t.a\nb = t.b\nrows FILTER t.n",
    ),
    "WITH over WITH, with names of its own": (
        "with c(p) as (select a from {t}), e as (select p * 2 as p from c) select e.p, c.p as q from e, c",
        "p ~ t.a\nq = t.a",
    ),
    "a sub-query in FROM": (
        "select x.q from (select max(n) as q, b from {t} group by b) as x where x.b = 'y'",
        "q + t.n\nrows FILTER t.b\nrows GROUP_BY t.b",
    ),
    "a scalar sub-query, and one of IN and EXISTS": (
        """
        select (select max(z) from {u}) as top, b from {t} as o
        where a in (select a from {u}) and exists (select 1 from {u} i where i.a = o.a)
        """,
        "top + u.z\nb = t.b\nrows FILTER t.a u.a",
    ),
    "CASE and IF": (
        """
        select case when a > 1 then n else 0 end as q, if(b = 'x', 'yes', 'no') as w,
        case b when 'x' then n end as v from {t}
        """,
        "q ~ t.n\nw ~ t.b\nv ~ t.n\nrows CONDITIONAL t.a t.b",
    ),
    "windows, written out and by name": (
        """
        select sum(n) over (partition by b order by a) as s, avg(n) over w as m, row_number() over w as r
        from {t} window w as (partition by b order by a)
        """,
        "s, m + t.n\nr ~ t.a t.b\nrows WINDOW t.a t.b",
    ),
    "joins by name": (
        "select a, b, z from {t} left join {u} using (a)",
        "a = t.a\nb = t.b\nz = u.z\nrows JOIN t.a u.a",
    ),
    "a semi join": (
        "select b from {t} left semi join {u} on {t}.a = {u}.a",
        "b = t.b\nrows JOIN t.a u.a",
    ),
    "union, union all": (
        "select a from {t} union all select a from {u} union select a from {w}",
        "a = t.a u.a w.a\nrows GROUP_BY t.a u.a w.a",
    ),
    "except": ("select a from {t} except select a from {u}", "a = t.a\nrows FILTER u.a"),
    "distinct": ("select distinct a, b from {t}", "a = t.a\nb = t.b\nrows GROUP_BY t.a t.b"),
    "LATERAL VIEW": (
        "select a, e + 1 as q from {t} lateral view explode(arr) x as e",
        "a = t.a\nq ~ t.arr",
    ),
    "a generator in the list": ("select a, explode(arr), b from {t}", "a = t.a\ncol ~ t.arr\nb = t.b"),
    "VALUES and a range": (
        "select v.p, r.id from (values (1, 'x'), (2, 'y')) as v(p, q) cross join range(3) r",
        "p .\nid .",
    ),
    "fields and lambdas": (
        "select s.x as x, transform(arr, i -> i + a) as q, named_struct('p', a).p as p from {t}",
        "x ~ t.s\nq ~ t.a t.arr\np ~ t.a",
    ),
    "a filter of an aggregate": (
        "select sum(n) filter (where a > 1) as q from {t}",
        "q + t.n\nrows FILTER t.a",
    ),
    "all columns in one": ("select to_json(struct(*)) as j from {u}", "j ~ u.a u.z"),
    "parameters": ("select a from {t} where a > 3 and b = 'q'", "a = t.a\nrows FILTER t.a t.b"),
}
ALONE = {
    "an expression": ("a + n as q", "q ~ t.a t.n"),
    "a star": ("*", "a = t.a\nb = t.b\nn = t.n\narr = t.arr\ns = t.s"),
    "an aggregate": ("max(n) as m", "m + t.n"),
    "a generator": ("explode(arr) as e", "e ~ t.arr"),
    "one that needs a name": ("cast(a as string)", "a ~ t.a"),
}


@pytest.mark.parametrize("case", EXACT)
def test_a_query_says_where_its_columns_come_from(desk: Desk, case: str) -> None:
    query, expected = EXACT[case]
    frame = desk.session.sql(query, t=desk.t, u=desk.u, w=desk.w)
    found = desk.lineage(frame)
    assert desk.told(frame) == lines(expected)
    assert found.reasons == ()


@pytest.mark.parametrize("case", ALONE)
def test_an_expression_in_text_says_where_its_value_comes_from(desk: Desk, case: str) -> None:
    text, expected = ALONE[case]
    assert desk.told(desk.t.selectExpr(text)) == lines(expected)


def test_arguments_of_sql_are_constants(desk: Desk) -> None:
    desk.t.createOrReplaceTempView("args_t")
    frame = desk.session.sql("select a, :more as m from args_t where b > :least", {"more": 7, "least": "x"})
    assert desk.told(frame) == lines("a = t.a\nm .\nrows FILTER t.b")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select a from t pivot (sum(n) for b in ('x'))", "PIVOT or UNPIVOT in SQL"),
        ("with recursive r as (select a from t union all select a + 1 from r) select a from r", "recursive"),
        ("select from from", "SQL that cannot be parsed"),
        ("select e.* from t lateral view explode(arr) e", "a generator without names"),
        ("show tables", "SQL"),
    ],
)
def test_sql_that_is_not_understood_is_said_to_be_opaque(desk: Desk, query: str, reason: str) -> None:
    walk = PlanWalk(Origins(), lambda _: ["a"])
    with pytest.raises(Opaque, match=reason):
        queries.query_items(walk, query, None)


def test_sql_that_cannot_be_read_is_blurred_over_all_tables_that_it_names(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = desk.session.sql("select a from {t} where a in (select a from {u})", t=desk.t, u=desk.u)

    def cannot(_: str) -> None:
        raise Opaque("SQL that cannot be parsed")

    monkeypatch.setattr(queries, "parsed", cannot)
    found = desk.lineage(frame)
    assert desk.told(frame) == lines("a ~ t.a t.b t.n t.arr t.s u.a u.z ?")
    assert found.reasons == ("SQL that cannot be parsed",)


def test_a_text_that_cannot_be_read_is_blurred_over_the_frame(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: str) -> None:
        raise Opaque("SQL that cannot be parsed")

    monkeypatch.setattr(expressions, "parsed", cannot)
    frame = desk.u.where("a > 1").selectExpr("z as q")
    assert desk.told(frame) == lines("q ~ u.a u.z ?\nrows FILTER u.a u.z ?")


def test_a_table_that_is_no_input_hides_its_columns(desk: Desk) -> None:
    walk = PlanWalk(Origins(), lambda _: ["p"])
    items = queries.query_items(walk, "select p + 1 as q from somewhere.else_t", None)
    assert [(c.name, c.sources.hidden) for item in items for c in item.columns] == [("q", True)]
    assert walk.reasons == ["it reads a table by name that is not one of its inputs"]
