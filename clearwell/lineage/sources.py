"""The sources of one column's values, and how they are combined.

``touched`` are columns of input tables, each with its use: unchanged, computed, aggregated. ``hidden`` means
that the plan does not show all sources. Neither: the column is derived from no column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "AGGREGATION",
    "HIDDEN",
    "IDENTITY",
    "NOTHING",
    "SUBTYPES",
    "TRANSFORMATION",
    "Column",
    "Item",
    "Sources",
    "Touch",
    "merged",
    "split_name",
]

IDENTITY, TRANSFORMATION, AGGREGATION = range(3)
SUBTYPES = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
"""OpenLineage's names; if there are two ways to the same column, the later one in this list wins."""


class Touch(NamedTuple):
    """How a column of an input is used; ``blurred``: at most so."""

    how: int
    blurred: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """The input columns, as (table, column), that values come from."""

    touched: Mapping[tuple[str, str], Touch] = field(default_factory=dict[tuple[str, str], Touch])
    hidden: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the values come from no column, like those of a literal."""
        return not (self.touched or self.hidden)


NOTHING = Sources()
HIDDEN = Sources(hidden=True)

_fresh = count()
_PART = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation within a plan.

    ``aliases`` are the names by which it may be qualified. ``attribute`` stays the same while the column only
    passes through: it distinguishes columns with the same name.
    """

    name: str
    sources: Sources = NOTHING
    aliases: frozenset[str] = frozenset()
    attribute: int = field(default_factory=_fresh.__next__)


@dataclass(frozen=True)
class Item:
    """The output of one expression of a select list.

    ``wide``: the number and names of the columns are known only to the engine. A column without a name gets
    one from the engine.
    """

    columns: tuple[Column, ...]
    wide: bool = False


def merged(parts: Iterable[Sources], how: int = IDENTITY, *, blurred: bool = False) -> Sources:
    """All sources of ``parts``, used at least as ``how``; an exact way beats a blurred one."""
    found = list(parts)
    if len(found) == 1 and how == IDENTITY and not blurred:
        return found[0]
    touched: dict[tuple[str, str], Touch] = {}
    for part in found:
        for place, touch in part.touched.items():
            before = touched.get(place)
            touched[place] = Touch(
                max(touch.how, how, before.how if before else how),
                (touch.blurred or blurred) and (before is None or before.blurred),
            )
    return Sources(touched, hidden=any(part.hidden for part in found))


def split_name(text: str) -> list[str]:
    """The parts of a qualified name: ``a.`b.c`.d`` -> a, b.c, d."""
    return [quoted.replace("``", "`") or plain for quoted, plain in _PART.findall(text)]
