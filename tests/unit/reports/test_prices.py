"""A price without its day, its source or its unit is refused, with the line it stands on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
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
        ("1073741824", "1024", 3, "1024 bytes are no gigabyte"),
        ("default: s3", "default: gcs", 4, "no price is given for the default store 'gcs'"),
        ("    price: 0.023\n", "", 6, "'price' is missing"),
        ("    source: Amazon S3 pricing page\n", "", 6, "'source' is missing"),
        ("    source: Amazon S3 pricing page\n", "    source: 7\n", 9, "source is not a text"),
        ("price: 0.023", "price: cheap", 7, "'cheap' is not a price"),
        ("price: 0.023", "price: -1", 7, "-1 is not a price"),
        ("price: 0.023", "price: true", 7, "True is not a price"),
        ("price: 0.023", "price: .nan", 7, "nan is not a price"),
        ("2026-05-04", "spring", 8, "as_of 'spring' is not a date"),
        ("store: cold", "store: s3", 11, "store 's3' is there twice"),
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


@pytest.mark.parametrize(
    "text", ["", "- 1\n", "a: 1\n---\nb: 2\n", SHEET.split("prices:", maxsplit=1)[0] + "prices: []\n"]
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match="price"):
        load_prices(sheet(tmp_path, text))


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"prices\.yaml"):
        load_prices(tmp_path / "prices.yaml")
