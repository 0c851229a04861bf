"""Rows are compared exactly and in any order, and what differs is shown so that it can be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.testing import assert_rows, rows

NAN = float("nan")
NOON = datetime(2026, 3, 2, 12)
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**60), 2**60),
    st.floats(),
    st.text(max_size=5),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-99, max_value=99),
    st.datetimes(),
    st.lists(st.integers(0, 3), max_size=3),
)


def refusal(actual: Any, expected: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_rows(actual, expected)
    return str(caught.value)


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), max_size=8), st.randoms())
def test_rows_are_those_rows_in_any_order(content: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(content)
    random.shuffle(shuffled)
    assert_rows(shuffled, content)


@given(
    st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), min_size=1, max_size=6, unique_by=repr),
    st.data(),
)
def test_a_row_more_or_less_is_seen(content: list[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    without = [row for n, row in enumerate(content) if n != at]
    assert "1 are missing, 0 are not expected" in refusal(without, content)
    assert "0 are missing, 1 are not expected" in refusal([*content, content[at]], content)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAN, NAN),
        (None, None),
        (1, 1.0),
        (1, Decimal("1.00")),
        (Decimal("1.5"), Decimal("1.50")),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=2)))),
        ([1, NAN, None], (1, NAN, None)),
        ({"x": [NAN]}, {"x": [NAN]}),
        (pytest.approx(0.3333, abs=0.001), 1 / 3),
    ],
)
def test_these_are_the_same(one: Any, other: Any) -> None:
    assert_rows([{"a": other}], [{"a": one}])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAN, None),
        (NAN, 1.0),
        (0, None),
        ("", None),
        (True, 1),
        (1, True),
        (0.5, Decimal("0.5")),
        (Decimal("0.5"), 0.5),
        (Decimal("1.0000000000000000000000000001"), Decimal(1)),
        ("1", 1),
        (NOON, NOON.replace(tzinfo=UTC)),
        (NOON, NOON + timedelta(microseconds=1)),
        (NOON, NOON.date()),
        ([1, 2], [2, 1]),
        ({"x": 1}, {"x": 1, "y": 2}),
        (pytest.approx(0.3333, abs=0.0001), 0.5),
    ],
)
def test_these_are_not_the_same(one: Any, other: Any) -> None:
    refusal([{"a": other}], [{"a": one}])


def test_only_the_columns_that_are_expected_are_looked_at() -> None:
    table = pa.table({"id": [1, 2], "drink": ["latte", "tea"], "paid": [1.0, 2.0]})
    assert_rows(table, "id | drink\n2 | tea\n1 | latte")
    assert_rows(table, [{"paid": 2.0}, {"paid": 1.0}])


def test_a_text_takes_the_types_of_what_it_is_compared_with() -> None:
    table = pa.table(
        {
            "id": pa.array([1], pa.int8()),
            "paid": pa.array([Decimal("4.20")], pa.decimal128(8, 2)),
            "at": pa.array([NOON], pa.timestamp("us")),
            "seen": pa.array([NOON.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "share": pa.array([NAN]),
            "note": pa.array([None], pa.string()),
        }
    )
    assert_rows(
        table,
        """
        id | paid | at               | seen                 | share | note
        1  | 4.2  | 2026-03-02 12:00 | 2026-03-02T12:00:00Z | nan   |
        """,
    )


def test_nothing_is_nothing() -> None:
    assert_rows([], [])
    assert_rows([], "id | drink")
    assert_rows(pa.table({"id": pa.array([], pa.int64())}), [])
    assert "1 are missing" in refusal([], "id\n1")


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    said = refusal(pa.table({"drink": ["tea"]}), "drnk\ntea")
    assert said == "no column 'drnk': did you mean 'drink'? there are drink"


def test_a_difference_is_shown_beside_what_it_should_be_with_its_place_marked() -> None:
    actual = pa.table({"id": [1, 2, 3], "drink": ["latte", "flat white ", None]})
    said = refusal(actual, "id | drink\n1 | latte\n2 | flat white\n4 | tea")
    assert said.splitlines() == [
        "3 rows expected (-), 3 found (+): 2 are missing, 2 are not expected",
        "  id  drink",
        "- 2   'flat white'",
        "+ 2   'flat white '",
        "?     ^^^^^^^^^^^^^",
        "- 4   'tea'",
        "+ 3   NULL",
    ]


def test_many_differences_stay_readable() -> None:
    said = refusal([{"id": n} for n in range(5_00)], [])
    assert len(said.splitlines()) < 70
    assert said.endswith("more")


def test_rows_keep_each_types_own_values() -> None:
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int32()),
            "x": pa.array([NAN, None]),
            "at": pa.array([NOON, None], pa.timestamp("us")),
        }
    )
    first, second = rows(table)
    assert first["n"] == 1
    assert isinstance(first["n"], int)
    assert first["x"] != first["x"]
    assert first["at"] == NOON
    assert second == {"n": None, "x": None, "at": None}
