"""What checks said is told batch by batch, the failing ones first, and a blocked batch is not left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clearwell.model import Severity
from clearwell.names import TableName
from clearwell.reports.measure.checks import BATCHES
from clearwell.reports.render.check_tables import check_section
from clearwell.tables import Lake
from tests.checker import query, replay
from tests.unit.reports.lakes import BRONZE, SILVER, block, check, overview, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.reports.measure.checks import CheckHistory, Checks


def by_name(checks: Checks) -> dict[str, CheckHistory]:
    return {history.name: history for history in checks.histories}


def test_the_history_is_what_duckdb_reads(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for batch, failed in enumerate([0, 3, 0], start=1):
        write(lake, [batch], checks=[check("hot", failed), check("rows", None, None, severity=Severity.INFO)])
    found = by_name(overview(lake).checks)
    recorded = query(
        replay(lake.root / "history" / "checks").files,
        "SELECT batch, success, unexpected_count, element_count FROM t WHERE name = 'hot' ORDER BY batch",
    )
    assert [(r.batch, r.success, r.unexpected, r.judged) for r in found["hot"].runs] == recorded
    assert recorded == [(1, True, 0, 100), (2, False, 3, 100), (3, True, 0, 100)]
    assert not found["hot"].is_failing
    assert found["rows"].is_failing
    assert found["rows"].last.unexpected is None


def test_failing_checks_come_first_and_the_worst_of_them_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(
        lake,
        [1],
        checks=[
            check("a_passes"),
            check("b_informs", 1, severity=Severity.INFO),
            check("c_warns", 2),
        ],
    )
    write(lake, [1], name=BRONZE, checks=[check("z_warns", 1)])
    found = overview(lake)
    assert [h.name for h in found.checks.histories] == ["z_warns", "c_warns", "b_informs", "a_passes"]
    assert [h.name for h in found.checks.failing] == ["z_warns", "c_warns", "b_informs"]
    (tile,) = [f for f in found.page("").figures if f.label == "Failing checks"]
    assert (tile.value, tile.remark, tile.state) == ("3", "2 warning, 1 info, of 4", "warn")


def test_a_blocked_batch_is_the_newest_run_and_is_told_by_itself(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, [1], checks=[check("positive", 0, severity=Severity.CRITICAL), check("hot")])
    block(lake, check("positive", 5, severity=Severity.CRITICAL), check("hot"), rows=7)
    first = TableName.parse("silver_never_built")
    block(lake, check("whole", None, None, severity=Severity.CRITICAL), name=first)
    found = overview(lake)
    positive = by_name(found.checks)["positive"]
    assert [(r.batch, r.success, r.blocked) for r in positive.runs] == [(1, True, False), (2, False, True)]
    assert {h.name for h in found.checks.failing} == {"positive", "whole"}
    assert [(h.table, h.rows, h.checks) for h in found.checks.held] == [
        (str(first), 7, ("whole",)),
        (str(SILVER), 7, ("positive",)),
    ]
    (tile,) = [f for f in found.page("").figures if f.label == "Failing checks"]
    assert (tile.state, tile.remark) == ("bad", "2 blocked; 2 critical, of 3")
    blocked = check_section(found.checks).tables[0]
    assert "Blocked now" in blocked.title
    assert [row[-1] for row in blocked.rows] == [
        f"clearwell quarantine {name} --blocked" for name in (first, SILVER)
    ]


def test_a_block_whose_batch_was_taken_since_is_over(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    block(lake, check("positive", 5, severity=Severity.CRITICAL))
    write(lake, [1], checks=[check("positive", 0, severity=Severity.CRITICAL)])
    found = overview(lake).checks
    assert (found.held, found.failing) == ((), ())


@pytest.mark.full
def test_only_the_last_batches_are_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for batch in range(1, BATCHES + 4):
        write(lake, [batch], checks=[check("hot", batch % 2)])
    (history,) = overview(lake).checks.histories
    assert [run.batch for run in history.runs] == list(range(4, BATCHES + 4))


def test_a_check_that_left_the_suite_fails_no_more(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, [1], checks=[check("old", 9), check("hot")])
    write(lake, [2], checks=[check("hot")])
    found = overview(lake).checks
    assert found.failing == ()
    assert [(h.name, h.current) for h in found.histories] == [("hot", True), ("old", False)]
    (row,) = [row for row in check_section(found).tables[-1].rows if row[1] == "old"]
    assert "left the suite" in {getattr(cell, "text", cell) for cell in row}


def test_every_run_is_in_the_document(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, [1], checks=[check("hot", 2)])
    (history,) = json.loads(overview(lake).to_json())["checks"]["histories"]
    assert history["is_failing"] is True
    assert [(run["batch"], run["unexpected"], run["judged"]) for run in history["runs"]] == [(1, 2, 100)]
