"""Write the rows of a split as Parquet and as uncompressed Arrow files, the same bytes for the same rows.

    data/train-00000.parquet     zstd, row groups of 32,768 rows
    data/train-00000.arrow       Arrow IPC, uncompressed, batches of 4,096 rows: for memory-mapping
    data/live-00000.arrow        the same in batches of 131,072 rows: for access to single rows
    lineage/train-00000.parquet  _file_id and _record_no of each row, in the same order

Parquet footers carry no statistics of float, double, decimal over 15 digits or nested columns: the embedded
engine would rebuild values from them.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from clearwell.datasets import ARROW_BATCH, ReleaseFile, SplitFiles, hash_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["INFERENCE_BATCH", "ROWS_PER_FILE", "ROW_GROUP", "write_split"]

INFERENCE_BATCH = 131_072
ROW_GROUP = 32_768
ROWS_PER_FILE = 1 << 20

_LINEAGE = "lineage"


def write_split(
    folder: Path,
    name: str,
    tables: Iterable[pa.Table],
    schema: pa.Schema,
    *,
    fingerprint: object,
    formats: Sequence[str],
    lineage: Sequence[str] = (),
    arrow_batch: int | None = None,
) -> SplitFiles:
    """Write ``tables`` below ``folder``, in their order.

    Args:
        folder: The release's folder.
        name: The split's name.
        tables: Rows with the columns of ``schema`` and of ``lineage``.
        schema: The columns of the data.
        fingerprint: Of the rows; converted with ``str`` after all are written.
        formats: ``parquet``, ``arrow`` or both.
        lineage: Columns with the origin of a row, kept beside the data.
        arrow_batch: Rows per batch of the Arrow files, default: ``ARROW_BATCH``.
    """
    beside = {_LINEAGE: list(lineage)} if lineage else {}
    columns = {**dict.fromkeys(formats, schema.names), **beside}
    files: list[ReleaseFile] = []
    arrow_batch = arrow_batch or ARROW_BATCH
    for number, groups in enumerate(_in_files(_in_groups(tables, max(ROW_GROUP, arrow_batch)))):
        paths = {format: _path(name, number, format) for format in columns}
        rows = 0
        with ExitStack() as stack:
            writers: dict[str, Any] = {}
            for group in groups:
                rows += group.num_rows
                for format, names in columns.items():
                    part = group.select(names)
                    part = part.cast(schema) if format != _LINEAGE else part
                    if format not in writers:
                        path = folder / paths[format]
                        path.parent.mkdir(parents=True, exist_ok=True)
                        writers[format] = stack.enter_context(_writer(path, part.schema, format))
                    _write(writers[format], part, format, arrow_batch)
        for format, path in paths.items():
            file = folder / path
            files.append(ReleaseFile(path, format, rows, file.stat().st_size, hash_file(file)))
    total = sum(file.rows for file in files if file.format == formats[0])
    return SplitFiles(name, total, str(fingerprint), tuple(sorted(files, key=lambda file: file.path)))


def _path(split: str, number: int, format: str) -> str:
    folder, end = ("lineage", "parquet") if format == _LINEAGE else ("data", format)
    return f"{folder}/{split}-{number:05}.{end}"


def _writer(path: Path, schema: pa.Schema, format: str) -> Any:
    if format == "arrow":
        return pa.ipc.new_file(str(path), schema)
    safe = [field.name for field in schema if _has_exact_statistics(field.type)]
    return pq.ParquetWriter(path, schema, compression="zstd", write_statistics=safe or False)


def _write(writer: Any, group: pa.Table, format: str, arrow_batch: int) -> None:
    if format != "arrow":
        writer.write_table(group, row_group_size=ROW_GROUP)
        return
    for start in range(0, group.num_rows, arrow_batch):
        batch = group.slice(start, arrow_batch)
        # Copied, not sliced: a slice writes everything in its parent's buffers to the file.
        writer.write_table(batch.take(pa.array(range(batch.num_rows))).combine_chunks())


def _in_groups(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of exactly ``size`` rows, except the last; each is one chunk."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        start = 0
        while rows + table.num_rows - start >= size:
            taken = size - rows
            yield pa.concat_tables([*waiting, table.slice(start, taken)]).combine_chunks()
            start += taken
            waiting, rows = [], 0
        if start < table.num_rows:
            waiting.append(table.slice(start))
            rows += table.num_rows - start
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _in_files(groups: Iterator[pa.Table]) -> Iterator[Iterator[pa.Table]]:
    """The groups of one file after another; each must be consumed before the next is requested."""
    for first in groups:
        yield _some(first, groups, max(1, ROWS_PER_FILE // first.num_rows) if first.num_rows else 1)


def _some(first: pa.Table, rest: Iterator[pa.Table], count: int) -> Iterator[pa.Table]:
    yield first
    for _ in range(count - 1):
        if (group := next(rest, None)) is None:
            return
        yield group


def _has_exact_statistics(kind: pa.DataType) -> bool:
    if types.is_decimal(kind):
        return kind.precision <= 15
    return not (types.is_floating(kind) or types.is_nested(kind))
