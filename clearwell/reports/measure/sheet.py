"""Read one mapping of a YAML sheet of figures: its keys, strings, amounts and dates, each with its line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.yaml_lines import Document

__all__ = ["At", "check_keys", "read_amount", "read_choice", "read_day", "read_mapping", "read_text"]

At = tuple[str | int, ...]
"""The path of a value in a document."""


def read_mapping(
    document: Document,
    at: At,
    value: Any,
    *,
    what: str,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> dict[str, Any]:
    """``value``, if it is a mapping of these keys; raises ProjectError."""
    known = (*required, *optional)
    if not isinstance(value, dict):
        raise ProjectError(
            f"{what} is a mapping", place=document.place(*at), hint=f"keys: {', '.join(known)}"
        )
    check_keys(document, at, value, required, known)
    return value


def check_keys(
    document: Document, at: At, entry: dict[Any, Any], required: Sequence[str], known: Sequence[str]
) -> None:
    """Refuse keys that are unknown or missing; raises ProjectError."""
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


def read_text(document: Document, at: At, value: Any) -> str:
    """A non-empty string; raises ProjectError."""
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(
            f"{at[-1]} is not a string", place=document.place(*at), hint=f"{value!r} is not a string"
        )
    return value.strip()


def read_amount(document: Document, at: At, value: Any, *, what: str, hint: str) -> Decimal:
    """A number that is not negative, exactly as written; raises ProjectError."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise ProjectError(f"{value!r} is not {what}", place=document.place(*at), hint=hint)
    return amount


def read_day(document: Document, at: At, value: Any) -> dt.date:
    """The date of a figure; raises ProjectError."""
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise ProjectError(
            f"{at[-1]} {value!r} is not a date", place=document.place(*at), hint="write it as 2026-05-04"
        )
    return value


def read_choice(document: Document, at: At, value: Any, known: Sequence[str], *, what: str) -> str:
    """One of the ``known`` strings; raises ProjectError."""
    if value not in known:
        hint = did_you_mean(str(value), known) or f"one of {', '.join(known)}"
        raise ProjectError(f"{value!r} is not a {what}", place=document.place(*at), hint=hint)
    return str(value)
