"""Append to the tables of Clearwell's own records: each batch of an application once, from any process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.tables.columns import add_columns
from clearwell.tables.read.snapshot import APP_BATCH
from clearwell.tables.read.stats import untold_in
from clearwell.tables.staging.parts import PartWriter
from clearwell.tables.swap import Change, add, is_committed, swap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.names import TableName
    from clearwell.tables.control_records import Intent, StagedFile
    from clearwell.tables.lake import Lake

__all__ = ["append_of_intent", "append_records"]


def append_records(
    lake: Lake,
    name: TableName,
    schema: pa.Schema,
    content: Iterable[StagedFile] | Iterable[dict[str, Any]],
    *,
    app: str,
    batch: int,
    folder: str,
    why: str,
) -> None:
    """Append rows, or previously staged files, as ``batch`` of ``app``; rows are written below ``folder``."""
    table = lake.table(name)
    required = [f.name for f in schema if not f.nullable]
    if (snapshot := table.snapshot()) is None:
        table.create(schema, required=required)
    elif is_committed(snapshot, batch, app):
        return
    else:
        add_columns(table, schema)  # of a table that an earlier version made
    items = list(content)
    if items and isinstance(items[0], dict):
        untold = untold_in(name)
        with PartWriter(table.root, folder, schema, required=required, untold=untold) as writer:
            writer.write(pa.RecordBatch.from_pylist(items, schema))
        adds = [add(file) for file in writer.files]
    else:
        adds = [add(file) for file in items if not isinstance(file, dict)]
    change = Change(adds=adds, why=why)
    swap(table, lambda _: change, batch=batch, app=app)


def append_of_intent(
    lake: Lake,
    name: TableName,
    schema: pa.Schema,
    intent: Intent,
    content: Iterable[StagedFile] | Iterable[dict[str, Any]],
    *,
    app: str = APP_BATCH,
) -> None:
    """Append rows, or previously staged files, as batch ``intent.batch`` of application ``app``."""
    folder = f"attempt={intent.attempt}/{intent.table}-{intent.batch}"
    why = f"{intent.table} {intent.batch}"
    append_records(lake, name, schema, content, app=app, batch=intent.batch, folder=folder, why=why)
