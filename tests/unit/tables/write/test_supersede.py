"""A merge on the embedded engine leaves out exactly the rows that the batch supersedes, and no file else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearwell.names import TableName
from clearwell.tables import Lake, PartWriter
from clearwell.tables.read.datafiles import LiveFile
from clearwell.tables.write.supersede import Keys, can_compare, rewrite_without, superseded_in

if TYPE_CHECKING:
    from clearwell.tables import StagedFile

_NAME = TableName.parse("silver_orders")
_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("place", pa.string()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
    ]
)
_rows = st.fixed_dictionaries(
    {
        "number": st.none() | st.integers(0, 3),
        "place": st.none() | st.sampled_from(["a", "b"]),
        "day": st.none() | st.sampled_from([dt.date(1, 1, 1), dt.date(2026, 1, 1)]),
        "at": st.none() | st.sampled_from([dt.datetime(1700, 1, 1, tzinfo=dt.UTC)]),
        "value": st.sampled_from([0.0, -0.0, float("nan"), 1.5]),
    }
)
_keys = st.sampled_from(
    [["number"], ["place"], ["number", "place"], ["day", "at"], ["place", "at", "number"]]
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("supersede"))


def _row(number: int) -> dict[str, Any]:
    return {"number": number, "place": None, "day": None, "at": None, "value": 0.0}


def _parts(number: int, place: str) -> dict[str, Any]:
    return _row(number) | {"place": place}


@settings(max_examples=80)
@example(  # each value is in some key, and no row has both of one
    files=[[_parts(0, "a"), _parts(1, "b"), _parts(2, "a")]],
    batch=[_parts(0, "b"), _parts(1, "a"), _parts(2, "a")],
    key=["number", "place"],
)
@given(
    files=st.lists(st.lists(_rows, min_size=1, max_size=5), min_size=1, max_size=3),
    batch=st.lists(_rows, min_size=1, max_size=4),
    key=_keys,
)
def test_the_rows_whose_key_the_batch_has_are_left_out(
    lake: Lake, files: list[list[dict[str, Any]]], batch: list[dict[str, Any]], key: list[str]
) -> None:
    root = lake.table(_NAME).root
    batch = [row for row in batch if all(row[column] is not None for column in key)]
    live = [_live(root, _write(root, f"old-{number}", rows)) for number, rows in enumerate(files)]
    keys = Keys(root, _write(root, "batch", batch), _SCHEMA, key)
    gone = superseded_in(keys, live, _SCHEMA)
    named = {tuple(row[column] for column in key) for row in batch}
    stays = [[row for row in rows if tuple(row[c] for c in key) not in named] for rows in files]
    assert list(gone) == [
        file.path for file, rows, rest in zip(live, files, stays, strict=True) if len(rest) < len(rows)
    ]
    touched = [file for file in live if file.path in gone]
    written = rewrite_without(gone, touched, _SCHEMA, root, "new")
    found = [row for file in written for row in pq.read_table(f"{root}/{file.path}").to_pylist()]
    want = [row for rest, file in zip(stays, live, strict=True) if file.path in gone for row in rest]
    assert list(map(repr, found)) == list(map(repr, pa.Table.from_pylist(want, _SCHEMA).to_pylist()))


@pytest.mark.parametrize(
    ("kind", "yes"),
    [
        (pa.int32(), True),
        (pa.string(), True),
        (pa.timestamp("us"), True),
        (pa.float64(), False),
        (pa.decimal128(38, 2), False),
        (pa.struct([("a", pa.int64())]), False),
    ],
)
def test_what_an_engine_may_compare_otherwise_is_left_to_it(kind: pa.DataType, yes: bool) -> None:
    assert can_compare(pa.schema([("k", kind)]), ["k"]) is yes


def test_large_files_keep_their_bounds(lake: Lake) -> None:
    root = lake.table(_NAME).root
    halves = [range(300_000), range(300_000, 600_000)]
    live = [
        _live(root, _write(root, f"half-{n}", [_row(i) for i in numbers])) for n, numbers in enumerate(halves)
    ]
    keys = Keys(root, _write(root, "batch", [_row(5), _row(300_001)]), _SCHEMA, ["number"])
    gone = superseded_in(keys, live, _SCHEMA)
    written = rewrite_without(gone, live, _SCHEMA, root, "halves")
    bounds = [(file.stats["minValues"]["number"], file.stats["maxValues"]["number"]) for file in written]
    assert bounds == [(0, 299_999), (300_000, 599_999)]


def _write(root: str, folder: str, rows: list[dict[str, Any]]) -> list[StagedFile]:
    with PartWriter(root, folder, _SCHEMA) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, _SCHEMA))
    return writer.files


def test_a_log_that_miscounts_a_file_moves_no_row_of_the_next(lake: Lake) -> None:
    root = lake.table(_NAME).root
    first, second = (
        _live(root, _write(root, f"miscounted-{number}", [_row(number), _row(number + 1)]))
        for number in (10, 20)
    )
    keys = Keys(root, _write(root, "batch", [_row(11), _row(20)]), _SCHEMA, ["number"])
    for said in (1, 3):
        gone = superseded_in(keys, [replace(first, rows=said), second], _SCHEMA)
        assert [mask.to_pylist() for mask in gone.values()] == [[False, True], [True, False]]


def _live(root: str, files: list[StagedFile]) -> LiveFile:
    (file,) = files
    return LiveFile(file.path, f"{root}/{file.path}", file.size, file.rows, {}, {})
