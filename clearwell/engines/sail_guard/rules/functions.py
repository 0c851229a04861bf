"""Functions, comparisons and casts that Sail computes differently from Spark, and their replacements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.spark_types import common_kind, decimal_of, is_float, is_integral
from clearwell.engines.sail_guard.terms import As, Call, Each, Given, Over, Term, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["FUNCTIONS", "cast", "positive_zero"]

_MILLION = 1_000_000


def cast(site: Site, kind: str) -> Term | None:
    """A cast to ``kind``: floats to strings as in Java, to integral seconds by rounding down."""
    (source,) = site.kinds
    (given,) = site.given
    if kind == "string" and is_float(source):
        return _text(given)
    if kind == "string" and isinstance(source, types.ArrayType | types.StructType | types.MapType):
        why = "a nested value as a string has NULL here and null on Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "to_json")
    if is_float(source) and kind.startswith("decimal"):
        return As(As(given, "string"), kind)  # as Spark: by its shortest text form, and half up
    if isinstance(source, types.TimestampType) and kind in _WHOLE:
        return As(_seconds(given), _WHOLE[kind])
    if kind == "timestamp" and isinstance(source, types.LongType):
        return _moment(given, source)
    return None


_WHOLE = {
    "bigint": "bigint",
    "long": "bigint",
    "int": "int",
    "integer": "int",
    "smallint": "smallint",
    "short": "smallint",
    "tinyint": "tinyint",
    "byte": "tinyint",
}


def positive_zero(given: Given, kind: types.DataType | None) -> Term | None:
    """A window key: Sail distinguishes -0.0 from 0.0."""
    return _unsigned(given, kind) if is_float(kind) else None


def _text(given: Term) -> Term:
    """Within an array, Sail formats a float as Java does: 1.0E7."""
    inside = Call("translate", (As(Call("array", (given,)), "string"), Value("[]"), Value("")))
    return Call("nullif", (inside, Value("NULL")))


def _unsigned(given: Term, kind: types.DataType | None) -> Term:
    zero = As(Value(0.0), "float") if isinstance(kind, types.FloatType) else Value(0.0)
    return Call("+", (given, zero))


def _seconds(given: Term) -> Term:
    micros = Call("unix_micros", (given,))
    return Call("div", (Call("-", (micros, Call("pmod", (micros, Value(_MILLION))))), Value(_MILLION)))


def _moment(given: Term, kind: types.DataType | None) -> Term | None:
    """The timestamp at that many seconds after 1970, exact, and failing where there is none."""
    if is_integral(kind):
        given = As(given, "decimal(19,0)")
    elif is_float(kind):
        given = As(given, "double")
    micros = Call("*", (given, As(Value(_MILLION), "double" if is_float(kind) else "decimal(7,0)")))
    return Call("timestamp_micros", (As(micros, "bigint"),))


def _timestamp_seconds(site: Site) -> Term | None:
    return _moment(site.given[0], site.kinds[0])


def _unix_seconds(site: Site) -> Term | None:
    is_moment = len(site.kinds) == 1 and isinstance(site.kinds[0], types.TimestampType)
    return _seconds(site.given[0]) if is_moment else None


def _unix_millis(site: Site) -> Term | None:
    micros = Call("unix_micros", site.given)
    return Call("div", (Call("-", (micros, Call("pmod", (micros, Value(1000))))), Value(1000)))


def _in_common(first: int = 0, step: int = 1) -> Rule:
    """Arguments from number ``first`` on, every ``step``th, as their common type on Spark."""

    def rule(site: Site) -> Term | None:
        chosen = list(range(first, len(site.given), step))
        if step == 2 and len(site.given) % 2:  # the last one is the ELSE of a CASE
            chosen.append(len(site.given) - 1)
        return _cast_in(site, chosen)

    return rule


def _compared(site: Site) -> Term | None:
    """Sail compares a float as a decimal, or an integer as a float; Spark uses doubles."""
    mixed = any(is_float(kind) for kind in site.kinds)
    return _cast_in(site, range(len(site.given))) if mixed else None


def _cast_in(site: Site, chosen: Sequence[int]) -> Term | None:
    known = [kind for kind in (site.kinds[n] for n in chosen) if kind is not None]
    kind = common_kind(known) if len(known) == len(chosen) else None
    if kind is None:
        return None
    return Call(site.name, tuple(As(g, kind) if n in chosen else g for n, g in enumerate(site.given)))


def _null_if(site: Site) -> Term | None:
    kind = site.kinds[0]
    if kind is None or decimal_of(kind) is None or all(other == kind for other in site.kinds):
        return None
    return As(Call(site.name, site.given), kind.simpleString())


def _contains(site: Site) -> Term | None:
    """If there is a NULL, a missing value is not known to be absent."""
    array, wanted = site.given
    if isinstance(kind := site.kinds[0], types.ArrayType) and not kind.containsNull:
        return None
    found = Call(site.name, site.given)
    holds_null = Call("<", (Call("size", (Call("array_compact", (array,)),)), Call("size", (array,))))
    unknown = Call("or", (Call("isnull", (wanted,)), holds_null))
    return Call("when", (found, Value(True), unknown, As(Value(None), "boolean"), found))


def _written(site: Site) -> Term | None:
    """Strings made from floats."""
    if not any(is_float(kind) for kind in site.kinds):
        return None
    return Call(site.name, tuple(_text(g) if is_float(kind) else g for g, kind in site.sides))


def _formatted(site: Site) -> Term | None:
    if any(is_float(kind) for kind in site.kinds[1:]):
        why = f"{site.name} formats a float differently from Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "format_number")
    return None


def _capitals(site: Site) -> Term | None:
    """Spark starts a word after a space, Sail after any character that is not a letter."""
    letters = Each(Call("split", (Call("lower", site.given), Value(" "))), _capital)
    return Call("array_join", (letters, Value(" ")))


def _capital(word: Term) -> Term:
    first = Call("upper", (Call("substring", (word, Value(1), Value(1))),))
    return Call("concat", (first, Call("substring", (word, Value(2), Value(2_147_483_647)))))


def _even(site: Site) -> Term | None:
    return Call("bround", (As(site.given[0], "double"), Value(0)))


def _rounded(site: Site) -> Term | None:
    """Spark needs fewer digits for a rounded decimal."""
    kind, scale = site.kinds[0], site.literals[1] if len(site.literals) > 1 else 0
    if not isinstance(kind, types.DecimalType) or not isinstance(scale, int):
        return None
    whole = kind.precision - kind.scale + 1
    digits = (
        (max(whole, 1 - scale), 0) if scale < 0 else (whole + min(kind.scale, scale), min(kind.scale, scale))
    )
    return As(Call(site.name, site.given), f"decimal({min(digits[0], 38)},{digits[1]})")


def _as_kind(kind: str) -> Rule:
    return lambda site: As(Call(site.name, site.given), kind)


def _truncated(site: Site) -> Term | None:
    is_local = isinstance(site.kinds[-1], types.TimestampNTZType)
    return As(Call(site.name, site.given), "timestamp") if is_local else None


def _set_of(site: Site) -> Term | None:
    kind = site.kinds[0]
    return Over(site.name, (_unsigned(site.given[0], kind),), site.distinct) if is_float(kind) else None


def _ordered(site: Site) -> Term | None:
    """Within structs, NULL is the greatest value for Sail and the least for Spark."""
    if any(_holds_struct(kind) for kind in site.kinds):
        raise Refused(
            Guard.REFUSED_FUNCTIONS,
            f"{site.name} compares structs with NULL as the greatest value, and as the least on Spark",
            "max_by or min_by with one column for the order",
        )
    return None


def _holds_struct(kind: types.DataType | None) -> bool:
    if isinstance(kind, types.ArrayType):
        return _holds_struct(kind.elementType)
    return isinstance(kind, types.StructType)


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
    "when": _in_common(1, 2),
    "if": _in_common(1),
    "nvl2": _in_common(1),
    **dict.fromkeys(["coalesce", "nvl", "ifnull", "in", "array"], _in_common()),
    **dict.fromkeys(["=", "==", "<", ">", "<=", ">=", "<=>", "!=", "<>"], _compared),
    "nullif": _null_if,
    "array_contains": _contains,
    **dict.fromkeys(["concat", "concat_ws", "||"], _written),
    **dict.fromkeys(["format_string", "printf"], _formatted),
    "initcap": _capitals,
    "rint": _even,
    "round": _rounded,
    **dict.fromkeys(["datediff", "date_diff"], _as_kind("int")),
    "date_trunc": _truncated,
    "timestamp_seconds": _timestamp_seconds,
    **dict.fromkeys(["unix_seconds", "unix_timestamp", "to_unix_timestamp"], _unix_seconds),
    "unix_millis": _unix_millis,
    **dict.fromkeys(["collect_set", "array_agg_distinct"], _set_of),
    **dict.fromkeys(["max", "min", "array_max", "array_min", "greatest", "least"], _ordered),
    **dict.fromkeys(["max_by", "min_by"], _ordered_by),
    **dict.fromkeys(["xxhash64", "hash"], _hashed),
    **dict.fromkeys(["percentile_approx", "approx_percentile"], _APPROXIMATE),
}
"""The functions that differ, by their names in SQL. The others are the same, or raise an error."""
