"""keep_latest keeps the latest rows of each key, drops no other by chance, and says what it was not given."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearwell.curation import keep_latest, latest
from clearwell.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

Row = tuple[Any, ...]

_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("place", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("small", pa.int32()),
        ("big", pa.int64()),
        ("day", pa.date32()),
        ("local", pa.timestamp("us")),
        ("word", pa.string()),
    ]
)

_moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(3160, 12, 31, 23))
_rows = st.tuples(
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "a", "b"]),
    st.none() | _moments.map(lambda moment: moment.replace(tzinfo=dt.UTC, fold=0)),
    st.none() | st.sampled_from([-(2**31), -1, 0, 1, 2**31 - 1]),
    st.none() | st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1]),
    st.none() | st.dates(),
    st.none() | _moments.map(lambda moment: moment.replace(fold=0)),
    st.none() | st.sampled_from(["", "x", "y"]),
)
_orders = st.lists(st.sampled_from(_SCHEMA.names[2:]), min_size=1, max_size=3, unique=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("latest")


@settings(max_examples=60)
@given(
    rows=st.lists(_rows, max_size=12), key=st.sampled_from([["number"], ["place", "number"]]), order=_orders
)
def test_the_latest_of_each_key_stay_and_all_that_tie(
    engine: Engine, folder: Path, rows: list[Row], key: list[str], order: list[str]
) -> None:
    frame = _frame(engine, folder, pa.Table.from_pylist([_named(row) for row in rows], _SCHEMA))
    kept = keep_latest(frame, key=key, order_by=order)
    assert kept.columns == _SCHEMA.names
    want = _latest([_named(row) for row in rows], key, order)
    found = _told(kept)
    assert sorted(map(repr, found)) == sorted(map(repr, pa.Table.from_pylist(want, _SCHEMA).to_pylist()))


def test_moments_of_a_far_year_tie_and_stay(engine: Engine, folder: Path) -> None:
    table = pa.table(
        {"k": [1, 1, 1], "at": pa.array([2**62, 2**61, 5], pa.timestamp("us", "UTC")), "id": [1, 2, 3]}
    )
    kept = keep_latest(_frame(engine, folder, table), key=["k"], order_by=["at"])
    assert kept.count() == 2


def test_an_order_that_does_not_fit_one_number_goes_by_the_window(
    engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    for name in ("_by_window", "_by_join"):
        monkeypatch.setattr(latest, name, lambda *_, name=name: taken.append(name))
    frame = _frame(engine, folder, _SCHEMA.empty_table())
    for order in (["at", "big"], ["small", "day"], ["big", "at"], ["big", "at", "small"], ["word"]):
        keep_latest(frame, key=["number"], order_by=order)
    assert taken == ["_by_join", "_by_join", "_by_join", "_by_window", "_by_window"]


@pytest.mark.parametrize(
    ("key", "order", "message"),
    [
        ([], ["at"], "no key"),
        (["number"], [], "no order_by"),
        (["numbr"], ["at"], "did you mean 'number'"),
        (["number"], ["when"], "which the frame does not have"),
    ],
)
def test_what_is_missing_is_said(
    engine: Engine, folder: Path, key: list[str], order: list[str], message: str
) -> None:
    with pytest.raises(ProjectError, match=message):
        keep_latest(_frame(engine, folder, _SCHEMA.empty_table()), key=key, order_by=order)


def _frame(engine: Engine, folder: Path, table: pa.Table) -> DataFrame:
    file = folder / "rows.parquet"
    pq.write_table(table, file, write_statistics=False)
    return engine.read_parquet([str(file)], table.schema)


def _told(frame: DataFrame) -> list[dict[str, Any]]:
    """The rows; what Spark calls a timestamp without a zone comes without one."""
    return frame.toArrow().cast(_SCHEMA).to_pylist()


def _named(row: Row) -> dict[str, Any]:
    return dict(zip(_SCHEMA.names, row, strict=True))


def _latest(rows: list[dict[str, Any]], key: list[str], order: list[str]) -> list[dict[str, Any]]:
    def place(row: dict[str, Any]) -> list[tuple[bool, Any]]:
        return [(row[name] is not None, row[name] if row[name] is not None else 0) for name in order]

    def rivals(row: dict[str, Any]) -> list[dict[str, Any]]:
        return [other for other in rows if all(other[k] == row[k] for k in key)]

    return [
        row
        for row in rows
        if any(row[k] is None for k in key) or all(place(other) <= place(row) for other in rivals(row))
    ]
