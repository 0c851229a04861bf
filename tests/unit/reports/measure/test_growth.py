"""The growth of the lake is the sum of its tables at each moment, and starts where all of them are known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clearwell.reports.content import Lines
from clearwell.reports.measure.growth import MOST_MOMENTS, Growth
from clearwell.tables import Lake, Point
from tests.checker import newest_version, query, replay
from tests.unit.reports.lakes import BRONZE, SILVER, overview, write

if TYPE_CHECKING:
    from pathlib import Path

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def points(*steps: tuple[int, int, int], first: int = 0) -> tuple[Point, ...]:
    return tuple(
        Point(first + n, START + dt.timedelta(minutes=minute), rows, size)
        for n, (minute, rows, size) in enumerate(steps)
    )


def test_the_last_moment_is_what_the_tables_hold_now(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, range(7), name=BRONZE)
    write(lake, range(5), rejected=[["too_hot"]])
    write(lake, range(3), mode="replace")
    growth = overview(lake).growth
    assert set(growth.tables) == {str(BRONZE), str(SILVER)}
    rows = size = 0
    for name in (BRONZE, SILVER):
        files = replay(lake.root / name.zone / name.name).files
        rows += query(files, "SELECT count(*) FROM t")[0][0]
        size += sum(file.stat().st_size for file in files)
    assert (growth.moments[-1].rows, growth.moments[-1].bytes) == (rows, size)
    assert rows == 10
    versions = newest_version(lake.root / SILVER.zone / SILVER.name)
    assert [p.rows for p in growth.tables[str(SILVER)]] == [0, 5, 3]
    assert versions == 2


def test_moments_are_sums_and_those_that_change_nothing_are_none() -> None:
    growth = Growth({"a": points((0, 0, 0), (10, 5, 50)), "b": points((5, 0, 0), (10, 2, 20), (20, 1, 10))})
    found = [((m.at - START).seconds // 60, m.rows, m.bytes) for m in growth.moments]
    assert found == [(0, 0, 0), (10, 7, 70), (20, 6, 60)]


def test_a_table_known_only_since_lately_is_waited_for() -> None:
    growth = Growth({"a": points((0, 0, 0), (10, 5, 50)), "b": points((7, 90, 900), (8, 91, 910), first=40)})
    assert [(m.at - START).seconds // 60 for m in growth.moments] == [7, 8, 10]
    assert [m.rows for m in growth.moments] == [90, 91, 96]


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 100)), min_size=1, max_size=400))
def test_many_moments_are_thinned_and_each_that_stays_is_exact(steps: list[tuple[int, int]]) -> None:
    ordered = points(*((minute, rows, 2 * rows) for minute, rows in sorted(steps)))
    growth = Growth({"a": ordered})
    assert len(growth.moments) <= max(MOST_MOMENTS, 1)
    last_at = {point.at: (point.rows, point.bytes) for point in ordered}
    assert all((m.rows, m.bytes) == last_at[m.at] for m in growth.moments)
    assert (growth.moments[-1].rows, growth.moments[-1].bytes) == (ordered[-1].rows, ordered[-1].bytes)


def test_lines_reach_to_the_last_commit_of_all_and_the_table_below_has_their_figures() -> None:
    growth = Growth({"a": points((0, 0, 0), (10, 5, 50)), "b": points((0, 0, 0), (30, 2, 20))})
    section = growth.section()
    charts = {chart.title: chart for chart in section.charts if isinstance(chart, Lines)}
    ends = {name: steps[-1] for name, steps in charts["Rows of the largest tables"].series}
    moment = round((START + dt.timedelta(minutes=30)).timestamp() * 1000)
    assert ends == {"a": (moment, 5), "b": (moment, 2)}
    moments, versions = section.tables
    assert [row[1:] for row in moments.rows] == [("0", "0"), ("5", "50"), ("7", "70")]
    assert ("a", "1", "2026-01-01 00:10:00 UTC", "5", "50") in versions.rows


def test_a_lake_without_tables_has_no_growth() -> None:
    section = Growth({}).section()
    assert Growth({}).moments == ()
    assert [table.rows for table in section.tables] == [(), ()]
