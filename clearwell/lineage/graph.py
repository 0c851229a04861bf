"""The recorded edges of a lake as a graph, walked up to the raw files or down to the releases.

A node is a column of a table, of a release or of raw files (``raw_flights.dest``). A walk ends even if tables
are made from each other in a cycle: a node that was visited once is not expanded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clearwell.model import Edge
    from clearwell.tables import Lake

__all__ = ["Branch", "LineageGraph"]


@dataclass(frozen=True)
class Branch:
    """A node of a walk, the edge by which it was reached (None for the first), and the nodes behind it.

    ``column`` is empty where an edge leads to the rows of a table, not to a column. ``repeated``: the nodes
    behind it are shown at another place of the same walk.
    """

    table: str
    column: str
    edge: Edge | None = None
    branches: tuple[Branch, ...] = ()
    repeated: bool = False


class LineageGraph:
    """The edges of all tables and releases.

    Args:
        edges: By the table or dataset whose columns they describe, see ``clearwell.tables.lineage_of``.
    """

    def __init__(self, edges: Mapping[str, Iterable[Edge]]) -> None:
        self._edges = {table: tuple(found) for table, found in edges.items()}
        self._uses: dict[str, list[tuple[str, Edge]]] = {}
        for table, found in self._edges.items():
            for edge in found:
                if edge.source:
                    self._uses.setdefault(edge.source, []).append((table, edge))

    @classmethod
    def of(cls, lake: Lake) -> Self:
        """The graph of the recorded lineage of ``lake``."""
        from clearwell.tables import lineage_of

        return cls(lineage_of(lake))

    @property
    def recorded(self) -> tuple[str, ...]:
        """The tables and datasets with recorded edges."""
        return tuple(self._edges)

    @property
    def tables(self) -> tuple[str, ...]:
        """These tables and all their upstream tables."""
        return tuple(sorted({*self._edges, *self._uses}))

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of ``table`` that any edge names."""
        made = {edge.column for edge in self._edges.get(table, ()) if edge.column}
        used = {edge.source_column for _, edge in self._uses.get(table, ())}
        return tuple(sorted(made | used))

    def sources(self, table: str, column: str | None = None) -> tuple[Edge, ...]:
        """The edges of the values of ``table``, or of one column: direct edges, CONSTANT and MISSING."""
        found = (edge for edge in self._edges.get(table, ()) if edge.column)
        return tuple(edge for edge in found if column is None or edge.column == column)

    def influences(self, table: str) -> tuple[Edge, ...]:
        """The edges that determine which rows ``table`` has: its indirect edges."""
        return tuple(edge for edge in self._edges.get(table, ()) if not edge.column)

    def uses(self, table: str, column: str | None = None) -> tuple[tuple[str, Edge], ...]:
        """Each table that ``table``, or one column of it, flows to or influences, with the edge."""
        found = self._uses.get(table, ())
        return tuple(use for use in found if column is None or use[1].source_column == column)

    def up(self, table: str, column: str | None = None) -> Branch:
        """The upstream of ``column``, as far as known; without a column, the upstream tables of ``table``.

        Influences on the rows of a table are listed once, at the first of its columns, and not followed.
        """
        return _walk(table, column or "", self._steps_up if column else self._tables_up)

    def down(self, table: str, column: str | None = None) -> Branch:
        """The downstream of ``column``; without a column, the downstream tables of ``table``."""
        return _walk(table, column or "", self._steps_down if column else self._tables_down)

    def _steps_up(self, table: str, column: str, *, first: bool) -> list[_Step]:
        edges = (*self.sources(table, column), *(self.influences(table) if first else ()))
        return [_Step(edge, edge.source, edge.source_column, edge.is_direct) for edge in edges]

    def _steps_down(self, table: str, column: str, *, first: bool) -> list[_Step]:  # noqa: ARG002
        return [_Step(edge, user, edge.column, edge.is_direct) for user, edge in self.uses(table, column)]

    def _tables_up(self, table: str, column: str, *, first: bool) -> list[_Step]:  # noqa: ARG002
        edges = {edge.source: edge for edge in reversed(self._edges.get(table, ())) if edge.source}
        return [_Step(edge, source, "", follow=True) for source, edge in sorted(edges.items())]

    def _tables_down(self, table: str, column: str, *, first: bool) -> list[_Step]:  # noqa: ARG002
        edges = dict(reversed(self.uses(table)))
        return [_Step(edge, user, "", follow=True) for user, edge in sorted(edges.items())]


class _Step(NamedTuple):
    """An edge, its target, and whether to continue from there."""

    edge: Edge
    table: str
    column: str
    follow: bool


class _Steps(Protocol):
    """The steps from a node; ``first``: it is the first of its table in this walk."""

    def __call__(self, table: str, column: str, *, first: bool) -> list[_Step]: ...


def _walk(table: str, column: str, steps: _Steps) -> Branch:
    visited: set[tuple[str, str]] = set()
    begun: set[str] = set()

    def branch(table: str, column: str, edge: Edge | None) -> Branch:
        further = steps(table, column, first=table not in begun)
        if (table, column) in visited:
            return Branch(table, column, edge, repeated=bool(further))
        visited.add((table, column))
        begun.add(table)
        return Branch(table, column, edge, tuple(next_of(step) for step in further))

    def next_of(step: _Step) -> Branch:
        make = branch if step.follow else Branch
        return make(step.table, step.column, step.edge)

    return branch(table, column, None)
