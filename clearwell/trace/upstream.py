"""Trace a row back: gold -> silver -> bronze -> file, record number and raw text.

A row of a table that was joined carries the provenance of one input, its first; the columns of the others
came by the join, and the tables are named. A table without provenance is made of many rows at once: its
inputs are named. A row that is in quarantine, or in a batch that was blocked, has a way back as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clearwell.datasets import open_release_store
from clearwell.errors import ProjectError, TableError, TableNotFound
from clearwell.names import IDENTIFIER, PROVENANCE, RELEASES, TableName, Zone
from clearwell.stores import parquet_file
from clearwell.trace.keys import key_columns, parse_key
from clearwell.trace.raw_files import raw_step, taken_files
from clearwell.trace.records import Joined, RowStep, UpstreamTrace
from clearwell.trace.releases import Release
from clearwell.trace.rows import Origin, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from clearwell.project.load import Project
    from clearwell.tables import Lake
    from clearwell.trace.records import RawStep

__all__ = ["trace_back", "trace_row"]

_SHOWN = 5
_MOST_COLUMNS = 8
_TRACEABLE = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)


def trace_row(
    project: Project, lake: Lake, table: str, key: Iterable[str], *, show_personal: bool = False
) -> UpstreamTrace:
    """The way back of the row of ``table`` that ``key`` names; see ``clearwell.trace.keys`` for how it does.

    ``table`` may be a dataset: then it is a row of its current release.

    Raises:
        TableNotFound: no such table.
        ProjectError: the key names no column, or a value is none of the column's type.
        TableError: no row has this key, neither in the table nor among what was kept out of it.
    """
    rows = Provenance(project, lake, show_personal=show_personal)
    if IDENTIFIER.fullmatch(table) and open_release_store(lake.store.absolute(RELEASES)).versions(table):
        return _trace_released(rows, table, key)
    schema = _schema(rows, _traceable(lake, table))
    columns = key_columns(project, table)
    where = parse_key(key, schema=schema, key=columns, place=table)
    shown = rows.shown(table, {column: value.as_py() for column, value in where.items()})
    found = rows.rows(table, where, most=_SHOWN)
    if found.count > 1:
        narrow = columns or _key_before(rows, table, schema.names)
        first = tuple(rows.shown(table, {c: row.get(c) for c in narrow}) for row in found.rows)
        return UpstreamTrace(table, shown, found.count, first=first, narrow_by=narrow)
    steps = [rows.step(table, row, "current") for row in found.rows]
    if not steps:
        steps = rows.quarantined(table, where)[:1] or rows.blocked(table, where)[:1]
    if not steps:
        raise _nothing(rows, table, shown)
    return replace(trace_back(rows, steps[0]), key=shown, matches=found.count)


def trace_back(rows: Provenance, step: RowStep) -> UpstreamTrace:
    """The way back of a row."""
    steps, joined = [step], list[Joined]()
    notes: list[str] = []
    if step.file_id is None or step.record_no is None:
        return UpstreamTrace(step.table, {}, 1, (step,), notes=(_holds_none(rows, step.table),))
    origin = Origin(step.file_id, step.record_no)
    table = step.table
    while before := _before(rows, table, origin):
        joined += _joined(rows, table, before)
        found = rows.current(before, origin.where)
        if not found:
            note = f"{before} holds no row of this record any more"
            found = rows.quarantined(before, origin.where) or [RowStep(before, "gone", note=note)]
        if len(found) > 1:
            notes.append(f"{before} has {len(found)} rows of this record; the first is shown")
        steps.append(found[0])
        table = before
    raw = _raw(rows, table, origin, [s.table for s in steps])
    return UpstreamTrace(step.table, {}, 1, tuple(steps), raw, tuple(joined), tuple(notes))


def _trace_released(rows: Provenance, dataset: str, key: Iterable[str]) -> UpstreamTrace:
    """The way back of a row of the dataset's current release."""
    release = Release(rows.lake, dataset)
    rows.released[dataset] = release.table
    where = parse_key(key, schema=release.schema, key=release.key, place=dataset)
    shown = rows.shown(dataset, {column: value.as_py() for column, value in where.items()})
    count, steps = release.find(where, most=_SHOWN)
    if not steps:
        asked = ", ".join(f"{column}={value}" for column, value in shown.items())
        fact = f"none of the {release.manifest.rows:,} rows of version {release.manifest.version} has {asked}"
        raise TableError(fact, place=dataset, hint=f"trace the table that it is made from, {release.table}")
    steps = [replace(step, values=rows.shown(dataset, step.values)) for step in steps]
    if count > 1:
        narrow = release.key or _key_before(rows, dataset, release.schema.names)
        first = tuple({c: step.values.get(c) for c in narrow} for step in steps)
        return UpstreamTrace(dataset, shown, count, first=first, narrow_by=narrow)
    return replace(trace_back(rows, steps[0]), key=shown, matches=1)


def _traceable(lake: Lake, text: str) -> str:
    try:
        name = TableName.parse(text)
    except ProjectError:
        known = [*map(str, lake.tables()), *open_release_store(lake.store.absolute(RELEASES)).names()]
        raise TableNotFound.among(text, known) from None
    if name.zone not in _TRACEABLE:
        hint = (
            f"trace {name.name}" if name.zone is Zone.QUARANTINE else "trace a bronze, silver or gold table"
        )
        raise TableError("its rows are records of Clearwell's own, not of raw files", place=text, hint=hint)
    if lake.table(name).snapshot() is None and not lake.control.blocked(name):
        raise TableNotFound.among(text, map(str, lake.tables()))
    return text


def _schema(rows: Provenance, table: str) -> pa.Schema:
    """The columns of the table; of the batch that is kept out if it has never had one."""
    if snapshot := rows.snapshot(table):
        return snapshot.schema
    blocks = rows.blocks(table)
    for block in blocks:
        for file in block.staged:
            with parquet_file(f"{rows.lake.table(table).root}/{file.path}") as parquet:
                return parquet.schema_arrow
    reason = blocks[0].reason if blocks else "nothing of its first batch could be taken"
    raise TableError(f"it has no rows yet: {reason}", place=table, hint=f"`clearwell show {table}`")


def _before(rows: Provenance, table: str, origin: Origin) -> str | None:
    """The input whose row of ``origin`` became that of ``table``."""
    inputs = [name for name in rows.inputs(table) if rows.has_provenance(name)]
    said = [e.source for e in rows.edges.get(table, ()) if e.column == "_file_id" and e.source in inputs]
    if len(set(said)) == 1:
        return said[0]
    return next((name for name in inputs if rows.rows(name, origin.where, most=0).count), None) or next(
        iter(inputs), None
    )


def _key_before(rows: Provenance, table: str, names: list[str]) -> tuple[str, ...]:
    """For a table without a key: that of the nearest table before it, if ``table`` has the columns."""
    before = list(rows.inputs(table))
    while before:
        name = before.pop(0)
        if (key := key_columns(rows.project, name)) and set(key) <= set(names):
            return key
        before += rows.inputs(name)
    return tuple(name for name in names if name not in PROVENANCE)[:_MOST_COLUMNS]


def _joined(rows: Provenance, table: str, before: str) -> list[Joined]:
    """The other inputs of a table, with the columns that came from each, as far as its lineage is known."""
    columns: dict[str, list[str]] = {name: [] for name in rows.inputs(table) if name != before}
    for edge in rows.edges.get(table, ()):
        if edge.is_direct and edge.source in columns and edge.column not in columns[edge.source]:
            columns[edge.source].append(edge.column)
    return [Joined(table, name, tuple(sorted(found))) for name, found in columns.items()]


def _holds_none(rows: Provenance, table: str) -> str:
    inputs = ", ".join(rows.inputs(table)) or "nothing that this project knows"
    return f"{table} holds no provenance of its rows: one may be made of many. It is made of {inputs}"


def _raw(rows: Provenance, bronze: str, origin: Origin, tables: list[str]) -> RawStep:
    """The raw record; without its text where any table on the way has personal columns."""
    spec = rows.source(bronze)
    counts = taken_files(rows.lake, spec).get(origin.file_id) if spec else None
    return rows.discreet(raw_step(rows.project, spec, *origin, counts), tables)


def _nothing(rows: Provenance, table: str, key: Mapping[str, Any]) -> TableError:
    asked = ", ".join(f"{column}={value}" for column, value in key.items())
    snapshot = rows.snapshot(table)
    count = f"{snapshot.rows:,} rows" if snapshot else "no rows"
    hints = [f"`clearwell show {table}` lists its columns"]
    if blocks := rows.blocks(table):
        hints = [
            f"{sum(b.rows for b in blocks):,} rows are kept out: `clearwell quarantine {table} --blocked`"
        ]
    elif table.startswith(str(Zone.BRONZE)):
        hints = [f"a record that was rejected has no columns: `clearwell quarantine {table}`"]
    fact = f"none of its {count} has {asked}, and no row in its quarantine"
    return TableError(fact, place=table, hint="; ".join(hints))
