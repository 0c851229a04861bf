"""A walk through recorded edges goes up to the raw files, down to the releases, and always ends."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from clearwell.lineage import Branch, LineageGraph
from clearwell.model import Edge

EDGES = {
    "bronze_flights": [
        Edge("delay", "raw_flights", "delay", "TRANSFORMATION"),
        Edge("_file_id", "", "", "CONSTANT"),
    ],
    "silver_flights": [
        Edge("", "bronze_flights", "dest", "FILTER"),
        Edge("delay", "bronze_flights", "delay", "IDENTITY"),
        Edge("late", "bronze_flights", "delay", "TRANSFORMATION", blurred=True),
    ],
    "gold_late": [
        Edge("", "silver_flights", "late", "FILTER"),
        Edge("risk", "silver_flights", "delay", "AGGREGATION"),
        Edge("risk", "silver_flights", "late", "AGGREGATION"),
        Edge("lost", "", "", "MISSING"),
    ],
    "late": [Edge("risk", "gold_late", "risk", "IDENTITY")],
}


def drawn(branch: Branch, depth: int = 0) -> list[str]:
    name = f"{branch.table}.{branch.column}" if branch.column else branch.table
    how = branch.edge.subtype if branch.edge else "start"
    line = f"{'  ' * depth}{name} {how}{' again' if branch.repeated else ''}"
    return [line, *(inner for b in branch.branches for inner in drawn(b, depth + 1))]


def test_a_column_is_followed_to_the_raw_files() -> None:
    assert drawn(LineageGraph(EDGES).up("late", "risk")) == [
        "late.risk start",
        "  gold_late.risk IDENTITY",
        "    silver_flights.delay AGGREGATION",
        "      bronze_flights.delay IDENTITY",
        "        raw_flights.delay TRANSFORMATION",
        "      bronze_flights.dest FILTER",
        "    silver_flights.late AGGREGATION",
        "      bronze_flights.delay TRANSFORMATION again",
        "    silver_flights.late FILTER",
    ]


def test_a_column_is_followed_to_the_releases() -> None:
    assert drawn(LineageGraph(EDGES).down("raw_flights", "delay")) == [
        "raw_flights.delay start",
        "  bronze_flights.delay TRANSFORMATION",
        "    silver_flights.delay IDENTITY",
        "      gold_late.risk AGGREGATION",
        "        late.risk IDENTITY",
        "    silver_flights.late TRANSFORMATION",
        "      gold_late FILTER",
        "      gold_late.risk AGGREGATION again",
    ]


def test_tables_are_followed_as_wholes() -> None:
    graph = LineageGraph(EDGES)
    up = ["late", "gold_late", "silver_flights", "bronze_flights", "raw_flights"]
    assert [line.split()[0] for line in drawn(graph.up("late"))] == up
    assert [line.split()[0] for line in drawn(graph.down("raw_flights"))] == up[::-1]


def test_a_column_from_nowhere_and_one_from_no_column_say_so() -> None:
    graph = LineageGraph(EDGES)
    assert [b.edge.subtype for b in graph.up("gold_late", "lost").branches if b.edge] == ["MISSING", "FILTER"]
    assert [b.edge.subtype for b in graph.up("bronze_flights", "_file_id").branches if b.edge] == ["CONSTANT"]


def test_tables_columns_sources_and_uses_are_listed() -> None:
    graph = LineageGraph(EDGES)
    assert graph.recorded == ("bronze_flights", "silver_flights", "gold_late", "late")
    assert graph.tables == ("bronze_flights", "gold_late", "late", "raw_flights", "silver_flights")
    assert graph.columns("bronze_flights") == ("_file_id", "delay", "dest")
    assert graph.columns("raw_flights") == ("delay",)
    assert graph.columns("nobody") == ()
    assert [edge.source_column for edge in graph.sources("gold_late", "risk")] == ["delay", "late"]
    assert [edge.subtype for edge in graph.influences("gold_late")] == ["FILTER"]
    assert [user for user, _ in graph.uses("silver_flights", "late")] == ["gold_late", "gold_late"]


TABLES, COLUMNS = ("t", "u", "v"), ("a", "b")
nodes = st.tuples(st.sampled_from(TABLES), st.sampled_from(COLUMNS))


@given(st.lists(st.tuples(nodes, nodes, st.booleans())))
def test_a_walk_ends_and_meets_all_that_can_be_reached_however_tables_hang_together(
    drawn_edges: list[tuple[tuple[str, str], tuple[str, str], bool]],
) -> None:
    edges: dict[str, list[Edge]] = {}
    direct: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for target, source, is_filter in drawn_edges:
        how = "FILTER" if is_filter else "IDENTITY"
        edges.setdefault(target[0], []).append(Edge("" if is_filter else target[1], *source, how))
        if not is_filter:
            direct.setdefault(target, set()).add(source)
    graph = LineageGraph(edges)
    for start in product(TABLES, COLUMNS):
        reached, waiting = {start}, [start]
        while waiting:
            for source in direct.get(waiting.pop(), ()):
                if source not in reached:
                    reached.add(source)
                    waiting.append(source)
        assert _met(graph.up(*start)) == reached


def _met(branch: Branch) -> set[tuple[str, str]]:
    own = {(branch.table, branch.column)} if branch.edge is None or branch.edge.is_direct else set()
    return own.union(*(_met(inner) for inner in branch.branches))
