"""A key is what a person writes, in the types of the table, or a clear error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.errors import ProjectError
from clearwell.trace.keys import parse_key

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("carrier", pa.string()),
        ("flight", pa.int32()),
        ("at", pa.timestamp("us")),
        ("instant", pa.timestamp("us", "UTC")),
        ("price", pa.decimal128(10, 2)),
        ("late", pa.bool_()),
        ("tags", pa.list_(pa.string())),
    ]
)
KEY = ("day", "carrier", "flight")


def parsed(*given: str, key: Sequence[str] = KEY) -> dict[str, Any]:
    found = parse_key(given, schema=SCHEMA, key=key, place="silver_flights")
    return {column: value.as_py() for column, value in found.items()}


def test_the_values_of_the_key_come_in_its_order() -> None:
    assert parsed('2013-02-08,"UA,really",1545') == {
        "day": dt.date(2013, 2, 8),
        "carrier": "UA,really",
        "flight": 1545,
    }


def test_any_columns_can_be_named_and_have_their_own_types() -> None:
    assert parsed("carrier=UA", "price=12.5", "late=yes", "at=2013-02-08T05:15") == {
        "carrier": "UA",
        "price": Decimal("12.50"),
        "late": True,
        "at": dt.datetime(2013, 2, 8, 5, 15),
    }
    assert parsed("instant=2013-02-08 05:15+01:00")["instant"] == dt.datetime(
        2013, 2, 8, 4, 15, tzinfo=dt.UTC
    )


def test_the_only_column_of_a_key_takes_any_text() -> None:
    assert parsed("a=b,c", key=("carrier",)) == {"carrier": "a=b,c"}
    assert parsed("carrier=a=b", key=("carrier",)) == {"carrier": "a=b"}


@pytest.mark.parametrize(
    ("given", "fact", "hint"),
    [
        (["2013-02-08,UA"], "has 2 values, but the key has 3 columns", "its key is day, carrier, flight"),
        (["carier=UA"], "there is no column 'carier'", "did you mean 'carrier'"),
        (["flight=many"], "column 'flight': 'many' is not an int", None),
        (["flight=3000000000"], "column 'flight': '3000000000' is not an int", None),
        (["day=08.02.2013"], "column 'day': '08.02.2013' is not a date", "write it as 2013-02-08"),
        (["flight="], "column 'flight': '' is not an int", None),
        (["at=2013-02-08T05:15Z"], "is not a timestamp_ntz", "write it as 2013-02-08T05:15:00"),
        (["tags=x"], "rows cannot be looked up by it", "name another column"),
        (["carrier=UA", "carrier=US"], "column 'carrier' is given twice", "leave one"),
        ([], "no key is given", "its key is day, carrier, flight"),
    ],
)
def test_what_is_no_key_is_told(given: list[str], fact: str, hint: str | None) -> None:
    with pytest.raises(ProjectError) as caught:
        parsed(*given)
    assert fact in caught.value.fact
    assert caught.value.place == "silver_flights"
    assert hint is None or hint in (caught.value.hint or "")


def test_without_a_key_of_its_own_columns_must_be_named() -> None:
    with pytest.raises(ProjectError, match="'UA' names no column") as caught:
        parsed("UA", key=())
    assert "write --key COLUMN=VALUE with any of day, carrier" in (caught.value.hint or "")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2))
def test_any_text_can_be_quoted_as_in_csv(values: list[str]) -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    text = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    found = parse_key([text], schema=schema, key=("a", "b"), place="t")
    assert [value.as_py() for value in found.values()] == values
