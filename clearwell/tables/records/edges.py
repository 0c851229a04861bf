"""The table ``history_lineage``: the source columns of each column, in each generation.

An edge is recorded once per generation (see ``Intent``): a table that gains rows keeps the edges of the
earlier ones. A dataset's generation is the first release since which its columns have the same sources.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import pyarrow as pa

from clearwell.model import Edge
from clearwell.names import TableName, Zone
from clearwell.tables.read.snapshot import aligned_batches
from clearwell.tables.records.records import append_records

if TYPE_CHECKING:
    from collections.abc import Collection

    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake

__all__ = ["LINEAGE", "commit_lineage", "edges_of", "lineage_of", "record_release"]

LINEAGE = TableName(Zone.HISTORY, "lineage")

_SCHEMA = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("generation", pa.int64(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("column", pa.string()),
        ("source", pa.string()),
        ("source_column", pa.string()),
        ("subtype", pa.string()),
        ("blurred", pa.bool_()),
        ("decided", pa.timestamp("us", "UTC")),
    ]
)
_FIELDS = ("column", "source", "source_column", "subtype", "blurred")

_READ: WeakKeyDictionary[Lake, dict[str, list[tuple[str, int, Edge]]]] = WeakKeyDictionary()
"""The rows of the table's files that were read, by path: files never change, and each step asks again."""

Recorded = dict[int, set[Edge]]
"""The edges of one table, by generation."""


def commit_lineage(lake: Lake, intent: Intent) -> None:
    """Record the edges of an applied batch that are new in its generation, once."""
    if not intent.lineage:
        return
    fresh = set(intent.lineage)
    if intent.batch > intent.generation:  # the first batch of a generation has no predecessor
        fresh -= _recorded(lake, intent.table).get(intent.table, {}).get(intent.generation, set())
    folder = f"attempt={intent.attempt}/{intent.table}-{intent.batch}"
    _append(lake, intent.table, fresh, (intent.generation, intent.batch), intent.decided, folder)


def record_release(lake: Lake, dataset: str, version: int, edges: Collection[Edge], *, created: str) -> None:
    """Record where the columns of a release come from, unless the same is already recorded."""
    if set(edges) != set(edges_of(lake, dataset)):
        folder = f"attempt={uuid4().hex}/{dataset}-{version}"
        _append(lake, dataset, edges, (version, version), created, folder)


def lineage_of(lake: Lake) -> dict[str, tuple[Edge, ...]]:
    """By table or dataset: the edges of all batches of its current generation, in order."""
    found = _recorded(lake)
    return {table: tuple(sorted(found[table][max(found[table])])) for table in sorted(found)}


def edges_of(lake: Lake, table: str) -> tuple[Edge, ...]:
    """The same for one table or dataset; empty if nothing is recorded."""
    found = _recorded(lake, table).get(table)
    return tuple(sorted(found[max(found)])) if found else ()


def _append(
    lake: Lake, table: str, edges: Collection[Edge], at: tuple[int, int], decided: str, folder: str
) -> None:
    generation, batch = at
    place = {"table": table, "generation": generation, "batch": batch}
    moment = datetime.fromisoformat(decided)
    rows = [{**place, **vars(edge), "decided": moment} for edge in sorted(edges)]
    if rows:
        why = f"{table} {batch}"
        append_records(lake, LINEAGE, _SCHEMA, rows, app=table, batch=batch, folder=folder, why=why)


def _recorded(lake: Lake, only: str | None = None) -> dict[str, Recorded]:
    """The recorded edges of all tables, or of one: then files without it are not opened."""
    found: dict[str, Recorded] = {}
    if (snapshot := lake.table(LINEAGE).snapshot()) is None:
        return found
    read = _READ.setdefault(lake, {})
    for file in snapshot.files:
        if file.may_hold("table", only, only):
            if file.absolute not in read:
                rows = (
                    row for batch in aligned_batches([file], snapshot.schema) for row in batch.to_pylist()
                )
                read[file.absolute] = [_row(row) for row in rows]
            for table, generation, edge in read[file.absolute]:
                if only in (None, table):
                    found.setdefault(table, {}).setdefault(generation, set()).add(edge)
    return found


def _row(row: dict[str, Any]) -> tuple[str, int, Edge]:
    return row["table"], row["generation"], Edge(**{field: row[field] for field in _FIELDS})
