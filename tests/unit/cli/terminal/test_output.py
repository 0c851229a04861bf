"""Standard output: aligned text for people, exactly one JSON document for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.cli.terminal.output import elapsed, print_json, table_lines
from clearwell.model import Severity


def test_numbers_stand_to_the_right_with_thousands_separators() -> None:
    rows = [{"name": "bronze_flights", "rows": 12556}, {"name": "gold", "rows": None}]
    assert table_lines(rows, ("name", "rows")) == [
        "name              rows",
        "bronze_flights  12,556",
        "gold                 -",
    ]


def test_times_of_the_users_data_are_exact() -> None:
    rows = [{"at": datetime(2013, 2, 8, 6, 0, 0, 123456)}]
    assert table_lines(rows, ("at",), grouped=False)[1] == "2013-02-08 06:00:00.123456"
    assert table_lines(rows, ("at",))[1] == "2013-02-08 06:00:00"


def test_a_listing_without_rows_is_its_header() -> None:
    assert table_lines([], ("name", "rows")) == ["name  rows"]


def test_control_characters_of_raw_data_do_not_reach_the_terminal() -> None:
    (_, line) = table_lines([{"raw": "a\x1b[31m\nb"}], ("raw",))
    assert line == r"a\x1b[31m\nb"


def test_long_text_is_cut_and_says_so() -> None:
    (_, line) = table_lines([{"raw": "x" * 1000}], ("raw",))
    assert len(line) == 60
    assert line.endswith("…")


@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.text() | st.integers() | st.none()), max_size=5)
)
def test_every_row_is_one_line(rows: list[dict[str, object]]) -> None:
    assert len(table_lines(rows, ("a", "b"))) == len(rows) + 1
    assert all(line.isprintable() for line in table_lines(rows, ("a", "b")))


@dataclass(frozen=True)
class Record:
    when: date
    severity: Severity


def test_what_json_lacks_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        {
            "moment": datetime(2013, 2, 8, tzinfo=UTC),
            "nan": math.nan,
            "infinity": -math.inf,
            "decimal": Decimal("1.50"),
            "path": Path("a/b"),
            "raw": b"caf\xe9",
            "record": Record(date(2013, 2, 8), Severity.WARNING),
        }
    )
    assert json.loads(capsys.readouterr().out) == {
        "moment": "2013-02-08T00:00:00+00:00",
        "nan": "nan",
        "infinity": "-inf",
        "decimal": "1.50",
        "path": "a/b",
        "raw": r"caf\xe9",
        "record": {"when": "2013-02-08", "severity": "warning"},
    }


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=1), "1 d ago"),
        (timedelta(days=1234), "1,234 d ago"),
        (timedelta(minutes=-2), "in the future"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(time: timedelta, text: str) -> None:
    assert elapsed(time) == text
