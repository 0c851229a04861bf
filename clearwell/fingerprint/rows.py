"""A fingerprint of rows that does not depend on their order, their chunks, or the writer of the file.

The algorithm, ``clearwell-rows-v1``:

1. A cell is encoded as ``00`` when it is NULL, else as ``01`` and its value. Integers, dates, times,
   decimals and floats are their little-endian bytes as in Arrow's layout (half floats widened to 32
   bits, every NaN replaced by one; so -0.0 is not 0.0); a boolean is one byte; string and binary are an
   8-byte length and the bytes; a list is an 8-byte count and its cells; a map is a list of structs
   (key, value) in stored order; a struct is its cells. Dictionaries are decoded, extensions are their
   storage, and large and view types are encoded as the plain ones.
2. A row is its cells in the order of the columns; its digest is the SHA-256 of that.
3. The fingerprint is the SHA-256 of the algorithm's name, the names and types of the columns, the
   number of rows, and the sum of all digests modulo 2**256 (a multiset: a row that occurs twice
   counts twice).

It shows whether two data sets have the same rows. Against a deliberate collision only the SHA-256 of each
file protects; both are in the manifest.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from clearwell.errors import DatasetError
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ALGORITHM",
    "Fingerprint",
    "combined_fingerprint",
    "fingerprint_rows",
    "row_digests",
    "same_encoding",
]

ALGORITHM = "clearwell-rows-v1"

_MODULUS = 1 << 256
_BYTES = pa.large_binary()
_NULL = pa.scalar(b"\x00", _BYTES)
_VALUE = pa.scalar(b"\x01", _BYTES)
_NOTHING = pa.scalar(b"", _BYTES)


class Fingerprint:
    """The fingerprint of the rows added so far; ``str()`` is 64 hexadecimal digits."""

    def __init__(self, schema: pa.Schema) -> None:
        self._columns = [[field.name, _type_name(field.type)] for field in schema]
        self.total = 0
        """The sum of all digests modulo 2**256."""
        self.rows = 0

    def add(self, digests: Sequence[bytes]) -> None:
        """Add rows with known digests."""
        self.add_sum(len(digests), sum(int.from_bytes(digest, "big") for digest in digests))

    def add_sum(self, rows: int, total: int) -> None:
        """Add rows whose digests are already summed."""
        self.rows += rows
        self.total = (self.total + total) % _MODULUS

    def __str__(self) -> str:
        head = json.dumps([ALGORITHM, self._columns, self.rows], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(head.encode() + self.total.to_bytes(32, "big")).hexdigest()


def fingerprint_rows(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """The fingerprint of all rows of ``batches``, which have the columns of ``schema``."""
    fingerprint = Fingerprint(schema)
    for batch in batches:
        fingerprint.add(row_digests(batch))
    return str(fingerprint)


def combined_fingerprint(parts: Iterable[tuple[str, str]]) -> str:
    """The fingerprint of a release: of the names and fingerprints of its splits, sorted by name."""
    return hashlib.sha256(json.dumps([ALGORITHM, sorted(parts)], separators=(",", ":")).encode()).hexdigest()


def same_encoding(left: pa.DataType, right: pa.DataType) -> bool:
    """Whether values of the two types are encoded in the same way, in whatever layout."""
    return _type_name(left) == _type_name(right)


def row_digests(batch: pa.RecordBatch) -> list[bytes]:
    """The 32-byte digest of each row of ``batch``.

    Raises:
        DatasetError: a column's type has no encoding.
    """
    if not batch.num_columns:
        return [hashlib.sha256(b"").digest()] * batch.num_rows
    rows = _joined([_cells(column) for column in batch.columns])
    return [hashlib.sha256(row).digest() for row in rows.to_pylist()]


def _cells(values: Any) -> Any:
    """Each value of the array encoded as bytes; never NULL."""
    kind = values.type
    if types.is_dictionary(kind):
        return _cells(values.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        return _cells(values.storage)
    if types.is_null(kind):
        return pa.repeat(_NULL, len(values))
    return pc.if_else(values.is_valid(), _joined([_VALUE, *_body(values, kind)]), _NULL)


def _body(values: Any, kind: Any) -> list[Any]:
    """The bytes after the 01 of a value; the content of NULL slots is dropped by the caller."""
    if types.is_struct(kind):
        return [_cells(child) for child in values.flatten()] or [pa.repeat(_NOTHING, len(values))]
    if types.is_map(kind):
        entries = pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])
        return _body(values.cast(pa.list_(entries)), pa.list_(entries))
    if _is_list(kind):
        return _list_body(values)
    if _is_bytes(kind):
        payload = pc.fill_null(values.cast(_BYTES), b"")
        return [_fixed(pc.binary_length(payload), 8), payload]
    return [_number(values, kind)]


def _list_body(values: Any) -> list[Any]:
    counts = pc.fill_null(pc.list_value_length(values), 0).cast(pa.int64())
    # flatten() skips values under a NULL list, so the offsets are recomputed.
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(counts)])
    items = pa.LargeListArray.from_arrays(offsets, _cells(values.flatten()))
    return [_fixed(counts, 8), pc.binary_join(items, _NOTHING)]


def _number(values: Any, kind: Any) -> Any:
    if types.is_boolean(kind):
        return _fixed(values.cast(pa.uint8()), 1)
    if types.is_float16(kind):
        values, kind = values.cast(pa.float32()), pa.float32()
    if types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(float("nan"), kind), values)
    try:
        width = kind.bit_width
    except ValueError:
        raise DatasetError(
            f"a column of type {type_name(kind)} cannot be fingerprinted", hint="exclude it"
        ) from None
    return _fixed(values, width // 8)


def _fixed(values: Any, width: int) -> Any:
    """The raw bytes of each fixed-width value; NULL slots are arbitrary."""
    raw = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), len(values), [None, values.buffers()[1]], offset=values.offset
    )
    return raw.cast(_BYTES)


def _joined(parts: Sequence[Any]) -> Any:
    return pc.binary_join_element_wise(*parts, _NOTHING)


def _is_list(kind: Any) -> bool:
    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _is_bytes(kind: Any) -> bool:
    return _is_text(kind) or (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def _is_text(kind: Any) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _type_name(kind: Any) -> str:
    """The type's name, the same for all layouts of the same values."""
    if types.is_dictionary(kind):
        return _type_name(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _type_name(kind.storage_type)
    if types.is_struct(kind):
        return f"struct<{','.join(f'{json.dumps(f.name)}:{_type_name(f.type)}' for f in kind.fields)}>"
    if types.is_map(kind):
        return f"map<{_type_name(kind.key_type)},{_type_name(kind.item_type)}>"
    if _is_list(kind):
        return f"list<{_type_name(kind.value_type)}>"
    if _is_text(kind):
        return "string"
    return "binary" if _is_bytes(kind) else str(kind)
