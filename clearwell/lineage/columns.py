"""The column lineage of a frame: an edge for each column of an input that each of its columns comes from.

Exact where the plan shows it. ``blurred`` where a user's code over whole rows hides which of its inputs a
column comes from: then each column has an edge from all of them. MISSING where it comes from data that the
plan does not show at all. A fault in here never stops a build: it makes every column MISSING.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearwell.lineage.origins import plan_of
from clearwell.lineage.sources import SUBTYPES
from clearwell.model import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.lineage.origins import Origins

__all__ = ["CONSTANT", "MISSING", "ColumnLineage", "column_lineage"]

CONSTANT, MISSING = "CONSTANT", "MISSING"

_log = logging.getLogger("clearwell")


@dataclass(frozen=True)
class ColumnLineage:
    """The edges of a frame, in order, and why some of them are blurred or missing."""

    edges: tuple[Edge, ...]
    reasons: tuple[str, ...] = ()


def column_lineage(frame: DataFrame, origins: Origins, engine: Engine, *, name: str) -> ColumnLineage:
    """The lineage of ``frame``, which shall become the table ``name``; its rows are not computed."""
    try:
        with engine.work(f"reading the lineage of {name}"):
            return _read(frame, origins)
    except Exception as error:  # noqa: BLE001 - whatever is wrong here must not stop a build
        why = f"its plan could not be read ({type(error).__name__}: {str(error)[:200]})"
        _log.warning("%s: no column lineage: %s", name, why)
        return ColumnLineage(tuple(Edge(c, "", "", MISSING) for c in sorted(frame.columns)), (why,))


def _read(frame: DataFrame, origins: Origins) -> ColumnLineage:
    from clearwell.lineage.plan import PlanWalk

    client: Any = frame.sparkSession.client
    walk = PlanWalk(origins, lambda plan: list(client.schema(plan).names))
    columns = walk.columns(plan_of(frame))
    names: list[str] = frame.columns
    if [c.name.lower() for c in columns] != [name.lower() for name in names]:
        walk.reason("the plan's columns are not those of the engine")
        sources = walk.blurred(columns)
        edges = [edge for name in names for edge in _edges_of(name, sources)]
    else:
        pairs = zip(names, columns, strict=True)
        edges = [edge for name, column in pairs for edge in _edges_of(name, column.sources)]
    edges += [
        Edge("", table, column, subtype, blurred)
        for (table, column, subtype), blurred in walk.influences.items()
    ]
    return ColumnLineage(tuple(sorted(set(edges))), tuple(walk.reasons))


def _edges_of(name: str, sources: Any) -> Iterator[Edge]:
    for (table, column), touch in sources.touched.items():
        yield Edge(name, table, column, SUBTYPES[touch.how], touch.blurred)
    if sources.hidden:
        yield Edge(name, "", "", MISSING)
    elif not sources.touched:
        yield Edge(name, "", "", CONSTANT)
