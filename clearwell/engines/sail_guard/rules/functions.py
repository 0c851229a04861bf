"""Functions that Sail computes differently from Spark, and their replacements."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.arrays import ARRAYS
from clearwell.engines.sail_guard.rules.casts import CASTS, converted
from clearwell.engines.sail_guard.rules.comparisons import COMPARISONS, require_case
from clearwell.engines.sail_guard.rules.rounding import rounded
from clearwell.engines.sail_guard.rules.signed_zeros import SIGNED_ZEROS, require_told_apart, unsigned
from clearwell.engines.sail_guard.rules.texts import TEXTS
from clearwell.engines.sail_guard.rules.times import TIMES
from clearwell.engines.sail_guard.spark_types import common_kind, decimal_of, is_float
from clearwell.engines.sail_guard.terms import As, Call, Given, Over, Term, Value, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["FUNCTIONS", "positive_zero"]

_SPELLED = (types.DecimalType, types.FloatType, types.TimestampNTZType)


def positive_zero(given: Given, kind: types.DataType | None) -> Term | None:
    """A window key: Sail distinguishes -0.0 from 0.0."""
    return unsigned(given, kind) if is_float(kind) else None


def _in_common(first: int = 0, step: int = 1) -> Rule:
    """Arguments from number ``first`` on, every ``step``th, as their common type on Spark."""

    def rule(site: Site) -> Term | None:
        chosen = list(range(first, len(site.given), step))
        if step == 2 and len(site.given) % 2:  # the last one is the ELSE of a CASE
            chosen.append(len(site.given) - 1)
        return _cast_in(site, chosen)

    return rule


def _cast_in(site: Site, chosen: Sequence[int]) -> Term | None:
    known = [kind for kind in (site.kinds[n] for n in chosen) if kind is not None]
    kind = common_kind(known) if len(known) == len(chosen) else None
    if kind is None:
        return None
    made = [converted(g, k, kind) if n in chosen else g for n, (g, k) in enumerate(site.sides)]
    return Call(site.name, tuple(made))


def _case_of(site: Site) -> Term | None:
    """``case x when y then z``: of its comparisons nothing is cast, of its values all is."""
    require_case(site)
    values = list(range(2, len(site.given), 2))
    if len(site.given) % 2 == 0:  # the last one is the ELSE
        values.append(len(site.given) - 1)
    return _cast_in(site, values)


def _first_known(site: Site) -> Term | None:
    """Sail finds another common type for these than for ``coalesce``."""
    same = replace(site, name="coalesce")
    return _cast_in(same, range(len(site.given))) or Call("coalesce", site.given)


def _null_if(site: Site) -> Term | None:
    kind = site.kinds[0]
    if kind is not None and any(map(is_float, site.kinds)):  # Sail tells -0.0 from 0.0
        given = site.given[0]
        return choose(Call("=", site.given), As(Value(None), kind.simpleString()), given)
    if kind is None or decimal_of(kind) is None or all(other == kind for other in site.kinds):
        return None
    return As(Call(site.name, site.given), kind.simpleString())


def _power(site: Site) -> Term | None:
    """One to the power of NaN is NaN, and so is one to an infinite power."""
    if not any(is_float(kind) for kind in site.kinds):
        return None
    base, exponent = (As(given, "double") for given in site.given)
    is_one = Call("=", (Call("abs", (base,)), Value(1.0)))
    is_endless = Call("=", (Call("abs", (exponent,)), Value(math.inf)))
    of_one = Call("and", (is_one, is_endless))
    nan = choose(Call("isnotnull", (base,)), As(Value("NaN"), "double"), As(Value(None), "double"))
    return choose(Call("or", (Call("isnan", (exponent,)), of_one)), nan, Call(site.name, site.given))


def _hypotenuse(site: Site) -> Term | None:
    return Call(site.name, tuple(As(given, "double") for given in site.given))


def _remainder(site: Site) -> Term | None:
    """Sail has NaN where the divisor is zero, Spark fails."""
    if not any(is_float(kind) for kind in site.kinds):
        return None
    kind = "float" if all(isinstance(kind, types.FloatType) for kind in site.kinds) else "double"
    dividend, divisor = (As(given, kind) for given in site.given)
    rest = Call("%", (dividend, divisor))
    return choose(Call("<", (rest, Value(0))), Call("%", (Call("+", (rest, divisor)), divisor)), rest)


def _even(site: Site) -> Term | None:
    return Call("bround", (As(site.given[0], "double"), Value(0)))


def _is_nan(site: Site) -> Term | None:
    """Sail has NULL for NULL, so that a negated condition loses the row."""
    return Call("coalesce", (Call(site.name, site.given), Value(False)))


def _from_json(site: Site) -> Term | None:
    """Of a blank text there is no value, Sail makes one whose fields are all NULL."""
    is_written = Call("<", (Value(0), Call("length", (Call("trim", (site.given[0],)),))))
    return Call(site.name, (Call("when", (is_written, site.given[0])), *site.given[1:]))


def _set_of(site: Site) -> Term | None:
    kind = site.kinds[0]
    require_told_apart(f"{site.name} of", site.kinds)
    return Over(site.name, (unsigned(site.given[0], kind),), site.distinct) if is_float(kind) else None


def _collected(site: Site) -> Term | None:
    """Over a window, Sail keeps NULL."""
    if site.distinct:
        return _set_of(site)
    if not site.windowed:
        return None
    return Call("array_compact", (Over(site.name, site.given, site.distinct),))


def _to_json(site: Site) -> Term | None:
    """Sail writes decimals without their zeros, times with six digits as in UTC, floats as doubles."""
    has_format = len(site.given) > 1
    if any(_holds(kind, _SPELLED if has_format else (*_SPELLED, types.TimestampType)) for kind in site.kinds):
        why = f"{site.name} spells decimals, times and floats differently from Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "casts of these to string")
    return None


def _to_csv(site: Site) -> Term | None:
    if any(_holds(kind, (*_SPELLED, types.TimestampType, types.DoubleType)) for kind in site.kinds):
        why = f"{site.name} spells decimals, times and floats differently from Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "casts of these to string")
    return None


def _ordered(site: Site) -> Term | None:
    """Within structs, NULL is the greatest value for Sail and the least for Spark."""
    if any(_holds(kind, types.StructType) for kind in site.kinds):
        raise Refused(
            Guard.REFUSED_FUNCTIONS,
            f"{site.name} compares structs with NULL as the greatest value, and as the least on Spark",
            "max_by or min_by with one column for the order",
        )
    return None


def _extreme(site: Site) -> Term | None:
    """Of a group of infinities alone, Sail returns the greatest finite number; NaN it may pass over."""
    kind = site.kinds[0]
    if not is_float(kind) or site.distinct:
        return _ordered(site)
    (given,) = site.given
    finite: Term = Value(-math.inf if site.name == "max" else math.inf)
    finite = As(finite, "float") if isinstance(kind, types.FloatType) else finite
    inside = Call(">" if site.name == "max" else "<", (given, finite))
    is_number = Call("not", (Call("isnan", (given,)),))
    others = Over(site.name, (Call("when", (Call("and", (inside, is_number)), given)),))
    is_infinite = Call(
        "<", (Value(0), Over("count", (Call("nullif", (Call("=", (given, finite)), Value(False))),)))
    )
    infinite = Call("when", (is_infinite, finite))
    nan = Over(site.name, (Call("when", (Call("isnan", (given,)), given)),))
    return Call("coalesce", (nan, others, infinite) if site.name == "max" else (others, infinite, nan))


def _ranked(site: Site) -> Term | None:
    """Sail orders NaN anywhere, so a NaN fails: it is no number, and what it is cast from says why."""
    if not is_float(site.kinds[0]):
        return None
    given = site.given[0]
    no_number = As(
        Call("concat", (As(given, "string"), Value(f" has no place in {site.name} here"))), "double"
    )
    sure = choose(Call("isnan", (given,)), no_number, As(given, "double"))
    return Over(site.name, (sure, *site.given[1:]), site.distinct)


def _holds(kind: types.DataType | None, wanted: Any) -> bool:
    """Whether a type is, or holds at any depth, one of the wanted."""
    if isinstance(kind, wanted):
        return True
    if isinstance(kind, types.ArrayType):
        return _holds(kind.elementType, wanted)
    if isinstance(kind, types.MapType):
        return _holds(kind.valueType, wanted)
    return isinstance(kind, types.StructType) and any(_holds(f.dataType, wanted) for f in kind.fields)


def _ordered_by(site: Site) -> Term | None:
    return _ordered(Site(site.name, site.given[1:], site.kinds[1:], site.literals[1:]))


def _hashed(site: Site) -> Term | None:
    wide = [k for k in site.kinds if isinstance(k, types.DecimalType) and k.precision > 18]
    if wide or any(isinstance(k, types.NullType) for k in site.kinds):
        raise Refused(
            Guard.REFUSED_FUNCTIONS,
            f"{site.name} of wide decimals and of NULL without a type differs from Spark's",
            "sha2 of a string",
        )
    return None


def _refused(why: str, instead: str) -> Rule:
    def rule(site: Site) -> Term | None:
        raise Refused(Guard.REFUSED_FUNCTIONS, f"{site.name} {why}", instead)

    return rule


_APPROXIMATE = _refused("interpolates here, and returns one of the values on Spark", "percentile")

FUNCTIONS: dict[str, Rule] = {
    **CASTS,
    **COMPARISONS,
    **SIGNED_ZEROS,
    **ARRAYS,
    **TEXTS,
    **TIMES,
    "when": _in_common(1, 2),
    "if": _in_common(1),
    "nvl2": _in_common(1),
    "case": _case_of,
    **dict.fromkeys(["coalesce", "array"], _in_common()),
    **dict.fromkeys(["nvl", "ifnull"], _first_known),
    "nullif": _null_if,
    "rint": _even,
    "pmod": _remainder,
    "from_json": _from_json,
    "to_json": _to_json,
    "to_csv": _to_csv,
    **dict.fromkeys(["collect_list", "array_agg"], _collected),
    "hypot": _hypotenuse,
    **dict.fromkeys(["pow", "power"], _power),
    "round": rounded,
    "isnan": _is_nan,
    "get_json_object": _refused(
        "returns a number as it is written, 1.50, and as 1.5 on Spark", "from_json with a schema"
    ),
    **dict.fromkeys(["collect_set", "array_agg_distinct"], _set_of),
    **dict.fromkeys(["max", "min"], _extreme),
    **dict.fromkeys(["array_max", "array_min", "greatest", "least"], _ordered),
    **dict.fromkeys(["max_by", "min_by"], _ordered_by),
    **dict.fromkeys(["median", "percentile"], _ranked),
    **dict.fromkeys(["xxhash64", "hash"], _hashed),
    **dict.fromkeys(["percentile_approx", "approx_percentile"], _APPROXIMATE),
}
"""The functions that differ, by their names in SQL. The others are the same, or raise an error."""
