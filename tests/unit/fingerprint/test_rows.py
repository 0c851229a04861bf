"""A fingerprint is the same for the same rows in any order and layout, and for no other rows."""

from __future__ import annotations

import decimal
import hashlib
import math
import struct
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearwell.fingerprint.rows import Fingerprint, fingerprint_rows, row_digests

KINDS = {
    "flag": pa.bool_(),
    "count": pa.int32(),
    "ratio": pa.float64(),
    "price": pa.decimal128(38, 10),
    "text": pa.string(),
    "blob": pa.binary(),
    "tags": pa.list_(pa.string()),
    "pair": pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float32()))]),
    "named": pa.map_(pa.string(), pa.int16()),
}
SCHEMA = pa.schema(list(KINDS.items()))

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "count": st.integers(-(2**31), 2**31 - 1),
    "ratio": st.floats(),
    "price": st.decimals(-(10**20), 10**20, places=10),
    "text": _text,
    "blob": st.binary(max_size=5),
    "tags": st.lists(st.none() | _text, max_size=3),
    "pair": st.fixed_dictionaries(
        {"a": st.none() | st.integers(-9, 9), "b": st.none() | st.lists(st.floats(width=32), max_size=2)}
    ),
    "named": st.lists(st.tuples(_text, st.none() | st.integers(-9, 9)), max_size=2),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | value for name, value in VALUES.items()}), max_size=6
)


def of(rows: list[dict[str, Any]], chunks: int = 1, schema: pa.Schema = SCHEMA) -> str:
    size = -(-len(rows) // chunks) or 1
    parts = [rows[i : i + size] for i in range(0, len(rows), size)]
    return fingerprint_rows(schema, [pa.RecordBatch.from_pylist(part, schema) for part in parts])


def column(kind: pa.DataType, *values: Any) -> str:
    schema = pa.schema([("x", kind)])
    return fingerprint_rows(schema, [pa.record_batch([pa.array(list(values), kind)], schema=schema)])


def same(left: Any, right: Any) -> bool:
    """Equality as the fingerprint means it: every NaN is one value, -0.0 is not 0.0."""
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@given(rows=ROWS, chunks=st.integers(1, 4), data=st.data())
def test_order_and_chunks_do_not_matter(rows: list[dict[str, Any]], chunks: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert of(shuffled, chunks) == of(rows)


@given(rows=ROWS.filter(bool), data=st.data())
@settings(max_examples=200)
def test_any_changed_cell_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(list(KINDS)))
    value = data.draw(st.none() | VALUES[name])
    changed = [*rows]
    changed[at] = {**rows[at], name: value}
    assert (of(changed) == of(rows)) == same(value, rows[at][name])


@given(rows=ROWS.filter(bool), data=st.data())
def test_rows_are_a_multiset_not_a_set(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(rows))
    assert len({of(rows), of([*rows, again]), of([*rows, again, again])}) == 3


def test_two_equal_rows_do_not_cancel_out() -> None:
    assert column(pa.int64(), 1, 1) != column(pa.int64(), 2, 2) != column(pa.int64())


def test_every_nan_is_one_value_and_the_zeros_are_two() -> None:
    other_nan = struct.unpack("d", struct.pack("Q", 0xFFF8_0000_0000_0001))[0]
    assert column(pa.float64(), math.nan) == column(pa.float64(), other_nan)
    assert column(pa.float64(), 0.0) != column(pa.float64(), -0.0)
    assert column(pa.float32(), 0.0) != column(pa.float32(), -0.0)


def test_null_is_not_nan_nor_empty_nor_zero() -> None:
    assert column(pa.float64(), None) != column(pa.float64(), math.nan)
    assert column(pa.string(), None) != column(pa.string(), "")
    assert column(pa.int64(), None) != column(pa.int64(), 0)
    assert column(pa.list_(pa.int8()), None) != column(pa.list_(pa.int8()), [])
    assert column(pa.list_(pa.int8()), [None]) != column(pa.list_(pa.int8()), [])
    pair = pa.struct([("a", pa.int8())])
    assert column(pair, None) != column(pair, {"a": None})


def test_text_does_not_run_over_the_edge_of_its_column() -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    assert of([{"a": "xy", "b": "z"}], schema=schema) != of([{"a": "x", "b": "yz"}], schema=schema)


def test_names_and_types_of_columns_count() -> None:
    left, right = pa.schema([("a", pa.int32())]), pa.schema([("b", pa.int32())])
    assert of([{"a": 1}], schema=left) != of([{"b": 1}], schema=right)
    assert column(pa.int32()) != column(pa.int64())
    assert column(pa.decimal128(10, 2), decimal.Decimal("1.00")) != column(
        pa.decimal128(10, 1), decimal.Decimal(1)
    )


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (pa.string(), pa.large_string()),
        (pa.string(), pa.string_view()),
        (pa.string(), pa.dictionary(pa.int32(), pa.string())),
        (pa.binary(), pa.large_binary()),
        (pa.list_(pa.string()), pa.large_list(pa.string())),
        (pa.list_(pa.string()), pa.list_view(pa.string())),
        (pa.list_(pa.string()), pa.list_(pa.string(), 1)),
    ],
    ids=str,
)
def test_the_layout_of_a_value_does_not_matter(plain: pa.DataType, other: pa.DataType) -> None:
    values: list[Any] = [b"a", None, b"c"] if plain == pa.binary() else ["a", None, "c"]
    if pa.types.is_list(plain):
        values = [["a"], None, ["c"]]
    assert column(plain, *values) == column(other, *values)


def test_a_slice_is_its_own_rows() -> None:
    table = pa.RecordBatch.from_pylist(
        [{"tags": ["a", None]}, {"tags": None}, {"tags": ["b"], "text": "t"}, {"ratio": math.nan}], SCHEMA
    )
    parts = [table.slice(1, 2), table.slice(0, 1), table.slice(3)]
    assert fingerprint_rows(SCHEMA, parts) == fingerprint_rows(SCHEMA, [table])
    assert row_digests(table.slice(2, 1)) == [row_digests(table)[2]]


def test_what_lies_under_a_null_does_not_matter() -> None:
    hidden = pa.array([1.5, 2.5], pa.float64(), mask=pa.array([False, True]).to_numpy(zero_copy_only=False))
    batch = pa.record_batch([hidden], names=["x"])
    assert fingerprint_rows(batch.schema, [batch]) == column(pa.float64(), 1.5, None)


def test_the_algorithm_is_the_one_that_is_documented() -> None:
    """Computed by hand: it is a published format, and a change of it needs a new name."""
    batch = pa.record_batch({"a": pa.array([1, None], pa.int64()), "b": pa.array(["x", ""])})
    fingerprint = Fingerprint(batch.schema)
    fingerprint.add(row_digests(batch))

    first = b"\x01" + struct.pack("<q", 1) + b"\x01" + struct.pack("<q", 1) + b"x"
    second = b"\x00" + b"\x01" + struct.pack("<q", 0)
    digests = [hashlib.sha256(row).digest() for row in (first, second)]
    total = sum(int.from_bytes(digest, "big") for digest in digests) % 2**256
    head = b'["clearwell-rows-v1",[["a","int64"],["b","string"]],2]'
    assert str(fingerprint) == hashlib.sha256(head + total.to_bytes(32, "big")).hexdigest()
    assert fingerprint.rows == 2
