"""Arithmetic that Sail computes differently from Spark, and its replacements.

Integers wrap on Sail: they are computed wider and cast back, which fails where they do not fit. Its decimal
quotients have fewer digits and are truncated: they are computed with one more digit and rounded. Its float
with an integer stays a float: both become doubles. What cannot be made equal is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.casts import converted
from clearwell.engines.sail_guard.spark_types import (
    MOST_DIGITS,
    decimal_digits,
    decimal_of,
    is_decimal,
    is_float,
    is_integral,
    quotient_digits,
    widest,
)
from clearwell.engines.sail_guard.terms import As, Call, Over, Term, Value, choose

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.spark_types import Digits

__all__ = ["OPERATORS", "average", "operate", "result_kind", "total"]

OPERATORS = frozenset("+-*/%")
_GUARD_DIGITS = 4
"""Sail's quotient has this many more decimal places than its dividend."""
_DOUBT = "99999999"


def operate(site: Site) -> Term | None:
    """``+ - * / %`` of two numbers."""
    if len(site.kinds) != 2:
        return None
    left, right = site.kinds
    if left is None or right is None:
        return _operate_unknown(site, right if left is None else left)
    if is_integral(left) and is_integral(right):
        return _whole(site, left, right) if site.name in "+-*" else None
    if isinstance(left, types.DateType) and isinstance(right, types.DateType) and site.name == "-":
        raise Refused(
            Guard.REFUSED_FUNCTIONS, "date - date is a number here and an interval on Spark", "datediff"
        )
    if is_float(left) != is_float(right):
        doubles = types.DoubleType() in (left, right)
        number = decimal_of(right if is_float(left) else left) is not None
        return _both(site, "double") if number and not doubles else None
    if (is_decimal(left) or is_decimal(right)) and decimal_of(left) and decimal_of(right):
        return _decimals(site, left, right)
    return None


def result_kind(
    name: str, left: types.DataType | None, right: types.DataType | None
) -> types.DataType | None:
    """The type of an operation between numbers, where it is known without asking the engine."""
    if left is None or right is None:
        return None
    if is_integral(left) and is_integral(right):
        return types.DoubleType() if name == "/" else widest(left, right)
    if is_float(left) or is_float(right):
        known = all(is_float(k) or decimal_of(k) for k in (left, right))
        same = left == right and name != "/"
        return (left if same else types.DoubleType()) if known else None
    return None


def total(site: Site) -> Term | None:
    """``sum``: of integers as decimals, of wide decimals with a check of its size."""
    (kind,) = site.kinds
    if kind is None:
        raise Refused(Guard.CHECKED_INTEGERS, "the type of the sum's argument is unknown", _TELL)
    summed = Over("sum", site.given, site.distinct)
    if isinstance(kind, types.LongType):
        wide = Over("sum", (As(site.given[0], "decimal(19,0)"),), site.distinct)
        return As(wide, "bigint")
    if isinstance(kind, types.DecimalType) and kind.precision + 10 > MOST_DIGITS:
        # A sum of 39 digits is no decimal, and a larger one wraps: its size as a double shows both.
        double = Call("*", (As(site.given[0], "double"), Value(1.0)))
        size = Call("abs", (Over("sum", (double,), site.distinct),))
        limit = float(f"{_DOUBT}e{MOST_DIGITS - len(_DOUBT) - kind.scale}")
        message = "a sum of decimals needs more than 38 digits: cast its argument to double"
        fails = As(Call("raise_error", (Value(message),)), f"decimal({MOST_DIGITS},{kind.scale})")
        return choose(Call(">", (size, Value(limit))), fails, summed)
    return None


def average(site: Site) -> Term | None:
    """``avg`` of decimals: Sail truncates where Spark rounds."""
    (kind,) = site.kinds
    if not isinstance(kind, types.DecimalType):
        return None
    digits = min(kind.precision + 4, MOST_DIGITS), min(kind.scale + 4, MOST_DIGITS)
    if kind.precision + 10 + 1 + _GUARD_DIGITS > MOST_DIGITS:
        raise Refused(
            Guard.CHECKED_DECIMALS, f"an average of {kind.simpleString()} is truncated here", "a double"
        )
    summed = As(Over("sum", site.given, site.distinct), f"decimal({kind.precision + 11},{kind.scale + 1})")
    counted = As(Call("nullif", (Over("count", site.given, site.distinct), Value(0))), "decimal(20,0)")
    return _rounded(Call("/", (summed, counted)), digits)


def _operate_unknown(site: Site, known: types.DataType | None) -> None:
    if known is not None and not is_integral(known) and not is_decimal(known):
        return
    raise Refused(Guard.CHECKED_INTEGERS, f"the types of the arguments of {site.name!r} are unknown", _TELL)


_TELL = "a separate column first (withColumn)"


def _whole(site: Site, left: types.DataType, right: types.DataType) -> Term:
    kind = widest(left, right)
    if not isinstance(kind, types.LongType):
        return As(_both(site, "bigint"), kind.simpleString())
    sides = [As(a, f"decimal({19 if isinstance(k, types.LongType) else 10},0)") for a, k in site.sides]
    return As(Call(site.name, tuple(sides)), "bigint")


def _both(site: Site, kind: str) -> Call:
    return Call(site.name, tuple(converted(given, source, kind) for given, source in site.sides))


def _decimals(site: Site, left: types.DataType, right: types.DataType) -> Term | None:
    digits = [_side_digits(site, n, kind) for n, kind in enumerate((left, right))]
    if site.name == "/":
        return _quotient(site, *digits)
    needed, scale = decimal_digits(site.name, *digits)
    if needed > MOST_DIGITS:
        raise Refused(
            Guard.CHECKED_DECIMALS,
            f"{left.simpleString()} {site.name} {right.simpleString()} needs {needed} digits, and engines "
            "drop different ones",
            "fewer digits (cast first)",
        )
    if is_decimal(left) and is_decimal(right) and site.name != "%":
        return None
    sides = tuple(
        As(argument, f"decimal({p},{s})") for argument, (p, s) in zip(site.given, digits, strict=True)
    )
    return As(Call(site.name, sides), f"decimal({needed},{scale})")


def _quotient(site: Site, left: Digits, right: Digits) -> Term:
    (p1, s1), (p2, s2) = left, right
    precision, scale = quotient_digits(left, right)
    dividend = max(scale + 1 - _GUARD_DIGITS, s1)
    if p1 - s1 + dividend + _GUARD_DIGITS + s2 > MOST_DIGITS:
        raise Refused(
            Guard.CHECKED_DECIMALS,
            f"decimal({p1},{s1}) / decimal({p2},{s2}) is truncated here and rounded on Spark",
            "doubles, or fewer digits (cast first)",
        )
    above = As(site.given[0], f"decimal({p1 - s1 + dividend},{dividend})")
    below = As(site.given[1], f"decimal({p2},{s2})")
    return _rounded(Call("/", (above, below)), (precision, scale))


def _rounded(term: Term, digits: Digits) -> Term:
    precision, scale = digits
    return As(Call("round", (term, Value(scale))), f"decimal({precision},{scale})")


def _side_digits(site: Site, number: int, kind: types.DataType) -> Digits:
    """Spark gives an integer literal beside a decimal exactly its own number of digits."""
    literal = site.literals[number]
    if isinstance(literal, int) and is_integral(kind):
        return len(str(abs(literal))), 0
    return decimal_of(kind) or (MOST_DIGITS, 0)
