"""The columns of joins, unions and select lists, shared by DataFrames and SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clearwell.lineage.sources import TRANSFORMATION, Column, merged
from clearwell.lineage.walk import Opaque, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.lineage.sources import Item, Sources
    from clearwell.lineage.walk import Walk

__all__ = ["joined", "laid_out", "united"]


def joined(
    walk: Walk,
    left: Sequence[Column],
    right: Sequence[Column],
    kind: str,
    *,
    using: Sequence[str] = (),
    condition: Sources | None = None,
) -> list[Column]:
    """The columns of a join: ``kind`` is inner, left, right, full, semi, anti or cross.

    Columns of ``using`` occur once and come first: from the side that always has a row, from both in a full
    join.
    """
    pairs = [(_one(left, name), _one(right, name)) for name in using]
    for pair in pairs:
        walk.influence("JOIN", merged(column.sources for column in pair))
    if condition is not None:
        walk.influence("JOIN", condition)
    if kind in ("semi", "anti"):
        return list(left)
    keys: list[Column] = []
    for ours, theirs in pairs:
        if kind == "full":
            both = merged([ours.sources, theirs.sources], TRANSFORMATION)
            keys.append(Column(ours.name, both, ours.aliases | theirs.aliases))
        else:
            keys.append(theirs if kind == "right" else ours)
    gone = {column.attribute for pair in pairs for column in pair}
    return [*keys, *(c for c in (*left, *right) if c.attribute not in gone)]


def laid_out(walk: Walk, relation: Any, items: Sequence[Item]) -> list[Column]:
    """The columns of a select list; the engine decides the number and names of a generator's columns.

    With several generators in one list, it is unknown which made which column: these are blurred.
    """
    columns = [column for item in items for column in item.columns]
    wide = [position for position, item in enumerate(items) if item.wide]
    if not wide and all(column.name for column in columns):
        return columns
    names = walk.names(relation)
    if wide:
        first, last = wide[0], wide[-1] + 1
        before = [column for item in items[:first] for column in item.columns]
        after = [column for item in items[last:] for column in item.columns]
        inside = merged((c.sources for i in items[first:last] for c in i.columns), blurred=len(wide) > 1)
        made = [Column("", inside) for _ in range(len(names) - len(before) - len(after))]
        columns = [*before, *made, *after]
    if len(columns) != len(names):
        raise Opaque("a select list with an unknown number of columns")
    pairs = zip(columns, names, strict=True)
    return [column if column.name else replace(column, name=name) for column, name in pairs]


def united(left: Sequence[Column], right: Sequence[Column], *, by_name: bool = False) -> list[Column]:
    """The columns of a union, by position or by name."""
    if not by_name:
        if len(left) != len(right):
            raise Opaque("a union of relations with differing numbers of columns")
        return [Column(a.name, merged([a.sources, b.sources])) for a, b in zip(left, right, strict=True)]
    rest = {column.name.lower(): column for column in right}
    both = [
        Column(a.name, merged([a.sources, *([b.sources] if (b := rest.pop(a.name.lower(), None)) else [])]))
        for a in left
    ]
    return [*both, *(Column(b.name, b.sources) for b in rest.values())]


def _one(columns: Sequence[Column], name: str) -> Column:
    found = find(columns, [name])
    if len(found) != 1:
        raise Opaque(f"a join by {name!r}, which occurs {len(found)} times")
    return found[0]
