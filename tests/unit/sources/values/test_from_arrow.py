"""Typed values keep themselves through a cast, or fail it."""

from __future__ import annotations

import enum
import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from clearwell.sources import parse_type
from clearwell.sources.values.from_arrow import cast_values


class Fails(enum.Enum):
    """No value: the text does not fit. An enum, for the name of a test must be the same in each process."""

    FAILS = "fails"

    def __repr__(self) -> str:
        return self.value


FAILS = Fails.FAILS


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (pa.array([127, 128, None], pa.int64()), "tinyint", [127, FAILS, None]),
        (pa.array([2**53, 2**53 + 1, 2**53 + 2, 2**63 - 1, -(2**63)]), "double",
         [2.0**53, FAILS, 2.0**53 + 2, FAILS, -(2.0**63)]),
        (pa.array([2**24, 2**24 + 1], pa.int32()), "float", [2.0**24, FAILS]),
        (pa.array([0.1, 0.5, math.inf, None]), "float", [FAILS, 0.5, math.inf, None]),
        (pa.array([0.1], pa.float32()), "double", [pa.scalar(0.1, pa.float32()).as_py()]),
        (pa.array([517.0, 1.5, 1e20, math.nan]), "bigint", [517, FAILS, FAILS, FAILS]),
        (pa.array([1.25, 1.255]), "decimal(5,2)", [Decimal("1.25"), FAILS]),
        (pa.array([Decimal("1.50"), Decimal("1.25")]), "decimal(3,1)", [Decimal("1.5"), FAILS]),
        (pa.array([1, 0, 2]), "boolean", [True, False, FAILS]),
        (pa.array([True]), "int", [FAILS]),
        (pa.array([datetime(2013, 2, 8), datetime(2013, 2, 8, 1)]), "date", [date(2013, 2, 8), FAILS]),
        (pa.array([date(2013, 2, 8)]), "timestamp_ntz", [datetime(2013, 2, 8)]),
        (pa.array([datetime(2013, 2, 8)], pa.timestamp("us", "UTC")), "timestamp_ntz", [FAILS]),
        (pa.array([1.5, None]), "string", ["1.5", None]),
        (pa.array([b"a", b"\xff", None]), "string", ["a", FAILS, None]),
        (pa.array([b"1", b"\xff", b"x"]), "int", [1, FAILS, FAILS]),
        (pa.array(["ü"]), "binary", ["ü".encode()]),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_is_itself_or_fails(values: pa.Array, name: str, expected: list[Any]) -> None:
    kind = parse_type(name)
    cast, failed = cast_values(values, kind)
    assert cast.type == kind
    marks = failed.to_pylist() if failed is not None else [False] * len(values)
    assert [FAILS if mark else value for value, mark in zip(cast.to_pylist(), marks, strict=True)] == expected


def test_nan_stays_nan() -> None:
    cast, failed = cast_values(pa.array([math.nan]), pa.float32())
    assert failed is None
    assert math.isnan(cast[0].as_py())


@pytest.mark.parametrize(("values", "name"), [(pa.array([[1]]), "string"), (pa.array([1]), "binary")])
def test_types_that_have_nothing_in_common_are_an_error(values: pa.Array, name: str) -> None:
    with pytest.raises(pa.ArrowException):
        cast_values(values, parse_type(name))
