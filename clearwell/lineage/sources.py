"""Where the values of one column come from, and how such answers are put together.

``touched`` are columns of input tables, each with how: as they are, computed, aggregated. ``hidden`` says
that there is more which the plan does not show. Neither: the column is made from no column.
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
"""OpenLineage's names; of two ways to the same column the later one counts."""


class Touch(NamedTuple):
    """How a column of an input is used; ``blurred``: at most so."""

    how: int
    blurred: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """The columns of inputs, as (table, column), that values come from."""

    touched: Mapping[tuple[str, str], Touch] = field(default_factory=dict[tuple[str, str], Touch])
    hidden: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the values come from no column, as those of a literal."""
        return not (self.touched or self.hidden)


NOTHING = Sources()
HIDDEN = Sources(hidden=True)

_fresh = count()
_PART = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation within a plan.

    ``aliases`` are the names by which it may be qualified. ``attribute`` stays the same while the column
    only passes through: by it a column is told from others of its name.
    """

    name: str
    sources: Sources = NOTHING
    aliases: frozenset[str] = frozenset()
    attribute: int = field(default_factory=_fresh.__next__)


@dataclass(frozen=True)
class Item:
    """What one expression of a select list makes.

    ``wide``: a number of columns, and names, that only the engine knows. A column without a name has one
    that the engine makes up.
    """

    columns: tuple[Column, ...]
    wide: bool = False


def merged(parts: Iterable[Sources], how: int = IDENTITY, *, blurred: bool = False) -> Sources:
    """All that ``parts`` come from, used at least as ``how``; an exact way beats a blurred one."""
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
    """The parts of a written name: ``a.`b.c`.d`` -> a, b.c, d."""
    return [quoted.replace("``", "`") or plain for quoted, plain in _PART.findall(text)]
