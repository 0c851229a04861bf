"""The sample's lineage is right, column by column: written down here from reading the transforms.

No column of it is missing or blurred; what is recorded reaches the raw files from every release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.lineage import LineageGraph, states_of
from clearwell.names import PROVENANCE
from clearwell.tables import Lake
from tests.unit.lineage.told import lines, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.lineage import Branch
    from tests.end_to_end.conftest import Sample

KEPT = "flight origin dest dep_delay arr_delay air_time distance time_hour"
DATE = "bronze_flights.year bronze_flights.month bronze_flights.day"
DEPARTURE = f"{DATE} bronze_flights.sched_dep_time"
ARRIVAL = f"{DEPARTURE} bronze_flights.sched_arr_time"
SILVER_FLIGHTS = f"""
    flight_date ~ {DATE}
    carrier ~ bronze_flights.carrier
    tailnum ~ bronze_flights.tailnum
    sched_dep_time ~ {DEPARTURE}
    dep_time ~ {DEPARTURE} bronze_flights.dep_delay bronze_flights.dep_time
    sched_arr_time ~ {ARRIVAL}
    arr_time ~ {ARRIVAL} bronze_flights.arr_delay bronze_flights.arr_time
    is_cancelled ~ bronze_flights.dep_time
"""
FROM_FLIGHTS = """
    flight_date carrier flight tailnum origin dest sched_dep_time sched_arr_time time_hour distance
    dep_time dep_delay arr_time arr_delay air_time
"""
FROM_WEATHER = "temp dewp humid wind_dir wind_speed wind_gust precip pressure visib"
FROM_PLANES = "build_year manufacturer engines seats"
GOLD_FLIGHT_DELAYS = """
    has_weather, has_plane, has_airport .
    is_late ~ silver_flights.arr_delay
    rows FILTER silver_flights.arr_delay
    rows JOIN silver_flights.origin silver_flights.time_hour silver_flights.tailnum silver_flights.dest
    rows JOIN silver_weather.origin silver_weather.time_hour silver_planes.tailnum silver_airports.faa
"""
REFERENCE_GAPS = """
    unknown_tailnum ~ silver_flights.tailnum
    unknown_dest .
    rows FILTER silver_flights.tailnum
    rows JOIN silver_flights.tailnum silver_flights.dest silver_planes.tailnum silver_airports.faa
"""
LATE_FLIGHTS = """
    flight_date carrier flight tailnum origin dest sched_dep_time sched_arr_time time_hour distance
    build_year manufacturer engines seats temp dewp humid wind_dir wind_speed wind_gust precip pressure visib
    has_weather has_plane has_airport is_late
"""


def as_they_are(table: str, columns: str) -> str:
    """A line for each column that is taken from ``table`` as it is."""
    return "\n".join(f"{column} = {table}.{column}" for column in columns.split())


EXPECTED = {
    "silver_flights": [SILVER_FLIGHTS, as_they_are("bronze_flights", f"{KEPT} {' '.join(PROVENANCE)}")],
    "gold_flight_delays": [
        GOLD_FLIGHT_DELAYS,
        as_they_are("silver_flights", f"{FROM_FLIGHTS} {' '.join(PROVENANCE)}"),
        as_they_are("silver_weather", FROM_WEATHER),
        as_they_are("silver_planes", FROM_PLANES),
    ],
    "gold_reference_gaps": [
        REFERENCE_GAPS,
        as_they_are(
            "silver_flights",
            f"flight_date carrier flight origin sched_dep_time tailnum dest {' '.join(PROVENANCE)}",
        ),
    ],
    "silver_weather": [
        as_they_are("bronze_weather", f"origin time_hour {FROM_WEATHER} {' '.join(PROVENANCE)}")
    ],
    "late_flights": [as_they_are("gold_flight_delays", LATE_FLIGHTS)],
    "bronze_weather": [
        f"{', '.join(PROVENANCE)} .\norigin = raw_weather.origin",
        "\n".join(
            f"{column} ~ raw_weather.{column}"
            for column in f"year month day hour time_hour {FROM_WEATHER}".split()
        ),
    ],
}


@pytest.fixture(scope="module")
def graph(ran: Sample) -> LineageGraph:
    return LineageGraph.of(Lake(ran.lake))


@pytest.mark.parametrize("table", EXPECTED)
def test_each_column_comes_from_where_its_transform_takes_it(graph: LineageGraph, table: str) -> None:
    found = [*graph.sources(table), *graph.influences(table)]
    assert told(found) == lines("\n".join(EXPECTED[table]))


def test_every_table_and_every_release_is_on_record(ran: Sample, graph: LineageGraph) -> None:
    zones = ("bronze_", "silver_", "gold_")
    tables = {row["name"] for row in ran.json("tables") if row["name"].startswith(zones)}
    releases = {row["name"] for row in ran.json("releases")}
    assert set(graph.recorded) == tables | releases


def test_every_column_of_every_table_is_exact(ran: Sample, graph: LineageGraph) -> None:
    lake = Lake(ran.lake)
    tables = {str(name) for name in lake.tables()}
    for table in graph.recorded:
        states = states_of(graph.sources(table))
        assert set(states.values()) <= {"exact", "constant"}, table
        if table in tables:
            assert set(states) == set(lake.existing(table).schema.names), table


def test_every_column_of_a_release_that_is_made_from_any_leads_to_raw_files(
    ran: Sample, graph: LineageGraph
) -> None:
    for release in ran.json("releases"):
        for column in graph.columns(release["name"]):
            ends = set(_ends(graph.up(release["name"], column)))
            assert ends, (release["name"], column)
            assert all(end == "CONSTANT" or end.startswith("raw_") for end in ends), (column, ends)


def test_the_command_line_shows_the_way_of_the_label(ran: Sample) -> None:
    said = [" ".join(line.split()) for line in ran.clearwell("lineage", "late_flights.is_late").splitlines()]
    assert said[:5] == [
        "late_flights.is_late",
        "<- gold_flight_delays.is_late as it is",
        "<- silver_flights.arr_delay computed",
        "<- bronze_flights.arr_delay as it is",
        "<- raw_flights.arr_delay computed",
    ]
    down = ran.json("lineage", "raw_weather.wind_speed", "--down")
    assert "late_flights" in {branch["table"] for branch in _all(down)}


def test_the_check_stands_in_the_history_with_the_others(ran: Sample) -> None:
    checks = Lake(ran.lake).existing("history_checks").to_arrow().to_pylist()
    found = {row["table"]: row["success"] for row in checks if row["name"] == "column_lineage"}
    assert found["gold_flight_delays"] is True
    assert set(found.values()) == {True}


def _ends(branch: Branch) -> Iterator[str]:
    """Where the direct ways of a walk end: a table, or what the last edge says."""
    if branch.edge is not None and branch.edge.column and not branch.edge.source:
        yield branch.edge.subtype
    elif branch.table.startswith("raw_"):
        yield branch.table
    elif branch.repeated:
        return
    for inner in branch.branches:
        if inner.edge is not None and inner.edge.column:
            yield from _ends(inner)


def _all(branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield branch
    for inner in branch["branches"]:
        yield from _all(inner)
