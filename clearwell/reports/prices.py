"""A dated price sheet: what storing a gigabyte for a month costs, at which store, seen when and where.

    currency: USD
    unit: GB-month
    bytes_per_gb: 1073741824            # or 1000000000: which one the seller means
    default: s3-standard-us-east-1      # the store that the report is computed for
    prices:
      - store: s3-standard-us-east-1
        price: 0.023
        as_of: 2026-05-04
        source: Amazon S3 pricing page, US East (N. Virginia)
        url: https://aws.amazon.com/s3/pricing/    # optional, as provider, service, region, tier

A price without its date or its source is refused; one older than a year is said to be old.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.places import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.places import Document

__all__ = ["Price", "PriceSheet", "load_prices", "price_schema"]

_SHEET = ("currency", "unit", "bytes_per_gb", "default", "prices")
_REQUIRED = ("store", "price", "as_of", "source")
_OPTIONAL = ("provider", "service", "region", "tier", "url")
_UNIT = "GB-month"
_GIGABYTES = {10**9: "decimal", 2**30: "binary"}
_OLD = dt.timedelta(days=365)
_EXACT = 200
"""Digits that no cost reaches."""


@dataclass(frozen=True)
class Price:
    """What one store takes for a gigabyte and month, when that was seen, and where."""

    store: str
    price: Decimal
    as_of: dt.date
    source: str
    provider: str = ""
    service: str = ""
    region: str = ""
    tier: str = ""
    url: str = ""

    def is_old(self, today: dt.date) -> bool:
        """Whether it was seen more than a year ago."""
        return today - self.as_of > _OLD


@dataclass(frozen=True)
class PriceSheet:
    """Prices of several stores in one currency; ``default`` is the one that is reckoned with."""

    currency: str
    bytes_per_gb: int
    default: Price
    prices: tuple[Price, ...]

    @property
    def unit(self) -> str:
        """What a gigabyte is here."""
        return f"1 GB = {self.bytes_per_gb:,} bytes ({_GIGABYTES[self.bytes_per_gb]})"

    def cost(self, size: int, price: Price | None = None) -> Decimal:
        """What ``size`` bytes cost a month: size / bytes_per_gb x price, exactly.

        So the costs of parts add up to the cost of the whole. A gigabyte is a power of two or of ten: the
        quotient ends after at most 30 decimals.
        """
        with localcontext(prec=_EXACT):
            return Decimal(size) / self.bytes_per_gb * (price or self.default).price


def load_prices(file: Path) -> PriceSheet:
    """The price sheet in ``file``.

    Raises:
        ProjectError: it is not there or not valid; the place is ``file:line``.
    """
    documents = read_yaml(file)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise ProjectError(
            "a price sheet is one YAML mapping", place=f"{file}:1", hint=f"keys: {', '.join(_SHEET)}"
        )
    document = documents[0]
    sheet: dict[str, Any] = document.value
    _check_keys(document, (), sheet, _SHEET, _SHEET)
    if sheet["unit"] != _UNIT:
        raise ProjectError(
            f"unit {sheet['unit']!r} is not known", place=document.place("unit"), hint=f"write unit: {_UNIT}"
        )
    if sheet["bytes_per_gb"] not in list(_GIGABYTES):
        raise ProjectError(
            f"{sheet['bytes_per_gb']!r} bytes are no gigabyte",
            place=document.place("bytes_per_gb"),
            hint="1000000000 or 1073741824, as the seller counts",
        )
    entries: Any = sheet["prices"]
    if not isinstance(entries, list) or not entries:
        raise ProjectError("prices is not a list with entries", place=document.place("prices"))
    prices = tuple(_price(document, number) for number in range(len(entries)))
    known = [price.store for price in prices]
    for number, store in enumerate(known):
        if store in known[:number]:
            raise ProjectError(
                f"store {store!r} is there twice",
                place=document.place("prices", number, "store"),
                hint="leave one",
            )
    if (default := sheet["default"]) not in known:
        raise ProjectError(
            f"no price is given for the default store {default!r}",
            place=document.place("default"),
            hint=did_you_mean(str(default), known) or f"stores: {', '.join(known)}",
        )
    currency = _text(document, ("currency",), sheet["currency"])
    return PriceSheet(currency, sheet["bytes_per_gb"], prices[known.index(default)], prices)


def price_schema() -> dict[str, Any]:
    """The JSON schema of a price sheet, for editors."""
    text = {"type": "string", "pattern": r"\S"}
    entry = {
        **dict.fromkeys((*_REQUIRED, *_OPTIONAL), text),
        "price": {
            "description": "For a gigabyte and month, in the sheet's currency.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": "^[0-9.][0-9_.eE+-]*$",
        },
        "as_of": {
            "description": "The day on which it was seen.",
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
        "source": {"description": "Where it was seen.", **text},
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
        "bytes_per_gb": {"description": "Which gigabyte the seller means.", "enum": list(_GIGABYTES)},
        "default": {"description": "The store that is reckoned with.", **text},
        "prices": {"type": "array", "minItems": 1, "items": price},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A price sheet of a Clearwell project",
        "type": "object",
        "properties": sheet,
        "required": list(_SHEET),
        "additionalProperties": False,
    }


def _price(document: Document, number: int) -> Price:
    at = ("prices", number)
    entry: Any = document.value["prices"][number]
    if not isinstance(entry, dict):
        raise ProjectError(
            "a price is a mapping", place=document.place(*at), hint=f"keys: {', '.join(_REQUIRED)}"
        )
    _check_keys(document, at, entry, _REQUIRED, (*_REQUIRED, *_OPTIONAL))
    as_of: Any = entry["as_of"]
    if not isinstance(as_of, dt.date) or isinstance(as_of, dt.datetime):
        raise ProjectError(
            f"as_of {as_of!r} is not a date",
            place=document.place(*at, "as_of"),
            hint="write it as 2026-05-04",
        )
    texts = {
        key: _text(document, (*at, key), entry[key])
        for key in ("store", "source", *_OPTIONAL)
        if key in entry
    }
    return Price(price=_amount(document, (*at, "price"), entry["price"]), as_of=as_of, **texts)


def _amount(document: Document, at: tuple[str | int, ...], value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise ProjectError(
            f"{value!r} is not a price",
            place=document.place(*at),
            hint="a number, in the sheet's currency, for a gigabyte and month",
        )
    return amount


def _text(document: Document, at: tuple[str | int, ...], value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(f"{at[-1]} is not a text", place=document.place(*at), hint=f"{value!r} is no text")
    return value.strip()


def _check_keys(
    document: Document,
    at: tuple[str | int, ...],
    entry: dict[Any, Any],
    required: tuple[str, ...],
    known: tuple[str, ...],
) -> None:
    for key in entry:
        if key not in known:
            raise ProjectError(
                f"unknown key {key!r} in a price sheet",
                place=document.place(*at, key),
                hint=did_you_mean(str(key), known) or f"keys: {', '.join(known)}",
            )
    for key in required:
        if key not in entry:
            raise ProjectError(
                f"{key!r} is missing in a price sheet",
                place=document.place(*at),
                hint=f"keys: {', '.join(known)}",
            )
