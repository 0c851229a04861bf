"""One version of a table, as a reader sees it: its files, its schema, and which batches it holds.

Engines are given the file list of the version they shall read; nobody but this package asks Delta.
Tables whose protocol needs a feature that our readers would get wrong without an error (column mapping)
or cannot read at all (deletion vectors) are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from clearwell.errors import TableError
from clearwell.model import InputState
from clearwell.stores import parquet_file
from clearwell.tables.stats import as_logged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deltalake import DeltaTable
    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.names import TableName

__all__ = [
    "APP_BATCH",
    "APP_DELETED",
    "APP_GENERATION",
    "APP_VOID",
    "LiveFile",
    "Snapshot",
    "aligned_batches",
]

APP_BATCH = "clearwell"
"""Delta application whose transaction version is the number of the last decided batch."""
APP_GENERATION = "clearwell.generation"
"""... of the batch that the table's present contents began with."""
APP_VOID = "clearwell.void"
"""... of the last batch that was voided: committed with no files."""
APP_DELETED = "clearwell.deleted"
"""... of the last batch that deleted rows by a predicate."""

_READABLE = {"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"}


@dataclass(frozen=True)
class LiveFile:
    """A data file of a version. ``low`` and ``high`` hold the bounds of columns that have some."""

    path: str
    absolute: str
    size: int
    rows: int
    low: dict[str, Any]
    high: dict[str, Any]

    def may_hold(self, column: str, low: Any, high: Any) -> bool:
        """Whether a value between ``low`` and ``high`` can be in this file, by its statistics."""
        if column not in self.low or low is None or high is None:
            return True
        try:
            return self.low[column] <= high and low <= self.high[column]
        except TypeError:  # bounds of unlike types say nothing
            return True


class Snapshot:
    """A version of one table. Made by ``Table.snapshot``."""

    def __init__(self, name: TableName, root: str, handle: DeltaTable) -> None:
        self.name = name
        self.root = root
        self.handle = handle
        self.version: int = handle.version()
        _refuse_unknown_features(name, handle)

    @property
    def batch(self) -> int:
        """Number of the last decided batch, 0 before the first."""
        return self.handle.transaction_version(APP_BATCH) or 0

    @property
    def generation(self) -> int:
        """The batch that the present contents began with, 0 before the first."""
        return self.handle.transaction_version(APP_GENERATION) or 0

    @property
    def last_void(self) -> int:
        """The last batch that was voided, 0 if none was."""
        return self.handle.transaction_version(APP_VOID) or 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        return pa.schema(self.handle.schema().to_arrow())

    @cached_property
    def files(self) -> tuple[LiveFile, ...]:
        """The data files, sorted by path."""
        adds = pa.table(self.handle.get_add_actions(flatten=True))
        return tuple(sorted(_live_files(self.root, adds), key=lambda f: f.path))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of the data files."""
        return sum(file.size for file in self.files)

    @property
    def state(self) -> InputState:
        """What a build that reads this version records of it: deleted rows are a new generation to it."""
        deleted = self.handle.transaction_version(APP_DELETED) or 0
        return InputState(str(self.name), max(self.generation, deleted), self.batch, self.version)

    def read(self, engine: Engine, *, after_batch: int | None = None) -> DataFrame:
        """The rows as a Spark frame; with ``after_batch`` only those of later bronze batches."""
        if after_batch is None:
            return engine.read_parquet([f.absolute for f in self.files], self.schema)
        files = [f.absolute for f in self.files if f.high.get("_batch_id", after_batch + 1) > after_batch]
        frame = engine.read_parquet(files, self.schema)
        return frame.where(frame["_batch_id"] > after_batch)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches, file by file; a column that a file lacks is NULL."""
        schema = pa.schema([self.schema.field(c) for c in columns]) if columns is not None else self.schema
        return aligned_batches(self.files, schema)

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows in memory: for small tables, such as those of Clearwell's own records."""
        schema = pa.schema([self.schema.field(c) for c in columns]) if columns is not None else self.schema
        return pa.Table.from_batches(list(self.batches(columns)), schema)


def aligned_batches(files: Sequence[LiveFile], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of data files as Arrow batches of exactly ``schema``."""
    for live in files:
        with parquet_file(live.absolute) as file:
            present = [name for name in schema.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=present):
                yield _aligned(batch, schema)


def _aligned(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns: list[pa.Array] = []
    for field in schema:
        if field.name in batch.schema.names:
            column = batch.column(batch.schema.get_field_index(field.name))
            columns.append(column if column.type == field.type else column.cast(field.type))
        else:
            columns.append(pa.nulls(batch.num_rows, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema) if columns else batch


def _live_files(root: str, adds: pa.Table) -> Iterator[LiveFile]:
    lows = [c for c in adds.column_names if c.startswith("min.")]
    highs = [c for c in adds.column_names if c.startswith("max.")]
    for row in cast("list[dict[str, Any]]", adds.to_pylist()):
        yield LiveFile(
            path=row["path"],
            absolute=f"{root}/{row['path']}",
            size=row["size_bytes"],
            rows=row["num_records"] or 0,
            low={c[4:]: as_logged(row[c]) for c in lows if row[c] is not None},
            high={c[4:]: as_logged(row[c]) for c in highs if row[c] is not None},
        )


def _refuse_unknown_features(name: TableName, handle: DeltaTable) -> None:
    protocol = handle.protocol()
    needed: set[str] = set(protocol.reader_features or ()) - _READABLE
    if protocol.min_reader_version == 2:
        needed.add("columnMapping")
    if needed:
        raise TableError(
            f"the table needs {', '.join(sorted(needed))} to be read",
            place=str(name),
            hint="read it with Apache Spark and delta-spark, or rewrite it without these features",
        )
