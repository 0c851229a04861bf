"""The lineage of a build: taken from its plan, plus the YAML's declarations for what the plan hides.

A declaration is checked against the frame and the inputs: a column that does not exist, on either side, is an
error of the project. For columns with exact edges, the declaration adds to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError, did_you_mean
from clearwell.lineage import CONSTANT, MISSING, ColumnLineage, column_lineage
from clearwell.model import Edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame

    from clearwell.flow.run import Run
    from clearwell.names import TableName
    from clearwell.tables import Snapshot

__all__ = [
    "Declared",
    "build_lineage",
    "declared_code",
    "read_input",
    "wrong_origins",
]


@dataclass(frozen=True)
class Declared:
    """The ``lineage`` of a table's YAML, and the place of each of its columns there."""

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])
    place: Callable[..., str] = lambda *_: ""


def read_input(run: Run, source: Snapshot, *, after_batch: int | None = None) -> DataFrame:
    """The rows of an input, as a frame whose derived frames have traceable lineage."""
    frame = source.read(run.engine, after_batch=after_batch)
    return run.origins.add(frame, str(source.name), source.schema.names)


def build_lineage(
    run: Run, name: TableName, frame: DataFrame, declared: Declared, sources: Sequence[Snapshot]
) -> ColumnLineage:
    """The edges of ``frame``, which will become ``name``.

    Raises:
        ProjectError: a declared column does not exist in the frame or in an input.
    """
    _require_columns(declared, frame.columns, sources)
    found = column_lineage(frame, run.origins, run.engine, name=str(name))
    edges = [e for e in found.edges if not (e.column in declared.columns and _gives_way(e))]
    known = {(edge.column, edge.source, edge.source_column) for edge in edges}
    for column, origins in declared.columns.items():
        wanted = [tuple(origin.split(".", 1)) for origin in origins]
        edges += [
            Edge(column, table, source, "TRANSFORMATION")
            for table, source in dict.fromkeys(wanted)
            if (column, table, source) not in known
        ]
        if not any(edge.column == column for edge in edges):
            edges.append(Edge(column, "", "", CONSTANT))
    return ColumnLineage(tuple(sorted(edges)), found.reasons)


def wrong_origins(declared: Declared, inputs: Mapping[str, Sequence[str] | None]) -> Iterator[ProjectError]:
    """Declared sources that are not a column of an input; None for an input with unknown columns."""
    for column, origins in declared.columns.items():
        for number, origin in enumerate(origins):
            table, _, source = origin.partition(".")
            known = inputs.get(table, ())
            if table not in inputs or not source:
                fact = f"{origin!r} is not a column of an input of this table"
                near = did_you_mean(table, set(inputs) - {table}) or f"its inputs are {', '.join(inputs)};"
                hint = f"{near} write TABLE.COLUMN"
            elif known is not None and source not in known:
                fact = f"{table} has no column {source!r}"
                hint = did_you_mean(source, known) or f"its columns are {', '.join(known)}"
            else:
                continue
            yield ProjectError(fact, place=declared.place(column, number), hint=hint)


def declared_code(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The part of a declaration in the hash of a table's code: nothing, if there is no declaration."""
    return tuple(f"{column} <- {', '.join(columns[column])}" for column in sorted(columns))


def _gives_way(edge: Edge) -> bool:
    """Whether an edge is less informative than a declaration."""
    return edge.blurred or edge.subtype in (MISSING, CONSTANT)


def _require_columns(declared: Declared, columns: Sequence[str], sources: Sequence[Snapshot]) -> None:
    for column in declared.columns:
        if column not in columns:
            raise ProjectError(
                f"lineage is declared for {column!r}, which the transform does not return",
                place=declared.place(column),
                hint=did_you_mean(column, columns) or f"it returns {', '.join(columns)}",
            )
    for problem in wrong_origins(declared, {str(s.name): s.schema.names for s in sources}):
        raise problem
