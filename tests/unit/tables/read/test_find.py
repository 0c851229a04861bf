"""A row is found by its values, in as few files as their statistics allow, whatever its place in them."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.tables import Lake
from clearwell.tables.read.find import find_rows, find_rows_in, plain_row
from tests.unit.tables.writing import NAME, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_row_is_found_with_all_its_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, range(100))
    write(lake, range(100, 200))
    found = find_rows(lake.existing(NAME).files, {"id": pa.scalar(142)})
    assert found.count == 1
    assert found.rows == [{"id": 142, "text": "row 142", "value": -0.0}]


def test_files_that_cannot_hold_it_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    for first in (0, 100, 200):
        write(lake, range(first, first + 100))
    opened: list[str] = []
    real = pq.ParquetFile

    def counting(path: str, **options: Any) -> pq.ParquetFile:
        opened.append(path)
        return real(path, **options)

    monkeypatch.setattr(pq, "ParquetFile", counting)
    assert find_rows(lake.existing(NAME).files, {"id": pa.scalar(150)}).count == 1
    assert len(opened) == 1


def test_all_are_counted_and_the_first_few_are_read(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    table = pa.table({"k": [n % 3 for n in range(200_000)], "n": range(200_000)})
    pq.write_table(table, path, row_group_size=70_000)
    found = find_rows_in([str(path)], {"k": pa.scalar(2)}, most=3)
    assert found.count == 66_666
    assert [row["n"] for row in found.rows] == [2, 5, 8]
    late = find_rows_in([str(path)], {"n": pa.scalar(139_999)})
    assert late.rows == [{"k": 139_999 % 3, "n": 139_999}]


def test_null_is_no_value_and_nan_is_one(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"x": pa.array([1.0, math.nan, None]), "n": [1, 2, 3]}), path)
    assert [r["n"] for r in find_rows_in([str(path)], {"x": pa.scalar(math.nan)}).rows] == [2]
    assert find_rows_in([str(path)], {"x": pa.scalar(None, pa.float64())}).count == 0


def test_a_file_without_the_column_has_no_such_row(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"n": [1]}), path)
    assert find_rows_in([str(path)], {"new": pa.scalar(1)}).count == 0


def test_a_moment_beyond_the_calendar_of_python_is_shown_as_text() -> None:
    batch = pa.record_batch({"t": pa.array([2**60], pa.timestamp("us")), "d": [dt.date(2020, 1, 1)]})
    row = plain_row(batch, 0)
    assert row["d"] == dt.date(2020, 1, 1)
    assert isinstance(row["t"], str)


def test_a_float_of_single_precision_is_its_shortest_text_wherever_it_stands() -> None:
    kind = pa.float32()
    columns = {
        "alone": pa.array([0.1], kind),
        "listed": pa.array([[0.1, None]], pa.list_(kind)),
        "inside": pa.array([{"a": 0.1, "b": [0.3]}], pa.struct([("a", kind), ("b", pa.list_(kind))])),
        "mapped": pa.array([[("k", 0.1)]], pa.map_(pa.string(), kind)),
        "double": pa.array([0.1 + 0.2]),
        "none": pa.array([None], kind),
    }
    assert plain_row(pa.RecordBatch.from_pydict(columns), 0) == {
        "alone": 0.1,
        "listed": [0.1, None],
        "inside": {"a": 0.1, "b": [0.3]},
        "mapped": [("k", 0.1)],
        "double": 0.30000000000000004,
        "none": None,
    }
