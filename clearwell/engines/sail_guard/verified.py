"""What the embedded engine was seen to compute as Spark does: a list of functions and kinds of arguments.

functions.json lists them. The suite that asks both engines writes it (``tests/engines/functions.py``), so
the list says what was measured. Refused or warned of once: a function that is not on the list, and kinds of
arguments for which it was not asked. Refused: kinds for which it differed, or had values where Spark fails.
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
    from collections.abc import Callable

    from clearwell.engines.sail_guard.call_site import Site

__all__ = ["WHOLE_DAYS", "Trust", "kind_of", "needs_kinds"]

_log = logging.getLogger("clearwell")

WHOLE_DAYS = "an interval of whole days"
_Kinds = tuple[str, ...]
_RIGHT = ("same", "close", "cases")
_WRONG = ("differs", "refused")
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
_MANY = "array arrays_zip coalesce concat concat_ws format_string greatest hash in least printf xxhash64"
_OF_MANY = frozenset(_MANY.split())
"""Functions of any number of arguments: a call is as right as its parts of two arguments."""
_OF_ANY_KIND = frozenset({"count", "named_struct", "struct"})
"""Functions that do not look at their arguments: they are right for any."""
_COMPARISONS = frozenset({"=", "==", "!=", "<>", "<", ">", "<=", ">=", "<=>", "in"})

_ELEMENTS = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "decimal", "boolean"), "int"),
    **dict.fromkeys(("float", "double"), "double"),
    **dict.fromkeys(("string", "binary", "date", "timestamp", "timestamp_ntz"), "string"),
    **dict.fromkeys(("map", "struct"), "struct"),
}


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


def needs_kinds(name: str) -> bool:
    """Whether the types of a function's arguments decide whether it can be trusted."""
    return name not in _OF_ANY_KIND and bool((seen := _seen(name)) and (seen.right or seen.wrong))


@dataclass(frozen=True)
class _Seen:
    """The kinds of arguments for which a function was seen to be right, and those for which it was wrong."""

    right: frozenset[_Kinds]
    wrong: frozenset[_Kinds]

    def was_asked(self, kinds: _Kinds) -> bool:
        """Whether a function was right for these kinds; a kind that is not known is any kind."""
        return not self.right or kinds in self.right or any(_alike(kinds, asked) for asked in self.right)


def _verdict(name: str, kinds: _Kinds, seen: _Seen) -> bool | None:
    """Whether a call is right, by itself, as a comparison the other way round, or part by part.

    None: it was not asked.
    """
    if kinds in seen.wrong:
        return False
    if seen.was_asked(kinds) or (name in _COMPARISONS and len(kinds) == 2 and seen.was_asked(kinds[::-1])):
        return True
    if name in ("when", "case") and len({*_values(name, kinds)}) == 1:
        return True  # nothing to unite
    found = [_verdict(name, part, seen) for part in _parts(name, kinds)]
    return False if False in found else None if None in found or not found else True


def _values(name: str, kinds: _Kinds) -> list[str]:
    """The kinds of the values of ``case when a then x else y``, or of ``case v when a then x else y``."""
    branches = kinds if name == "when" else kinds[1:]
    return [*branches[1::2], *(branches[-1:] if len(branches) % 2 else ())]


def _parts(name: str, kinds: _Kinds) -> list[_Kinds]:
    """The shorter calls that stand for one of many arguments, because not all of these can be asked."""
    if name in ("when", "case") and (name, len(kinds)) != ("when", 3):
        first, *others = _values(name, kinds)
        return [("boolean", first, value) for value in others]
    if name == "map":  # its values are what they are
        return [(key, "int") for key in kinds[::2] if kinds != (key, "int")]
    if name == "percentile" and kinds[1:] == ("decimal",):  # a share, as SQL text has it
        return [(kinds[0], "double")]
    if len(kinds) < 3 or name not in _OF_MANY:
        return []
    return [(kinds[0], kind) for kind in kinds[1:]]


def _alike(kinds: _Kinds, asked: _Kinds) -> bool:
    """Whether kinds are others that were asked; one that is not known may be any, as that of NULL."""
    return len(kinds) == len(asked) and all(
        kind in ("", other) or (kind == "array<>" and other.startswith("array"))
        for kind, other in zip(kinds, asked, strict=True)
    )


@cache
def _seen(name: str) -> _Seen | None:
    """What was seen of a function; None for one that is not on the list, or right for all kinds."""
    entry = _listed().get(name, {})
    entry = _listed().get(entry.get("as", name), {})
    if not entry or "accepted" in entry:
        return None
    of = {word: {tuple(kinds) for kinds in entry.get(word, [])} for word in (*_RIGHT, "fails", *_WRONG)}
    right, wrong = (set[_Kinds]().union(*(of[word] for word in words)) for words in (_RIGHT, _WRONG))
    (right if "beyond_spark" in entry else wrong).update(of["fails"])
    return _Seen(frozenset(right), frozenset(wrong))


@dataclass
class Trust:
    """Which functions a session may use: those on the list, and its ``own``.

    Args:
        warn: Warn of one that is not on the list, once for each name, instead of refusing it.
        own: The names of functions that the session has registered.
    """

    warn: bool = False
    own: set[str] = field(default_factory=set[str])

    def require(self, name: str, place: Callable[[], str | None] = lambda: None) -> None:
        """Raise Refused for a function that is not on the list; ``place`` finds where it is called."""
        if name and name not in _listed() and name not in RULES and name not in self.own:
            self._doubt(name, f"{name} was not compared with Spark's", place)

    def require_kinds(self, site: Site) -> None:
        """Raise Refused if the function was seen to differ for arguments of these kinds, or was not asked.

        A date and an interval make a time, but a date where the interval is one of whole days.
        """
        kinds = tuple(kind_of(kind) for kind in site.kinds)
        seen = _seen(site.name)
        if (
            seen is None
            or not kinds
            or site.name in _OF_ANY_KIND
            or ("interval", WHOLE_DAYS) in zip(kinds, site.literals, strict=False)
        ):
            return
        called = f"{site.name}({', '.join(kind or '?' for kind in kinds)})"
        verdict = _verdict(site.name, kinds, seen)
        if verdict is False:
            raise Refused(Guard.VERIFIED_FUNCTIONS, f"{called} was seen to differ from Spark's")
        if verdict is None and called not in self.own:
            self._doubt(called, f"{called} was not compared with Spark's")

    def _doubt(self, what: str, why: str, place: Callable[[], str | None] = lambda: None) -> None:
        if self.warn:
            self.own.add(what)
            _log.warning("%s: its values may differ", why)
            return
        why += ", so that its values may differ"
        refused = Refused(Guard.VERIFIED_FUNCTIONS, why, 'unverified_functions = "warn"')
        refused.place = place()
        raise refused
