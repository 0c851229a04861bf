"""A page says the same in Markdown, HTML and JSON, and nothing in it is taken for markup."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from clearwell.reports import (
    CATEGORIES,
    LakeStorage,
    Page,
    Price,
    PriceSheet,
    ReleaseStorage,
    Section,
    StorageCost,
    TableStorage,
    Usage,
    money,
    render_html,
    render_markdown,
)

HOSTILE = 'x"><script>alert(1)</script>|&`*'


def cost(name: str = "lake", source: str = "a page", as_of: dt.date = dt.date(2026, 5, 4)) -> StorageCost:
    usage = {category: Usage(1000 * n, n) for n, category in enumerate(CATEGORIES, start=1)}
    table = TableStorage(f"gold_{name}", 3, 12_556, usage)
    empty = TableStorage("gold_begun", None, 0, dict.fromkeys(CATEGORIES, Usage()))
    release = ReleaseStorage("late_flights", 2, 2, Usage(400, 3), Usage(300, 3), Usage(50, 1))
    others = {"control": Usage(77, 2)}
    storage = LakeStorage(name, (table, empty), (release,), others, Usage(15_827, 24))
    prices = (
        Price("s3", Decimal("0.023"), as_of, source),
        Price("cold", Decimal("0.00099"), dt.date(2024, 1, 1), source),
    )
    return StorageCost(storage, PriceSheet("USD", 2**30, prices[0], prices), dt.date(2026, 6, 1))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_and_asks_nothing_of_the_network() -> None:
    text = render_html(cost().page("2026-06-01"))
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.links == []
    assert not {"script", "link", "img", "iframe", "style@import"} & set(tags.seen)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_no_name_is_taken_for_markup(render: object) -> None:
    text = render(cost(HOSTILE, HOSTILE).page(HOSTILE))  # type: ignore[operator]
    assert "<script>" not in text.replace("\\<script\\>", "")
    if render is render_markdown:
        rows = [line for line in text.splitlines() if line.startswith("| gold")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_the_figures_are_the_same_in_every_form() -> None:
    made = cost()
    expected = Decimal(15_827) / 2**30 * Decimal("0.023")
    document = json.loads(made.to_json(made="now"))
    assert Decimal(document["total"]["cost_per_month"]) == expected == made.monthly
    assert document["categories"]["live"]["bytes"] == 1000
    assert document["tables"][0]["bytes"] == sum(
        v["bytes"] for v in document["tables"][0]["categories"].values()
    )
    assert [store["store"] for store in document["stores"]] == ["s3", "cold"]
    for text in (render_markdown(made.page("now")), render_html(made.page("now"))):
        for figure in (
            "15,827 bytes in 24 files",
            "12,556",
            money(expected),
            "1 GB = 1,073,741,824 bytes (binary)",
        ):
            assert figure in text.replace("\\_", "_")
        assert "seen" in text
        assert "2026-05-04" in text


def test_an_old_price_is_said_to_be_old() -> None:
    assert "more than a year old" in render_markdown(cost(as_of=dt.date(2025, 1, 1)).page(""))
    assert "more than a year old" not in render_markdown(cost().page(""))
    assert "2024-01-01 (more than a year ago)" in render_markdown(cost().page(""))


def test_the_same_lake_gives_the_same_text() -> None:
    for render in (render_html, render_markdown):
        assert render(cost().page("x")) == render(cost().page("x"))
    assert cost().to_json() == cost().to_json()


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("1234.5", "1,234.50"),
        ("1", "1.00"),
        ("0.5", "0.5"),
        ("0.01234", "0.0123"),
        ("0.00004561", "0.0000456"),
        ("0.9996", "1"),
        ("2E-9", "0.000000002"),
    ],
)
def test_money_is_readable_however_little(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


def test_a_section_without_rows_is_a_table_without_rows() -> None:
    page = Page("t", "h", "m", (), (Section("s", ("a", "b"), (), frozenset({"a"})),))
    assert "| --- | ---: |" in render_markdown(page)
    assert "<tbody>\n</tbody>" in render_html(page)
