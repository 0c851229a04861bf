"""Rounding half up: of decimals in Spark's type, of floats by the digits that they are written with.

Spark rounds the shortest decimal text of a double: 1.005 to 1.01. Sail multiplies, rounds and divides: 1.0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.spark_types import is_float
from clearwell.engines.sail_guard.terms import As, Call, Term, Value, choose

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Site
    from clearwell.engines.sail_guard.terms import Given

__all__ = ["rounded"]

_MOST_DIGITS = 15
_FIFTEEN_DIGITS = 1e14
"""Below it, a number and a half has at most 15 digits: no two such numbers have the same double."""
_WRITTEN_OUT = 1e16
"""Below it, and above a thousandth, Sail writes a double without an exponent; from it on there is no half."""


def rounded(site: Site) -> Term | None:
    """The replacement of ``round``; None where Sail does as Spark."""
    kind, scale = site.kinds[0], site.literals[1] if len(site.literals) > 1 else 0
    if is_float(kind):
        if not isinstance(scale, int) or abs(scale) > _MOST_DIGITS:
            why = f"{site.name} of a float takes a constant number of digits here, at most {_MOST_DIGITS}"
            raise Refused(Guard.REFUSED_FUNCTIONS, why, "a cast to a decimal")
        given = site.given[0]
        return _of_double(given, scale) if isinstance(kind, types.DoubleType) else _of_float(given, scale)
    if isinstance(kind, types.DecimalType) and isinstance(scale, int):
        return As(Call(site.name, site.given), _digits(kind, scale))
    return None


def _digits(kind: types.DecimalType, scale: int) -> str:
    """Spark needs fewer digits for a rounded decimal."""
    whole = kind.precision - kind.scale + 1
    digits = (
        (max(whole, 1 - scale), 0) if scale < 0 else (whole + min(kind.scale, scale), min(kind.scale, scale))
    )
    return f"decimal({min(digits[0], 38)},{digits[1]})"


def _of_float(given: Given, scale: int) -> Term:
    return As(_of_double(As(given, "double"), scale), "float")


def _of_double(given: Term, scale: int) -> Term:
    """Half up by the shortest text: up from the double that is nearest to the half, not from the exact half.

    A quotient of two exact doubles is the double nearest to the decimal number, so it is that of its text.
    """
    ten = Value(10.0 ** abs(scale))
    to_whole, back = ("*", "/") if scale >= 0 else ("/", "*")
    size = Call("abs", (given,))
    scaled = Call(to_whole, (size, ten))
    is_small = Call("<", (scaled, Value(_FIFTEEN_DIGITS)))
    below = As(Call("floor", (Call("when", (is_small, scaled)),)), "double")
    half = Call(back, (Call("+", (below, Value(0.5))), ten))
    near = choose(Call(">=", (size, half)), Call("+", (below, Value(1.0))), below)
    # From there on by the text itself. One with an exponent fails, and is asked for only left of the point.
    is_rounded = Call("<", (size, Value(_WRITTEN_OUT if scale >= 0 else math.inf)))
    large = Call("when", (is_small, As(Value(None), "double"), is_rounded, size))
    exact = Call("round", (As(As(large, "string"), "decimal(38,18)"), Value(scale)))
    result = choose(is_small, Call(back, (near, ten)), As(As(exact, "string"), "double"))
    signed = choose(Call("<", (given, Value(0.0))), Call("-", (Value(0.0), result)), result)
    return choose(Call("or", (is_small, is_rounded)), signed, given)
