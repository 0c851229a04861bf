"""Sort rows by digest: a shuffle that depends only on the rows, in bounded memory.

So the same rows make the same files, byte for byte, in whatever order an engine returned them. With the
digest of whole rows, a training run that reads a file from its start sees a sample of the whole, not a block
of one day; with the digest of their keys, a row is found by its key.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["DIGEST", "DigestOrder", "buckets_for"]

DIGEST = "__digest__"

_BUCKET_BYTES = 128 << 20
_MOST_BUCKETS = 256
_UNPACKED = 8  # bytes in memory for one byte of Parquet, generously


def buckets_for(parquet_bytes: int) -> int:
    """How many buckets keep the sorting of that much Parquet within a few hundred MB."""
    return min(_MOST_BUCKETS, 1 + parquet_bytes * _UNPACKED // _BUCKET_BYTES)


class DigestOrder:
    """Accepts batches in any order and returns them ordered by their digests.

    Args:
        digests: The 32-byte digest of each row of a batch.
        then: Columns that order rows with equal digests.
        scratch: A folder for data that does not fit into memory; used if there is more than one bucket.
        buckets: How many parts are sorted one after another. It does not change the result.
    """

    def __init__(
        self,
        digests: Callable[[pa.RecordBatch], list[bytes]],
        *,
        then: Sequence[str],
        scratch: Path,
        buckets: int,
    ) -> None:
        self.rows = 0
        self._digests = digests
        self._then = list(then)
        self._scratch = scratch
        self._held: list[list[pa.RecordBatch]] = [[]]
        self._spilled: list[Any] = [None] * buckets if buckets > 1 else []

    def add(self, batch: pa.RecordBatch) -> list[bytes]:
        """Add the rows of ``batch``; returns their digests."""
        if not batch.num_rows:
            return []
        digests = self._digests(batch)
        self.rows += batch.num_rows
        batch = batch.append_column(DIGEST, pa.array(digests, pa.binary(32)))
        if not self._spilled:
            self._held[0].append(batch)
        else:
            self._spill(batch.sort_by(DIGEST), sorted(digests))
        return digests

    def tables(self) -> Iterator[pa.Table]:
        """All rows in order, with their digests as a last column; call it after the last batch.

        One bucket at a time: rows with equal digests are in one table.
        """
        for writer, _ in filter(None, self._spilled):
            writer.close()
        for bucket in range(len(self._spilled)):
            if self._spilled[bucket] is not None:
                path = self._path(bucket)
                with pa.OSFile(str(path)) as file:
                    yield self._sorted(pa.ipc.open_stream(file).read_all())
                path.unlink()
        if self._held[0]:
            yield self._sorted(pa.Table.from_batches(self._held.pop()))

    def _spill(self, batch: pa.RecordBatch, digests: list[bytes]) -> None:
        buckets = len(self._spilled)
        edges = [
            bisect_left(digests, -(-(bucket << 32) // buckets), key=_head) for bucket in range(buckets + 1)
        ]
        for bucket in range(buckets):
            start, end = edges[bucket], edges[bucket + 1]
            if start < end:
                self._writer(bucket, batch.schema).write_batch(batch.slice(start, end - start))

    def _writer(self, bucket: int, schema: pa.Schema) -> Any:
        if self._spilled[bucket] is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            sink = pa.OSFile(str(self._path(bucket)), "wb")
            self._spilled[bucket] = (pa.ipc.new_stream(sink, schema), sink)
        return self._spilled[bucket][0]

    def _path(self, bucket: int) -> Path:
        return self._scratch / f"bucket-{bucket:03}.arrows"

    def _sorted(self, table: pa.Table) -> pa.Table:
        return table.sort_by([(name, "ascending") for name in (DIGEST, *self._then)])


def _head(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big")
