"""The index of an inference release: from the digest of a key to the number of its row.

    index/live.keys     an Arrow IPC file, uncompressed, of one batch: column "hash", uint64, one per row

The rows of the release are ordered by the digests of their keys; a row's hash is the first 8 bytes of that
digest, read as a big-endian number. So the hashes are sorted, the position of a hash is the number of its
row, and a binary search finds it in a memory-mapped file: pages that no search touches are never read. If two
keys share a hash, one more step is needed, because the key itself is compared with the row's.

Releases of earlier versions have a file of another format, "CWKEYS01". It ends with the same sorted hashes,
so it is searched in the same way.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["INDEX", "IndexWriter", "KeyIndex", "key_hashes"]

INDEX = "index"
"""The format of the file, as in the manifest."""

_SCHEMA = pa.schema([pa.field("hash", pa.uint64(), nullable=False)])
_OLD = b"CWKEYS01"
_OLD_HEAD = len(_OLD) + 16
_ONE = pa.scalar(1, pa.uint64())


class IndexWriter:
    """Collects the digests of all keys in their order, then writes the file."""

    def __init__(self, scratch: Path) -> None:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        self._scratch = scratch
        self._file = scratch.open("wb")

    def add(self, digests: Sequence[bytes]) -> None:
        """Add the next digests."""
        self._file.write(_hashes(digests))

    def write(self, path: Path) -> None:
        """Write the index of all digests. There must be at least one."""
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        hashes = _numbers(pa.memory_map(str(self._scratch)).read_buffer())
        with pa.ipc.new_file(str(path), _SCHEMA) as out:
            out.write_batch(pa.record_batch([hashes], _SCHEMA))
        self._scratch.unlink()

    def close(self) -> None:
        """Close it without writing, or after writing."""
        self._file.close()


def key_hashes(digests: Sequence[bytes]) -> Any:
    """The hash of each digest, as Arrow numbers."""
    return _numbers(pa.py_buffer(_hashes(digests)))


class KeyIndex:
    """A memory-mapped index.

    Raises:
        DatasetError: the file is missing, or is not an index of ``rows`` rows.
    """

    def __init__(self, path: Path, rows: int) -> None:
        self._path = path
        try:
            buffer = pa.memory_map(str(path)).read_buffer()
            hashes = _old(buffer) if buffer[: len(_OLD)].to_pybytes() == _OLD else _read(buffer)
        except (OSError, pa.ArrowException) as error:
            raise self.damaged(str(error).splitlines()[0]) from error
        if hashes is None or len(hashes) != rows:
            raise self.damaged(f"it is not an index of {rows:,} rows")
        self._hashes = hashes
        self._sorted = memoryview(hashes.buffers()[1]).cast("Q")

    def find(self, hashes: Any, same: Callable[[Any, Any], Any]) -> Any:
        """The row number of each key; NULL where there is none.

        Args:
            hashes: The hash of each key, from ``key_hashes``.
            same: Compares keys with rows: for key numbers and row numbers, whether the keys are equal.
        """
        count = len(hashes)
        asked = pa.array(range(count), pa.int64())
        row = pa.array([bisect_left(self._sorted, value) for value in hashes.to_pylist()], pa.uint64())
        found: list[tuple[Any, Any]] = []
        while True:
            open_ = pc.less(row, pa.scalar(len(self._hashes), pa.uint64()))
            asked, row, hashes = (values.filter(open_) for values in (asked, row, hashes))
            equal = pc.equal(self._hashes.take(row), hashes)
            asked, row, hashes = (values.filter(equal) for values in (asked, row, hashes))
            if not len(asked):
                return _scattered(found, count)
            hit = same(asked, row)
            found.append((asked.filter(hit), row.filter(hit)))
            # If another key has the same hash, the row may be the next one.
            asked, row, hashes = (values.filter(pc.invert(hit)) for values in (asked, row, hashes))
            row = pc.add(row, _ONE)

    def holds(self, row: int, hashes: Any) -> bool:
        """Whether the rows from ``row`` on have these hashes and are found by them; for ``verify``."""
        whole = self._hashes.slice(max(row - 1, 0), len(hashes) + min(row, 1))
        in_order = pc.all(pc.less_equal(whole.slice(0, len(whole) - 1), whole.slice(1))).as_py()
        return self._hashes.slice(row, len(hashes)).equals(hashes) and in_order is not False

    def damaged(self, why: str) -> DatasetError:
        """The error for a damaged file."""
        return DatasetError(
            f"the index of the keys is not readable: {why}",
            place=str(self._path),
            hint="copy the release again from where it was made",
        )


def _read(buffer: pa.Buffer) -> Any:
    """The hashes in an Arrow file; None if it has other contents."""
    reader = pa.ipc.open_file(buffer)
    if reader.num_record_batches != 1 or not reader.schema.equals(_SCHEMA):
        return None
    hashes = reader.get_batch(0).column(0)
    return None if hashes.null_count or hashes.offset else hashes


def _old(buffer: pa.Buffer) -> Any:
    """The hashes in a file of the earlier format: its header, 2**bits + 1 bucket offsets, the hashes."""
    if len(buffer) < _OLD_HEAD:
        return None
    rows, bits = struct.unpack_from("<2Q", buffer[:_OLD_HEAD].to_pybytes(), len(_OLD))
    size = _OLD_HEAD + 8 * ((1 << min(bits, 40)) + 1 + rows)
    return _numbers(buffer.slice(size - 8 * rows)) if len(buffer) == size else None


def _scattered(found: list[tuple[Any, Any]], count: int) -> Any:
    """The found rows, each at the number of its key."""
    numbers = pa.chunked_array([pair[0] for pair in found], pa.int64()).combine_chunks()
    rows = pa.chunked_array([pair[1] for pair in found], pa.uint64()).combine_chunks()
    if not count:
        return rows
    return rows.take(pc.inverse_permutation(numbers, max_index=count - 1))


def _hashes(digests: Sequence[bytes]) -> array[int]:
    heads = array("Q", b"".join([digest[:8] for digest in digests]))
    if sys.byteorder == "little":
        heads.byteswap()
    return heads


def _numbers(buffer: pa.Buffer) -> Any:
    return pa.Array.from_buffers(pa.uint64(), len(buffer) // 8, [None, buffer])
