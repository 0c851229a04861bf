"""Numbers and times in readable form."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

__all__ = ["money", "percent", "to_the_second"]


def money(amount: Decimal) -> str:
    """Two decimals; for less than one, three significant digits: 1,234.50, 0.0123, 0.0000456."""
    if amount >= 1 or not amount:
        return f"{amount:,.2f}"
    text = f"{amount:.{2 - amount.adjusted()}f}"
    return text.rstrip("0").rstrip(".")


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
