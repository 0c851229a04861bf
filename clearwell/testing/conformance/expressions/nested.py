"""Arrays and structures: explosion, construction, and access."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clearwell.testing.conformance.case import ask, grouped, refused, sql
from clearwell.testing.conformance.notation import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["CASES"]

_NAN = math.nan
_LISTS = table("k int, a array<int>", (1, [3, 1, None, 2]), (2, []), (3, None))
_PEOPLE = table(
    "s struct<name:string,age:int>", ({"name": "Ada", "age": 36},), ({"name": None, "age": 1},), (None,)
)

CASES = grouped(
    "nested",
    sql(
        "explode",
        "explode returns one row per element, and none for an empty array or NULL",
        "select k, explode(a) x from t",
        table("k int, x int", (1, 3), (1, 1), (1, None), (1, 2)),
        t=_LISTS,
    ),
    sql(
        "explode_outer",
        "explode_outer keeps the row of an empty array and of NULL",
        "select k, explode_outer(a) x from t where k > 1",
        table("k int, x int", (2, None), (3, None)),
        t=_LISTS,
    ),
    sql(
        "posexplode",
        "posexplode numbers the elements from 0",
        "select k, p, x from t lateral view posexplode(a) v as p, x",
        table("k int, p int, x int", (1, 0, 3), (1, 1, 1), (1, 2, None), (1, 3, 2)),
        t=_LISTS,
    ),
    sql(
        "exploded_filter",
        "WHERE sees the columns of LATERAL VIEW",
        "select k, p, x from t lateral view posexplode(a) v as p, x where p > 1",
        table("k int, p int, x int", (1, 2, None), (1, 3, 2)),
        t=_LISTS,
    ),
    sql(
        "inline",
        "inline turns an array of structures into columns",
        "select inline(l) from t",
        table("a int, b string", (1, "x"), (2, None)),
        t=table("l array<struct<a:int,b:string>>", ([{"a": 1, "b": "x"}, {"a": 2, "b": None}],), ([],)),
    ),
    sql(
        "fields",
        "a field of a NULL structure is NULL, and of an array of structures an array",
        "select s.name n, l.age a from (select s, array(s, s) l from t)",
        table("n string, a array<int>", ("Ada", [36, 36]), (None, [1, 1]), (None, [None, None])),
        t=_PEOPLE,
    ),
    ask(
        "edited_struct",
        "a field is added to a structure and another dropped",
        lambda t: _edited(t.frame(_PEOPLE)),
        table(
            "s struct<name:string,old:boolean>",
            ({"name": "Ada", "old": True},),
            ({"name": None, "old": False},),
            (None,),
        ),
    ),
    sql(
        "struct_distinct",
        "equal structures are one group, NULL fields included",
        "select s, count(*) n from t group by s",
        table(
            "s struct<a:int,b:string>, n bigint", ({"a": 1, "b": None}, 2), ({"a": 1, "b": "x"}, 1), (None, 1)
        ),
        t=table(
            "s struct<a:int,b:string>",
            ({"a": 1, "b": None},),
            ({"a": 1, "b": None},),
            ({"a": 1, "b": "x"},),
            (None,),
        ),
    ),
    sql(
        "array_grouped",
        "equal arrays are one group, NaN and NULL included",
        "select a, count(*) n from t group by a",
        table("a array<double>, n bigint", ([_NAN, None], 2), ([], 1), (None, 1)),
        t=table("a array<double>", ([_NAN, None],), ([_NAN, None],), ([],), (None,)),
    ),
    sql(
        "lambdas",
        "transform, filter, exists, forall and aggregate work on each element",
        "select transform(a, x -> x * 2) b, filter(a, x -> x > 1) c, exists(a, x -> x = 3) d, "
        "forall(a, x -> x > 0) e, aggregate(a, 0, (s, x) -> s + coalesce(x, 0)) f from t where k < 3",
        table(
            "b array<int>, c array<int>, d boolean, e boolean, f int",
            ([6, 2, None, 4], [3, 2], True, None, 6),
            ([], [], False, True, 0),
        ),
        t=_LISTS,
    ),
    sql(
        "lambda_index",
        "a lambda may take the index, from 0",
        "select transform(a, (x, i) -> x + i) b from t where k < 3",
        table("b array<int>", ([3, 2, None, 5],), ([],)),
        t=_LISTS,
    ),
    sql(
        "lambda_sees_columns",
        "a lambda sees the other columns of its row",
        "select filter(a, x -> x > k) b, transform(a, x -> x + k) c from t",
        table("b array<int>, c array<int>", ([3, 2], [4, 2, None, 3]), ([], []), (None, None)),
        t=_LISTS,
    ),
    sql(
        "zip_with",
        "zip_with combines two arrays, with NULL where one is shorter",
        "select zip_with(a, b, (x, y) -> x * y) c from t",
        table("c array<int>", ([3, None],)),
        t=table("a array<int>, b array<int>", ([1, 2], [3])),
        columns=lambda t, F: t.select(F.zip_with("a", "b", lambda x, y: x * y).alias("c")),
    ),
    sql(
        "arrays",
        "functions of arrays treat NULL elements as Spark does",
        "select sort_array(a) b, sort_array(a, false) c, array_sort(a) d, array_max(a) e, array_compact(a) "
        "f, "
        "size(a) h, reverse(a) i from t where k = 1",
        table(
            "b array<int>, c array<int>, d array<int>, e int, f array<int>, h int, i array<int>",
            ([None, 1, 2, 3], [3, 2, 1, None], [1, 2, 3, None], 3, [3, 1, 2], 4, [2, None, 1, 3]),
        ),
        t=_LISTS,
    ),
    sql(
        "contains_beside_null",
        "whether an array with a NULL contains a missing value is NULL",
        "select array_contains(a, 9) x, array_contains(a, 3) y from t where k = 1",
        table("x boolean, y boolean", (None, True)),
        t=_LISTS,
        columns=lambda t, F: t.where("k = 1").select(
            F.array_contains("a", 9).alias("x"), F.array_contains("a", 3).alias("y")
        ),
    ),
    sql(
        "size_of_null",
        "the size of a NULL array is NULL",
        "select k, size(a) n from t",
        table("k int, n int", (1, 4), (2, 0), (3, None)),
        t=_LISTS,
    ),
    sql(
        "array_sets",
        "distinct, union, except and intersect of arrays keep one of each value, including NULL and NaN",
        "select array_distinct(a) b, array_union(a, b) c, array_except(a, b) d, array_intersect(a, b) e from "
        "t",
        table(
            "b array<double>, c array<double>, d array<double>, e array<double>",
            ([1.0, _NAN, None], [1.0, _NAN, None, 2.0], [1.0], [_NAN, None]),
        ),
        t=table("a array<double>, b array<double>", ([1.0, _NAN, _NAN, None, None], [2.0, _NAN, None])),
    ),
    sql(
        "array_ends",
        "element_at counts from 1, and from the end when negative; slice likewise",
        "select element_at(a, 1) b, element_at(a, -1) c, slice(a, -2, 2) d, a[0] e, get(a, 9) f, "
        "array_position(a, 2) g, array_join(a, ',', '?') h from t where k = 1",
        table(
            "b int, c int, d array<int>, e int, f int, g bigint, h string",
            (3, 2, [None, 2], 3, None, 4, "3,1,?,2"),
        ),
        t=_LISTS,
    ),
    sql(
        "index_by_column",
        "the index into an array or the key into a map may be a column",
        "select a[i] x, m[k] y from t",
        table("x int, y int", (2, 7)),
        t=table("a array<int>, i int, m map<string,int>, k string", ([1, 2], 1, {"q": 7}, "q")),
        columns=lambda t, _: t.select(t.a[t.i].alias("x"), t.m[t.k].alias("y")),
    ),
    refused(
        "index_past_the_end",
        "an index past the end of an array is an error",
        "select a[1] x from t",
        bad=table("a array<int>", ([1],)),
        good=table("a array<int>", ([1, 2],)),
        gives=table("x int", (2,)),
    ),
    refused(
        "element_past_the_end",
        "element_at past the end of an array is an error",
        "select element_at(a, i) x from t",
        bad=table("a array<int>, i int", ([1, 2], 3)),
        good=table("a array<int>, i int", ([1, 2], 2)),
        gives=table("x int", (2,)),
    ),
    sql(
        "sequences",
        "sequence, flatten, array_repeat and arrays_overlap",
        "select sequence(1, n, 2) a, flatten(array(array(n), array(1))) b, array_repeat(n, 2) c, "
        "arrays_overlap(array(n), array(1, 5)) d, sequence(n, 3) e from t",
        table(
            "a array<int>, b array<int>, c array<int>, d boolean, e array<int>",
            ([1, 3, 5], [5, 1], [5, 5], True, [5, 4, 3]),
        ),
        t=table("n int", (5,)),
    ),
    sql(
        "arrays_zip",
        "arrays_zip pairs two arrays under their names, NULL where one is shorter",
        "select arrays_zip(a, b) z from t",
        table("z array<struct<a:int,b:string>>", ([{"a": 1, "b": "x"}, {"a": 2, "b": None}],)),
        t=table("a array<int>, b array<string>", ([1, 2], ["x"])),
    ),
    sql(
        "json_out",
        "to_json writes a structure without its NULL fields, and from_json reads it back",
        "select to_json(s) j, from_json(to_json(s), 'name string, age int') r from t where s is not null",
        table(
            "j string, r struct<name:string,age:int>",
            ('{"name":"Ada","age":36}', {"name": "Ada", "age": 36}),
            ('{"age":1}', {"name": None, "age": 1}),
        ),
        t=_PEOPLE,
    ),
    sql(
        "json_looked_into",
        "get_json_object returns a value by its path, or NULL",
        "select get_json_object(j, '$.a.b') a, get_json_object(j, '$.l[1]') b, get_json_object(j, '$.z') c "
        "from t",
        table("a string, b string, c string", ("x", "2", None), (None, None, None)),
        t=table("j string", ('{"a": {"b": "x"}, "l": [1, 2]}',), ("not json",)),
    ),
    sql(
        "json_number_looked_into",
        "get_json_object returns a number with a fraction as a double's text",
        "select get_json_object(j, '$.a') a from t",
        table("a string", ("1.5",), ("1000.0",), ("0",)),
        t=table("j string", ('{"a": 1.50}',), ('{"a": 1E3}',), ('{"a": -0}',)),
        columns=lambda t, F: t.select(F.get_json_object("j", "$.a").alias("a")),
    ),
)


def _edited(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    s = F.col("s")
    return frame.select(s.withField("old", s["age"] > 30).dropFields("age").alias("s"))
