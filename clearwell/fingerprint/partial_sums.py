"""Sums of row digests, part by part: an engine's workers' share of a fingerprint, in bounded memory.

A fingerprint is a sum over rows, so each partition of a frame is summed where it is, and only one row per
partition is returned. Workers import this module and only the parts of Clearwell that it imports: they need
just pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import Fingerprint, row_digests, same_encoding
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ALL", "SUMS", "PartialSums", "RowSplit", "fingerprints"]

SUMS = "side string, rows bigint, total binary"
"""The columns of a tally, as a Spark schema."""

ALL = ""
"""The only side of rows that are not split."""

_SUMS = pa.schema([("side", pa.string()), ("rows", pa.int64()), ("total", pa.binary())])
_SLICE = 65_536


class RowSplit(Protocol):
    """Which rows are on the first of two sides, by one column; see ``clearwell.publishing.splits``."""

    @property
    def column(self) -> str:
        """The column of the split."""
        ...

    def trains(self, values: pa.Array) -> pa.BooleanArray:
        """True for each value whose row is on the first side."""
        ...


@dataclass(frozen=True)
class PartialSums:
    """A function for ``mapInArrow``: batches of rows to one row per side.

    Args:
        columns: The columns to include, in the types of the fingerprint's reader: a schema as bytes.
        split: Which rows are on which side; the batches also have its column.
        sides: The names of the side where the split is true, and of the other; one name without a split.
    """

    columns: bytes
    split: RowSplit | None = None
    sides: tuple[str, ...] = (ALL,)

    @classmethod
    def of(
        cls, schema: pa.Schema, split: RowSplit | None = None, sides: tuple[str, ...] = (ALL,)
    ) -> PartialSums:
        """The tally of rows with the columns of ``schema``."""
        return cls(schema.serialize().to_pybytes(), split, sides)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The sums of one partition."""
        schema = pa.ipc.read_schema(pa.py_buffer(self.columns))
        counts = {side: Fingerprint(schema) for side in self.sides}
        for batch in batches:
            for start in range(0, batch.num_rows, _SLICE):
                part = batch.slice(start, _SLICE)
                for side, rows in self._divided(part):
                    counts[side].add(row_digests(_as_promised(rows, schema)))
        sums = [
            {"side": side, "rows": count.rows, "total": count.total.to_bytes(32, "big")}
            for side, count in counts.items()
        ]
        yield pa.RecordBatch.from_pylist(sums, _SUMS)

    def _divided(self, batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        if self.split is None:
            yield self.sides[0], batch
            return
        is_first = self.split.trains(batch.column(self.split.column))
        yield self.sides[0], batch.filter(is_first)
        yield self.sides[1], batch.filter(pc.invert(is_first))


def fingerprints(schema: pa.Schema, sums: pa.Table, sides: Iterable[str] = (ALL,)) -> dict[str, Fingerprint]:
    """The fingerprint of each side, from the tallies of all partitions."""
    found = {side: Fingerprint(schema) for side in sides}
    for row in sums.to_pylist():
        found[row["side"]].add_sum(row["rows"], int.from_bytes(row["total"], "big"))
    return found


def _as_promised(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of ``schema``; engines return the same values in other layouts and time zones."""
    columns: list[Any] = []
    for wanted in schema:
        column = batch.column(batch.schema.get_field_index(wanted.name))
        if not same_encoding(column.type, wanted.type):
            try:
                column = column.cast(wanted.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                came, promised = type_name(column.type), type_name(wanted.type)
                raise DatasetError(f"column {wanted.name!r} came as {came}, not as {promised}") from error
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, [field.name for field in schema])
