"""Find single rows in data files, of a table or staged, in bounded memory and without an engine.

Files whose statistics exclude the wanted values are not opened. Of the others only the columns of the
condition are read, part by part; complete rows are read only from parts with a hit, and only the first few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.stores import parquet_file
from clearwell.tables.read.stats import as_logged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow.parquet as pq

    from clearwell.tables.read.snapshot import LiveFile

__all__ = ["Found", "find_rows", "find_rows_in", "matching", "plain_row"]

_PART = 1 << 16


@dataclass
class Found:
    """The rows that were found: their number, and the first of them, each as a batch of one row."""

    count: int = 0
    records: list[pa.RecordBatch] = field(default_factory=list[pa.RecordBatch])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The first of them as plain values."""
        return [plain_row(record, 0) for record in self.records]


def find_rows(files: Iterable[LiveFile], where: Mapping[str, pa.Scalar[Any]], *, most: int = 5) -> Found:
    """The rows of ``files`` that have all the values of ``where``; at most ``most`` of them are read."""
    bounds = {column: as_logged(_plain_scalar(value)) for column, value in where.items()}
    likely = (
        file
        for file in files
        if all(value is None or file.may_hold(column, value, value) for column, value in bounds.items())
    )
    found = Found()
    for file in likely:
        inside = {column: value for column, value in where.items() if column not in file.partition}
        if all(_same(value, file.partition[c]) for c, value in where.items() if c not in inside):
            _search_file(file.absolute, inside, found, most, kept=file.kept)
    return found


def find_rows_in(paths: Iterable[str], where: Mapping[str, pa.Scalar[Any]], *, most: int = 5) -> Found:
    """The same for Parquet files without known statistics."""
    found = Found()
    for path in paths:
        _search_file(path, where, found, most)
    return found


def matching(batch: pa.RecordBatch, where: Mapping[str, pa.Scalar[Any]]) -> pa.Array:
    """For each row of ``batch``, which has the columns, whether it has all the values of ``where``."""
    mask = pa.repeat(pa.scalar(True), batch.num_rows)
    for column, value in where.items():
        values = batch.column(batch.schema.get_field_index(column))
        if values.type != value.type:
            values = values.cast(value.type)
        nan = pa.types.is_floating(value.type) and value.is_valid and math.isnan(value.as_py())
        hits = pc.is_nan(values) if nan else pc.equal(values, value)
        mask = pc.and_(mask, pc.fill_null(hits, False))
    return mask


def plain_row(batch: pa.RecordBatch, row: int) -> dict[str, Any]:
    """One row as plain values: a float is the shortest that reads back as the same value of its type.

    A timestamp outside Python's calendar is Arrow's string for it.
    """
    return {name: _plain_value(batch.column(at)[row]) for at, name in enumerate(batch.schema.names)}


def _search_file(
    path: str, where: Mapping[str, pa.Scalar[Any]], found: Found, most: int, *, kept: Any = None
) -> None:
    with parquet_file(path) as file:
        if set(where) <= set(file.schema_arrow.names):
            _search(file, where, found, most, kept)


def _search(
    file: pq.ParquetFile, where: Mapping[str, pa.Scalar[Any]], found: Found, most: int, kept: Any
) -> None:
    first = 0
    for group in range(file.metadata.num_row_groups):
        hits: list[int] = []
        start = 0
        for part in file.iter_batches(batch_size=_PART, row_groups=[group], columns=list(where)):
            hits += [start + row for row in pc.indices_nonzero(matching(part, where)).to_pylist()]
            start += part.num_rows
        if kept is not None:  # other writers delete rows by a separate vector
            hits = [row for row in hits if first + row >= len(kept) or kept[first + row].as_py()]
        first += start
        found.count += len(hits)
        if wanted := hits[: max(most - len(found.records), 0)]:
            found.records += _rows_at(file, group, wanted)


def _rows_at(file: pq.ParquetFile, group: int, wanted: list[int]) -> list[pa.RecordBatch]:
    """The rows of a row group with these ascending numbers. Parts may have other boundaries than above."""
    rows: list[pa.RecordBatch] = []
    start = 0
    for part in file.iter_batches(batch_size=_PART, row_groups=[group]):
        end = start + part.num_rows
        rows += [part.slice(row - start, 1) for row in wanted if start <= row < end]
        start = end
        if start > wanted[-1]:
            break
    return rows


def _same(value: pa.Scalar[Any], of_all: pa.Scalar[Any]) -> bool:
    """Whether the value that all rows of a file share is the wanted one; NULL never is."""
    return value.is_valid and value.equals(of_all.cast(value.type))


def _plain_value(value: pa.Scalar[Any]) -> Any:
    if not value.is_valid:
        return None
    match value:
        case pa.FloatScalar():  # in double precision, 0.1 would be 0.10000000149011612
            return float(value.cast(pa.string()).as_py())
        case pa.StructScalar():
            return {name: _plain_value(part) for name, part in value.items()}
        case pa.MapScalar():
            keys, items = value.values.flatten()
            pairs = zip(keys, items, strict=True)
            return [(_plain_value(key), _plain_value(item)) for key, item in pairs]
        case pa.ListScalar():
            return [_plain_value(part) for part in value.values]
        case _:
            return _plain_scalar(value)


def _plain_scalar(value: pa.Scalar[Any]) -> Any:
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return str(value.cast(pa.string()))
