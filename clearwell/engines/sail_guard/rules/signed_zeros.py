"""-0.0 and 0.0: one number on Spark. For Sail they are two in DISTINCT, within arrays and structs, as keys.

Plain arguments get 0.0 in place of -0.0. What holds floats at a depth is refused where it is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.spark_types import is_float
from clearwell.engines.sail_guard.terms import As, Call, Over, Term, Value, choose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["SIGNED_ZEROS", "require_told_apart", "unsigned"]


def unsigned(given: Term, kind: types.DataType | None) -> Term:
    """0.0 in place of -0.0."""
    zero = As(Value(0.0), "float") if isinstance(kind, types.FloatType) else Value(0.0)
    return Call("+", (given, zero))


def require_told_apart(what: str, kinds: Iterable[types.DataType | None]) -> None:
    """Raise Refused for values that are compared and hold floats at a depth."""
    for kind in kinds:
        if kind is not None and not is_float(kind) and _holds_floats(kind):
            why = f"{what} {kind.simpleString()}, in which -0.0 is not 0.0 here"
            raise Refused(Guard.REFUSED_FUNCTIONS, why, "columns of their own for its fields, or decimals")


def _holds_floats(kind: types.DataType) -> bool:
    if isinstance(kind, types.ArrayType):
        return _holds_floats(kind.elementType)
    if isinstance(kind, types.MapType):
        return _holds_floats(kind.keyType) or _holds_floats(kind.valueType)
    if isinstance(kind, types.StructType):
        return any(_holds_floats(field.dataType) for field in kind.fields)
    return is_float(kind)


def _counted(site: Site) -> Term | None:
    if not site.distinct:
        return None
    require_told_apart("count distinct of", site.kinds)
    if not any(map(is_float, site.kinds)):
        return None
    made = tuple(unsigned(given, kind) if is_float(kind) else given for given, kind in site.sides)
    return Over(site.name, made, distinct=True)


def _sign(site: Site) -> Term | None:
    """That of -0.0 is -0.0, as of any zero it is the zero itself."""
    if not is_float(site.kinds[0]):
        return None
    given = As(site.given[0], "double")
    return choose(Call("=", (given, Value(0.0))), given, Call(site.name, (given,)))


def _map_of(site: Site) -> Term | None:
    """Keys of ``map(k, v, k, v)``."""
    _require_keys(site.kinds[::2])
    return None


def _map_from(site: Site) -> Term | None:
    """Keys of ``map_from_arrays(keys, values)`` and ``map_from_entries(array(struct(key, value)))``."""
    keys = site.kinds[0].elementType if site.kinds and isinstance(site.kinds[0], types.ArrayType) else None
    if isinstance(keys, types.StructType):
        keys = keys.fields[0].dataType
    _require_keys([keys])
    return None


def _require_keys(kinds: Iterable[types.DataType | None]) -> None:
    if any(kind is not None and _holds_floats(kind) for kind in kinds):
        why = "a map with keys of floats tells -0.0 from 0.0 here"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "keys of decimals or text")


SIGNED_ZEROS: dict[str, Rule] = {
    "count": _counted,
    **dict.fromkeys(["sign", "signum"], _sign),
    "map": _map_of,
    **dict.fromkeys(["map_from_arrays", "map_from_entries"], _map_from),
}
