"""Drop superseded rows in a rewrite with Arrow, in this process, where the engine is local too.

The keys of the batch are held in memory, so their number is limited; beyond it the engine joins. Each touched
file is read twice: first only its key columns show whether it loses a row at all, because statistics only
show that it may, and a file that loses none is kept. The others are rewritten in their order, so that
clustering is preserved. Compared with a full rewrite by DuckDB it takes 1.2 times the CPU where every file
loses rows, and a third where few do (``make bench ONLY=engines``).
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearwell.stores import parquet_file
from clearwell.tables.read.datafiles import aligned_batches
from clearwell.tables.staging.parts import PartWriter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from clearwell.tables.control_records import StagedFile
    from clearwell.tables.read.datafiles import LiveFile

__all__ = ["MOST_KEYS", "Keys", "can_compare", "rewrite_without", "superseded_in"]

MOST_KEYS = 4_000_000
"""Limit of a batch, in memory."""

_GROUP_ROWS = 250_000
_QUESTION_ROWS = 2_000_000
_POSITION = "cw_position"


def can_compare(schema: pa.Schema, key: Sequence[str]) -> bool:
    """Whether equality of these columns matches an engine's join: no NaN, -0.0 or nesting."""
    types = pa.types
    plain = (types.is_integer, types.is_string, types.is_binary, types.is_date, types.is_timestamp)
    return all(any(is_(schema.field(column).type) for is_ in plain) for column in key)


class Keys:
    """The keys of a batch's rows, none of which has a NULL."""

    def __init__(self, root: str, files: Sequence[StagedFile], schema: pa.Schema, key: Sequence[str]) -> None:
        wanted = pa.schema([schema.field(column) for column in key])
        parts: list[pa.RecordBatch] = []
        for staged in files:
            with parquet_file(f"{root}/{staged.path}") as file:
                for batch in file.iter_batches(columns=list(key)):
                    columns = [batch.column(field.name).cast(field.type) for field in wanted]
                    parts.append(pa.RecordBatch.from_arrays(columns, schema=wanted))
        self._keys = pa.Table.from_batches(parts, wanted)
        self._values = {column: pc.unique(self._keys.column(column)) for column in key}
        if len(key) > 1:  # a partition with many rows is one key
            self._keys = self._keys.group_by(list(key)).aggregate([])

    @property
    def columns(self) -> list[str]:
        """The key columns."""
        return list(self._values)

    def among(self, rows: pa.Table) -> pa.Array:
        """For each of ``rows`` whether its key is among these; they have exactly these columns."""
        each = [pc.is_in(rows.column(name), value_set=values) for name, values in self._values.items()]
        likely = reduce(pc.and_, each).combine_chunks()
        if len(each) == 1 or not likely.true_count:
            return likely
        # Each value belongs to some key; only a join shows whether all belong to the same one.
        numbers = pa.array(np.arange(rows.num_rows))
        rest = rows.append_column(_POSITION, numbers).filter(likely)
        same = rest.join(self._keys, self.columns, join_type="left semi", use_threads=False)
        return pc.is_in(numbers, value_set=same.column(_POSITION).combine_chunks())


def superseded_in(keys: Keys, files: Sequence[LiveFile], schema: pa.Schema) -> dict[str, pa.Array]:
    """Of the files that lose rows: path -> for each row whether it is dropped. One bit per row in memory."""
    columns = pa.schema([schema.field(column) for column in keys.columns])
    found: dict[str, pa.Array] = {}
    # Many files at once: each lookup builds the table of keys again.
    for group in _grouped(files, _QUESTION_ROWS):
        rows = [pa.Table.from_batches(aligned_batches([file], columns), columns) for file in group]
        mask, row = keys.among(pa.concat_tables(rows)), 0
        for file, own in zip(group, rows, strict=True):  # the actual rows, whatever the log says
            part = mask.slice(row, own.num_rows)
            row += own.num_rows
            if part.true_count:
                found[file.path] = part
    return found


def rewrite_without(
    superseded: Mapping[str, pa.Array],
    files: Sequence[LiveFile],
    schema: pa.Schema,
    root: str,
    folder: str,
    *,
    required: Collection[str] = (),
    untold: Collection[str] = (),
) -> list[StagedFile]:
    """Write the rows of ``files`` except the superseded ones below ``root``/``folder``; the files written.

    A file becomes one file again, so that its bounds stay narrow; small ones are joined.
    """
    written: list[StagedFile] = []
    for number, group in enumerate(_grouped(files, _GROUP_ROWS)):
        with PartWriter(root, f"{folder}/{number:05}", schema, required=required, untold=untold) as writer:
            for file in group:
                stays, row = pc.invert(superseded[file.path]), 0
                for batch in aligned_batches([file], schema, compact=True):
                    writer.write(batch.filter(stays.slice(row, batch.num_rows)))
                    row += batch.num_rows
        written += writer.files
    return written


def _grouped(files: Sequence[LiveFile], enough: int) -> Iterator[list[LiveFile]]:
    group: list[LiveFile] = []
    rows = 0
    for file in files:
        group.append(file)
        rows += file.rows
        if rows >= enough:
            yield group
            group, rows = [], 0
    if group:
        yield group
