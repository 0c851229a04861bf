"""Of every key one row, the latest; what cannot be decided is refused, with its number."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.datasets import open_dataset
from clearwell.errors import DatasetError
from clearwell.publishing import inference as live
from clearwell.publishing import write
from clearwell.publishing.inference import InferenceRecipe, make_inference
from tests.unit.publishing.small import live_release

SCHEMA = pa.schema([("id", pa.string()), ("part", pa.int16()), ("wind", pa.float64()), ("seen", pa.int64())])
Row = tuple[str, int, float, int]
RELEASED = SCHEMA.remove(3)


def table(rows: list[Row]) -> pa.Table:
    return pa.table([list(c) for c in zip(*rows, strict=True)] or [[]] * 4, schema=SCHEMA)


def all_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "key_digests", lambda keys: [bytes(32)] * keys.num_rows)


some_rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.floats(width=16), st.integers(0, 4)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=some_rows, buckets=st.sampled_from([1, 3]), collide=st.booleans())
def test_the_latest_row_of_each_key_stays_and_ties_are_refused(
    rows: list[Row], buckets: int, collide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        held = newest.setdefault(row[:2], [])
        if held and row[3] > held[0][3]:
            held.clear()
        if not held or row[3] == held[0][3]:
            held.append(row)
    ties = sum(len(held) > 1 for held in newest.values())
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patched:
        if collide:
            all_collide(patched)
        given: dict[str, Any] = {"latest_by": "seen", "schema": RELEASED, "buckets": buckets, "chunk": 5}
        if ties:
            with pytest.raises(DatasetError, match=f"{ties} keys have more than one latest row"):
                live_release(Path(folder) / "r", table(rows), ["id", "part"], **given)
            return
        state = open_dataset(live_release(Path(folder) / "r", table(rows), ["id", "part"], **given))
        found = state.to_arrow()
        assert found.schema == RELEASED
        assert sorted(map(str, found.to_pylist())) == sorted(
            str(dict(zip(RELEASED.names, held[0][:3], strict=True))) for held in newest.values()
        )
        assert state.manifest.achieved == {"replaced_rows": len(rows) - len(newest)}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=some_rows, buckets=st.sampled_from([1, 3]), collide=st.booleans())
def test_without_an_order_a_key_stands_in_one_row_or_the_release_is_refused(
    rows: list[Row], buckets: int, collide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [row[:2] for row in rows]
    repeated = {key for key in keys if keys.count(key) > 1}
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patched:
        if collide:
            all_collide(patched)
        if not repeated:
            made = live_release(Path(folder) / "r", table(rows), ["id", "part"], buckets=buckets)
            assert len(open_dataset(made)) == len(rows)
            return
        count = sum(key in repeated for key in keys)
        with pytest.raises(DatasetError) as caught:
            live_release(Path(folder) / "r", table(rows), ["id", "part"], buckets=buckets)
        fact = f"{len(repeated)} keys are in more than one row ({count} rows): id, part"
        assert (caught.value.fact, caught.value.place) == (fact, "defs.yaml:3")
        assert "latest_by" in str(caught.value.hint)


def rows_of(count: int) -> list[Row]:
    return [(f"c{n}", n % 5, (math.nan, -0.0, n / 3)[n % 3], n) for n in range(count)]


@pytest.mark.promise("P7")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(order=st.permutations(range(100)), buckets=st.sampled_from([1, 2, 7]), chunk=st.integers(1, 40))
def test_the_same_rows_make_the_same_bytes(
    order: list[int], buckets: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "ROW_GROUP", 16)
    monkeypatch.setattr(write, "ROWS_PER_FILE", 32)
    monkeypatch.setattr(live, "INFERENCE_BATCH", 8)
    rows = rows_of(100)
    with tempfile.TemporaryDirectory() as left, tempfile.TemporaryDirectory() as right:
        first = open_dataset(live_release(Path(left), table(rows), ["id"])).manifest
        mixed = table([rows[n] for n in order])
        second = open_dataset(live_release(Path(right), mixed, ["id"], buckets=buckets, chunk=chunk)).manifest
        assert first == second
        assert sorted(file.format for file in first.files) == [*["arrow"] * 4, "index", *["parquet"] * 4]
        for file in first.files:
            assert hashlib.sha256((Path(right) / file.path).read_bytes()).hexdigest() == file.sha256
        assert not (Path(right) / ".scratch").exists()


@pytest.mark.parametrize(
    ("column", "what"), [("id", "key column 'id'"), ("wind", "column 'wind' of latest_by")]
)
def test_rows_without_key_or_order_are_refused_with_their_number(
    tmp_path: Path, column: str, what: str
) -> None:
    data = table(rows_of(20))
    place = data.column_names.index(column)
    holes = [None if n in (3, 11, 12) else value for n, value in enumerate(data[column].to_pylist())]
    data = data.set_column(place, column, pa.array(holes, SCHEMA.field(column).type))
    missing = sum(value is None or value != value for value in holes)  # noqa: PLR0124 - NaN
    with pytest.raises(DatasetError, match=f"{missing} of 20 rows have no value in the {what}"):
        live_release(tmp_path, data, ["id"], latest_by="wind", chunk=6)


def test_a_release_without_rows_or_with_too_few_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="a release without rows: gold_state is empty"):
        live_release(tmp_path, table([]), ["id"])
    recipe = InferenceRecipe(table="t", place="x.yaml:1", schema=SCHEMA, key=("id",), formats=("arrow",))
    with pytest.raises(DatasetError, match="4 rows were expected, 3 read"):
        make_inference(table(rows_of(3)).to_batches(), recipe, tmp_path, rows=4)


def test_an_excluded_column_in_a_file_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'wind' must not be released, and is in data/live"):
        live_release(tmp_path, table(rows_of(3)), ["id"], forbidden=frozenset({"wind"}))


def test_lineage_stands_beside_the_rows_that_stay(tmp_path: Path) -> None:
    rows = rows_of(60)
    data = table([*rows, *((*row[:3], row[3] + 1000) for row in rows[:20])])
    data = data.append_column("_file_id", pa.array(["f"] * 80))
    data = data.append_column("_record_no", pa.array(range(80), pa.int64()))
    lineage = ("_file_id", "_record_no")
    state = open_dataset(
        live_release(tmp_path, data, ["id"], schema=SCHEMA, latest_by="seen", lineage=lineage)
    )
    numbers = pq.read_table(tmp_path / "lineage/live-00000.parquet")["_record_no"].to_pylist()
    assert sorted(numbers) == list(range(20, 80))
    assert str(state.to_arrow().to_pylist()) == str(data.select(SCHEMA.names).take(numbers).to_pylist())


def test_keys_of_days_and_texts_stand_in_the_order_of_their_digests(tmp_path: Path) -> None:
    """Documented, so that others can find a row without this reader."""
    schema = pa.schema([("day", pa.date32()), ("id", pa.string()), ("x", pa.int8())])
    days = [dt.date(2013, 2, 1) + dt.timedelta(days=n) for n in range(30)]
    data = pa.table([days, [f"é{n}" for n in range(30)], [0] * 30], schema=schema)
    found = open_dataset(live_release(tmp_path, data, ["day", "id"])).to_arrow().to_pylist()

    def digest(row: dict[str, Any]) -> bytes:
        day, text = (row["day"] - dt.date(1970, 1, 1)).days.to_bytes(4, "little"), row["id"].encode()
        return hashlib.sha256(b"\1" + day + b"\1" + len(text).to_bytes(8, "little") + text).digest()

    assert [digest(row) for row in found] == sorted(map(digest, found))
    index = pa.ipc.open_file((tmp_path / "index/live.keys").read_bytes()).read_all()
    assert index.to_pydict() == {"hash": [int.from_bytes(digest(row)[:8], "big") for row in found]}
