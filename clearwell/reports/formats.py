"""Numbers and times in readable form."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["money", "percent", "readable_cost", "to_the_second"]


def money(amount: Decimal) -> str:
    """Two decimals; for less than one, three significant digits: 1,234.50, 0.0123, 0.0000456."""
    if amount >= 1 or not amount:
        return f"{amount:,.2f}"
    text = f"{amount:.{2 - amount.adjusted()}f}"
    return text.rstrip("0").rstrip(".")


def readable_cost(amount: Decimal) -> str:
    """Two decimals, as a person reads a price; what is less is ``< 0.01``."""
    return "< 0.01" if 0 < amount < Decimal("0.01") else f"{amount:,.2f}"


def percent(part: int, whole: int) -> str:
    """Three significant digits of a share; only zero is ``0 %`` and only all is ``100 %``."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if part and share < 0.001:
        return "< 0.001 %"
    if part < whole and share > 99.9:
        return "> 99.9 %"
    return f"{share:.3g} %"


def to_the_second(at: dt.datetime) -> str:
    """A time, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
