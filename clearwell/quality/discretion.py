"""What of a row may be shown where everyone looks: on Dagster's pages, in its log, in a lake's control files.

Dagster's event log is never purged, so what stands there must not be about a person. The rule:

- a column that is named in `personal:` is never shown, whatever it holds;
- numbers, dates, times and booleans are shown, but a whole number that is a payment card's is not;
- a text is shown when it is short (40 characters at most) and looks like none of: an e-mail address, a
  telephone, card or bank account number (seven digits or more in a row, whatever stands between them, or an
  IBAN), an address of the internet. A date or time written as ISO 8601 is no such number;
- anything else (long texts, bytes, lists, structures) is not shown.

A name of a person looks like any other short text: only `personal:` keeps it back.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["LONGEST", "WITHHELD", "is_personal", "shown_value"]

WITHHELD = "(withheld)"
LONGEST = 40
"""The most characters of a text that is shown."""

_BETWEEN_DIGITS = r"[\W_]{0,3}"
_PATTERNS = (
    re.compile(r"\S\s*(?:@|[\[({<]\s*at\s*[\])}>])\s*\S", re.IGNORECASE),  # an e-mail address
    re.compile(rf"\d(?:{_BETWEEN_DIGITS}\d){{6,}}"),  # a telephone, card, account or identity number
    re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[\W_]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE),  # an IBAN
    re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"),  # an address of the internet
    re.compile(r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){4,7}", re.IGNORECASE),
)
_ISO_MOMENT = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)


def is_personal(column: str, personal: Collection[str]) -> bool:
    """Whether ``column``, or the one that it is a part of, is named in ``personal``."""
    names = {name.casefold() for name in personal}
    return column.casefold() in names or column.partition(".")[0].casefold() in names


def shown_value(value: Any) -> str:
    """``value`` as a text for anyone, or ``(withheld)``: see the rule above."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int():
            return WITHHELD if _is_card(str(abs(value))) else str(value)
        case float() | Decimal():
            return str(value)
        case date() | datetime() | time() | timedelta():
            return str(value)
        case str():
            return value if _is_harmless(value) else WITHHELD
        case _:
            return WITHHELD


def _is_harmless(text: str) -> bool:
    """Whether a text is short and looks like none of the patterns, in whatever letters they are written."""
    if len(text) > LONGEST:
        return False
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Cc"))
    if _ISO_MOMENT.fullmatch(plain.strip()):
        return True
    return not any(pattern.search(plain) for pattern in _PATTERNS)


def _is_card(digits: str) -> bool:
    """Whether a whole number has the length and the check digit (Luhn, ISO/IEC 7812-1) of a card's."""
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
