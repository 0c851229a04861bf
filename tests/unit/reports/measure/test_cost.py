"""The figures are the same in every form, and costs of parts add up to the cost of the whole, exactly."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.reports import (
    CATEGORIES,
    LakeStorage,
    Owners,
    Price,
    PriceSheet,
    ReleaseStorage,
    StorageCost,
    TableStorage,
    Usage,
    money,
    render_markdown,
)
from clearwell.reports.content import Page
from clearwell.reports.render.cost_tables import MOST_TABLES, cost_sections
from clearwell.reports.render.html import render_html
from tests.unit.reports.figures import cost, overview

if TYPE_CHECKING:
    from clearwell.reports import Section


def document(made: StorageCost) -> dict:
    return json.loads(json.dumps(made.document()))


def as_page(made: StorageCost) -> Page:
    return Page("t", "h", "m", (), cost_sections(made))


def test_the_figures_are_the_same_in_every_form() -> None:
    made = cost()
    expected = Decimal(15_827) / 2**30 * Decimal("0.023")
    found = document(made)
    assert Decimal(found["total"]["cost_per_month"]) == expected == made.monthly
    assert found["categories"]["live"]["bytes"] == 1000
    assert found["tables"][0]["bytes"] == sum(v["bytes"] for v in found["tables"][0]["categories"].values())
    assert [store["store"] for store in found["stores"]] == ["s3", "cold"]
    page = overview().page("now")
    for text in (render_markdown(page), render_html(page)):
        for figure in ("15,827 bytes", "12,556", money(expected), "1 GB = 1,073,741,824 bytes (binary)"):
            assert figure in text.replace("\\_", "_")
        assert "15,827 bytes / 1,073,741,824 x 0.023 USD" in text
        assert "2026-05-04" in text


@given(
    sizes=st.lists(st.integers(0, 10**15), min_size=1, max_size=8),
    price=st.decimals(0, 100, places=7),
    gigabyte=st.sampled_from([10**9, 2**30]),
    elsewhere=st.dictionaries(
        st.sampled_from(["gold", "releases", "control", "bronze"]), st.decimals(0, 100, places=7)
    ),
)
def test_costs_of_parts_are_the_cost_of_the_whole(
    sizes: list[int], price: Decimal, gigabyte: int, elsewhere: dict[str, Decimal]
) -> None:
    """Also where parts of the lake lie in stores of other prices: each byte costs what it costs there."""

    def usage(part: str, size: int) -> Usage:
        return Usage(size, 1, {part: size})

    zones = [("gold", "silver")[n % 2] for n in range(len(sizes))]
    tables = tuple(
        TableStorage(f"{zone}_t{n}", 1, 0, {c: usage(zone, size if c == "live" else n) for c in CATEGORIES})
        for n, (zone, size) in enumerate(zip(zones, sizes, strict=True))
    )
    release = ReleaseStorage("r", 1, 1, usage("releases", sizes[0]), Usage(), usage("releases", 7))
    others = {"control": usage("control", sizes[-1])}
    total = sum([*(t.total for t in tables), release.total, *others.values()], Usage())
    day = dt.date(2026, 1, 1)
    only = Price("s", price, day, "a page")
    parts = {part: Price(part, other, day, "a page") for part, other in elsewhere.items()}
    owners = Owners({t.name: (f"team:{n % 3}",) for n, t in enumerate(tables)}, {"r": ("team:0",)})
    made = StorageCost(
        LakeStorage("lake", tables, (release,), others, total),
        PriceSheet("USD", gigabyte, only, (only, *parts.values()), parts),
        dt.date(2026, 6, 1),
        owners,
    )
    found = document(made)
    whole = Fraction(found["total"]["cost_per_month"])
    held = [*((t.name.partition("_")[0], t.total.bytes) for t in tables), ("releases", release.total.bytes)]
    held.append(("control", sizes[-1]))
    assert whole == sum(
        Fraction(size, gigabyte) * Fraction(elsewhere.get(part, price)) for part, size in held
    )
    for parts in (
        found["zones"],
        found["owners"],
        [*found["tables"], *found["releases"], *found["others"].values()],
    ):
        assert sum(Fraction(part["cost_per_month"]) for part in parts) == whole
        assert sum(part["bytes"] for part in parts) == total.bytes
        assert sum(part["files"] for part in parts) == total.files
    for share in (*found["zones"], *found["owners"]):
        assert sum(part["bytes"] for part in share["parts"].values()) == share["bytes"]


def test_an_old_price_is_said_to_be_old() -> None:
    old = as_page(cost(as_of=dt.date(2025, 1, 1)))
    assert "more than a year old" in render_markdown(old)
    assert document(cost(as_of=dt.date(2025, 1, 1)))["stores"][0]["is_old"]
    assert "more than a year old" not in render_markdown(as_page(cost()))
    assert "2024-01-01 (more than a year ago)" in render_markdown(as_page(cost()))


@pytest.mark.parametrize("count", [MOST_TABLES, MOST_TABLES + 450])
def test_a_long_list_of_tables_is_cut_after_the_largest_with_a_line_of_sums(count: int) -> None:
    zero = dict.fromkeys(CATEGORIES, Usage())
    tables = tuple(TableStorage(f"gold_t{n:03}", 1, n, {**zero, "live": Usage(n, 1)}) for n in range(count))
    total = sum((t.total for t in tables), Usage())
    made = StorageCost(LakeStorage("lake", tables, (), {}, total), cost().sheet, dt.date(2026, 6, 1))
    section: Section = next(s for s in cost_sections(made) if s.anchor == "tables")
    (table,) = section.tables
    shown = [str(getattr(row[0], "text", row[0])) for row in table.rows]
    assert shown == [f"gold_t{n:03}" for n in range(count - 1, count - MOST_TABLES - 1, -1)]
    column = {name: number for number, name in enumerate(table.head)}["bytes"]
    sums = [int(str(row[column]).replace(",", "")) for row in table.foot]
    assert sums[-1] == total.bytes
    if count > MOST_TABLES:
        assert str(table.foot[0][0]) == f"{count - MOST_TABLES} smaller tables"
        assert sums[0] + sum(int(str(row[column]).replace(",", "")) for row in table.rows) == total.bytes
    assert len(document(made)["tables"]) == count
