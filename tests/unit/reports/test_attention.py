"""What needs a person comes first in a report, with its page and the next command; else one line says so."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest

from clearwell.model import Severity
from clearwell.reports import Owners, measure_overview, render_html, render_markdown
from clearwell.tables import Lake
from tests.unit.reports.lakes import BRONZE, SHEET, SILVER, TODAY, block, check, overview, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.reports.attention import Finding

LINK = f'<a href="tables/{SILVER}.html"'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def found(lake: Lake) -> list[Finding]:
    return list(overview(lake).attention)


def test_a_blocked_batch_is_the_first_and_its_checks_are_not_told_twice(lake: Lake) -> None:
    write(lake, [1], name=BRONZE, checks=[check("hot", 3)])
    write(lake, [1])
    block(lake, check("cold", 2, severity=Severity.CRITICAL))
    blocked, failing = found(lake)
    assert (blocked.table, blocked.state, blocked.next) == (
        str(SILVER),
        "bad",
        f"clearwell quarantine {SILVER} --blocked",
    )
    assert blocked.what == "a batch of 7 rows is blocked since 2026-05-31 10:11 UTC: cold"
    assert (failing.table, failing.what) == (str(BRONZE), "check hot (warning) fails for 3 rows")


def test_a_check_that_only_reports_needs_nobody(lake: Lake) -> None:
    write(lake, [1], checks=[check("told", 1, severity=Severity.INFO)])
    assert found(lake) == []


def test_rows_that_the_newest_batch_put_into_quarantine_are_told_and_older_ones_are_not(lake: Lake) -> None:
    write(lake, [1], rejected=[["hot"], ["cold"]])
    (told,) = found(lake)
    assert (told.what, told.next) == (
        "its newest batch has put 2 rows into quarantine",
        f"clearwell quarantine {SILVER}",
    )
    write(lake, [2])
    assert found(lake) == []


def test_growth_is_unusual_beside_all_builds_before_it(lake: Lake) -> None:
    for batch in range(5):
        write(lake, [batch, 10 + batch])
    assert found(lake) == []
    write(lake, range(100, 111))
    (told,) = found(lake)
    assert told.what == "grew by 11 rows; never before by more than 2"


def test_a_table_that_lost_most_of_its_rows_is_told(lake: Lake) -> None:
    write(lake, range(10))
    write(lake, [1, 2], mode="replace")
    (told,) = found(lake)
    assert told.what == "lost 8 of its 10 rows"


def test_a_table_without_new_data_for_longer_than_its_freshness_is_told(lake: Lake) -> None:
    write(lake, [1])
    now = dt.datetime.now(dt.UTC)
    for due, number in ((now + dt.timedelta(hours=1), 1), (now - dt.timedelta(hours=1), 0)):
        late = {str(SILVER): due, "gold_not_built": due}
        told = measure_overview(lake, SHEET, Owners(), TODAY, late=late).attention
        assert [(t.table, t.next) for t in told] == [(str(SILVER), f"clearwell run +{SILVER}")] * number


def test_the_pages_open_with_it_and_link_to_each_table(lake: Lake) -> None:
    write(lake, [1])
    empty = overview(lake).page("now")
    block(lake, check("cold", 2, severity=Severity.CRITICAL))
    page = overview(lake).page("now")
    for text, quiet, link in (
        (render_html(page), render_html(empty), LINK),
        (render_markdown(page), render_markdown(empty), f"[{SILVER}](tables/{SILVER}.html)"),
    ):
        assert 0 < text.index("Needs attention") < text.index(link) < text.index("Cost a month")
        assert "Nothing needs attention." in quiet
        assert "Nothing needs attention." not in text


def test_a_small_cost_is_shown_as_a_price_and_exactly_on_demand(lake: Lake) -> None:
    write(lake, [1])
    made = overview(lake)
    text = render_html(made.page("now"))
    assert re.search(r'title="0\.0+[1-9]\d* USD">&lt; 0\.01 USD<', text)
    assert "&lt; 0.01 USD a month for" in text
    assert float(made.document()["total"]["cost_per_month"]) > 0
