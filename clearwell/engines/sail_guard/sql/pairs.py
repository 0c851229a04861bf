"""Unions and joins by names in SQL text: refused where Sail computes them in other types than Spark.

A plan of frames is made equal instead (``two_inputs``): text has no place for the casts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyspark.sql import types
from sqlglot import exp

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.comparisons import require_equal
from clearwell.engines.sail_guard.spark_types import is_decimal
from clearwell.engines.sail_guard.sql.nodes import around_of
from clearwell.engines.sail_guard.two_inputs import united_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearwell.engines.sail_guard.sql.nodes import Query
    from clearwell.engines.sail_guard.sql.spans import Text

    _Ask = Callable[["Query | None", "Sequence[str]"], "list[types.DataType | None]"]

__all__ = ["guard_pairs"]


def guard_pairs(text: Text, ask: _Ask) -> None:
    """Raise Refused for a union or a join by names that Spark does in other types, or in unknown ones."""
    for union in text.tree.find_all(exp.SetOperation):
        sides = [_columns(text, side, ask) for side in (union.this, union.expression)]
        for at, (one, other) in enumerate(zip(*sides, strict=False), 1):
            if one is None or other is None:
                raise _unknown(f"column {at} of a union", "a union of frames")
            kind = united_kind(f"column {at} of a union", one, other)
            if kind is not None and (kind != one.simpleString() or is_decimal(other)):
                names = f"{one.simpleString()} and {other.simpleString()}"
                why = f"column {at} of a union, {names}, is not {kind} as on Spark"
                raise Refused(Guard.REFUSED_FUNCTIONS, why, f"a cast of both to {kind}")
    for join in text.tree.find_all(exp.Join):
        if str(join.args.get("method") or "").upper() == "NATURAL":
            raise _unknown("the columns of a natural join", "on")
        for column in join.args.get("using") or ():
            kinds = _joined(text, join, column.name, ask)
            if None in kinds:
                raise _unknown(f"the columns of a join by {column.name}", "on")
            require_equal(f"a join by {column.name}", kinds)


def _columns(text: Text, side: Any, ask: _Ask) -> list[types.DataType | None]:
    """The types of the columns of one side: those of its first query."""
    while isinstance(side, exp.Subquery | exp.Paren | exp.SetOperation):
        side = side.this
    if not isinstance(side, exp.Select):
        return [None]
    found: list[types.DataType | None] = []
    around = around_of(text, side)
    said = [_said(text, item) for item in side.expressions]
    kinds = ask(around, [f"struct({one})" if one.endswith("*") else one for one in said])
    for one, kind in zip(said, kinds, strict=True):
        is_all = one.endswith("*") and isinstance(kind, types.StructType)
        found += [field.dataType for field in cast("types.StructType", kind).fields] if is_all else [kind]
    return found


def _said(text: Text, item: Any) -> str:
    inner = item.this if isinstance(item, exp.Alias) else item
    return text.slice(inner) or "cw_unknown"


def _joined(text: Text, join: Any, name: str, ask: _Ask) -> list[types.DataType | None]:
    """The types of a column of the tables before a join, and of the joined one."""
    query = join.find_ancestor(exp.Select)
    before, source = around_of(text, query) or ("", "")
    at, right = text.span(join), text.slice(join.this)
    start = text.span(query.args["from_"]) if query is not None and query.args.get("from_") else None
    if at is None or right is None or start is None or not source:
        raise _unknown(f"the columns of a join by {name}", "on")
    left = text.text[start[0] : at[0]]
    return [*ask((before, left), [name]), *ask((before, f"FROM {right}"), [name])]


def _unknown(what: str, instead: str) -> Refused:
    return Refused(Guard.REFUSED_FUNCTIONS, f"the types of {what} are unknown", instead)
