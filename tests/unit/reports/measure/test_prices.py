"""A price without its day, its source or its unit is refused, with the line it stands on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.reports import load_prices

if TYPE_CHECKING:
    from pathlib import Path

SHEET = """\
currency: USD
unit: GB-month
bytes_per_gb: 1073741824
default: s3
prices:
  - store: s3
    price: 0.023
    as_of: 2026-05-04
    source: Amazon S3 pricing page
    region: us-east-1
  - {store: cold, price: 0.00099, as_of: 2024-05-04, source: the same page}
"""


def sheet(tmp_path: Path, text: str = SHEET) -> Path:
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_sheet_is_read_exactly(tmp_path: Path) -> None:
    found = load_prices(sheet(tmp_path))
    assert (found.currency, found.default.store, found.default.price) == ("USD", "s3", Decimal("0.023"))
    assert found.unit == "1 GB = 1,073,741,824 bytes (binary)"
    assert found.cost(10 * 2**30) == Decimal("0.23")
    assert found.cost(10 * 2**30, found.prices[1]) == Decimal("0.0099")
    assert [price.is_old(dt.date(2026, 6, 1)) for price in found.prices] == [False, True]


def test_a_decimal_gigabyte_costs_what_it_should(tmp_path: Path) -> None:
    found = load_prices(sheet(tmp_path, SHEET.replace("1073741824", "1000000000")))
    assert found.cost(10**9) == Decimal("0.023")
    assert found.unit == "1 GB = 1,000,000,000 bytes (decimal)"


@pytest.mark.parametrize(
    ("old", "new", "line", "fact"),
    [
        ("currency", "curency", 1, "unknown key 'curency'"),
        ("GB-month", "TB-year", 2, "unit 'TB-year'"),
        ("1073741824", "1024", 3, "1024 bytes are not a gigabyte"),
        ("default: s3", "default: gcs", 4, "no price is given for the default store 'gcs'"),
        ("    price: 0.023\n", "", 6, "'price' is missing"),
        ("    source: Amazon S3 pricing page\n", "", 6, "'source' is missing"),
        ("    source: Amazon S3 pricing page\n", "    source: 7\n", 9, "source is not a string"),
        ("price: 0.023", "price: cheap", 7, "'cheap' is not a price"),
        ("price: 0.023", "price: -1", 7, "-1 is not a price"),
        ("price: 0.023", "price: true", 7, "True is not a price"),
        ("price: 0.023", "price: .nan", 7, "nan is not a price"),
        ("2026-05-04", "spring", 8, "as_of 'spring' is not a date"),
        ("store: cold", "store: s3", 11, "store 's3' is listed twice"),
        ("region", "regoin", 10, "unknown key 'regoin'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, fact: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        load_prices(sheet(tmp_path, SHEET.replace(old, new, 1)))
    assert fact in caught.value.fact
    assert caught.value.place is not None
    assert caught.value.place.endswith(f"prices.yaml:{line}")


FULL = (
    SHEET.partition("  - {store: cold")[0]
    + """\
  - store: cold
    price: 0.00099
    as_of: 2024-05-04
    source: the same page
    carbon: {wh_per_tb_hour: 0.65, copies: 6, pue: 1.135, grid_g_per_kwh: 380.9, as_of: 2024-03-25, source: x}
parts: {gold: cold, releases: s3, history: cold}
expenses:
  - {name: servers, kind: capex, amount: 9000, months: 48, as_of: 2026-05-04, source: an offer}
"""
)


def test_parts_lie_in_stores_of_their_own(tmp_path: Path) -> None:
    found = load_prices(sheet(tmp_path, FULL))
    assert {part: price.store for part, price in found.parts.items()} == {
        "gold": "cold",
        "releases": "s3",
        "history": "cold",
    }
    by_part = {"gold": 2**30, "history": 2**30, "releases": 3 * 2**30, "bronze": 5 * 2**30}
    expected = 2 * Decimal("0.00099") + 8 * Decimal("0.023")
    assert found.cost_where_it_lies(10 * 2**30, by_part) == expected
    divided = found.divide(10 * 2**30, by_part)
    assert {price.store: held for price, held in divided} == {"s3": 8 * 2**30, "cold": 2 * 2**30}


def test_carbon_is_energy_of_all_copies_times_the_grid(tmp_path: Path) -> None:
    """A terabyte kept for a year on S3's disks takes 38.8 kWh, and 14.8 kg with the German grid of 2023."""
    carbon = load_prices(sheet(tmp_path, FULL)).prices[1].carbon
    assert carbon is not None
    assert round(12 * carbon.kilograms(10**12), 1) == Decimal("14.8")
    assert carbon.kilograms(2 * 10**12) == 2 * carbon.kilograms(10**12)


def test_an_expense_is_spread_over_its_months(tmp_path: Path) -> None:
    (servers,) = load_prices(sheet(tmp_path, FULL)).expenses
    assert (servers.kind, servers.monthly) == ("capex", Fraction(9000, 48))


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("{gold: cold,", "{gold: colt,", "'colt' is not a store of this sheet"),
        ("{gold: cold,", "{golt: cold,", "unknown key 'golt'"),
        ("parts: {gold: cold, releases: s3, history: cold}", "parts: cold", "parts is a mapping"),
        ("kind: capex", "kind: capx", "'capx' is not a kind of expense"),
        ("amount: 9000", "amount: -9000", "-9000 is not an amount"),
        ("months: 48", "months: 0", "0 is not a number of months"),
        ("months: 48", "months: 4.5", "4.5 is not a number of months"),
        ("months: 48", "months: true", "True is not a number of months"),
        (", source: an offer", "", "'source' is missing"),
        ("- {name: servers", "- servers\n  - {name: servers", "an expense is a mapping"),
        ("wh_per_tb_hour: 0.65", "wh_per_tb_hour: low", "'low' is not a figure of wh_per_tb_hour"),
        ("copies: 6, ", "", "'copies' is missing"),
        ("as_of: 2024-03-25", "as_of: spring", "as_of 'spring' is not a date"),
    ],
)
def test_what_is_wrong_with_costs_and_carbon_is_said_with_its_line(
    tmp_path: Path, old: str, new: str, fact: str
) -> None:
    assert old in FULL
    with pytest.raises(ProjectError) as caught:
        load_prices(sheet(tmp_path, FULL.replace(old, new, 1)))
    assert fact in caught.value.fact
    line = FULL[: FULL.index(old)].count("\n") + 1
    assert str(caught.value.place).endswith(f"prices.yaml:{line}")


@pytest.mark.parametrize(
    "text", ["", "- 1\n", "a: 1\n---\nb: 2\n", SHEET.split("prices:", maxsplit=1)[0] + "prices: []\n"]
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match="price"):
        load_prices(sheet(tmp_path, text))


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"prices\.yaml"):
        load_prices(tmp_path / "prices.yaml")
