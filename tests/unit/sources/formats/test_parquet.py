"""Parquet: every value as found, or the file refused with the column's name."""

from __future__ import annotations

import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearwell.sources import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sources.conftest import Outcome


@pytest.fixture
def rows(parse: Callable[..., Outcome]) -> Callable[..., Outcome]:
    def rows(
        columns: dict[str, pa.Array], *, block_bytes: int = 1 << 20, declared: Any = None, **options: Any
    ) -> Outcome:
        return parse(
            written(columns, **options), format="parquet", columns=declared or {}, block_bytes=block_bytes
        )

    return rows


def written(columns: dict[str, pa.Array], **options: Any) -> bytes:
    buffer = io.BytesIO()
    table = pa.Table.from_arrays(list(columns.values()), names=list(columns))
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("found", "kind", "expected"),
    [
        (pa.array([0, 255], pa.uint8()), pa.int16(), [0, 255]),
        (pa.array([2**16 - 1], pa.uint16()), pa.int32(), [2**16 - 1]),
        (pa.array([2**32 - 1], pa.uint32()), pa.int64(), [2**32 - 1]),
        (pa.array([2**64 - 1], pa.uint64()), pa.decimal128(20, 0), [Decimal(2**64 - 1)]),
        (pa.array([1.5], pa.float16()), pa.float32(), [1.5]),
        (pa.array(["a", None], pa.large_string()), pa.string(), ["a", None]),
        (pa.array(["a"], pa.string_view()), pa.string(), ["a"]),
        (pa.array([b"\xff"], pa.large_binary()), pa.binary(), [b"\xff"]),
        (pa.array([b"ab"], pa.binary(2)), pa.binary(), [b"ab"]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), pa.string(), ["a", "b", "a"]),
        (pa.nulls(2), pa.string(), [None, None]),
        (pa.array([date(1, 1, 1)]), pa.date32(), [date(1, 1, 1)]),
        (pa.array([86_400_000], pa.date64()), pa.date32(), [date(1970, 1, 2)]),
        (
            pa.array([1_000, None], pa.timestamp("ns")),
            pa.timestamp("us"),
            [datetime(1970, 1, 1, 0, 0, 0, 1), None],
        ),
        (
            pa.array([1], pa.timestamp("ms", "America/New_York")),
            pa.timestamp("us", "UTC"),
            [datetime(1970, 1, 1, 0, 0, 0, 1_000, UTC)],
        ),
        (pa.array([Decimal("9" * 38)], pa.decimal128(38, 0)), pa.decimal128(38, 0), [Decimal("9" * 38)]),
        (pa.array([Decimal("1.50")], pa.decimal256(20, 2)), pa.decimal128(20, 2), [Decimal("1.50")]),
        (
            pa.array([[1.5, None], None], pa.large_list(pa.float32())),
            pa.list_(pa.float32()),
            [[1.5, None], None],
        ),
        (pa.array([[1, 2]], pa.list_(pa.uint8(), 2)), pa.list_(pa.int16()), [[1, 2]]),
        (
            pa.array([{"x": 1, "y": ["a"]}], pa.struct({"x": pa.uint8(), "y": pa.list_(pa.large_string())})),
            pa.struct({"x": pa.int16(), "y": pa.list_(pa.string())}),
            [{"x": 1, "y": ["a"]}],
        ),
        (
            pa.array([[("k", 1)]], pa.map_(pa.string(), pa.uint8())),
            pa.map_(pa.string(), pa.int16()),
            [[("k", 1)]],
        ),
        (pa.array(["{}"], pa.json_()), pa.string(), ["{}"]),
    ],
    ids=lambda value: str(getattr(value, "type", ""))[:30],
)
def test_types_become_those_of_delta_without_loss(
    rows, found: pa.Array, kind: pa.DataType, expected: list
) -> None:
    outcome = rows({"a": found})
    field = outcome.parts[0].schema.field("a").type
    assert field.equals(kind) or str(field).replace("element", "item") == str(kind)
    assert [row["a"] for row in outcome.rows] == expected


def test_nan_infinities_and_minus_zero_are_kept(rows) -> None:
    values = [row["a"] for row in rows({"a": pa.array([math.nan, math.inf, -math.inf, -0.0])}).rows]
    assert math.isnan(values[0])
    assert values[1:3] == [math.inf, -math.inf]
    assert math.copysign(1, values[3]) == -1


@pytest.mark.parametrize(
    "found",
    [
        pa.array([1], pa.time64("us")),
        pa.array([1], pa.duration("s")),
        pa.array([Decimal(1)], pa.decimal256(39, 0)),
        pa.array([[1]], pa.list_(pa.time32("s"))),
        pa.array([1_001], pa.timestamp("ns")),
        pa.array([{"x": 1_001}], pa.struct({"x": pa.timestamp("ns")})),
        pa.array([2**62], pa.timestamp("ms")),
        pa.array([{"x": 1, "X": 2}], pa.struct({"x": pa.int8(), "X": pa.int8()})),
        pa.array([b"\xff"]).view(pa.string()),
    ],
    ids=lambda found: str(found.type),
)
def test_what_delta_cannot_hold_refuses_the_file_and_names_the_column(rows, found: pa.Array) -> None:
    with pytest.raises(UnreadableFile, match="column 'odd'"):
        rows({"fine": pa.array([1]), "odd": found})


def test_record_numbers_go_on_through_parts(rows) -> None:
    outcome = rows({"a": pa.array(range(1_000))}, block_bytes=800, row_group_size=300)
    assert len(outcome.parts) > 4
    assert outcome.numbers == list(range(1, 1_001))


def test_declared_types_are_cast_row_by_row(rows) -> None:
    outcome = rows(
        {
            "t": pa.array(["1", "x", None, "4"]),
            "i": pa.array([2**53, 2**53 + 1, 2, None]),
            "f": pa.array([1.0, 2.0, 3.5, 4.0]),
        },
        declared={"t": "int", "i": "double", "f": "bigint"},
    )
    assert outcome.rows == [{"t": 1, "i": 2.0**53, "f": 1}, {"t": 4, "i": None, "f": 4}]
    assert outcome.checks == {2: "type_t", 3: "type_f"}
    assert "column 'i': 9007199254740993 is not a double" in outcome.rejects[0].message
    assert json.loads(outcome.raw[2]) == {"t": "x", "i": 2**53 + 1, "f": 2.0}


def test_a_cast_that_no_value_survives_refuses_the_file(rows) -> None:
    with pytest.raises(UnreadableFile, match=r"column 'a' is array<.*declared int"):
        rows({"a": pa.array([[1]])}, declared={"a": "int"})


def test_a_file_without_rows_tells_its_columns(rows) -> None:
    outcome = rows({"a": pa.array([], pa.int64()), "b": pa.array([], pa.uint8())}, declared={"a": "string"})
    assert outcome.rows == []
    assert outcome.parts[0].schema.names == ["a", "b", "_record_no"]
    assert outcome.parts[0].schema.types == [pa.string(), pa.int16(), pa.int64()]


@pytest.mark.parametrize("cut", [4, 12, 100, -1, -8, -40])
def test_a_truncated_file_is_refused(parse, cut: int) -> None:
    whole = written({"a": pa.array(range(5_000))})
    with pytest.raises(UnreadableFile, match="not a whole Parquet file") as caught:
        parse(whole[:cut], format="parquet")
    assert caught.value.place == "raw"
    assert caught.value.hint


def test_damaged_data_refuses_the_file(parse) -> None:
    whole = written({"a": pa.array([f"{i:04}" * 9 for i in range(5_000)])}, use_dictionary=False)
    with pytest.raises(UnreadableFile, match=r"damaged|cannot be parsed"):
        parse(whole[:200] + b"\xff" * 2_000 + whole[2_200:], format="parquet")


@pytest.mark.parametrize(
    ("names", "fact"), [(["a", "A"], "case"), (["a", "a"], "two"), (["_file_id", "b"], "prov")]
)
def test_names_that_a_table_cannot_have_refuse_the_file(parse, names: list[str], fact: str) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=names), buffer)
    with pytest.raises(UnreadableFile, match=fact):
        parse(buffer.getvalue(), format="parquet")


def test_timestamps_of_96_bits_neither_wrap_nor_lose_nanoseconds(rows) -> None:
    old = pa.array([datetime(1, 1, 1), datetime(2020, 1, 1, 1, 1, 1, 5), None, datetime(9999, 12, 31)])
    options = {"use_deprecated_int96_timestamps": True}
    assert [row["a"] for row in rows({"a": old}, block_bytes=20, **options).rows] == old.to_pylist()
    with pytest.raises(UnreadableFile, match="column 'a' has nanoseconds"):
        rows({"a": pa.array([1_001], pa.timestamp("ns"))}, **options)
    with pytest.raises(UnreadableFile, match=r"column 'a\.\S+' is a nested INT96"):
        rows({"a": pa.array([[1_000]], pa.list_(pa.timestamp("ns")))}, **options)
