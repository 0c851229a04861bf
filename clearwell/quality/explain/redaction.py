"""Which values of a row may be shown in shared places: Dagster's pages, its log, a lake's control files.

Dagster's event log is never purged, so it must not contain personal data. The rule:

- a column named in `personal:` is never shown, whatever it holds;
- numbers, dates, times and booleans are shown, but an integer that is a payment card number is not;
- a string is shown when it is short (40 characters at most) and looks like none of: an e-mail address, a
  telephone, card or bank account number (seven digits or more in a row, with any separators, or an IBAN), an
  IP address. A date or time written as ISO 8601 does not count as such a number;
- anything else (long strings, bytes, lists, structures) is not shown.

A person's name looks like any other short string: only `personal:` withholds it.
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
"""The maximum length of a string that is shown."""

_BETWEEN_DIGITS = r"[\W_]{0,3}"
_PATTERNS = (
    re.compile(r"\S\s*(?:@|[\[({<]\s*at\s*[\])}>])\s*\S", re.IGNORECASE),  # an e-mail address
    re.compile(rf"\d(?:{_BETWEEN_DIGITS}\d){{6,}}"),  # a telephone, card, account or identity number
    re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[\W_]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE),  # an IBAN
    re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"),  # an IP address
    re.compile(r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){4,7}", re.IGNORECASE),
)
_ISO_MOMENT = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)


def is_personal(column: str, personal: Collection[str]) -> bool:
    """Whether ``column``, or the column that contains it, is named in ``personal``."""
    names = {name.casefold() for name in personal}
    return column.casefold() in names or column.partition(".")[0].casefold() in names


def shown_value(value: Any) -> str:
    """``value`` as text safe for everyone, or ``(withheld)``: see the rule above."""
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
    """Whether a string is short and matches none of the patterns, in any Unicode digits or letters."""
    if len(text) > LONGEST:
        return False
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Cc"))
    if _ISO_MOMENT.fullmatch(plain.strip()):
        return True
    return not any(pattern.search(plain) for pattern in _PATTERNS)


def _is_card(digits: str) -> bool:
    """Whether an integer has the length and the check digit (Luhn, ISO/IEC 7812-1) of a card number."""
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
