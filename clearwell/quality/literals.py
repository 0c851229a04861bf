"""The literals of a check as values of its column: exactly, or not at all.

YAML has neither decimals nor sizes of numbers, and Great Expectations stores bounds as double. Here a literal
means what the same text means in a raw file, by the type of its column:

    integers, decimal   a number, also as text ('0.10'); a bound may have more decimals than the column
    float, double       the nearest value; a whole number only if it is one
    boolean             true, false
    string              text: other literals must be quoted
    date                a date, or its midnight without a zone
    timestamp           a date or a time; without a zone it is UTC
    timestamp_ntz       the same without a zone
    binary              bytes: !!binary

For columns of other types (lists, structures) they stay as they are.
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql.types import DataType

__all__ = ["INTEGERS", "NUMBERS", "TEXTS", "TIMES", "is_wide", "member_of", "value_of", "wanted"]

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
INTEGERS = tuple(_BITS)
NUMBERS = (*INTEGERS, "decimal", "float", "double")
TEXTS = ("string", "char", "varchar")
TIMES = ("date", "timestamp", "timestamp_ntz")

_DIGITS = 38
_LARGEST = 400
"""More zeros than any number of a table has."""
_EXACTLY = Context(prec=1_000)
_LONG = range(-(2**63), 2**63)
_WHOLE_FLOATS = 2**24
"""From here on each float is a whole number: a bound between two of them stays where it is, as a double."""


def value_of(literal: Any, kind: DataType) -> Any:
    """What ``literal`` is in a column of this type.

    Numbers for integers and decimals are int or Decimal, times are datetime without a zone, in UTC.

    Raises:
        ValueError: nothing that a column of this type could have or be compared with.
    """
    read = _READERS.get(kind.typeName())
    return literal if read is None else read(literal, kind)


def member_of(literal: Any, kind: DataType) -> Any:
    """What ``literal`` is in a column of this type, which must have exactly this value.

    Sail rounds decimals that are looked up among values of fewer digits: 2.9 is found among whole numbers.

    Raises:
        ValueError: no column of this type has it.
    """
    value = value_of(literal, kind)
    name = kind.typeName()
    if name in _BITS:
        fits = isinstance(value, int) and -(2 ** (_BITS[name] - 1)) <= value < 2 ** (_BITS[name] - 1)
    elif name == "decimal":
        scaled = Decimal(value).scaleb(_scale(kind), _EXACTLY)
        fits = scaled == scaled.to_integral_value(context=_EXACTLY) and abs(scaled) < 10 ** _precision(kind)
    else:
        fits = name != "float" or value == _single(value) or math.isnan(value)
    if not fits:
        raise ValueError(literal)
    return value


def wanted(kind: DataType) -> str:
    """What to write for a column of this type, as the next step of an error."""
    return _WANTED.get(kind.typeName(), "write a number, such as 1.5")


def is_wide(value: Any) -> bool:
    """Whether ``value`` or a part of it is a number that a double would round."""
    if isinstance(value, Decimal):
        return Decimal(repr(float(value))) != value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(is_wide(part) for part in parts)


def _exact(literal: Any, kind: DataType) -> int | Decimal | float:
    """An infinity stays a float: it is above or below every number."""
    if isinstance(literal, float) and math.isinf(literal):
        return literal
    number = _number(literal)
    if number == number.to_integral_value() and int(number) in _LONG:
        return int(number)
    number = Decimal(f"{number:f}")  # engines read no exponents
    decimals = -int(number.as_tuple().exponent)
    whole = max(len(number.as_tuple().digits) - decimals, _precision(kind) - _scale(kind))
    if whole + max(decimals, _scale(kind)) > _DIGITS:  # more than any engine compares
        raise ValueError(literal)
    return number


def _float(literal: Any, kind: DataType) -> float:
    if isinstance(literal, float) and not math.isfinite(literal):
        return literal
    number = _number(literal)
    near = float(number)
    if math.isinf(near) or (number == number.to_integral_value() and number != Decimal(near)):
        raise ValueError(literal)
    if kind.typeName() == "float" and abs(near) < _WHOLE_FLOATS:
        return _single(near)
    return near


def _single(value: float) -> float:
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def _number(literal: Any) -> Decimal:
    try:
        written = {int: str, float: repr, str: str.strip}[type(literal)](literal)
        number = Decimal(written)
    except (KeyError, InvalidOperation):
        raise ValueError(literal) from None
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST:
        raise ValueError(literal)
    return number


def _boolean(literal: Any, _: DataType) -> bool:
    return _of(bool, literal)


def _text(literal: Any, _: DataType) -> str:
    return _of(str, literal)


def _bytes(literal: Any, _: DataType) -> bytes:
    return _of(bytes, literal)


def _date(literal: Any, _: DataType) -> date:
    at = _moment(literal)
    if at.tzinfo or at.time() != time():
        raise ValueError(literal)
    return at.date()


def _in_utc(literal: Any, _: DataType) -> datetime:
    at = _moment(literal)
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _bare(literal: Any, _: DataType) -> datetime:
    at = _moment(literal)
    if at.tzinfo:
        raise ValueError(literal)
    return at


def _moment(literal: Any) -> datetime:
    if isinstance(literal, str):
        return datetime.fromisoformat(literal.strip())
    if isinstance(literal, datetime):
        return literal
    return datetime.combine(_of(date, literal), time())


def _of(kind: type, literal: Any) -> Any:
    if not isinstance(literal, kind):
        raise ValueError(literal)  # noqa: TRY004 - as any other literal that does not fit
    return literal


def _scale(kind: Any) -> int:
    return getattr(kind, "scale", 0)


def _precision(kind: Any) -> int:
    return getattr(kind, "precision", 19)


_READERS: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys((*INTEGERS, "decimal"), _exact),
    **dict.fromkeys(("float", "double"), _float),
    **dict.fromkeys(TEXTS, _text),
    "boolean": _boolean,
    "date": _date,
    "timestamp": _in_utc,
    "timestamp_ntz": _bare,
    "binary": _bytes,
}

_WANTED = {
    **dict.fromkeys(TEXTS, "put it in quotes"),
    "boolean": "write true or false",
    "date": "write a date, such as 2013-10-31",
    "timestamp": "write a date or a time, such as 2013-10-31 07:00:00Z",
    "timestamp_ntz": "write a date or a time without a zone, such as 2013-10-31 07:00:00",
    "binary": "write the bytes in base64, such as !!binary aGk=",
}
