"""Where a guard acts: a function in a plan, with the known facts about its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.engines.sail_guard.terms import Given, Term

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

    from clearwell.engines.sail_guard.names import Guard

__all__ = ["Refused", "Rule", "Site"]


class Refused(Exception):
    """A guard that cannot make engines equal here: why, and what to write instead."""

    def __init__(self, guard: Guard, why: str, instead: str | None = None) -> None:
        super().__init__(why)
        self.guard = guard
        self.why = why
        self.instead = instead
        self.place: str | None = None


@dataclass(frozen=True)
class Site:
    """A function in a plan. ``kinds`` are the types of its arguments; None: unknown.

    ``literals`` are the arguments that are integer or string literals, as written; else None. ``windowed``
    says whether it is over a window, ``nulls`` which arguments are NULL as a constant, of any type.
    """

    name: str
    given: tuple[Given, ...]
    kinds: tuple[DataType | None, ...]
    literals: tuple[int | str | None, ...] = ()
    distinct: bool = False
    windowed: bool = False
    nulls: frozenset[int] = frozenset()

    @property
    def sides(self) -> list[tuple[Given, DataType | None]]:
        """Its arguments with their types."""
        return list(zip(self.given, self.kinds, strict=True))


Rule = Callable[[Site], Term | None]
"""The replacement of a function; None: it is the same on all engines. Raises Refused."""
