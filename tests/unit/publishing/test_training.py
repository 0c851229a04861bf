"""The same rows make the same bytes; rows that cannot be released are refused, with their number."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.errors import DatasetError
from clearwell.publishing import write
from clearwell.publishing.splits import ByGroup, ByTime
from clearwell.publishing.training import make_training
from tests.unit.publishing.small import SCHEMA, TEST_FROM, recipe, rows

if TYPE_CHECKING:
    from clearwell.datasets.manifest import SplitFiles


def made(
    table: pa.Table, folder: Path, *, buckets: int = 1, chunk: int = 1000, **changes: Any
) -> tuple[SplitFiles, ...]:
    batches = table.to_batches(max_chunksize=chunk)
    return make_training(batches, recipe(**changes), folder, rows=table.num_rows, buckets=buckets)


def read(folder: Path, split: SplitFiles, format: str) -> pa.Table:
    parts: list[pa.Table] = []
    for file in split.of(format):
        path = str(folder / file.path)
        parts.append(
            pa.ipc.open_file(pa.memory_map(path)).read_all() if format == "arrow" else pq.read_table(path)
        )
    return pa.concat_tables(parts)


def plain(table: pa.Table) -> list[str]:
    return sorted(map(str, table.to_pylist()))


def test_both_formats_hold_each_row_once_on_its_side_of_the_cut(tmp_path: Path) -> None:
    data = rows(5000)
    train, test = made(data, tmp_path)
    early = pc.less(data["day"], pa.scalar(TEST_FROM))
    for split, expected in ((train, data.filter(early)), (test, data.filter(pc.invert(early)))):
        for format in ("parquet", "arrow"):
            assert plain(read(tmp_path, split, format)) == plain(expected)
        both = [str(read(tmp_path, split, format).to_pylist()) for format in ("parquet", "arrow")]
        assert both[0] == both[1]
    assert (train.rows, test.rows) == (2500, 2500)
    assert not (tmp_path / ".scratch").exists()


@pytest.mark.promise("P7")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), buckets=st.sampled_from([1, 2, 7, 256]), chunk=st.integers(1, 40))
def test_the_same_rows_make_the_same_bytes(
    data: st.DataObject, buckets: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "ROW_GROUP", 16)
    monkeypatch.setattr(write, "ROWS_PER_FILE", 32)
    monkeypatch.setattr(write, "ARROW_BATCH", 8)
    base = rows(100)
    order = data.draw(st.permutations(range(100)))
    with tempfile.TemporaryDirectory() as left, tempfile.TemporaryDirectory() as right:
        first = made(base, Path(left))
        second = made(base.take(order), Path(right), buckets=buckets, chunk=chunk)
        assert first == second
        for split in first:
            for file in split.files:
                assert hashlib.sha256((Path(right) / file.path).read_bytes()).hexdigest() == file.sha256
    assert len(first[0].of("parquet")) == 2


@pytest.mark.promise("P7")
def test_what_lies_under_a_null_does_not_change_the_bytes(tmp_path: Path) -> None:
    mask = pa.array([True, False] * 5)
    days = pa.array([dt.date(2013, 2, 27), dt.date(2013, 3, 2)] * 5)
    schema = pa.schema([("day", pa.date32()), ("distance", pa.float64()), ("is_late", pa.bool_())])
    results: list[tuple[SplitFiles, ...]] = []
    for number, hidden in enumerate((1.5, 2.5)):
        under = pa.array([hidden, 3.0] * 5)
        hiding = pa.DoubleArray.from_buffers(
            pa.float64(), 10, [pc.invert(mask).buffers()[1], under.buffers()[1]]
        )
        assert hiding.null_count == 5
        table = pa.table([days, hiding, mask], schema=schema)
        results.append(made(table, tmp_path / str(number), schema=schema))
    assert results[0] == results[1]


def test_floats_and_wide_decimals_have_no_statistics(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("day", pa.date32()),
            ("ratio", pa.float64()),
            ("wide", pa.decimal128(38, 2)),
            ("narrow", pa.decimal128(15, 2)),
            ("is_late", pa.bool_()),
        ]
    )
    days = [dt.date(2013, 2, 27), dt.date(2013, 3, 2)]
    table = pa.table(
        [days, [1.0, math.nan], [Decimal(1), None], [Decimal(1), None], [True, False]], schema=schema
    )
    made(table, tmp_path, schema=schema)
    group = pq.ParquetFile(tmp_path / "data/train-00000.parquet").metadata.row_group(0)
    has = {group.column(i).path_in_schema: group.column(i).is_stats_set for i in range(group.num_columns)}
    assert has == {"day": True, "ratio": False, "wide": False, "narrow": True, "is_late": True}


def test_lineage_stands_beside_the_data_in_the_order_of_the_rows(tmp_path: Path) -> None:
    data = (
        rows(200)
        .append_column("_file_id", pa.array(["f"] * 200))
        .append_column("_record_no", pa.array(range(1, 201), pa.int64()))
    )
    train, _ = made(data, tmp_path, lineage=("_file_id", "_record_no"))
    beside = read(tmp_path, train, "lineage")
    assert beside.column_names == ["_file_id", "_record_no"]
    found = read(tmp_path, train, "arrow")
    assert found.column_names == SCHEMA.names
    origin = rows(200).take(pc.subtract(beside["_record_no"].combine_chunks(), 1))
    assert [str(row) for row in found.to_pylist()] == [str(row) for row in origin.to_pylist()]
    assert train.of("lineage")[0].path == "lineage/train-00000.parquet"


@pytest.mark.parametrize("column", ["is_late", "day"])
def test_rows_without_label_or_place_are_refused_with_their_number(tmp_path: Path, column: str) -> None:
    data = rows(20)
    values = data[column].to_pylist()
    at = data.column_names.index(column)
    holes = data.set_column(
        at, column, pa.array([None if n in (3, 11, 12) else v for n, v in enumerate(values)])
    )
    with pytest.raises(DatasetError, match=f"3 of 20 rows have no value in the .* {column!r}"):
        made(holes, tmp_path, chunk=5)


def test_a_group_is_never_on_both_sides(tmp_path: Path) -> None:
    data = rows(700).set_column(1, "carrier", pa.array([f"c{n % 30}" for n in range(700)]))
    train, test = made(data, tmp_path, chunk=64, split=ByGroup("carrier", 0.3))
    groups = [set(read(tmp_path, split, "arrow")["carrier"].to_pylist()) for split in (train, test)]
    assert groups[0] | groups[1] == {f"c{n}" for n in range(30)}
    assert not groups[0] & groups[1]
    assert train.rows + test.rows == 700


def test_rows_without_a_group_are_refused_with_their_number(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="3 of 20 rows have no value in the split column 'carrier'"):
        made(rows(20), tmp_path, split=ByGroup("carrier", 0.5))


@pytest.mark.parametrize(
    ("share", "said"), [(1e-9, "the test split .* tests"), (1 - 1e-9, "train .* trains")]
)
def test_a_side_without_groups_is_refused(tmp_path: Path, share: float, said: str) -> None:
    data = rows(20).set_column(1, "carrier", pa.array(["a", "b"] * 10))
    with pytest.raises(DatasetError, match=f"{said} with test_share"):
        made(data, tmp_path, split=ByGroup("carrier", share))


def test_a_nan_is_no_label(tmp_path: Path) -> None:
    data = rows(20).append_column("delay", pa.array([math.nan if n == 4 else 1.0 for n in range(20)]))
    with pytest.raises(DatasetError, match="1 of 20 rows"):
        made(data, tmp_path, label="delay", schema=data.schema)


@pytest.mark.parametrize(
    ("test_from", "split"), [(dt.date(2000, 1, 1), "train"), (dt.date(2100, 1, 1), "test")]
)
def test_a_split_without_rows_is_refused(tmp_path: Path, test_from: dt.date, split: str) -> None:
    with pytest.raises(
        DatasetError, match=f"the {split} split would be without rows: no day is .* {test_from}"
    ):
        made(rows(20), tmp_path, split=ByTime("day", pa.scalar(test_from)))


def test_a_release_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="a release without rows: gold_flights is empty"):
        made(rows(0), tmp_path)


def test_a_missing_row_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="21 rows were expected, 20 read"):
        make_training(rows(20).to_batches(), recipe(), tmp_path, rows=21)


def test_an_excluded_column_in_a_file_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'carrier' must not be released, and is in data/train"):
        made(rows(20), tmp_path, forbidden=frozenset({"carrier"}))
