"""The state of a walk through one plan, and how a name in an expression is resolved to columns.

Nothing may get lost: a name that is not found, or a part of the plan that hides its code, is treated as all
columns that it could mean, blurred, with a reason.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearwell.lineage.sources import HIDDEN, TRANSFORMATION, Column, Sources, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Opaque", "Scope", "Walk", "find"]

_MOST_PARTS = 3


class Opaque(Exception):
    """A part of a plan whose columns cannot be distinguished; the text describes it."""


@dataclass(frozen=True)
class Scope:
    """The columns that an expression may name, and those of the enclosing query for a sub-query."""

    columns: Sequence[Column]
    outer: Scope | None = None

    @property
    def all(self) -> list[Column]:
        """All columns that may be named."""
        return [*self.columns, *(self.outer.all if self.outer else ())]


class Walk(ABC):
    """A walk through a plan.

    ``influences`` are (table, column, subtype) -> blurred; ``reasons`` say what blurs or hides columns;
    ``seen`` are the columns of each frame within the plan, by plan id.
    """

    def __init__(self) -> None:
        self.influences: dict[tuple[str, str, str], bool] = {}
        self.reasons: list[str] = []
        self.seen: dict[int, Sequence[Column]] = {}
        self.outer: Scope | None = None

    @abstractmethod
    def columns(self, relation: Any, *, outer: Scope | None = None) -> list[Column]:
        """The columns of a relation; ``outer`` is what a sub-query may name besides its own."""

    @abstractmethod
    def names(self, relation: Any) -> list[str]:
        """The engine's names of the columns of a relation."""

    @abstractmethod
    def table(self, name: str) -> list[Column]:
        """The columns of the SQL name ``name``."""

    @abstractmethod
    def knows(self, name: str) -> bool:
        """Whether ``name`` is a view, or a frame that was passed to SQL."""

    @abstractmethod
    def reference(self, plan_id: int) -> Any:
        """The sub-query's relation with that plan id; raises Opaque."""

    @abstractmethod
    def checkpoint(self, relation_id: str) -> list[Column] | None:
        """The columns of a checkpointed frame, if its creation was observed."""

    def scope(self, columns: Sequence[Column]) -> Scope:
        """The scope of expressions over ``columns``."""
        return Scope(columns, self.outer)

    def influence(self, subtype: str, sources: Sources) -> None:
        """Record that ``sources`` determine which rows exist, or their order or group."""
        for (table, column), touch in sources.touched.items():
            key = (table, column, subtype)
            self.influences[key] = touch.blurred and self.influences.get(key, True)
        if sources.hidden:
            self.reason(f"{subtype}: by data whose origin the plan hides")

    def reason(self, why: str) -> None:
        """Record once why something is blurred or missing."""
        if why not in self.reasons:
            self.reasons.append(why)

    def named(self, scope: Scope, parts: Sequence[str], plan_id: int | None = None) -> list[Column]:
        """The columns that a name means; never none.

        ``plan_id`` is the frame that the name was taken from, as in ``flights["dest"]``.
        """
        around: Scope | None = scope
        places: list[Sequence[Column]] = [self.seen[plan_id]] if plan_id in self.seen else []
        while around is not None:
            places.append(around.columns)
            around = around.outer
        places += reversed(self.seen.values())  # sorted or filtered by a column that was dropped before
        for columns in places:
            if found := find(columns, parts):
                return found
        self.reason(f"no column {'.'.join(parts)} was found for an expression")
        return [Column(parts[-1], self.blurred(scope.all))]

    def blurred(self, columns: Iterable[Column], how: int = TRANSFORMATION) -> Sources:
        """A value that may come from any of ``columns``; hidden if there are no known sources."""
        sources = merged((column.sources for column in columns), how, blurred=True)
        return HIDDEN if sources.is_empty else sources


def find(columns: Iterable[Column], parts: Sequence[str]) -> list[Column]:
    """The columns named ``parts``, qualified or not; for a field of a struct, a column derived from it."""
    low = [part.lower() for part in parts]
    by_name: dict[str, list[Column]] = {}
    for column in columns:
        by_name.setdefault(column.name.lower(), []).append(column)
    for depth in range(min(len(low) - 1, _MOST_PARTS), -1, -1):
        qualifier = ".".join(low[:depth])
        found = [c for c in by_name.get(low[depth], ()) if not depth or qualifier in c.aliases]
        if found and depth + 1 < len(low):
            return [Column(parts[-1], merged((c.sources for c in found), TRANSFORMATION))]
        if found:
            return found
    return []
