"""A column from data that nobody can name fails the check, and the failure says what to write."""

from __future__ import annotations

from clearwell.lineage import how, judge_lineage, origin, states_of
from clearwell.model import Edge, Severity

EXACT = Edge("exact", "bronze_x", "a", "IDENTITY")
BLURRED = Edge("blurred", "bronze_x", "a", "TRANSFORMATION", blurred=True)
CONSTANT = Edge("constant", "", "", "CONSTANT")
MISSING = Edge("lost", "", "", "MISSING")
ROWS = Edge("", "bronze_x", "b", "FILTER")


def test_a_table_without_missing_columns_passes_with_numbers() -> None:
    found = judge_lineage([EXACT, BLURRED, CONSTANT, ROWS])
    assert found.success
    assert found.observed == {"exact": 1, "blurred": 1, "constant": 1, "missing": 0}
    assert (found.name, found.message, found.blocks) == ("column_lineage", None, False)


def test_a_missing_column_fails_names_the_reason_and_shows_what_to_declare() -> None:
    found = judge_lineage([EXACT, MISSING], ["rows created in Python (createDataFrame)"])
    assert (found.success, found.severity, found.blocks) == (False, Severity.WARNING, False)
    assert found.message == (
        "1 column comes from data that the plan does not show: lost (rows created in Python"
        " (createDataFrame)). Declare it in the YAML, lineage: {lost: [TABLE.COLUMN]}, or [] where it comes"
        " from no column"
    )


def test_many_missing_columns_are_counted_and_the_first_named() -> None:
    found = judge_lineage(Edge(f"c{n:02}", "", "", "MISSING") for n in range(12))
    assert found.message
    assert "12 columns come from" in found.message
    assert "c09, ..." in found.message


def test_the_worst_edge_of_a_column_decides() -> None:
    also = Edge("lost", "bronze_x", "a", "IDENTITY")
    assert states_of([MISSING, also, EXACT, ROWS]) == {"lost": "missing", "exact": "exact"}
    assert states_of([BLURRED, Edge("blurred", "bronze_x", "b", "IDENTITY")]) == {"blurred": "blurred"}


def test_a_table_with_nothing_on_record_fails() -> None:
    found = judge_lineage([])
    assert not found.success
    assert (
        found.message == "no lineage is recorded yet: the next build records it, or one with --full-refresh"
    )


def test_edges_are_told_in_words() -> None:
    assert how(BLURRED) == "computed, blurred"
    assert how(ROWS) == "filters the rows"
    assert origin([EXACT]) == "from bronze_x.a (as it is)"
    assert origin([CONSTANT]) == "from no column"
    both = [EXACT, Edge("exact", "bronze_y", "b", "AGGREGATION"), MISSING]
    assert origin(both) == (
        "from bronze_x.a (as it is); from bronze_y.b (aggregated); from data that the plan does not show"
    )
    many = [Edge("q", "bronze_x", f"c{n}", "TRANSFORMATION") for n in range(8)]
    assert origin(many).endswith("bronze_x.c5 and 2 more (computed)")
