"""The data files of a version, and their rows as Arrow.

Other writers may keep a part of a table outside its files: partition values are in the log, deleted rows in
vectors, and a file may hold a narrower type than the table. All three are resolved here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import TableError
from clearwell.stores import parquet_file, parquet_metadata
from clearwell.tables.read.stats import as_logged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow.parquet as pq
    from deltalake import DeltaTable

__all__ = ["LiveFile", "aligned_batches", "live_files"]

_NOTHING: dict[str, Any] = {}
_OWN = "attempt="
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/")


@dataclass(frozen=True)
class LiveFile:
    """A data file of a version. ``low`` and ``high`` hold the bounds of columns that have them.

    Args:
        path: As in the log: below the table's root, with ``%`` for some characters.
        absolute: Its absolute path or address.
        size: Bytes.
        rows: Number of live rows.
        low: Minimum values.
        high: Maximum values.
        partition: Values of the partition columns, which are the same for all its rows.
        kept: Which of its rows are live, from the first one; rows after its end are. None: all are live.
    """

    path: str
    absolute: str
    size: int
    rows: int
    low: dict[str, Any]
    high: dict[str, Any]
    partition: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    kept: Any = field(default=None, compare=False, repr=False)

    @property
    def is_ours(self) -> bool:
        """Whether Clearwell staged it; files of other writers may have any statistics."""
        return self.path.startswith(_OWN)

    @property
    def is_plain(self) -> bool:
        """Whether the file alone holds all of its rows and values."""
        return self.kept is None and not self.partition

    def may_hold(self, column: str, low: Any, high: Any) -> bool:
        """Whether a value between ``low`` and ``high`` can be in this file, by its statistics."""
        if column not in self.low or low is None or high is None:
            return True
        try:
            return self.low[column] <= high and low <= self.high[column]
        except TypeError:  # bounds of different types exclude nothing
            return True


def live_files(root: str, handle: DeltaTable, *, vectors: bool) -> list[LiveFile]:
    """The data files of a version; ``vectors``: its rows may be deleted by vectors."""
    adds = pa.table(handle.get_add_actions(flatten=True))
    kept = _kept(handle) if vectors else {}
    names = adds.column_names
    lows, highs, partitions = ([c for c in names if c.startswith(p)] for p in ("min.", "max.", "partition."))
    found: list[LiveFile] = []
    for number, row in enumerate(cast("list[dict[str, Any]]", adds.to_pylist())):
        absolute = _absolute(root, row["path"])
        mask = kept.get(absolute)
        rows = row["num_records"]
        if rows is None:  # optional for other writers
            rows = parquet_metadata(absolute).num_rows
        gone = 0 if mask is None else len(mask) - (pc.sum(mask).as_py() or 0)
        found.append(
            LiveFile(
                path=row["path"],
                absolute=absolute,
                size=row["size_bytes"],
                rows=rows - gone,
                low={c[4:]: as_logged(row[c]) for c in lows if row[c] is not None},
                high={c[4:]: as_logged(row[c]) for c in highs if row[c] is not None},
                partition={c[10:]: adds.column(c)[number] for c in partitions},
                kept=mask,
            )
        )
    return sorted(found, key=lambda f: f.path)


def aligned_batches(
    files: Sequence[LiveFile], schema: pa.Schema, *, compact: bool = False
) -> Iterator[pa.RecordBatch]:
    """The rows of data files as Arrow batches of exactly ``schema``; a column that a file lacks is NULL.

    With ``compact`` strings with few distinct values may come as dictionaries, at half of the CPU.
    """
    for live in files:
        first = 0
        with parquet_file(live.absolute, compact=compact) as file:
            _require_moments(file, live)
            inside = file.schema_arrow.names
            present = [name for name in schema.names if name in inside and name not in live.partition]
            for batch in file.iter_batches(columns=present):
                rows, first = batch.num_rows, first + batch.num_rows
                aligned = _aligned(batch, schema, live.partition)
                yield aligned if live.kept is None else aligned.filter(_mask(live.kept, first - rows, rows))


def _aligned(batch: pa.RecordBatch, schema: pa.Schema, partition: Mapping[str, Any]) -> pa.RecordBatch:
    columns: list[pa.Array] = []
    for field_ in schema:
        if field_.name in partition:
            value = partition[field_.name].cast(field_.type)
            columns.append(pa.repeat(value, batch.num_rows))
        elif field_.name in batch.schema.names:
            column = batch.column(batch.schema.get_field_index(field_.name))
            columns.append(column if _plain_type(column) == field_.type else column.cast(field_.type))
        else:
            columns.append(pa.nulls(batch.num_rows, field_.type))
    if not columns:
        return batch
    fields = [field_.with_type(column.type) for field_, column in zip(schema, columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _plain_type(column: pa.Array) -> pa.DataType:
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def _require_moments(file: pq.ParquetFile, live: LiveFile) -> None:
    """Refuse 96-bit timestamps inside nested types: read in nanoseconds, they overflow outside 1677-2262."""
    columns = [file.schema.column(number) for number in range(len(file.schema))] if not live.is_ours else []
    if nested := [c.path for c in columns if c.physical_type == "INT96" and "." in c.path]:
        raise TableError(
            f"column {nested[0]!r} holds 96-bit timestamps inside a nested type",
            place=live.absolute,
            hint="read it with --engine spark, or rewrite it there with "
            "spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS",
        )


def _mask(kept: pa.Array, first: int, rows: int) -> pa.Array:
    """Which of the rows from number ``first`` on are live."""
    part = kept.slice(first, rows)
    if len(part) == rows:
        return part
    return pa.concat_arrays([part, pa.repeat(pa.scalar(True), rows - len(part))])


def _kept(handle: DeltaTable) -> dict[str, pa.Array]:
    """By absolute path, which rows of a file are live; only for files that have deleted rows."""
    found: dict[str, pa.Array] = {}
    for batch in pa.RecordBatchReader.from_stream(handle.deletion_vectors()):
        for path, mask in zip(batch.column(0), batch.column(1), strict=True):
            found[_plain(path.as_py())] = mask.values
    return found


def _absolute(root: str, path: str) -> str:
    """The absolute path of a file of the log; a shallow clone has full paths into another table."""
    return _plain(path) if _ADDRESS.match(path) else f"{root}/{unquote(path)}"


def _plain(address: str) -> str:
    """``file:///a%20b`` -> ``/a b``; an address of a store keeps its scheme."""
    scheme, _, rest = address.partition(":")
    return "/" + unquote(rest).lstrip("/") if scheme == "file" else unquote(address)
