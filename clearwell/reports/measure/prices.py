"""A dated price sheet: the price of storing a gigabyte for a month, by store, with date and source.

    currency: USD
    unit: GB-month
    bytes_per_gb: 1073741824            # or 1000000000: the seller's definition
    default: s3-standard-us-east-1      # the store that the report is computed for
    prices:
      - store: s3-standard-us-east-1
        price: 0.023
        as_of: 2026-05-04
        source: Amazon S3 pricing page, US East (N. Virginia)
        url: https://aws.amazon.com/s3/pricing/    # optional, as provider, service, region, tier

    parts: {gold: s3-standard-us-east-1}    # optional: parts of the lake in another store
    expenses: []                            # optional: costs besides storage

A price without its date or its source is refused; one older than a year is marked as old. A store may have
``carbon``, the emissions of storage there: see ``clearwell.reports.measure.carbon``, and for expenses
``clearwell.reports.measure.expenses``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import SEGMENTS
from clearwell.reports.measure.carbon import CARBON_SCHEMA, Carbon, read_carbon
from clearwell.reports.measure.expenses import EXPENSE_SCHEMA, Expense, read_expense
from clearwell.reports.measure.sheet import (
    check_keys,
    read_amount,
    read_choice,
    read_day,
    read_mapping,
    read_text,
)
from clearwell.yaml_lines import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clearwell.yaml_lines import Document

__all__ = ["Price", "PriceSheet", "load_prices", "price_schema"]

_SHEET = ("currency", "unit", "bytes_per_gb", "default", "prices")
_MORE = ("parts", "expenses")
_REQUIRED = ("store", "price", "as_of", "source")
_OPTIONAL = ("provider", "service", "region", "tier", "url")
_CARBON = "carbon"
_UNIT = "GB-month"
_GIGABYTES = {10**9: "decimal", 2**30: "binary"}
_OLD = dt.timedelta(days=365)
_EXACT = 200
"""More digits than any cost has."""


@dataclass(frozen=True)
class Price:
    """One store's price per gigabyte and month, with its date and source."""

    store: str
    price: Decimal
    as_of: dt.date
    source: str
    provider: str = ""
    service: str = ""
    region: str = ""
    tier: str = ""
    url: str = ""
    carbon: Carbon | None = None

    def is_old(self, today: dt.date) -> bool:
        """Whether it is more than a year old."""
        return today - self.as_of > _OLD


@dataclass(frozen=True)
class PriceSheet:
    """Prices of several stores in one currency.

    ``default`` is the store for the cost, except for the ``parts`` of the lake in other stores.
    """

    currency: str
    bytes_per_gb: int
    default: Price
    prices: tuple[Price, ...]
    parts: Mapping[str, Price] = field(default_factory=dict[str, Price])
    expenses: tuple[Expense, ...] = ()

    @property
    def unit(self) -> str:
        """The definition of a gigabyte here."""
        return f"1 GB = {self.bytes_per_gb:,} bytes ({_GIGABYTES[self.bytes_per_gb]})"

    def cost(self, size: int, price: Price | None = None) -> Decimal:
        """The cost of ``size`` bytes per month: size / bytes_per_gb x price, exactly.

        So the costs of parts add up to the cost of the whole. A gigabyte is a power of two or of ten: the
        quotient ends after at most 30 decimals.
        """
        with localcontext(prec=_EXACT):
            return Decimal(size) / self.bytes_per_gb * (price or self.default).price

    def cost_where_it_lies(self, size: int, by_part: Mapping[str, int]) -> Decimal:
        """The cost of ``size`` bytes per month, those of ``parts`` at the price of their store, exactly."""
        with localcontext(prec=_EXACT):
            return sum((self.cost(held, price) for price, held in self.divide(size, by_part)), Decimal())

    def divide(self, size: int, by_part: Mapping[str, int]) -> list[tuple[Price, int]]:
        """The stores that hold ``size`` bytes, with their bytes; ``default`` first."""
        found: dict[str, tuple[Price, int]] = {self.default.store: (self.default, size)}
        for part, held in by_part.items():
            if (price := self.parts.get(part)) is not None and price.store != self.default.store:
                found[price.store] = (price, found.get(price.store, (price, 0))[1] + held)
                found[self.default.store] = (self.default, found[self.default.store][1] - held)
        return list(found.values())


def load_prices(file: Path) -> PriceSheet:
    """The price sheet in ``file``.

    Raises:
        ProjectError: it does not exist or is not valid; the place is ``file:line``.
    """
    documents = read_yaml(file)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise ProjectError(
            "a price sheet is one YAML mapping", place=f"{file}:1", hint=f"keys: {', '.join(_SHEET)}"
        )
    document = documents[0]
    sheet: dict[str, Any] = document.value
    check_keys(document, (), sheet, _SHEET, (*_SHEET, *_MORE))
    if sheet["unit"] != _UNIT:
        raise ProjectError(
            f"unit {sheet['unit']!r} is unknown", place=document.place("unit"), hint=f"write unit: {_UNIT}"
        )
    if sheet["bytes_per_gb"] not in list(_GIGABYTES):
        raise ProjectError(
            f"{sheet['bytes_per_gb']!r} bytes are not a gigabyte",
            place=document.place("bytes_per_gb"),
            hint="1000000000 or 1073741824, as the seller counts",
        )
    prices = {price.store: price for price in _prices(document)}
    if (default := sheet["default"]) not in list(prices):
        raise ProjectError(
            f"no price is given for the default store {default!r}",
            place=document.place("default"),
            hint=did_you_mean(str(default), prices) or f"stores: {', '.join(prices)}",
        )
    return PriceSheet(
        read_text(document, ("currency",), sheet["currency"]),
        sheet["bytes_per_gb"],
        prices[default],
        tuple(prices.values()),
        _parts(document, prices),
        tuple(_expenses(document)),
    )


def price_schema() -> dict[str, Any]:
    """The JSON schema of a price sheet, for editors."""
    text = {"type": "string", "pattern": r"\S"}
    entry = {
        **dict.fromkeys((*_REQUIRED, *_OPTIONAL), text),
        "price": {
            "description": "Per gigabyte and month, in the sheet's currency.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": "^[0-9.][0-9_.eE+-]*$",
        },
        "as_of": {
            "description": "The date of the price.",
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
        "source": {"description": "The source of the price.", **text},
        _CARBON: CARBON_SCHEMA,
    }
    price = {
        "type": "object",
        "properties": entry,
        "required": list(_REQUIRED),
        "additionalProperties": False,
    }
    sheet = {
        **dict.fromkeys(_SHEET, text),
        "unit": {"const": _UNIT},
        "bytes_per_gb": {"description": "The seller's definition of a gigabyte.", "enum": list(_GIGABYTES)},
        "default": {"description": "The store for the cost.", **text},
        "prices": {"type": "array", "minItems": 1, "items": price},
        "parts": {
            "description": "Parts of the lake that are in another store.",
            "type": "object",
            "properties": dict.fromkeys(SEGMENTS, text),
            "additionalProperties": False,
        },
        "expenses": {
            "description": "Costs besides storage.",
            "type": "array",
            "items": EXPENSE_SCHEMA,
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A price sheet of a Clearwell project",
        "type": "object",
        "properties": sheet,
        "required": list(_SHEET),
        "additionalProperties": False,
    }


def _prices(document: Document) -> list[Price]:
    entries: Any = document.value["prices"]
    if not isinstance(entries, list) or not entries:
        raise ProjectError("prices is not a list with entries", place=document.place("prices"))
    prices = [_price(document, number) for number in range(len(entries))]
    for number, price in enumerate(prices):
        if price.store in [earlier.store for earlier in prices[:number]]:
            raise ProjectError(
                f"store {price.store!r} is listed twice",
                place=document.place("prices", number, "store"),
                hint="leave one",
            )
    return prices


def _price(document: Document, number: int) -> Price:
    at = ("prices", number)
    entry = read_mapping(
        document,
        at,
        document.value["prices"][number],
        what="a price",
        required=_REQUIRED,
        optional=(*_OPTIONAL, _CARBON),
    )
    as_of = read_day(document, (*at, "as_of"), entry["as_of"])
    texts = {
        key: read_text(document, (*at, key), entry[key])
        for key in ("store", "source", *_OPTIONAL)
        if key in entry
    }
    amount = read_amount(
        document,
        (*at, "price"),
        entry["price"],
        what="a price",
        hint="a number, in the sheet's currency, per gigabyte and month",
    )
    carbon = read_carbon(document, (*at, _CARBON), entry[_CARBON]) if _CARBON in entry else None
    return Price(price=amount, as_of=as_of, carbon=carbon, **texts)


def _parts(document: Document, prices: dict[str, Price]) -> dict[str, Price]:
    if "parts" not in document.value:
        return {}
    given = read_mapping(document, ("parts",), document.value["parts"], what="parts", optional=SEGMENTS)
    return {
        part: prices[read_choice(document, ("parts", part), store, tuple(prices), what="store of this sheet")]
        for part, store in given.items()
    }


def _expenses(document: Document) -> list[Expense]:
    given: Any = document.value.get("expenses", [])
    if not isinstance(given, list):
        raise ProjectError(
            "expenses is not a list", place=document.place("expenses"), hint="write - name: ..."
        )
    return [read_expense(document, ("expenses", number), entry) for number, entry in enumerate(given)]
