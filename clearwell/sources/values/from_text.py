"""Text to declared types, a column at a time. A string that does not fit fails; nothing is ever guessed.

The simple forms of a type are found by a pattern and cast by Arrow; the pattern is so narrow that Arrow's
cast cannot fail on it, and cannot accept more than intended (it reads ``0x1F`` as an integer). The rest is
parsed exactly, once per distinct string. Spaces and tabs around a value of any type except string and binary
are ignored.

    integers        digits and a sign; a fraction of zeros (``517.0``) is not one
    decimal(p,s)    also with an exponent; digits beyond the scale must be zeros
    float, double   the nearest value; nan, inf, infinity in any case; refused: a number that would
                    become infinite or zero, an integer that would read back as another
    boolean         t true y yes 1, f false n no 0, in any case
    date            YYYY-MM-DD, or a timestamp without zone at midnight; years 0001 to 9999
    timestamp       YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]][Z|+HH[:]MM]]; without a zone it is UTC
    timestamp_ntz   the same without a zone; one with a zone is refused
    string, binary  unchanged (binary: its UTF-8 bytes)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cast_text"]

_YEAR = "(?:[1-8][0-9]{3}|9[0-8][0-9]{2})"
# Any day that every such month has: the 29th of February and the first centuries are left to Python.
_DAY = "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9])"
_INTEGER = re.compile(r"([+-]?[0-9]{1,40})(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_SPECIAL = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6})0*)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_LONGEST = 1_000  # characters of a value of any type but string and binary
_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})
_DIGITS = {pa.int8(): 2, pa.int16(): 4, pa.int32(): 9, pa.int64(): 18}


def cast_text(texts: pa.Array, kind: pa.DataType) -> tuple[pa.Array, pa.Array | None]:
    """``texts`` (string) as ``kind``, and a mask of the strings that do not fit, or None if all do.

    Null stays null; where a string does not fit, the result is null.
    """
    if pa.types.is_string(kind):
        return texts, None
    if pa.types.is_binary(kind):
        return texts.cast(kind), None
    rules = _rules(kind)
    plain = pc.match_substring_regex(texts, rules.plain)
    if pc.all(plain, min_count=0).as_py():
        return rules.fast(texts), None
    values = rules.fast(pc.if_else(plain, texts, pa.scalar(None, pa.string())))
    left = pc.fill_null(pc.invert(plain), False)
    distinct = pc.dictionary_encode(texts.filter(left))
    trimmed = (text.strip(" \t") for text in distinct.dictionary.to_pylist())
    looked_at = [rules.look(text) if len(text) <= _LONGEST else None for text in trimmed]
    patch = pa.array(looked_at, kind).take(distinct.indices)
    values = pc.replace_with_mask(values, left, patch)
    failed = pc.and_(left, pc.is_null(values))
    return values, failed if pc.any(failed).as_py() else None


@dataclass(frozen=True)
class _Rules:
    """For one type: the pattern of its simple strings, their cast, and a parser for any other string.

    ``look`` returns None for a string that does not fit.
    """

    plain: str
    fast: Callable[[pa.Array], pa.Array]
    look: Callable[[str], Any]


@cache
def _rules(kind: pa.DataType) -> _Rules:
    fast = partial(pc.cast, target_type=kind)
    if kind in _DIGITS:
        return _Rules(f"^-?[0-9]{{1,{_DIGITS[kind]}}}$", fast, partial(_integer, bits=kind.bit_width))
    if pa.types.is_floating(kind):
        # As many digits as every integer of the type has; an exponent only where it cannot overflow.
        whole, exponent = (15, "(?:[eE][+-]?[0-9]{1,2})?") if kind == pa.float64() else (7, "")
        plain = rf"^(?:-?[0-9]{{1,{whole}}}(?:\.[0-9]{{1,20}})?{exponent}|[Nn]a[Nn]|-?inf|-?Infinity)$"
        return _Rules(plain, fast, partial(_floating, kind=kind))
    if pa.types.is_decimal(kind):
        whole, scale = kind.precision - kind.scale, kind.scale
        fraction = rf"\.[0-9]{{1,{scale}}}"
        digits = f"[0-9]{{1,{whole}}}" if whole else fraction
        if whole and scale:
            digits += f"(?:{fraction})?"
        return _Rules(f"^-?{digits}$", fast, partial(_decimal, kind=kind))
    if pa.types.is_boolean(kind):
        return _Rules("(?i)^(?:t|true|y|yes|1|f|false|n|no|0)$", _booleans, _boolean)
    if pa.types.is_date(kind):
        return _Rules(f"^{_YEAR}-{_DAY}$", fast, _date)
    if kind.tz is None:
        return _Rules(f"^{_YEAR}-{_DAY}(?:{_TIME})?$", fast, partial(_moment, zoned=False))
    return _Rules(f"^{_YEAR}-{_DAY}(?:{_TIME}{_ZONE}?)?$", _zoned, partial(_moment, zoned=True))


def _booleans(texts: pa.Array) -> pa.Array:
    true = pc.is_in(pc.utf8_lower(texts), pa.array(sorted(_TRUE)))
    return pc.if_else(pc.is_valid(texts), true, pa.scalar(None, pa.bool_()))


def _zoned(texts: pa.Array) -> pa.Array:
    """Timestamps of which some, all or none have a zone."""
    kind = pa.timestamp("us", "UTC")
    has_zone = pc.match_substring_regex(texts, f"{_ZONE}$")
    nothing = pa.scalar(None, pa.string())
    utc = pc.cast(pc.if_else(has_zone, nothing, texts), pa.timestamp("us")).cast(kind)
    if not pc.any(has_zone).as_py():
        return utc
    return pc.coalesce(pc.cast(pc.if_else(has_zone, texts, nothing), kind), utc)


def _integer(text: str, *, bits: int) -> int | None:
    found = _INTEGER.fullmatch(text)
    value = int(found[1]) if found else None
    return value if value is not None and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def _floating(text: str, *, kind: pa.DataType) -> float | None:
    if _SPECIAL.fullmatch(text):
        return float(text)
    if not _NUMBER.fullmatch(text):
        return None
    cast = pa.scalar(text).cast(kind)
    value = float(cast.as_py())
    if math.isinf(value):
        return None
    if (found := _INTEGER.fullmatch(text)) and int(found[1]) != value:
        # Not exact: accepted if these digits are how the value itself is written, as JavaScript writes 2**60.
        return value if Decimal(cast.cast(pa.string()).as_py()) == int(found[1]) else None
    return None if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]) else value


def _decimal(text: str, *, kind: pa.Decimal128Type) -> Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    last = Decimal(1).scaleb(-kind.scale)
    if not value:
        return Decimal(0).quantize(last)
    if value.adjusted() >= kind.precision - kind.scale:
        return None
    try:
        # As many digits as the text has fit; a lost digit is an error, not rounded away.
        return value.quantize(last, context=Context(prec=_LONGEST, traps=[Inexact, InvalidOperation]))
    except (Inexact, InvalidOperation):
        return None


def _boolean(text: str) -> bool | None:
    return text.lower() in _TRUE if text.lower() in _TRUE | _FALSE else None


def _date(text: str) -> date | None:
    value = _moment(text, zoned=False)
    return value.date() if value is not None and value.time() == time() else None


def _moment(text: str, *, zoned: bool) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if not found or (found[5] and not zoned):
        return None
    day, minute, second, fraction, zone = found.groups()
    iso = f"{day}T{minute or '00:00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}"
    try:
        naive = datetime.fromisoformat(iso)
        return datetime.fromisoformat(f"{iso}{zone or 'Z'}").astimezone(UTC) if zoned else naive
    except (ValueError, OverflowError):
        return None
