"""Maps: construction, access, and explosion."""

from __future__ import annotations

from clearwell.testing.conformance.case import grouped, refused, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_MAPS = table("k int, m map<string,int>", (1, {"a": 1, "b": None}), (2, {}), (3, None))

CASES = grouped(
    "nested",
    sql(
        "explode_map",
        "explode of a map column gives its pairs",
        "select k, explode(m) as (key, value) from t",
        table("k int, key string, value int", (1, "a", 1), (1, "b", None)),
        t=_MAPS,
    ),
    sql(
        "explode_literal_map",
        "explode of a literal map gives its pairs",
        "select explode(map('a', 1, 'b', 2))",
        table("key string, value int", ("a", 1), ("b", 2)),
    ),
    sql(
        "maps",
        "keys, values and lookups of maps; a missing key gives NULL",
        "select sort_array(map_keys(m)) a, map_values(m) b, m['a'] c, m['z'] d, element_at(m, 'b') e, "
        "map_contains_key(m, 'b') f, size(m) g, cardinality(m) h from t where k = 1",
        table(
            "a array<string>, b array<int>, c int, d int, e int, f boolean, g int, h int",
            (["a", "b"], [1, None], 1, None, None, True, 2, 2),
        ),
        t=_MAPS,
    ),
    sql(
        "maps_made",
        "maps are made from arrays, pairs and strings, and concatenated",
        "select map_from_arrays(array('a', k), array(1, 2)) a, map_from_entries(array(struct(k, 1))) b, "
        "str_to_map('a:1,b') c, map_concat(map('a', 1), map(k, 2)) d from t",
        table(
            "a map<string,int>, b map<string,int>, c map<string,string>, d map<string,int>",
            ({"a": 1, "k": 2}, {"k": 1}, {"a": "1", "b": None}, {"a": 1, "k": 2}),
        ),
        t=table("k string", ("k",)),
    ),
    refused(
        "map_key_twice",
        "a map with a repeated key is an error",
        "select map_from_arrays(array('a', k), array(1, 2)) m from t",
        bad=table("k string", ("a",)),
        good=table("k string", ("b",)),
        gives=table("m map<string,int>", ({"a": 1, "b": 2},)),
    ),
    sql(
        "map_filter",
        "map_filter keeps the pairs for which a lambda is true",
        "select map_filter(m, (k, v) -> v > 0) a from t where k = 1",
        table("a map<string,int>", ({"a": 1},)),
        t=_MAPS,
    ),
    sql(
        "map_transformed",
        "transform_values and transform_keys",
        "select transform_values(m, (k, v) -> coalesce(v, 0) + 1) b, transform_keys(m, (k, v) -> upper(k)) c "
        "from t where k = 1",
        table("b map<string,int>, c map<string,int>", ({"a": 2, "b": 1}, {"A": 1, "B": None})),
        t=_MAPS,
        columns=lambda t, F: t.where("k = 1").select(
            F.transform_values("m", lambda _, v: F.coalesce(v, F.lit(0)) + 1).alias("b"),
            F.transform_keys("m", lambda k, _: F.upper(k)).alias("c"),
        ),
    ),
)
