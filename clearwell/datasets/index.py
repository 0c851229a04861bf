"""The index of an inference release: from the digest of a key to the number of its row.

    index/live.keys     "CWKEYS01", rows, bits; 2**bits + 1 starts of buckets; one hash a row

Every number is an unsigned little-endian one of 64 bits. The rows of the release stand in the order of the
digests of their keys; a row's hash is the first 8 bytes of that digest, read as a number, and the first
``bits`` bits of the hash are its bucket. So a key is found by one step to its bucket and one or two
more, in a file that is memory-mapped: what is never asked for is never read. A hash that two keys share costs
a step and nothing else, as the key itself is compared with the row's.
"""

from __future__ import annotations

import struct
import sys
from array import array
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

__all__ = ["INDEX", "IndexWriter", "KeyIndex", "index_bytes", "key_hashes"]

INDEX = "index"
"""The format of the file in the manifest."""

_MAGIC = b"CWKEYS01"
_HEAD = len(_MAGIC) + 16
_PART = 1 << 16


class IndexWriter:
    """Takes the digests of all keys in their order, then writes the file."""

    def __init__(self, scratch: Path) -> None:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        self._scratch = scratch
        self._file = scratch.open("wb")

    def add(self, digests: Sequence[bytes]) -> None:
        """Digests that come next."""
        self._file.write(_little(_hashes(digests)))

    def write(self, path: Path) -> None:
        """Write the index of all that was added."""
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for part in index_bytes(self._scratch):
                out.write(part)
        self._scratch.unlink()

    def close(self) -> None:
        """Take no more; also when no index is to be written."""
        self._file.close()


def index_bytes(hashes: Path) -> Iterable[bytes]:
    """The file for sorted hashes that stand in the file ``hashes``, part by part."""
    rows = hashes.stat().st_size // 8
    bits = max(1, (rows - 1).bit_length() - 1)  # one to two rows a bucket
    yield _MAGIC + struct.pack("<2Q", rows, bits)
    starts = array("Q", [0])
    row, next_bucket, shift = 0, 1, 64 - bits
    for part in _parts(hashes):
        for value in part:
            while value >> shift >= next_bucket:
                starts.append(row)
                next_bucket += 1
            row += 1
        if len(starts) >= _PART:
            yield _little(starts)
            starts = array("Q")
    starts.extend([rows] * ((1 << bits) + 1 - next_bucket))
    yield _little(starts)
    for part in _parts(hashes):
        yield _little(part)


def key_hashes(digests: Sequence[bytes]) -> Any:
    """The hash of each digest, as Arrow numbers."""
    return pa.Array.from_buffers(pa.uint64(), len(digests), [None, pa.py_buffer(_hashes(digests))])


class KeyIndex:
    """An index that is memory-mapped.

    Raises:
        DatasetError: the file is missing, or no index of ``rows`` rows.
    """

    def __init__(self, path: Path, rows: int) -> None:
        self._path = path
        try:
            self._buffer = pa.memory_map(str(path)).read_buffer()
        except (OSError, pa.ArrowException) as error:
            raise self.damaged(str(error).splitlines()[0]) from error
        head = self._buffer[:_HEAD].to_pybytes().ljust(_HEAD, b"\0")
        said, self._bits = struct.unpack_from("<2Q", head, len(_MAGIC))
        size = _HEAD + 8 * ((1 << min(self._bits, 40)) + 1 + rows)
        if not head.startswith(_MAGIC) or said != rows or len(self._buffer) != size:
            raise self.damaged(f"it is not an index of {rows:,} rows")
        self._starts = self._numbers(_HEAD, (1 << self._bits) + 1)
        self._hashes = self._numbers(size - 8 * rows, rows)

    def find(self, hashes: Any, same: Callable[[Any, Any], Any]) -> Any:
        """The number of the row of each key; NULL where there is none.

        Args:
            hashes: The hash of each key, as ``key_hashes`` makes them.
            same: For numbers of keys and numbers of rows, whether they have the same key.
        """
        try:
            return self._find(hashes, same)
        except (pa.ArrowIndexError, IndexError) as error:
            raise self.damaged("it points to rows that are not there") from error

    def holds(self, row: int, hashes: Any) -> bool:
        """Whether the rows from ``row`` on have these hashes and are found by them; for ``verify``."""
        rows = pa.array(range(row, row + len(hashes)), pa.uint64())
        bucket = pc.shift_right(hashes, pa.scalar(64 - self._bits, pa.uint64()))
        starts, ends = self._starts.take(bucket), self._starts.take(pc.add(bucket, _ONE))
        reached = pc.and_(pc.less_equal(starts, rows), pc.less(rows, ends))
        return self._hashes.slice(row, len(hashes)).equals(hashes) and pc.all(reached).as_py() is not False

    def damaged(self, why: str) -> DatasetError:
        """The error of a file that is not what it should be."""
        return DatasetError(
            f"the index of the keys is not readable: {why}",
            place=str(self._path),
            hint="copy the release again from where it was made",
        )

    def _find(self, hashes: Any, same: Callable[[Any, Any], Any]) -> Any:
        bucket = pc.shift_right(hashes, pa.scalar(64 - self._bits, pa.uint64()))
        asked = pa.array(range(len(hashes)), pa.int64())
        row, end = self._starts.take(bucket), self._starts.take(pc.add(bucket, _ONE))
        found: list[tuple[Any, Any]] = []
        while True:
            open_ = pc.less(row, end)
            asked, row, end, hashes = (values.filter(open_) for values in (asked, row, end, hashes))
            if not len(asked):
                break
            here = self._hashes.take(row)
            equal = pc.equal(here, hashes)
            match = same(asked.filter(equal), row.filter(equal))
            hit = pc.replace_with_mask(equal, equal, match)
            found.append((asked.filter(hit), row.filter(hit)))
            # Hashes are sorted: where this one is greater, there is no row of this key.
            goes_on = pc.and_not(pc.less_equal(here, hashes), hit)
            asked, row, end, hashes = (values.filter(goes_on) for values in (asked, row, end, hashes))
            row = pc.add(row, _ONE)
        return _scattered(found, len(bucket))

    def _numbers(self, start: int, count: int) -> Any:
        return pa.Array.from_buffers(pa.uint64(), count, [None, self._buffer.slice(start, 8 * count)])


_ONE = pa.scalar(1, pa.uint64())


def _scattered(found: list[tuple[Any, Any]], count: int) -> Any:
    """The rows that were found, each at the number of its key."""
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


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("Q", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _parts(hashes: Path) -> Iterable[array[int]]:
    with hashes.open("rb") as file:
        while part := file.read(8 * _PART):
            numbers = array("Q", part)
            if sys.byteorder == "big":
                numbers.byteswap()
            yield numbers
