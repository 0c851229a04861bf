"""Write Arrow batches as Parquet parts that may be added to a table, with their statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clearwell.errors import TableError
from clearwell.names import is_url
from clearwell.stores import explained, file_sizes, open_output
from clearwell.tables.control_records import StagedFile
from clearwell.tables.read.stats import column_statistics, observed_bounds, safe_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

__all__ = ["PartWriter"]

_MOST_ROWS = 4_000_000
_ROW_GROUP = 1 << 19
_SAMPLE = 1 << 16


class PartWriter:
    """Writes parts ``<folder>/part-00000.parquet`` ... below a table's root, a new one every 4 M rows.

    Footers and log carry statistics of the safe columns only, and not of ``untold`` ones. ``files`` is
    complete after ``close``.
    """

    def __init__(
        self,
        root: str,
        folder: str,
        schema: pa.Schema,
        *,
        required: Collection[str] = (),
        untold: Collection[str] = (),
    ) -> None:
        self.schema = schema
        self.files: list[StagedFile] = []
        self._root = root
        self._folder = folder
        self._safe = safe_columns(schema, required, untold=untold)
        self._counted = [name for name in schema.names if name in {*self._safe, *required}]
        self._writer: pq.ParquetWriter | None = None
        self._pending: list[pa.RecordBatch] = []
        self._start()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; the batch must have exactly the writer's columns, strings also as dictionaries."""
        if not batch.num_rows:
            return
        for name in self._counted:
            column = batch.column(batch.schema.get_field_index(name))
            self._nulls[name] += column.null_count
            if name in self._bounds and column.null_count < len(column):
                self._bounds[name] += observed_bounds(column)
        self._pending.append(batch)
        self._waiting += batch.num_rows
        if self._waiting >= _ROW_GROUP:
            self._flush()
        if self._rows >= _MOST_ROWS:
            self._finish()

    def close(self) -> list[StagedFile]:
        """Finish the last part; returns all parts written."""
        self._flush()
        self._finish()
        return self.files

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._close_file()

    @property
    def _absolute(self) -> str:
        return f"{self._root}/{self._path}"

    def _start(self) -> None:
        self._rows = self._waiting = 0
        self._nulls = dict.fromkeys(self._counted, 0)
        self._bounds: dict[str, list[Any]] = {name: [] for name in self._safe}

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._writer is None:
            self._layout = _layout(self._pending, self.schema)
            as_dictionaries = self._layout != self.schema
            self._path = f"{self._folder}/part-{len(self.files):05}.parquet"
            self._sink = open_output(self._absolute)
            statistics = self._safe or False
            self._writer = pq.ParquetWriter(
                self._sink,
                self._layout,
                compression="zstd",
                write_statistics=statistics,
                use_dictionary=_repeating(self._pending, self._layout) or False,
                store_schema=not as_dictionaries,  # readers must see plain strings
            )
        writer: pq.ParquetWriter = self._writer
        with explained(self._absolute):
            writer.write_table(_as_table(self._pending, self._layout))
        self._rows += self._waiting
        self._pending, self._waiting = [], 0

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._close_file()
        stats = column_statistics(self._rows, self._nulls, self._bounds)
        (size,) = file_sizes([self._absolute])
        if size is None:
            raise TableError(
                "a file that was just written is missing", place=self._absolute, hint="run again"
            )
        self.files.append(StagedFile(self._path, size, stats))
        self._start()

    def _close_file(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with explained(self._absolute):
                writer.close()
                if is_url(self._absolute):
                    self._sink.close()


def _layout(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Schema:
    """The columns in the form for a file's writer: as dictionaries where they are dictionaries."""
    fields: list[pa.Field] = []
    for number, field in enumerate(schema):
        kind, *others = {batch.schema.field(number).type for batch in batches}
        coded = not others and pa.types.is_dictionary(kind)
        fields.append(field.with_type(kind) if coded else field)
    return pa.schema(fields)


def _as_table(batches: Sequence[pa.RecordBatch], layout: pa.Schema) -> pa.Table:
    """The rows for one row group, each column with one dictionary or none."""
    rows = pa.Table.from_batches([_as_laid_out(batch, layout) for batch in batches], layout)
    return rows.unify_dictionaries()


def _as_laid_out(batch: pa.RecordBatch, layout: pa.Schema) -> pa.RecordBatch:
    columns: list[pa.Array] = []
    for column, field in zip(batch.columns, layout, strict=True):
        if column.type == field.type:
            columns.append(column)
        elif pa.types.is_dictionary(field.type):
            columns.append(column.dictionary_encode())
        else:
            columns.append(column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=layout)


def _repeating(batches: Sequence[pa.RecordBatch], layout: pa.Schema) -> list[str]:
    """The columns whose first values repeat: only there a dictionary saves bytes, and it costs CPU."""
    rows = _as_table(batches, layout).slice(0, _SAMPLE)
    found: list[str] = []
    for field in layout:
        if pa.types.is_dictionary(field.type):
            found.append(field.name)
        elif not (pa.types.is_nested(field.type) or pa.types.is_boolean(field.type)):
            values = rows.column(field.name)
            if pc.count_distinct(values, mode="all").as_py() <= max(len(values) // 2, 1):
                found.append(field.name)
    return found
