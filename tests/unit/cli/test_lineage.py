"""Lineage is shown as a tree for people, or as one document, and a mistake is answered with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.model import Edge
from clearwell.tables import Lake, record_release
from tests.unit.publishing.project import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran

WHEN = "2026-01-01T00:00:00+00:00"
EDGES = {
    "bronze_delays": [Edge("wind", "raw_delays", "wind", "TRANSFORMATION"), Edge("day", "", "", "CONSTANT")],
    "gold_delays": [
        Edge("", "bronze_delays", "day", "FILTER"),
        Edge("wind", "bronze_delays", "wind", "IDENTITY"),
        Edge("risk", "bronze_delays", "wind", "TRANSFORMATION", blurred=True),
        Edge("rate", "", "", "MISSING"),
    ],
    "late_flights": [
        Edge("wind", "gold_delays", "wind", "IDENTITY"),
        Edge("risk", "gold_delays", "risk", "IDENTITY"),
    ],
}


@pytest.fixture
def lake(project: Path) -> Path:
    """A lake in which these edges are on record, and one table of which nothing is."""
    made = Lake(project / "lake")
    for name, edges in EDGES.items():
        record_release(made, name, 1, edges, created=WHEN)
    made.table("silver_new").create(SCHEMA)
    return project / "lake"


def test_a_column_is_shown_as_a_tree_to_the_raw_files(lake: Path, clearwell: Callable[..., Ran]) -> None:
    said = clearwell("lineage", "late_flights.risk").out.splitlines()
    assert [" ".join(line.split()) for line in said] == [
        "late_flights.risk",
        "<- gold_delays.risk as it is",
        "<- bronze_delays.wind computed, blurred",
        "<- raw_delays.wind computed",
        "<- bronze_delays.day filters the rows",
    ]
    depths = [len(line) - len(line.lstrip()) for line in said]
    assert depths == [0, 3, 6, 9, 6]


def test_a_column_is_shown_as_a_tree_to_the_releases(lake: Path, clearwell: Callable[..., Ran]) -> None:
    said = clearwell("lineage", "bronze_delays.wind", "--down").out.splitlines()
    assert [" ".join(line.split()) for line in said] == [
        "bronze_delays.wind",
        "-> gold_delays.risk computed, blurred",
        "-> late_flights.risk as it is",
        "-> gold_delays.wind as it is",
        "-> late_flights.wind as it is",
    ]


def test_a_table_is_shown_with_the_sources_of_each_column(lake: Path, clearwell: Callable[..., Ran]) -> None:
    said = [" ".join(line.split()) for line in clearwell("lineage", "gold_delays").out.splitlines()]
    assert said == [
        "column from how",
        "rate - from data that the plan does not show",
        "risk bronze_delays.wind computed, blurred",
        "wind bronze_delays.wind as it is",
        "",
        "rows are selected by",
        "from how",
        "bronze_delays.day filters the rows",
    ]


def test_a_table_is_shown_with_the_users_of_each_column(lake: Path, clearwell: Callable[..., Ran]) -> None:
    said = [
        " ".join(line.split()) for line in clearwell("lineage", "bronze_delays", "--down").out.splitlines()
    ]
    assert said == [
        "column to how",
        "day gold_delays filters the rows",
        "wind gold_delays.risk computed, blurred",
        "wind gold_delays.wind as it is",
    ]
    assert clearwell("lineage", "late_flights", "--down").out == "nothing uses late_flights\n"


def test_raw_files_are_where_it_ends(lake: Path, clearwell: Callable[..., Ran]) -> None:
    assert clearwell("lineage", "raw_delays").out == "raw_delays is raw: it comes from outside the lake\n"
    assert clearwell("lineage", "raw_delays.wind").out == "raw_delays.wind\n"


def test_programs_get_one_document(lake: Path, clearwell: Callable[..., Ran]) -> None:
    tree = clearwell("lineage", "gold_delays.rate", "--json").json
    assert (tree["direction"], tree["table"], tree["column"]) == ("up", "gold_delays", "rate")
    assert [branch["edge"]["subtype"] for branch in tree["branches"]] == ["MISSING", "FILTER"]
    table = clearwell("lineage", "gold_delays", "--json").json
    assert {c["column"]: c["state"] for c in table["columns"]} == {
        "rate": "missing",
        "risk": "blurred",
        "wind": "exact",
    }
    assert [edge["subtype"] for edge in table["rows"]] == ["FILTER"]
    uses = clearwell("lineage", "gold_delays", "--down", "--json").json
    assert [(use["source_column"], use["user"], use["column"]) for use in uses["uses"]] == [
        ("risk", "late_flights", "risk"),
        ("wind", "late_flights", "wind"),
    ]


@pytest.mark.parametrize(
    ("target", "fact", "hint"),
    [
        ("gold_delay", "no table 'gold_delay' in this lake", "did you mean 'gold_delays'?"),
        ("gold_delays.winds", "gold_delays: no column 'winds'", "did you mean 'wind'?"),
        ("late_flights.nothing", "late_flights: no column 'nothing'", "its columns are risk, wind"),
        ("silver_new", "silver_new: no lineage of it is recorded yet", "`clearwell run silver_new`"),
        (
            "history_lineage",
            "history_lineage: Clearwell's own records have no lineage",
            "tables with lineage: bronze_delays",
        ),
        ("", "no table '' in this lake", "see `clearwell tables`"),
    ],
)
def test_what_is_not_there_is_answered_with_the_next_step(
    lake: Path, clearwell: Callable[..., Ran], target: str, fact: str, hint: str
) -> None:
    said = clearwell("lineage", target)
    assert said.code == 1
    assert fact in said.err
    assert hint in said.err


def test_nothing_is_written(lake: Path, clearwell: Callable[..., Ran]) -> None:
    before = {file: file.stat().st_mtime_ns for file in lake.rglob("*")}
    clearwell("lineage", "gold_delays")
    clearwell("lineage", "gold_delays.wind", "--down")
    assert {file: file.stat().st_mtime_ns for file in lake.rglob("*")} == before


def test_a_run_says_which_column_nobody_can_name_the_origin_of(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    (project / "steps" / "birds.py").write_text(
        "def clean(birds):\n"
        "    rates = birds.sparkSession.createDataFrame([('heron', 0.5)], 'name string, rate double')\n"
        "    return birds.join(rates, 'name', 'left')\n"
    )
    said = clearwell("run")
    assert said.code == 0, said.err
    line = next(line for line in said.out.splitlines() if "column_lineage" in line)
    assert line.strip().startswith("warning: silver_birds column_lineage, 1 column comes from data that")
    assert "lineage: {rate: [TABLE.COLUMN]}" in line
    assert "from data that the plan does not show" in clearwell("lineage", "silver_birds.rate").out
