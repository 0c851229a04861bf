"""A group is on one side, everywhere and always; a cut says the same in the type of its column."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.errors import DatasetError
from clearwell.publishing.splits import ByGroup, split_by_group, split_value

GROUPS = {
    "string": (pa.string(), st.text(max_size=8)),
    "int32": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "date": (pa.date32(), st.dates()),
}


@pytest.mark.parametrize("name", GROUPS)
@given(data=st.data(), share=st.floats(0.01, 0.99))
def test_the_side_of_a_group_is_the_documented_formula(name: str, data: st.DataObject, share: float) -> None:
    kind, values = GROUPS[name]
    drawn = data.draw(st.lists(values, max_size=30))
    trains = ByGroup("g", share).trains(pa.array(drawn, kind)).to_pylist()
    expected = [
        int(hashlib.sha256(str(value).encode()).hexdigest()[:16], 16) >= share * 2**64 for value in drawn
    ]
    assert trains == expected


@given(
    values=st.lists(st.text(max_size=3), min_size=1, max_size=40),
    chunk=st.integers(1, 10),
    share=st.floats(0.1, 0.9),
)
def test_one_group_has_one_side_wherever_its_rows_are(values: list[str], chunk: int, share: float) -> None:
    division = ByGroup("g", share)
    sides: dict[str, set[bool]] = {}
    for start in range(0, len(values), chunk):
        part = values[start : start + chunk]
        for value, side in zip(part, division.trains(pa.array(part)).to_pylist(), strict=True):
            sides.setdefault(value, set()).add(side)
    assert all(len(found) == 1 for found in sides.values())


@given(values=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=30))
def test_the_width_of_a_number_or_a_text_changes_no_side(values: list[int]) -> None:
    division = ByGroup("g", 0.5)
    texts = [str(value) for value in values]
    kinds = [pa.array(values, pa.int32()), pa.array(values, pa.int64()), pa.array(texts)]
    kinds.append(pa.array(texts, pa.large_string()))
    assert len({str(division.trains(array).to_pylist()) for array in kinds}) == 1


def test_a_greater_share_only_moves_groups_to_the_test_and_the_share_is_met() -> None:
    values = pa.array([f"group {n}" for n in range(20_000)])
    before: set[int] = set()
    for share in (0.1, 0.2, 0.5):
        trains = ByGroup("g", share).trains(values).to_pylist()
        tests = {n for n, side in enumerate(trains) if not side}
        assert before <= tests
        assert abs(len(tests) / 20_000 - share) < 0.02
        before = tests


@pytest.mark.parametrize(
    "kind", [pa.float64(), pa.timestamp("us"), pa.bool_(), pa.decimal128(5, 2), pa.list_(pa.int32())]
)
def test_what_has_no_text_that_is_the_same_everywhere_cannot_group(kind: pa.DataType) -> None:
    with pytest.raises(DatasetError, match=r"x\.yaml:1: column 'g' is .*: rows cannot be grouped by it"):
        split_by_group("g", kind, 0.2, place="x.yaml:1")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (dt.date(2013, 10, 31), pa.date32(), dt.date(2013, 10, 31)),
        (dt.date(2013, 10, 31), pa.timestamp("us"), dt.datetime(2013, 10, 31)),
        (dt.date(2013, 10, 31), pa.timestamp("us", "UTC"), dt.datetime(2013, 10, 31, tzinfo=dt.UTC)),
        (
            dt.datetime(2013, 10, 31, 6),
            pa.timestamp("us", "UTC"),
            dt.datetime(2013, 10, 31, 6, tzinfo=dt.UTC),
        ),
        (dt.date(2013, 10, 31), pa.string(), "2013-10-31"),
        (2013, pa.int32(), 2013),
    ],
)
def test_the_cut_takes_the_type_of_its_column(value: Any, kind: pa.DataType, expected: Any) -> None:
    assert split_value(value, kind, column="day", place="x.yaml:1").as_py() == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (dt.datetime(2013, 10, 31, 6), pa.date32()),
        (dt.date(2013, 10, 31), pa.int32()),
        ("soon", pa.date32()),
        (dt.date(2013, 10, 31), pa.list_(pa.date32())),
    ],
)
def test_a_cut_that_the_column_cannot_have_is_refused(value: Any, kind: pa.DataType) -> None:
    with pytest.raises(DatasetError, match=r"x\.yaml:1: column 'day' is .*: it cannot be split at"):
        split_value(value, kind, column="day", place="x.yaml:1")
