"""Sums of parts make the fingerprint of the whole, whatever the parts, and need little of Clearwell."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.errors import DatasetError
from clearwell.fingerprint.partial_sums import ALL, PartialSums, fingerprints
from clearwell.fingerprint.rows import fingerprint_rows
from clearwell.publishing.splits import ByTime, split_by_group

SCHEMA = pa.schema([("day", pa.date32()), ("who", pa.string()), ("ratio", pa.float64())])
DAY = dt.date(2026, 1, 10)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 20)),
            "who": st.sampled_from("abcdefgh"),
            "ratio": st.none() | st.floats(),
        }
    ),
    max_size=20,
)


def batches(rows: list[dict[str, Any]], size: int) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist(rows[i : i + size], SCHEMA) for i in range(0, len(rows), size)]


def tallied(parts: list[list[pa.RecordBatch]], tally: PartialSums) -> pa.Table:
    """What the parts of a frame give, each by a copy of the tally as a worker gets it."""
    copies = [pickle.loads(pickle.dumps(tally)) for _ in parts]
    given = [sums for copy, part in zip(copies, parts, strict=True) for sums in copy(iter(part))]
    return pa.Table.from_batches(given)


@given(rows=ROWS, size=st.integers(1, 7), cut=st.integers(0, 20))
def test_parts_in_any_cut_make_the_fingerprint_of_all_rows(
    rows: list[dict[str, Any]], size: int, cut: int
) -> None:
    parts = [batches(rows[:cut], size), [], batches(rows[cut:], size)]
    found = fingerprints(SCHEMA, tallied(parts, PartialSums.of(SCHEMA)))[ALL]
    assert (str(found), found.rows) == (fingerprint_rows(SCHEMA, batches(rows, 20)), len(rows))


@given(rows=ROWS, share=st.sampled_from([None, 0.3]))
def test_each_row_counts_on_the_side_that_it_is_split_to(
    rows: list[dict[str, Any]], share: float | None
) -> None:
    if share is None:
        split, column = ByTime("day", pa.scalar(DAY)), "day"
    else:
        split, column = split_by_group("who", pa.string(), share, place="here"), "who"
    kept = pa.schema([field for field in SCHEMA if field.name != column])  # what decides need not be released
    tally = PartialSums.of(kept, split, ("train", "test"))
    found = fingerprints(kept, tallied([batches(rows, 3)], tally), ("train", "test"))

    table = pa.Table.from_pylist(rows, SCHEMA)
    trains = split.trains(table.column(column).combine_chunks()) if rows else pa.array([], pa.bool_())
    for side, mask in (("train", trains), ("test", pa.compute.invert(trains))):
        there = table.filter(mask).select(kept.names)
        assert str(found[side]) == fingerprint_rows(kept, there.to_batches())
        assert found[side].rows == there.num_rows


def test_a_layout_or_zone_of_the_engines_own_is_the_same_value() -> None:
    wanted = pa.schema([("at", pa.timestamp("us", "UTC")), ("who", pa.string())])
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    promised = pa.RecordBatch.from_pylist([{"at": moment, "who": "x"}], wanted)
    engines = pa.RecordBatch.from_arrays(
        [pa.array([moment], pa.timestamp("ns", "Europe/Berlin")), pa.array(["x"], pa.large_string())],
        ["at", "who"],
    )
    found = fingerprints(wanted, tallied([[engines]], PartialSums.of(wanted)))[ALL]
    assert str(found) == fingerprint_rows(wanted, [promised])


def test_another_value_is_not_cast_into_the_promised_type() -> None:
    wanted = pa.schema([("n", pa.int8())])
    other = pa.RecordBatch.from_pydict({"n": pa.array([300], pa.int64())})
    with pytest.raises(DatasetError, match="'n' came as bigint, not as tinyint"):
        list(PartialSums.of(wanted)([other]))


def test_a_worker_needs_pyarrow_alone() -> None:
    """It is imported where only Spark's means bring Clearwell: without what the driver has installed."""
    code = (
        "import sys\n"
        "for name in 'pyspark deltalake obstore pydantic yaml dagster psutil'.split():\n"
        "    sys.modules[name] = None\n"
        "import clearwell.fingerprint.partial_sums"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
