"""The lineage of rows copied without a plan: raw files into bronze, a table into a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.lineage.columns import CONSTANT
from clearwell.model import Edge
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearwell.names import TableName

__all__ = ["raw_lineage", "release_lineage"]


def raw_lineage(name: TableName, declared: Mapping[str, str], columns: Sequence[str]) -> tuple[Edge, ...]:
    """The edges of a bronze table: raw values unchanged, or cast to a ``declared`` type."""
    edges: list[Edge] = []
    for column in columns:
        if column in PROVENANCE:
            edges.append(Edge(column, "", "", CONSTANT))
            continue
        kept = declared.get(column, "string").strip().lower() == "string"
        edges.append(Edge(column, f"raw_{name.name}", column, "IDENTITY" if kept else "TRANSFORMATION"))
    return tuple(sorted(edges))


def release_lineage(columns: Sequence[str], table: str) -> tuple[Edge, ...]:
    """The edges of a release of ``table``: its columns unchanged."""
    return tuple(sorted(Edge(column, table, column, "IDENTITY") for column in columns))
