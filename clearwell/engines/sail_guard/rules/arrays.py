"""Functions of arrays that Sail computes differently from Spark, and their replacements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.spark_types import is_float
from clearwell.engines.sail_guard.terms import As, Call, Each, Value, choose

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule, Site
    from clearwell.engines.sail_guard.terms import Term

__all__ = ["ARRAYS"]


def _contains(site: Site) -> Term | None:
    """If there is a NULL, a missing value is not known to be absent."""
    same = _as_numbers(site)
    if isinstance(kind := site.kinds[0], types.ArrayType) and not kind.containsNull:
        return same
    array, wanted = site.given
    found = same or Call(site.name, site.given)
    unknown = Call("or", (Call("isnull", (wanted,)), _holds_null(array)))
    return Call("when", (found, Value(True), unknown, As(Value(None), "boolean"), found))


def _overlaps(site: Site) -> Term | None:
    """Known to be apart where one is empty, or none has a NULL."""
    left, right = (_without_sign(site, n) or given for n, given in enumerate(site.given))
    shared = Call("array_compact", (Call("array_intersect", (left, right)),))
    is_null = Call("or", (Call("isnull", (left,)), Call("isnull", (right,))))
    some = Call("and", (_is_filled(left), _is_filled(right)))
    unknown = Call("and", (some, Call("or", (_holds_null(left), _holds_null(right)))))
    null = As(Value(None), "boolean")
    return Call("when", (is_null, null, _is_filled(shared), Value(True), unknown, null, Value(False)))


def _as_numbers(site: Site) -> Term | None:
    """Sail tells -0.0 from 0.0."""
    made = [_without_sign(site, n) for n in range(len(site.given))]
    if not any(made):
        return None
    return Call(site.name, tuple(one or given for one, given in zip(made, site.given, strict=True)))


def _cut_out(site: Site) -> Term | None:
    """From the end, Sail loses elements where fewer are left than are asked for.

    Elements are counted from 1, and a length is not negative: Sail has values for others, Spark fails.
    """
    array, start, length = site.given
    _, first, count = site.literals
    is_plain = isinstance(first, int) and first > 0 and isinstance(count, int) and count >= 0
    if is_plain:
        return None
    size = Call("size", (array,))
    from_end = As(Call("+", (As(Call("+", (size, start)), "int"), Value(1))), "int")
    begin = choose(Call("<", (start, Value(0))), from_end, start)
    none = Call("slice", (array, Value(1), Value(0)))
    made = choose(Call("<", (begin, Value(1))), none, Call("slice", (array, begin, length)))
    is_wrong = Call("or", (Call("=", (start, Value(0))), Call("<", (length, Value(0)))))
    is_known = Call("and", (Call("isnotnull", (array,)), Call("isnotnull", (length,))))
    message = "slice counts elements from 1, and its length is not negative"
    fails = Call("slice", (array, As(Call("raise_error", (Value(message),)), "int"), Value(0)))
    return choose(Call("and", (is_known, is_wrong)), fails, made)


def _without_sign(site: Site, number: int) -> Term | None:
    """The argument with 0.0 for -0.0; None if it has no floats."""
    kind, given = site.kinds[number], site.given[number]
    if isinstance(kind, types.ArrayType) and is_float(kind.elementType):
        return Each(given, lambda element: Call("+", (element, _zero(kind.elementType))))
    return Call("+", (given, _zero(kind))) if kind is not None and is_float(kind) else None


def _zero(kind: types.DataType) -> Term:
    return As(Value(0.0), "float") if isinstance(kind, types.FloatType) else Value(0.0)


def _holds_null(array: Term) -> Term:
    return Call("<", (Call("size", (Call("array_compact", (array,)),)), Call("size", (array,))))


def _is_filled(array: Term) -> Term:
    return Call("<", (Value(0), Call("size", (array,))))


ARRAYS: dict[str, Rule] = {
    "array_contains": _contains,
    "arrays_overlap": _overlaps,
    **dict.fromkeys(["array_intersect", "array_remove"], _as_numbers),
    "slice": _cut_out,
}
"""The functions of arrays that differ, by their names in SQL."""
