"""Get the rows of keys from an inference release, without reading the others.

Rows and index are memory-mapped, so a lookup touches only the pages of the rows that it finds, and several
processes on one machine share them.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.datasets.index import INDEX, KeyIndex, key_hashes
from clearwell.datasets.keys import asked_keys, key_digests, same_keys
from clearwell.errors import DatasetError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.datasets.keys import Keys
    from clearwell.datasets.split import Split

__all__ = ["Lookup"]

_SHOWN = 5


class Lookup:
    """The rows of an inference release by their key. Made by ``Dataset.lookup``.

    Raises:
        DatasetError: a file is missing, damaged, or has other rows than in the manifest.
    """

    def __init__(self, split: Split, key: Sequence[str]) -> None:
        self._name = split.dataset.name
        self._key = list(key)
        self._batches = [b for table in split.tables_of("arrow") for b in table.to_batches()]
        self._starts = [0]
        for batch in self._batches:
            self._starts.append(self._starts[-1] + batch.num_rows)
        self.schema: pa.Schema = self._batches[0].schema
        (file,) = split.files_of(INDEX)
        self.index = KeyIndex(split.dataset.path / file.path, len(split))

    def find(self, keys: Keys) -> tuple[pa.RecordBatch, Any]:
        """The requested keys, in the release's types, and the row number of each, or NULL."""
        asked = asked_keys(keys, pa.schema([self.schema.field(name) for name in self._key]))
        whole: Any = None
        if any(column.null_count for column in asked.columns):
            for column in asked.columns:
                whole = column.is_valid() if whole is None else pc.and_(whole, column.is_valid())
        found = asked if whole is None else asked.filter(whole)

        def same(numbers: Any, rows: Any) -> Any:
            return same_keys(found.take(numbers), self._pick(rows, self._key))

        numbers = self.index.find(key_hashes(key_digests(found)), same)
        if whole is not None:  # a NULL is no key
            places = pc.if_else(whole, pc.subtract(pc.cumulative_sum(whole.cast(pa.int64())), 1), None)
            numbers = numbers.take(places)
        return asked, numbers

    def rows(self, keys: Keys, *, missing: str, columns: Sequence[str] | None) -> pa.Table:
        """One row for each key, in the requested order; see ``Dataset.lookup``."""
        if missing not in ("error", "null"):
            hint = did_you_mean(missing, ["error", "null"]) or "write missing='error' or missing='null'"
            raise DatasetError(f"missing cannot be {missing!r}", hint=hint)
        names = self._columns(columns)
        asked, numbers = self.find(keys)
        if numbers.null_count and missing == "error":
            raise self._not_found(asked, numbers)
        schema = pa.schema([self.schema.field(name) for name in names])
        if missing == "null":
            schema = pa.schema([field.with_nullable(True) for field in schema])
        picked = self._pick(numbers, names)
        return pa.Table.from_arrays(picked.columns, schema=schema)

    def _pick(self, rows: Any, names: list[str]) -> pa.RecordBatch:
        """The rows with these numbers, in their order; a row of NULLs where there is no number."""
        if len(self._batches) == 1:
            return self._batches[0].select(names).take(rows)
        order = pc.sort_indices(rows)  # each batch once, its pages in order; NULLs last
        parts = [batch.select(names).take(places) for batch, places in self._parts(rows.take(order))]
        if not parts:
            return self._batches[0].select(names).take(rows)
        (picked,) = pa.Table.from_batches(parts).combine_chunks().to_batches()
        places = order.slice(0, picked.num_rows).cast(pa.int64())
        return picked.take(pc.inverse_permutation(places, max_index=len(rows) - 1))

    def _parts(self, rows: Any) -> Iterator[tuple[pa.RecordBatch, Any]]:
        """The batches that contain any of the sorted ``rows``, each with the positions of its rows."""
        found = len(rows) - rows.null_count
        numbers = memoryview(rows.buffers()[1]).cast("Q")[rows.offset : rows.offset + found]
        start = 0
        while start < found:
            batch = bisect_left(self._starts, numbers[start] + 1) - 1
            end = bisect_left(numbers, self._starts[batch + 1], lo=start)
            base = pa.scalar(self._starts[batch], pa.uint64())
            yield self._batches[batch], pc.subtract(rows.slice(start, end - start), base)
            start = end

    def _columns(self, columns: Sequence[str] | None) -> list[str]:
        for column in columns or ():
            if column not in self.schema.names:
                near = did_you_mean(column, self.schema.names)
                raise DatasetError(
                    f"{self._name} has no column {column!r}",
                    hint=near or f"columns: {', '.join(self.schema.names)}",
                )
        return self.schema.names if columns is None else list(columns)

    def _not_found(self, asked: pa.RecordBatch, numbers: Any) -> DatasetError:
        absent = asked.filter(numbers.is_null())
        shown = "; ".join(
            ", ".join(f"{name}={value}" for name, value in row.items())
            for row in absent.slice(0, _SHOWN).to_pylist()
        )
        more = f"; and {absent.num_rows - _SHOWN:,} more" if absent.num_rows > _SHOWN else ""
        return DatasetError(
            f"{absent.num_rows:,} of {asked.num_rows:,} keys are not in {self._name}: {shown}{more}",
            hint="pass missing='null' to get rows of NULLs, or publish a release that has them",
        )
