"""Data Docs and the list of pages read well in a browser: every text, in light and dark, on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.pages.index_page import index_page
from clearwell.pages.table_page import table_page
from tests.unit.pages.test_table_page import full

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PAGES = {"table": table_page(full()), "index": index_page("shop", [full()], [("Storage cost", "x.html")])}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_its_ground(
    opened: Any, too_faint: Callable[[Page], list[str]], name: str, scheme: str
) -> None:
    assert too_faint(opened(PAGES[name], scheme=scheme)) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_nothing_hangs_over_the_edge(opened: Any, name: str) -> None:
    assert opened(PAGES[name], width=360).evaluate("document.documentElement.scrollWidth") == 360


def test_the_history_of_a_check_is_drawn(opened: Any) -> None:
    page = opened(PAGES["table"])
    strip = page.get_by_role("img", name="amount_sane passed in 1 of the last 2 batches")
    bars = [bar.bounding_box() for bar in strip.locator("rect").all()]
    assert [bar["width"] for bar in bars] == [6, 6]
    assert bars[0]["height"] < bars[1]["height"], "the batch that failed stands out"
    colours = strip.locator("rect").evaluate_all("(all) => all.map((e) => getComputedStyle(e).fill)")
    assert len(set(colours)) == 2


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_white_whatever_the_screen_is(
    opened: Any, too_faint: Callable[[Page], list[str]], name: str
) -> None:
    page = opened(PAGES[name], scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert too_faint(page) == []
