"""What the embedded engine was seen to compute as Spark does: a list of functions and kinds of arguments.

functions.json lists them. The suite that asks both engines writes it (``tests/engines/functions.py``), so
the list says what was measured. A function that is not on the list is refused, or warned of once; one that is
on the list is refused for the kinds of arguments for which it differed.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.sail_guard.call_site import Site

__all__ = ["WHOLE_DAYS", "Trust", "differs_for_some", "kind_of", "require_kinds"]

_log = logging.getLogger("clearwell")

WHOLE_DAYS = "an interval of whole days"
_KINDS: dict[type[types.DataType], str] = {
    types.BooleanType: "boolean",
    types.ByteType: "tinyint",
    types.ShortType: "smallint",
    types.IntegerType: "int",
    types.LongType: "bigint",
    types.FloatType: "float",
    types.DoubleType: "double",
    types.DecimalType: "decimal",
    types.StringType: "string",
    types.VarcharType: "string",
    types.CharType: "string",
    types.BinaryType: "binary",
    types.DateType: "date",
    types.TimestampType: "timestamp",
    types.TimestampNTZType: "timestamp_ntz",
    types.DayTimeIntervalType: "interval",
    types.MapType: "map",
    types.StructType: "struct",
}
_ELEMENTS = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "decimal", "boolean"), "int"),
    **dict.fromkeys(("float", "double"), "double"),
    **dict.fromkeys(("string", "binary", "date", "timestamp", "timestamp_ntz"), "string"),
    **dict.fromkeys(("map", "struct"), "struct"),
}


@cache
def _differing() -> dict[str, frozenset[tuple[str, ...]]]:
    """Function -> the kinds of arguments for which it differs."""
    listed = _listed()
    found: dict[str, frozenset[tuple[str, ...]]] = {}
    for name in listed:
        entry = listed[listed[name].get("as", name)]
        kinds: list[list[str]] = [
            *(entry.get("differs", []) if "accepted" not in entry else []),
            *entry.get("refused", []),
        ]
        found[name] = frozenset(map(tuple, kinds))
    return found


@cache
def _listed() -> dict[str, dict[str, Any]]:
    """Function -> the kinds of arguments by how they compared, or why it is listed."""
    text = files("clearwell.engines.sail_guard").joinpath("functions.json").read_text(encoding="utf-8")
    return json.loads(text)


def kind_of(kind: types.DataType | None) -> str:
    """The kind of argument that a type is, as in the list; empty for one that the list does not have."""
    if isinstance(kind, types.ArrayType):
        element = kind_of(kind.elementType)
        return f"array<{'array' if element.startswith('array') else _ELEMENTS.get(element, '')}>"
    return _KINDS.get(type(kind), "") if kind is not None else ""


def differs_for_some(name: str) -> bool:
    """Whether the types of a function's arguments decide whether it can be trusted."""
    return bool(_differing().get(name))


def require_kinds(site: Site) -> None:
    """Raise Refused if the function was seen to differ for arguments of these kinds.

    A date and an interval make a time, but a date where the interval is one of whole days.
    """
    kinds = tuple(kind_of(kind) for kind in site.kinds)
    if ("interval", WHOLE_DAYS) in zip(kinds, site.literals, strict=False):
        return
    if kinds in _differing().get(site.name, ()):
        why = f"{site.name}({', '.join(kinds)}) was seen to differ from Spark's"
        raise Refused(Guard.VERIFIED_FUNCTIONS, why)


@dataclass
class Trust:
    """Which functions a session may use: those on the list, and its ``own``.

    Args:
        warn: Warn of one that is not on the list, once for each name, instead of refusing it.
        own: The names of functions that the session has registered.
    """

    warn: bool = False
    own: set[str] = field(default_factory=set[str])

    def require(self, names: Sequence[tuple[str, str | None]]) -> None:
        """Raise Refused for a function that is not on the list; each name comes with its place."""
        for name, place in names:
            if not name or name in _listed() or name in RULES or name in self.own:
                continue
            if self.warn:
                self.own.add(name)
                _log.warning("%s was not compared with Spark's: its values may differ", name)
                continue
            why = f"{name} was not compared with Spark's, so that its values may differ"
            refused = Refused(Guard.VERIFIED_FUNCTIONS, why, 'unverified_functions = "warn"')
            refused.place = place
            raise refused
