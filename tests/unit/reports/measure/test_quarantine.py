"""Rows in quarantine are counted by reason, as DuckDB counts them, and no value of them is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.names import TableName
from clearwell.reports import render_html, render_markdown
from clearwell.tables import Lake
from tests.checker import query, replay
from tests.unit.reports.lakes import BRONZE, SILVER, overview, write

if TYPE_CHECKING:
    from pathlib import Path

REASONS = [["too_hot"], ["too_hot", "too_old"], ["too_old"], ["too_hot"], []]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    write(lake, range(5), rejected=[["of_a_generation_that_is_gone"]])
    write(lake, range(95), mode="replace", rejected=REASONS[:3])
    write(lake, range(100, 200), rejected=REASONS[3:])
    write(lake, range(8), name=BRONZE, rejected=[["not_a_number"]])
    return lake


def test_reasons_are_counted_as_duckdb_counts_them(lake: Lake) -> None:
    silver, bronze = overview(lake).quarantine
    assert (silver.table, silver.rows, silver.delivered) == (str(SILVER), 5, 200)
    assert (bronze.table, bronze.rows, bronze.delivered) == (str(BRONZE), 1, 9)
    generation = lake.existing(SILVER).generation
    files = replay(lake.root / "quarantine" / str(SILVER)).files
    counted = dict(
        query(
            files,
            f"SELECT reason, count(*) FROM (SELECT unnest(reasons) reason FROM t WHERE _n >= {generation}) "
            "GROUP BY 1",
        )
    )
    assert counted == {"too_hot": 3, "too_old": 2}
    assert silver.reasons == {**counted, "(none given)": 1}


def test_the_shares_are_of_what_was_delivered(lake: Lake) -> None:
    section = next(s for s in overview(lake).page("").sections if s.anchor == "quarantine")
    rows = [tuple(row) for row in section.tables[0].rows]
    assert rows[0] == (str(SILVER), "too_hot", "3", "200", "1.5 %")
    assert (str(BRONZE), "not_a_number", "1", "9", "11.1 %") in rows
    assert section.tables[0].foot == (
        (str(SILVER), "any of these", "5", "200", "2.5 %"),
        ("total", "in 2 tables", "6", "209", "2.87 %"),
    )


def test_no_value_of_a_row_is_shown(lake: Lake) -> None:
    found = overview(lake)
    page = found.page("now")
    for text in (render_html(page), render_markdown(page), found.to_json()):
        assert "too_hot" in text.replace("\\_", "_")
        assert "a secret" not in text
        assert "of_a_generation_that_is_gone" not in text


def test_a_table_that_only_the_quarantine_knows_counts_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, range(5), rejected=[["x"]])
    (lake.root / "silver").rename(tmp_path / "gone")
    found = overview(lake)
    assert found.quarantine == ()
    assert str(SILVER.quarantine) in {table.name for table in found.cost.storage.tables}


def test_many_reasons_are_cut_and_their_sum_stays(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, range(5), rejected=[[f"reason_{n:03}"] for n in range(130)])
    section = next(s for s in overview(lake).page("").sections if s.anchor == "quarantine")
    counts = [int(str(row[2])) for row in section.tables[0].rows]
    assert len(counts) == 101
    assert sum(counts) == 130
    (chart,) = section.charts
    assert sum(sum(parts) for _, parts in chart.rows) == 130  # type: ignore[union-attr]
    assert TableName.parse(overview(lake).quarantine[0].table) == SILVER
