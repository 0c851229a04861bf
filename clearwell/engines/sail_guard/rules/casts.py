"""Casts that Sail computes differently from Spark, and the functions that are casts by another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.spark_types import is_float, is_integral
from clearwell.engines.sail_guard.terms import As, Call, Value

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule
    from clearwell.engines.sail_guard.terms import Given, Term

__all__ = ["CASTS", "cast", "converted", "moment_of", "seconds_of", "text_of"]

_MILLION = 1_000_000
_EXACT_DIGITS = 15
"""Sail divides by a power of ten: of a decimal with more digits, the double is not always the nearest one."""
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


def cast(site: Site, kind: str) -> Term | None:
    """A cast to ``kind``: floats to strings as in Java, to integral seconds by rounding down.

    A wide decimal becomes the double that is nearest to it.
    """
    (source,) = site.kinds
    given: Term = site.given[0]
    if kind == "string" and is_float(source):
        return text_of(given)
    if kind == "string" and isinstance(source, types.ArrayType | types.StructType | types.MapType):
        why = "a nested value as a string has NULL here and null on Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "to_json")
    if isinstance(source, types.ArrayType) and "string" in kind and not _is_plain(source.elementType):
        why = "elements that are floats or nested have another form as strings than on Spark"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "transform and format_number")
    if isinstance(source, types.FloatType) and (kind.startswith("decimal") or kind == "timestamp"):
        given = As(given, "double")  # as Spark: the digits of the double that it is
        return As(As(given, "string") if kind != "timestamp" else given, kind)
    if is_float(source) and kind.startswith("decimal"):
        return As(As(given, "string"), kind)  # as Spark: by its shortest text form, and half up
    if isinstance(source, types.DecimalType) and kind in ("double", "float"):
        return (
            None if kind == "double" and source.precision <= _EXACT_DIGITS else As(As(given, "string"), kind)
        )
    if isinstance(source, types.TimestampType) and kind.startswith("decimal"):
        why = "a time as a decimal is computed in doubles here"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "unix_micros")
    if isinstance(source, types.TimestampType) and kind in _WHOLE:
        return As(seconds_of(given), _WHOLE[kind])
    if kind == "timestamp" and isinstance(source, types.LongType):
        return moment_of(given, source)
    return None


def converted(given: Given, source: types.DataType | None, kind: str) -> Term:
    """An argument in the type to which Spark casts it."""
    return cast(Site("cast", (given,), (source,)), kind) or As(given, kind)


def _is_plain(kind: types.DataType) -> bool:
    return not is_float(kind) and not isinstance(kind, types.ArrayType | types.StructType | types.MapType)


def _called(kind: str) -> Rule:
    return lambda site: (cast(site, kind) or As(site.given[0], kind)) if len(site.kinds) == 1 else None


CASTS: dict[str, Rule] = {
    **{kind: _called(kind) for kind in ("bigint", "int", "smallint", "tinyint", "string", "timestamp")},
    "decimal": _called("decimal(10,0)"),
}
"""The functions that are named after a type."""


def text_of(given: Term) -> Term:
    """A float as a string. Within an array, Sail formats it as Java does: 1.0E7."""
    inside = Call("translate", (As(Call("array", (given,)), "string"), Value("[]"), Value("")))
    return Call("nullif", (inside, Value("NULL")))


def seconds_of(given: Term) -> Term:
    """The whole seconds of a timestamp since 1970."""
    micros = Call("unix_micros", (given,))
    return Call("div", (Call("-", (micros, Call("pmod", (micros, Value(_MILLION))))), Value(_MILLION)))


def moment_of(given: Term, kind: types.DataType | None) -> Term | None:
    """The timestamp at that many seconds after 1970, exact, and failing where there is none."""
    if is_integral(kind):
        given = As(given, "decimal(19,0)")
    elif is_float(kind):
        given = As(given, "double")
    micros = Call("*", (given, As(Value(_MILLION), "double" if is_float(kind) else "decimal(7,0)")))
    return Call("timestamp_micros", (As(micros, "bigint"),))
