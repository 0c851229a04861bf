"""An engine's fingerprint of a frame is the one that a reader makes of the same rows, for every type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.errors import EngineError
from clearwell.fingerprint.rows import fingerprint_rows
from clearwell.publishing.splits import ByTime
from clearwell.reproduce.on_engine import fingerprint_frame, fingerprint_sides

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
_utc = _moments.map(lambda moment: moment.replace(tzinfo=dt.UTC))
LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.decimal128(38, 10), st.decimals(-(10**27), 10**27, places=10)),
    (pa.decimal128(9, 2), st.decimals(-(10**6), 10**6, places=2)),
    (pa.string(), _text),
    (pa.binary(), st.binary(max_size=5)),
    (pa.date32(), st.dates()),
    (pa.timestamp("us", "UTC"), _utc),
    (pa.timestamp("us"), _moments),
]


@st.composite
def columns(draw: st.DrawFn, depth: int = 2) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    """A type that a table can hold, and values of it."""
    shape = draw(st.sampled_from(["leaf", "leaf", "list", "struct", "map"])) if depth else "leaf"
    if shape == "leaf":
        return draw(st.sampled_from(LEAVES))
    kind, values = draw(columns(depth - 1))
    if shape == "list":
        return pa.list_(kind), st.lists(st.none() | values, max_size=3)
    if shape == "map":
        pairs = st.lists(st.tuples(_text, st.none() | values), max_size=2, unique_by=lambda pair: pair[0])
        return pa.map_(pa.string(), kind), pairs
    other, others = draw(columns(depth - 1))
    pair = st.fixed_dictionaries({"a": st.none() | values, "b": st.none() | others})
    return pa.struct([("a", kind), ("b", other)]), pair


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A table of columns that nobody chose, NULL among their values."""
    found = draw(st.lists(columns(), min_size=1, max_size=4))
    schema = pa.schema([(f"c {number}", kind) for number, (kind, _) in enumerate(found)])
    row = st.fixed_dictionaries({f"c {n}": st.none() | values for n, (_, values) in enumerate(found)})
    return pa.Table.from_pylist(draw(st.lists(row, max_size=5)), schema)


@given(table=tables())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_engines_fingerprint_is_the_readers(engine: Engine, tmp_path: Path, table: pa.Table) -> None:
    path = str(tmp_path / "rows.parquet")
    pq.write_table(table, path, write_statistics=False)
    found = fingerprint_frame(engine.read_parquet([path], table.schema), engine, table.schema)
    assert str(found) == fingerprint_rows(table.schema, table.to_batches())
    assert found.rows == table.num_rows


def test_it_is_the_same_of_many_parts_and_of_two_sides(engine: Engine, tmp_path: Path) -> None:
    days = [dt.date(2026, 1, 1 + n % 28) for n in range(900)]
    table = pa.table({"day": days, "price": [Decimal(n) / 4 for n in range(900)]})
    table = table.cast(pa.schema([("day", pa.date32()), ("price", pa.decimal128(38, 4))]))
    paths = [str(tmp_path / f"{n}.parquet") for n in range(3)]
    for n, path in enumerate(paths):
        pq.write_table(table.slice(n * 300, 300), path, write_statistics=False)
    frame = engine.read_parquet(paths, table.schema).repartition(5)
    split = ByTime("day", pa.scalar(dt.date(2026, 1, 20)))
    price = pa.schema([table.schema.field("price")])

    found = fingerprint_sides(frame, engine, price, split, ("train", "test"))
    trains = table.filter(pa.compute.field("day") < dt.date(2026, 1, 20)).select(["price"])
    assert str(found["train"]) == fingerprint_rows(price, trains.to_batches())
    assert found["train"].rows + found["test"].rows == 900
    whole = fingerprint_frame(frame, engine, table.schema)
    assert str(whole) == fingerprint_rows(table.schema, table.to_batches())


@pytest.mark.promise("P6")
def test_a_column_of_another_type_is_an_error_not_a_cast(engine: Engine, tmp_path: Path) -> None:
    path = str(tmp_path / "rows.parquet")
    table = pa.table({"n": pa.array([300], pa.int64())})
    pq.write_table(table, path)
    frame = engine.read_parquet([path], table.schema)
    with pytest.raises(EngineError, match="'n' came as bigint, not as tinyint"):
        fingerprint_frame(frame, engine, pa.schema([("n", pa.int8())]))
