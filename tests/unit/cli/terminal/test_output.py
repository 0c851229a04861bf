"""Standard output: aligned text for people, exactly one JSON document for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clearwell.cli.terminal.output import print_json, table_lines
from clearwell.model import Severity

if TYPE_CHECKING:
    import pytest


def test_numbers_stand_to_the_right_with_thousands_separators() -> None:
    rows = [{"name": "bronze_flights", "rows": 12556}, {"name": "gold", "rows": None}]
    assert table_lines(rows, ("name", "rows")) == [
        "name              rows",
        "bronze_flights  12,556",
        "gold                 -",
    ]


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
