"""The costs of a lake besides its storage: purchases, recurring payments, and hidden costs.

expenses:
  - name: two servers
    kind: capex             # bought once; opex: paid regularly; hidden: on no invoice
    amount: 9000            # in the sheet's currency
    months: 48              # that the amount covers: 1 if it is paid each month
    as_of: 2026-05-04
    source: the offer of that day
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError
from clearwell.reports.measure.sheet import read_amount, read_choice, read_day, read_mapping, read_text

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from clearwell.reports.measure.sheet import At
    from clearwell.yaml_lines import Document

__all__ = ["EXPENSE_SCHEMA", "KINDS", "Expense", "read_expense"]

KINDS = {"capex": "CapEx", "opex": "OpEx", "hidden": "hidden"}
"""Kinds of expenses, as in the YAML and as displayed."""

_REQUIRED = ("name", "kind", "amount", "months", "as_of", "source")

EXPENSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": r"\S"},
        "kind": {
            "description": "Bought once, paid regularly, or on no invoice.",
            "enum": list(KINDS),
        },
        "amount": {
            "description": "In the sheet's currency.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": "^[0-9.][0-9_.eE+-]*$",
        },
        "months": {
            "description": "The number of months that the amount covers.",
            "type": "integer",
            "minimum": 1,
        },
        "as_of": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "source": {"type": "string", "pattern": r"\S"},
    },
    "required": list(_REQUIRED),
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Expense:
    """An expense; ``months`` is the period that the amount covers."""

    name: str
    kind: str
    amount: Decimal
    months: int
    as_of: dt.date
    source: str

    @property
    def monthly(self) -> Fraction:
        """Its cost per month, exactly."""
        return Fraction(self.amount) / self.months


def read_expense(document: Document, at: At, value: Any) -> Expense:
    """An expense of a price sheet; raises ProjectError."""
    entry = read_mapping(document, at, value, what="an expense", required=_REQUIRED)
    months = entry["months"]
    if not isinstance(months, int) or isinstance(months, bool) or months < 1:
        raise ProjectError(
            f"{months!r} is not a number of months",
            place=document.place(*at, "months"),
            hint="1 if it is paid each month, 12 if each year, 48 if it lasts four years",
        )
    return Expense(
        name=read_text(document, (*at, "name"), entry["name"]),
        kind=read_choice(document, (*at, "kind"), entry["kind"], tuple(KINDS), what="kind of expense"),
        amount=read_amount(
            document,
            (*at, "amount"),
            entry["amount"],
            what="an amount",
            hint="a number, in the sheet's currency",
        ),
        months=months,
        as_of=read_day(document, (*at, "as_of"), entry["as_of"]),
        source=read_text(document, (*at, "source"), entry["source"]),
    )
