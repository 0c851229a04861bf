"""Numbers are readable, however little or much, and never rounded to nothing or to all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clearwell.reports import money, readable_cost
from clearwell.reports.formats import percent


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


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.00"), ("0.000219", "< 0.01"), ("0.01", "0.01"), ("0.128", "0.13"), ("1234.5", "1,234.50")],
)
def test_a_cost_is_readable_as_a_price(amount: str, text: str) -> None:
    assert readable_cost(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "-"),
        (0, 5, "0 %"),
        (1, 989, "0.101 %"),
        (1, 3, "33.3 %"),
        (1, 10**9, "< 0.001 %"),
        (10**9 - 1, 10**9, "> 99.9 %"),
        (7, 7, "100 %"),
    ],
)
def test_only_nothing_is_none_and_only_all_is_all(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text
