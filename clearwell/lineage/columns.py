"""The column lineage of a DataFrame: an edge from each input column to each column derived from it.

Exact where the plan shows it. ``blurred`` where user code over whole rows hides which of its inputs a column
comes from: then each column has an edge from all of them. MISSING where it comes from data that the plan does
not show. An error in here never stops a build: it makes every column MISSING.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearwell.lineage.origins import plan_of
from clearwell.lineage.sources import SUBTYPES
from clearwell.model import Edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.lineage.origins import Origins
    from clearwell.lineage.sources import Sources

__all__ = ["CONSTANT", "MISSING", "ColumnLineage", "column_lineage", "plan_lineage"]

CONSTANT, MISSING = "CONSTANT", "MISSING"

_log = logging.getLogger("clearwell")


@dataclass(frozen=True)
class ColumnLineage:
    """The edges of a frame, in order, and why some of them are blurred or missing."""

    edges: tuple[Edge, ...]
    reasons: tuple[str, ...] = ()


def column_lineage(frame: DataFrame, origins: Origins, engine: Engine, *, name: str) -> ColumnLineage:
    """The lineage of ``frame``, which will become the table ``name``; its rows are not computed."""

    def names(plan: Any) -> list[str]:
        client: Any = frame.sparkSession.client
        return list(client.schema(plan).names)

    try:
        with engine.work(f"reading the lineage of {name}"):
            return plan_lineage(plan_of(frame), origins, names, frame.columns)
    except Exception as error:  # noqa: BLE001 - no error here may stop a build
        why = f"its plan could not be read ({type(error).__name__})"  # its text may quote a value
        _log.warning("%s: no column lineage: %s", name, why)
        _log.debug("%s: no column lineage", name, exc_info=error)
        return ColumnLineage(tuple(Edge(c, "", "", MISSING) for c in sorted(frame.columns)), (why,))


def plan_lineage(
    plan: Any, origins: Origins, schema: Callable[[Any], list[str]], names: Sequence[str]
) -> ColumnLineage:
    """The lineage of a plan with columns of these ``names``; ``schema`` asks the engine for part schemas."""
    from clearwell.lineage.plan import PlanWalk

    walk = PlanWalk(origins, schema)
    columns = walk.columns(plan)
    if [column.name.lower() for column in columns] == [name.lower() for name in names]:
        sources = [column.sources for column in columns]
    else:  # our result is wrong, the engine is right: each column may come from every column seen
        walk.reason("the plan's columns differ from the engine's")
        sources = [walk.blurred(c for seen in walk.seen.values() for c in seen)] * len(names)
    edges = {edge for name, found in zip(names, sources, strict=True) for edge in _edges_of(name, found)}
    edges |= {Edge("", *place, blurred) for place, blurred in walk.influences.items()}
    return ColumnLineage(tuple(sorted(edges)), tuple(walk.reasons))


def _edges_of(name: str, sources: Sources) -> Iterator[Edge]:
    for (table, column), touch in sources.touched.items():
        yield Edge(name, table, column, SUBTYPES[touch.how], touch.blurred)
    if sources.hidden:
        yield Edge(name, "", "", MISSING)
    elif not sources.touched:
        yield Edge(name, "", "", CONSTANT)
