"""The lineage page holds every table, column and edge, once, and the same lake gives the same page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bench.lineage_page import make_lineage
from clearwell.model import Edge
from clearwell.pages.lineage_page import LineageColumn, LineageTable, lineage_anchor, lineage_page
from tests.unit.reports.reading import Reader, allowed, hashed

if TYPE_CHECKING:
    import random

NAME = st.sampled_from(["silver_a", "gold_b", "raw_c", "late_flights", "odd. name</script>"])
COLUMN = st.sampled_from(["id", "a.b", "ü\"'<", "x" * 80])
ORIGIN = st.tuples(NAME, COLUMN | st.just("")) | st.just(("", ""))
EDGE = st.builds(
    lambda column, origin, subtype, blurred: Edge(column, *origin, subtype, blurred),
    COLUMN | st.just(""),
    ORIGIN,
    st.sampled_from(["IDENTITY", "JOIN", "MISSING", "a new one"]),
    st.booleans(),
)
EDGES = st.dictionaries(NAME, st.lists(EDGE, max_size=6).map(tuple), max_size=4)


def data_of(page: str) -> dict[str, Any]:
    (block,) = re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


def unpacked(data: dict[str, Any]) -> dict[str, set[Edge]]:
    """The edges, read as the page's script reads them."""
    words, kinds = data["words"], data["kinds"]
    nodes = [
        (name, words[packed[at]]) for name, *_, packed in data["tables"] for at in range(0, len(packed), 3)
    ]
    nodes += [(name, "") for name, *_ in data["tables"]]
    found: dict[str, set[Edge]] = {}
    flat = data["edges"]
    for to, origin, kind in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        table, column = nodes[to]
        source = nodes[origin] if origin >= 0 else ("", "")
        found.setdefault(table, set()).add(Edge(column, *source, kinds[kind >> 1], bool(kind & 1)))
    return found


@given(EDGES)
def test_every_edge_is_in_it(edges: dict[str, tuple[Edge, ...]]) -> None:
    page = lineage_page("lake", [LineageTable("silver_a", "silver")], edges)
    assert unpacked(data_of(page)) == {name: set(its) for name, its in edges.items() if its}


@given(EDGES, st.randoms())
def test_the_order_of_what_is_given_does_not_matter(
    edges: dict[str, tuple[Edge, ...]], chance: random.Random
) -> None:
    tables = [
        LineageTable("gold_b", "gold"),
        LineageTable("silver_a", "silver"),
        LineageTable("gold_a", "gold"),
    ]
    page = lineage_page("lake", tables, edges)
    shuffled = {name: tuple(chance.sample(edges[name], len(edges[name]))) for name in reversed(edges)}
    again = lineage_page("lake", chance.sample(tables, 3), shuffled)
    assert [t[0] for t in data_of(page)["tables"]] == [t[0] for t in data_of(again)["tables"]]
    assert unpacked(data_of(page)) == unpacked(data_of(again))


def test_tables_stand_in_the_order_of_zones_and_those_that_only_edges_name_are_there_too() -> None:
    edges = {
        "elsewhere": (Edge("x", "gold_old", "gone", "IDENTITY"),),
        "silver_a": (Edge("y", "raw_a", "z", "IDENTITY"),),
    }
    tables = [
        LineageTable("late", "release"),
        LineageTable("silver_a", "silver", columns=(LineageColumn("y"),)),
    ]
    data = data_of(lineage_page("lake", tables, edges))
    zones = [(name, data["zones"][zone]) for name, zone, *_ in data["tables"]]
    assert zones == [
        ("raw_a", "raw"),
        ("silver_a", "silver"),
        ("gold_old", "gold"),
        ("late", "release"),
        ("elsewhere", "elsewhere"),
    ]


def test_500_tables_are_less_than_half_a_megabyte_and_the_same_at_every_time() -> None:
    page = lineage_page("big", *make_lineage())
    assert page == lineage_page("big", *make_lineage())
    assert len(page.encode()) < 500_000


def test_it_asks_nothing_of_the_network_and_runs_only_its_own_script() -> None:
    page = Reader(lineage_page("lake", [], {}, home="index.html"))
    assert [link for link in page.links if not link.startswith("#")] == ["index.html"]
    assert allowed(page.policy, "script-src") == [hashed(text) for text in page.inline["script"]]
    assert allowed(page.policy, "style-src") == [hashed(text) for text in page.inline["style"]]
    code = "".join(page.inline["script"] + page.inline["style"])
    for way in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "@import", "url("):
        assert way not in code.replace("there is no innerHTML anywhere", "")
    assert re.findall(r"https?://[^\"' ]+", code) == ["http://www.w3.org/2000/svg"]


def test_no_name_is_taken_for_markup() -> None:
    hostile = "x\"><script>alert(1)</script>&'"
    edges = {hostile: (Edge(hostile, hostile, hostile, hostile),)}
    table = LineageTable(hostile, hostile, hostile, (hostile,), (LineageColumn(hostile, hostile),), hostile)
    text = lineage_page(hostile, [table], edges, home=hostile)
    page = Reader(text)
    assert page.tags.count("script") == 2  # the data, and the page's own
    assert allowed(page.policy, "script-src") == [hashed(code) for code in page.inline["script"]]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.texts.count(hostile) == 1
    assert f"Lineage of {hostile}" in page.texts
    assert hostile in page.links
    assert data_of(text)["tables"][0][0] == hostile


def test_an_anchor_survives_any_name() -> None:
    assert lineage_anchor("silver_flights") == "silver_flights"
    assert lineage_anchor("silver_flights", "dest") == "silver_flights.dest"
    assert lineage_anchor("a b", 'x"#&.y') == "a%20b.x%22%23%26.y"
