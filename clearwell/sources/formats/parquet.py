"""Parquet: types as found, converted without loss to Delta's types; declared columns cast row by row.

Refused: a truncated or damaged file, a column of a type that Delta lacks, timestamps finer than a
microsecond, text that is not UTF-8, the 96-bit timestamps of old writers inside nested types.
"""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clearwell.sources.parsing.split import split_rows
from clearwell.sources.records import Parsed, RawText, UnreadableFile
from clearwell.sources.spec import Source
from clearwell.sources.values.columns import require_names, stored_name
from clearwell.sources.values.from_arrow import cast_values, delta_type
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.sources.spec import OpenFile, SourceSpec

__all__ = ["Parquet", "record_as_json"]


class Parquet(Source):
    """Parquet files, which have typed columns."""

    version = "1"
    suffixes = (".parquet",)

    def read(self, file: OpenFile) -> Iterator[Parsed]:
        """The rows of an open file; the first Parsed may be empty, but has the columns.

        Raises:
            UnreadableFile: see above; the text names the column.
        """
        spec, place = file.spec, file.place
        source = _open(file.stream, place)
        names = source.schema_arrow.names
        stored = [stored_name(name) for name in names]
        require_names(stored, place=place)
        types = {field.name: _target(field, place) for field in source.schema_arrow}
        _require_castable(dict(zip(stored, types.values(), strict=True)), spec, place)
        exact = _Nanoseconds(file.stream, source, place)
        number = 1
        nothing = pa.RecordBatch.from_pylist([], schema=source.schema_arrow)
        for batch in _batches(source, place, file.block_bytes) if source.metadata.num_rows else [nothing]:
            exact.require(batch)
            columns = {name: _plain(batch.column(name), types[name], name, place) for name in names}
            rows = pa.RecordBatch.from_arrays(list(columns.values()), names=names)
            numbers = range(number, number + len(rows))
            columns = dict(zip(stored, columns.values(), strict=True))
            yield split_rows(columns, spec.types, numbers, partial(record_as_json, rows), cast=cast_values)
            number += len(rows)

    def read_record(self, file: OpenFile, number: int) -> RawText:
        """A row as JSON; only its row group is read."""
        source = pq.ParquetFile(file.stream, coerce_int96_timestamp_unit="us")
        if not 1 <= number <= source.metadata.num_rows:
            return RawText(None, source.metadata.num_rows)
        left = number - 1
        for group in range(source.metadata.num_row_groups):
            rows = source.metadata.row_group(group).num_rows
            if left >= rows:
                left -= rows
                continue
            for batch in source.iter_batches(batch_size=4096, row_groups=[group]):
                if left < batch.num_rows:
                    raw = record_as_json(batch, left)
                    return RawText(raw, None, raw.decode("utf-8", "backslashreplace"), is_json=True)
                left -= batch.num_rows
        raise pa.ArrowInvalid(f"row {number} is counted in the footer but does not exist")


def record_as_json(rows: pa.RecordBatch, row: int) -> bytes:
    """A row as JSON, because Parquet has no text of a row; bytes as Base64, other types as strings."""
    record: dict[str, Any] = rows.slice(row, 1).to_pylist()[0]
    return json.dumps(record, default=_printable, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _open(file: BinaryIO, place: str) -> pq.ParquetFile:
    try:
        # INT96 as nanoseconds would overflow before 1677 and after 2262, silently.
        return pq.ParquetFile(file, coerce_int96_timestamp_unit="us")
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(
            f"is not a whole Parquet file: {error}",
            place=place,
            hint="it may be truncated: deliver it again",
            quotes=str(error),
        ) from error


def _batches(source: pq.ParquetFile, place: str, block_bytes: int) -> Iterator[pa.RecordBatch]:
    groups = [source.metadata.row_group(at) for at in range(source.metadata.num_row_groups)]
    width = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    try:
        yield from source.iter_batches(batch_size=max(1, min(131_072, block_bytes // max(width, 1))))
    except (pa.ArrowException, OSError) as error:
        fact = f"is a damaged Parquet file: {error}"
        raise UnreadableFile(fact, place=place, hint="deliver it again", quotes=str(error)) from error


def _target(field: pa.Field, place: str) -> pa.DataType:
    if (kind := delta_type(field.type)) is None:
        raise UnreadableFile(
            f"column {field.name!r} is {type_name(field.type)}, which a Delta table cannot hold",
            place=place,
            hint="write it as a string, or in another type",
        )
    return kind


def _require_castable(types: dict[str, pa.DataType], spec: SourceSpec, place: str) -> None:
    for name, kind in spec.types.items():
        try:
            cast_values(pa.array([], types.get(name, kind)), kind)
        except pa.ArrowException as error:
            raise UnreadableFile(
                f"column {name!r} is {type_name(types[name])}, declared {spec.columns[name]}",
                place=place,
                hint="remove the column from `columns`",
            ) from error


def _plain(values: pa.Array, kind: pa.DataType, name: str, place: str) -> pa.Array:
    try:
        if isinstance(values, pa.ExtensionArray):
            values = values.storage
        plain = values.cast(kind)
        plain.validate(full=True)  # Arrow does not validate strings when it reads Parquet
    except pa.ArrowException as error:
        raise UnreadableFile(
            f"column {name!r} cannot be converted to {type_name(kind)} without loss: {error}",
            place=place,
            quotes=str(error),
        ) from error
    return plain


class _Nanoseconds:
    """Reads INT96 columns a second time, with nanoseconds, and refuses what microseconds would truncate."""

    def __init__(self, file: BinaryIO, source: pq.ParquetFile, place: str) -> None:
        leaves = [source.schema.column(at) for at in range(len(source.schema))]
        self._names = [leaf.path for leaf in leaves if leaf.physical_type == "INT96"]
        self._place = place
        self._at = 0
        if nested := set(self._names) - set(source.schema_arrow.names):
            raise UnreadableFile(f"column {min(nested)!r} is a nested INT96 timestamp", place=place)
        self._fine = pq.ParquetFile(file).read(self._names) if self._names else None

    def require(self, batch: pa.RecordBatch) -> None:
        if self._fine is None:
            return
        fine = self._fine.slice(self._at, len(batch))
        self._at += len(batch)
        for name in self._names:
            micros = batch.column(name).cast(pa.int64())
            nanos = fine.column(name).combine_chunks().cast(pa.int64())
            in_range = pc.less(pc.abs(micros), 9_223_372_036_854_775)
            cut = pc.not_equal(pc.multiply(pc.divide(nanos, 1000), 1000), nanos)
            if pc.any(pc.and_(in_range, cut)).as_py():
                fact = f"column {name!r} has nanoseconds, which Delta cannot hold"
                raise UnreadableFile(fact, place=self._place)


def _printable(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
