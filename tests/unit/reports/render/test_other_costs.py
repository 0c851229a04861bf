"""CapEx, OpEx and hidden costs add up, carbon is that of the stores; what no sheet says is not said."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from clearwell.reports import render_markdown
from clearwell.reports.content import Page
from clearwell.reports.measure.carbon import Carbon
from clearwell.reports.measure.expenses import Expense
from clearwell.reports.render.html import render_html
from clearwell.reports.render.other_costs import other_costs_document, other_costs_sections
from tests.unit.reports.figures import HOSTILE, cost, overview

DAY = dt.date(2026, 5, 4)
EXPENSES = (
    Expense("two servers", "capex", Decimal(9000), 48, DAY, "an offer"),
    Expense("power", "opex", Decimal(1200), 12, DAY, "a bill"),
    Expense(HOSTILE, "hidden", Decimal("99.90"), 7, DAY, HOSTILE),
)
CARBON = Carbon(Decimal("0.65"), Decimal(6), Decimal("1.135"), Decimal("380.9"), DAY, "constants")


def with_all(**changes: Any) -> Any:
    made = cost()
    default = replace(made.sheet.default, carbon=CARBON)
    sheet = replace(made.sheet, default=default, expenses=EXPENSES, **changes)
    return replace(made, sheet=sheet)


def test_a_sheet_without_them_says_nothing_of_them() -> None:
    assert other_costs_sections(cost()) == ()
    assert other_costs_document(cost()) == {}
    assert not {"expenses", "carbon"} & {section.anchor for section in overview().page("now").sections}


def test_sums_are_by_kind_and_storage_is_among_what_is_paid_again_and_again() -> None:
    found = json.loads(json.dumps(other_costs_document(with_all())))
    expected = {
        "capex": Fraction(9000, 48),
        "opex": Fraction(100) + Fraction(cost().monthly),
        "hidden": Fraction("99.90") / 7,
    }
    for kind, amount in expected.items():
        assert abs(Fraction(found["costs_by_kind"][kind]) - amount) < Fraction(1, 10**11)
    assert [expense["cost_per_month"] for expense in found["expenses"]][:2] == [
        "187.500000000000",
        "100.000000000000",
    ]


def test_carbon_is_told_of_the_bytes_that_have_figures_and_only_of_them() -> None:
    found = other_costs_document(with_all())["carbon"]
    assert Decimal(found["kg_co2e_per_month"]) == CARBON.kilograms(15_827)
    cold = cost().sheet.prices[1]
    made = with_all(parts={"gold": cold})
    storage = replace(made.storage, total=replace(made.storage.total, by_part={"gold": 15_000}))
    made = replace(made, storage=storage)
    found = other_costs_document(made)["carbon"]
    assert [(store["store"], store["bytes"]) for store in found["stores"]] == [("s3", 827)]
    carbon = next(section for section in other_costs_sections(made) if section.anchor == "carbon")
    assert "For 15,000 bytes the sheet has no figures." in carbon.how


def test_both_are_in_every_form_with_names_as_they_are_and_no_markup() -> None:
    page = Page("t", "h", "m", (), other_costs_sections(with_all()))
    markdown, html = render_markdown(page), render_html(page)
    for figure in ("187.50", "CapEx", "OpEx", "380.9"):
        assert figure in markdown
        assert figure in html
    assert HOSTILE not in html
