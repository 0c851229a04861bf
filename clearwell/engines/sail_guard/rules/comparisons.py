"""Comparisons of arguments of different types: in the type in which Spark compares them.

Sail compares a float as a decimal, text beside a decimal as a decimal(38,10), text beside an integer as that
integer, and decimals of together more than 38 digits without the rounding of Spark. IN tells -0.0 from 0.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.casts import converted
from clearwell.engines.sail_guard.rules.signed_zeros import require_told_apart, unsigned
from clearwell.engines.sail_guard.spark_types import (
    MOST_DIGITS,
    compared_digits,
    decimal_of,
    is_decimal,
    is_float,
    is_integral,
    widest,
)
from clearwell.engines.sail_guard.terms import As, Call, Term, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["COMPARISONS", "common_number", "require_case", "require_equal"]

_ROUNDED = (types.FloatType, types.DecimalType)
_NO_NUMBERS = (types.DateType, types.TimestampType, types.TimestampNTZType, types.BooleanType)


def common_number(kinds: Sequence[types.DataType | None]) -> str | None:
    """The type in which Spark compares and unites numbers of different types, and numbers with text.

    None where they are of one type, of an unknown one, or no numbers; a truth beside text is a boolean.
    """
    known = [kind for kind in kinds if kind is not None and not isinstance(kind, types.NullType)]
    if None in kinds or len({kind.simpleString() for kind in known}) < 2:
        return None
    numbers = [kind for kind in known if decimal_of(kind) is not None or is_float(kind)]
    texts = [kind for kind in known if isinstance(kind, types.StringType)]
    if len(texts) + len(numbers) < len(known):
        return "boolean" if texts and any(isinstance(kind, types.BooleanType) for kind in known) else None
    if any(map(is_float, numbers)) or (texts and any(map(is_decimal, numbers))):
        return "double"
    if not any(map(is_decimal, numbers)):
        return "bigint" if texts else widest(*numbers).simpleString() if numbers else None
    precision, scale = compared_digits([found for kind in numbers if (found := decimal_of(kind))])
    return f"decimal({precision},{scale})"


def require_equal(what: str, kinds: Sequence[types.DataType | None]) -> None:
    """Raise Refused for values that are compared where nothing can be cast, and would differ from Spark's.

    Text or a double beside whole numbers does not: Sail fails for a text that is too large for them.
    """
    kind = _needed(kinds)
    if kind in ("bigint", "double") and not any(isinstance(known, _ROUNDED) for known in kinds):
        return
    if kind is not None:
        given = " and ".join(known.simpleString() for known in kinds if known is not None)
        why = f"{what} compares {given}, which Spark does as {kind}"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, f"casts to {kind}")


def require_case(site: Site) -> None:
    """Raise Refused for ``case x when y`` that compares otherwise than Spark: no part of it can be cast."""
    for at in range(1, len(site.given) - 1, 2):
        require_equal("case x when y", (site.kinds[0], site.kinds[at]))


def _needed(kinds: Sequence[types.DataType | None]) -> str | None:
    """The type that the sides of a comparison are cast to; None where Sail compares them as Spark does."""
    numbers = [kind for kind in kinds if kind is not None and decimal_of(kind) is not None]
    other = next((kind for kind in kinds if isinstance(kind, _NO_NUMBERS)), None)
    if other is not None and (numbers or any(map(is_float, kinds))):
        names = " with ".join(kind.simpleString() for kind in kinds if kind is not None)
        raise Refused(Guard.REFUSED_FUNCTIONS, f"Spark does not compare {names}", "a cast")
    kind = common_number(kinds)
    if kind is None or len(numbers) < len(kinds):
        return kind
    digits = [found for number in numbers if (found := decimal_of(number))]
    whole = max(p - s for p, s in digits)
    return kind if any(map(is_decimal, numbers)) and whole + max(s for _, s in digits) > MOST_DIGITS else None


def _compared(site: Site) -> Term | None:
    """Spark gives an integer literal beside a decimal exactly its own number of digits."""
    require_told_apart("a comparison of", site.kinds)
    kinds = [
        types.DecimalType(len(str(abs(literal))), 0)
        if isinstance(literal, int) and is_integral(kind) and any(map(is_decimal, site.kinds))
        else kind
        for kind, literal in zip(site.kinds, site.literals, strict=True)
    ]
    if (kind := _needed(kinds)) is None:
        return None
    return Call(site.name, tuple(converted(given, source, kind) for given, source in site.sides))


def _one_of(site: Site) -> Term | None:
    """The values of a list are taken for those of one type, and -0.0 for another number than 0.0."""
    require_told_apart("a comparison of", site.kinds)
    if site.nulls and len(site.nulls - {0}) < len(site.given) - 1:
        return _one_of_known(site)
    _needed(site.kinds)
    kind = common_number(site.kinds)
    floats = [known for known in site.kinds if is_float(known)]
    if kind is None and not floats:
        return None
    made: list[Term] = [converted(given, source, kind) if kind else given for given, source in site.sides]
    return Call(
        site.name,
        tuple(unsigned(one, None if kind else floats[0]) for one in made) if floats else tuple(made),
    )


def _one_of_known(site: Site) -> Term:
    """Sail drops the NULL of a list beside another list of the same column: it is said apart."""
    kept = [n for n in range(len(site.given)) if n == 0 or n not in site.nulls]
    known = Site(
        site.name,
        tuple(site.given[n] for n in kept),
        tuple(site.kinds[n] for n in kept),
        tuple(site.literals[n] for n in kept) if site.literals else (),
    )
    found = _one_of(known) or Call(site.name, known.given)
    return Call("or", (found, As(Value(None), "boolean")))


def _between(site: Site) -> Term | None:
    """Two comparisons: each has its own type in Spark, and here they need one."""
    require_told_apart("a comparison of", site.kinds)
    value, limits = site.kinds[0], site.kinds[1:]
    needed = [_needed((value, limit)) for limit in limits]
    if not any(needed):
        return None
    kind = common_number(site.kinds)
    own = [kind or known.simpleString() for kind, known in zip(needed, limits, strict=True) if known]
    if set(own) != {kind}:
        why = "between compares with each limit in a type of its own"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "x >= a and x <= b")
    return Call(site.name, tuple(converted(given, source, str(kind)) for given, source in site.sides))


def _one_of_rows(site: Site) -> Term | None:
    require_equal("in (select ...)", site.kinds)
    return None


COMPARISONS: dict[str, Rule] = {
    **dict.fromkeys(["=", "==", "<", ">", "<=", ">=", "<=>", "!=", "<>", "equal_null"], _compared),
    "in": _one_of,
    "between": _between,
    "in_query": _one_of_rows,
}
"""The comparisons, by their names in SQL; ``in_query`` is IN with a query."""
