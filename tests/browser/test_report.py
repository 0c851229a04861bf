"""The report in a browser: light and dark, on a desk, a phone and on paper, and it asks for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.reports import render_html
from tests.unit.reports.figures import HOSTILE, overview

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Opened

LONG = "a_name_that_is_as_long_as_a_name_can_be_which_is_63_letters_long"
WIDTHS = {"phone": 390, "desk": 1400}


@pytest.fixture(scope="module")
def text() -> str:
    return render_html(overview(LONG).page("2026-06-01 12:00 UTC"))


def width_of(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_and_never_wider_than_the_window(
    opened: Opened, too_faint: Callable[[Page], list[str]], text: str, width: int, scheme: str
) -> None:
    page = opened(text, width=width, scheme=scheme)
    assert width_of(page) == width
    assert too_faint(page) == []
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert width_of(page) == width
    assert too_faint(page) == []


def test_charts_are_drawn_in_the_colours_of_the_scheme(opened: Opened, text: str) -> None:
    script = """() => [...document.querySelectorAll("figure > svg[role=img]")].map((svg) => ({
        box: svg.getBoundingClientRect().toJSON(),
        inks: [...svg.querySelectorAll("path, text, rect, line")].flatMap((shape) => {
            const style = getComputedStyle(shape);
            return [style.fill, style.stroke];
        }),
    }))"""
    light, dark = (opened(text, scheme=scheme).evaluate(script) for scheme in ("light", "dark"))
    assert len(light) == len(dark) == 8
    for by_day, by_night in zip(light, dark, strict=True):
        assert by_day["box"] == by_night["box"]
        assert by_day["box"]["width"] > 300
        assert by_day["box"]["height"] > 40
        assert set(by_day["inks"]) - {"none"} != set(by_night["inks"]) - {"none"}
        assert len(set(by_day["inks"]) & {"rgb(0, 0, 0)"}) <= 1  # an ink that no style sheet gave


def test_the_links_at_the_side_lead_to_each_part(opened: Opened, text: str) -> None:
    page = opened(text)
    for link in page.locator(".toc a").all():
        link.click()
        anchor = link.get_attribute("href") or ""
        assert page.locator(anchor).is_visible()
        assert page.evaluate("location.hash") == anchor


def test_on_paper_nothing_is_cut_off_or_folded_away(opened: Opened, text: str) -> None:
    page = opened(text, width=703)  # A4 with margins of 12 mm
    page.emulate_media(media="print")
    assert width_of(page) <= 703
    assert not page.locator(".toc").is_visible()
    places = page.locator(".scroll").all()
    assert len(places) > 8
    assert [p for p in places if p.evaluate("(e) => e.scrollWidth > e.clientWidth + 1")] == []
    last = page.locator("details table tbody tr").last
    assert last.bounding_box() is not None
    assert len(page.pdf()) > 10_000


def test_a_table_that_goes_on_can_be_scrolled_by_keyboard(opened: Opened, text: str) -> None:
    page = opened(text, width=390)
    wide = page.locator("#tables .scroll")
    wide.focus()
    assert wide.evaluate("(e) => e === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#tables .scroll').scrollLeft > 0")
    assert width_of(page) == 390


def test_hostile_names_are_text(opened: Opened) -> None:
    page = opened(render_html(overview(HOSTILE).page(HOSTILE)))
    assert page.locator("main script, svg script").count() == 0
    assert page.get_by_role("heading", level=1).inner_text() == f"Lake report: {HOSTILE}"
