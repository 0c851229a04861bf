"""What each declared type takes, refuses, and never rounds."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.sources import parse_type
from clearwell.sources.values.from_text import cast_text


class Fails(enum.Enum):
    """No value: the text does not fit. An enum, for the name of a test must be the same in each process."""

    FAILS = "fails"

    def __repr__(self) -> str:
        return self.value


FAILS = Fails.FAILS


def cast(texts: list[str | None], name: str) -> list[Any]:
    values, failed = cast_text(pa.array(texts, pa.string()), parse_type(name))
    values.validate(full=True)
    marks = failed.to_pylist() if failed is not None else [False] * len(texts)
    assert all(value is None for value, mark in zip(values.to_pylist(), marks, strict=True) if mark)
    return [FAILS if mark else value for value, mark in zip(values.to_pylist(), marks, strict=True)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


CASES: dict[str, dict[str, Any]] = {
    "tinyint": {"127": 127, "-128": -128, "128": FAILS, "0x7F": FAILS, "007": 7},
    "smallint": {"32767": 32767, "-32769": FAILS},
    "int": {
        "2147483647": 2147483647,
        "2147483648": FAILS,
        "+5": 5,
        " 5\t": 5,
        "5.0": 5,
        "5.": 5,
        "5.5": FAILS,
    },
    "bigint": {
        "9007199254740993": 9007199254740993,
        "-9223372036854775808": -(2**63),
        "9223372036854775808": FAILS,
        "1e3": FAILS,
        "1_000": FAILS,
        "٣": FAILS,
        "": FAILS,
        "-": FAILS,
        "1" * 2_000: FAILS,
    },
    "double": {
        "0.1": 0.1,
        "10.357019999999999": 10.357019999999999,
        "-0.0": -0.0,
        ".5": 0.5,
        "5.": 5.0,
        "1e308": 1e308,
        "1e309": FAILS,
        "-1e400": FAILS,
        "1e-400": FAILS,
        "0e-400": 0.0,
        "inf": math.inf,
        "-Infinity": -math.inf,
        "+INF": math.inf,
        "9007199254740992": 2.0**53,
        "9007199254740993": FAILS,
        "9007199254740993.0": FAILS,
        "100000000000000000000": 1e20,
        "1152921504606846976": 2.0**60,
        "1152921504606847000": 2.0**60,
        "1152921504606846977": FAILS,
        "0x1p3": FAILS,
        "nan(1)": FAILS,
        "1d": FAILS,
        "1,5": FAILS,
        "": FAILS,
    },
    "float": {
        "1.5": 1.5,
        "16777216": 2.0**24,
        "16777217": FAILS,
        "103556730": 103556728.0,
        "1e39": FAILS,
        "1e-60": FAILS,
        "1e5": 1e5,
    },
    "decimal(10,2)": {
        "1.50": Decimal("1.50"),
        "1.500": Decimal("1.50"),
        "1.505": FAILS,
        "12345678.99": Decimal("12345678.99"),
        "123456789": FAILS,
        "00000000001.5": Decimal("1.50"),
        "1e2": Decimal("100.00"),
        "1e-2": Decimal("0.01"),
        "1e-3": FAILS,
        "1e999999999": FAILS,
        "0e999999999": Decimal("0.00"),
        "-.5": Decimal("-0.50"),
        "0." + "0" * 60: Decimal("0.00"),
        "0." + "0" * 60 + "1": FAILS,
        "NaN": FAILS,
        "": FAILS,
    },
    "decimal(38,0)": {
        "9" * 38: Decimal("9" * 38),
        "-" + "9" * 38: Decimal("-" + "9" * 38),
        "1" + "0" * 38: FAILS,
    },
    "decimal(2,2)": {".99": Decimal("0.99"), "0.5": Decimal("0.50"), "1": FAILS, "0": Decimal("0.00")},
    "boolean": {"true": True, "YES": True, "1": True, "f": False, " No ": False, "on": FAILS, "2": FAILS},
    "date": {
        "2013-02-08": date(2013, 2, 8),
        "2012-02-29": date(2012, 2, 29),
        "2013-02-29": FAILS,
        "2013-04-31": FAILS,
        "0001-01-01": date(1, 1, 1),
        "9999-12-31": date(9999, 12, 31),
        "0000-01-01": FAILS,
        "2013-2-8": FAILS,
        "20130208": FAILS,
        "08/02/2013": FAILS,
        "2013-02-08 00:00:00.000": date(2013, 2, 8),
        "2013-02-08 00:00:01": FAILS,
        "2013-02-08T00:00:00Z": FAILS,
    },
    "timestamp": {
        "2013-02-08": utc(2013, 2, 8),
        "2013-02-08 10:05": utc(2013, 2, 8, 10, 5),
        "2013-02-08T10:05:06Z": utc(2013, 2, 8, 10, 5, 6),
        "2013-02-08T10:05:06+01:30": utc(2013, 2, 8, 8, 35, 6),
        "2013-02-08T10:05:06.123456-0500": utc(2013, 2, 8, 15, 5, 6, 123456),
        "2013-02-08T10:05:06.123456000": utc(2013, 2, 8, 10, 5, 6, 123456),
        "2013-02-08T10:05:06.1234561": FAILS,
        "2013-02-08 24:00:00": FAILS,
        "2016-12-31 23:59:60": FAILS,
        "0001-01-01 00:00:00": utc(1, 1, 1),
        "0001-01-01 00:00:00+01:00": FAILS,
        "9999-12-31 23:59:59.999999": utc(9999, 12, 31, 23, 59, 59, 999999),
        "9999-12-31 23:00:00-01:00": FAILS,
        "2013-02-08 10": FAILS,
        "2013-02-08Z": FAILS,
        "1360281600": FAILS,
        "now": FAILS,
    },
    "timestamp_ntz": {
        "2013-02-08 10:05:06.5": datetime(2013, 2, 8, 10, 5, 6, 500000),
        "2013-02-08": datetime(2013, 2, 8),
        "2013-02-08 10:05:06Z": FAILS,
        "2013-02-08 10:05:06+00:00": FAILS,
    },
    "string": {" a ": " a ", "": ""},
    "binary": {"ü": "ü".encode()},
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [(name, text, expected) for name, cases in CASES.items() for text, expected in cases.items()],
    ids=lambda value: str(value)[:30],
)
def test_a_text_is_its_value_or_fails(name: str, text: str, expected: Any) -> None:
    (value,) = cast([text], name)
    assert value == expected
    assert value is FAILS or isinstance(value, type(expected))
    if isinstance(expected, float):
        assert math.copysign(1, value) == math.copysign(1, expected)


@pytest.mark.parametrize("name", list(CASES))
def test_texts_do_not_disturb_each_other(name: str) -> None:
    texts = [None, *CASES[name], None, *reversed(CASES[name])]
    expected = [None if text is None else CASES[name][text] for text in texts]
    assert cast(texts, name) == expected
    assert cast([], name) == []
    assert cast([None, None], name) == [None, None]


def test_nan_is_nan_however_it_is_written() -> None:
    assert all(math.isnan(value) for value in cast(["nan", "NaN", "-NAN", " nan"], "double"))


@given(st.lists(st.integers(-(2**65), 2**65)))
def test_integers_are_exact_or_refused(numbers: list[int]) -> None:
    expected = [number if -(2**63) <= number < 2**63 else FAILS for number in numbers]
    assert cast([str(number) for number in numbers], "bigint") == expected


@given(st.lists(st.floats(allow_nan=False)))
def test_doubles_written_by_python_come_back(numbers: list[float]) -> None:
    assert cast([repr(number) for number in numbers], "double") == numbers


@given(st.lists(st.floats(allow_nan=False, width=32)))
def test_floats_written_by_arrow_come_back(numbers: list[float]) -> None:
    texts = pa.array(numbers, pa.float32()).cast(pa.string()).to_pylist()
    assert cast(texts, "float") == numbers


@given(st.integers(-(10**39), 10**39), st.integers(0, 45), st.integers(1, 38), st.integers(0, 38))
def test_decimals_are_exact_or_refused(digits: int, places: int, precision: int, scale: int) -> None:
    scale = min(scale, precision)
    text = f"{'-' if digits < 0 else ''}{abs(digits) // 10**places}.{abs(digits) % 10**places:0{places}}"
    scaled = Fraction(digits, 10**places) * 10**scale
    fits = scaled.denominator == 1 and abs(scaled) < 10**precision
    (value,) = cast([text], f"decimal({precision},{scale})")
    assert (value is not FAILS) == fits
    assert not fits or Fraction(value) == Fraction(digits, 10**places)


@given(st.lists(st.dates()))
def test_dates_come_back(days: list[date]) -> None:
    assert cast([day.isoformat() for day in days], "date") == days


@given(st.lists(st.datetimes(), max_size=8), st.integers(-14 * 60, 14 * 60))
def test_moments_come_back_in_utc(moments: list[datetime], minutes: int) -> None:
    assert cast([str(moment) for moment in moments], "timestamp_ntz") == moments
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    for moment in moments:
        try:
            expected: Any = moment.replace(tzinfo=UTC) - timedelta(minutes=minutes)
        except OverflowError:
            expected = FAILS
        assert cast([f"{moment}{offset}"], "timestamp") == [expected]


@given(st.lists(st.text(alphabet="0123456789+-.:eEnaif TZ", max_size=12)), st.sampled_from(sorted(CASES)))
def test_no_text_is_an_error(texts: list[str], name: str) -> None:
    together = cast(texts, name)
    alone = [cast([text], name)[0] for text in texts]
    assert [str(value) for value in together] == [str(value) for value in alone]
