"""A table of text, or rows, become a frame of just these values and types; what does not fit is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.errors import CandidateRefused, ProjectError
from clearwell.names import PROVENANCE
from clearwell.testing import rows
from clearwell.testing.frames import make_frame, make_table

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

EVERYTHING = """
    n int | big bigint           | paid decimal(38,10)   | x double | yes boolean | on date    | at timestamp_ntz           | seen timestamp           | note
    1     | 9223372036854775807  | 1234567890.0987654321 | nan      | true        | 2026-03-02 | 2026-03-02 07:00:00.000001 | 2026-03-02T07:00:00+01:00 | "a | \\"b\\" "
          | NULL                 |                       |          |             |            |                            |                           | ""
    -3    | -9223372036854775808 | -0.5                  | -0.0     | no          | 0001-01-01 | 9999-12-31 23:59:59.999999 | 1969-12-31 23:59:59Z      | NULL
"""  # noqa: E501 - a table is as wide as it is


def test_a_text_says_names_types_and_values() -> None:
    table = make_table(EVERYTHING)
    assert [str(field.type) for field in table.schema] == [
        "int32",
        "int64",
        "decimal128(38, 10)",
        "double",
        "bool",
        "date32[day]",
        "timestamp[us]",
        "timestamp[us, tz=UTC]",
        "string",
    ]
    first, second, third = table.to_pylist()
    assert first["n"] == 1
    assert first["paid"] == Decimal("1234567890.0987654321")
    assert first["x"] != first["x"]
    assert first["at"] == datetime(2026, 3, 2, 7, microsecond=1)
    assert first["seen"] == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert first["note"] == 'a | "b" '
    assert second == {**dict.fromkeys(table.column_names), "note": ""}
    assert third["on"] == date(1, 1, 1)
    assert third["note"] is None


def test_an_engine_gets_just_these_values_and_types(engine: Engine, tmp_path: Path) -> None:
    table = make_table(EVERYTHING)
    frame = make_frame(table, engine, tmp_path, provenance=False)
    assert [field.dataType.simpleString() for field in frame.schema] == [
        "int",
        "bigint",
        "decimal(38,10)",
        "double",
        "boolean",
        "date",
        "timestamp_ntz",
        "timestamp",
        "string",
    ]
    assert repr(rows(frame)) == repr(table.to_pylist())


def test_rows_as_mappings_give_lists_and_structs_too(engine: Engine, tmp_path: Path) -> None:
    table = make_table([{"id": 1, "tags": ["a", "b"], "at": {"x": 1.5}}, {"id": 2, "tags": None, "at": None}])
    assert rows(make_frame(table, engine, tmp_path, provenance=False)) == table.to_pylist()


def test_types_can_be_given_for_rows_and_for_a_table_without_any(engine: Engine, tmp_path: Path) -> None:
    typed = make_table([{"n": 1, "note": None}], {"n": pa.int16(), "note": pa.string()})
    assert typed.schema.types == [pa.int16(), pa.string()]
    empty = make_frame(make_table([], {"n": pa.int16()}), engine, tmp_path, provenance=False)
    assert (rows(empty), empty.dtypes) == ([], [("n", "smallint")])
    headed = make_frame(make_table("n smallint | note"), engine, tmp_path, provenance=False)
    assert (rows(headed), headed.dtypes) == ([], [("n", "smallint"), ("note", "string")])


def test_provenance_is_filled_in_and_never_overwritten(engine: Engine, tmp_path: Path) -> None:
    frame = make_frame(make_table("id | _record_no bigint\na | 7\nb | 8"), engine, tmp_path, provenance=True)
    assert set(frame.columns) == {"id", *PROVENANCE}
    assert [row["_record_no"] for row in rows(frame)] == [7, 8]
    assert {row["_file_id"] for row in rows(frame)} == {"0" * 32}
    assert {row["_batch_id"] for row in rows(frame)} == {1}


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=4))
def test_every_text_can_be_written_in_quotes(values: list[str | None]) -> None:
    import json

    names = [f"c{n}" for n in range(len(values))]
    cells = ["NULL" if value is None else json.dumps(value) for value in values]
    table = make_table(f"{' | '.join(names)}\n{' | '.join(cells)}")
    assert table.to_pylist() == [dict(zip(names, values, strict=True))]


@pytest.mark.parametrize(
    ("text", "fact", "place"),
    [
        ("", "an empty text is not a table", None),
        ("id | id\n1 | 2", "the column 'id' exists twice", "id | id"),
        ("id | \n1 | 2", "a column without a name", "id |"),
        ("id bigint | n\n1", "1 values for 2 columns", "1"),
        ("id bigint | n\n1 | 2 | 3", "3 values for 2 columns", "1 | 2 | 3"),
        ("id bigint\n1\n2.5\n3", "id: '2.5' is not a bigint", "2.5"),
        ("paid decimal(4,2)\n1.234", "paid: '1.234' is not a decimal(4,2)", "1.234"),
        ("id bigimt\n1", "'bigimt' is not a type that raw data can be cast to", "id bigimt"),
        ('note\n"open', "a value that is neither quoted nor plain", '"open'),
        ('note\n"bad \\q"', "a value that is neither quoted nor plain", '"bad \\q"'),
        ('note\n"two" words', "a value that is neither quoted nor plain", '"two" words'),
    ],
)
def test_a_text_that_is_no_table_is_told_with_its_line(text: str, fact: str, place: str | None) -> None:
    with pytest.raises(ProjectError) as caught:
        make_table(text)
    assert (caught.value.fact, caught.value.place) == (fact, place)


@pytest.mark.parametrize(
    "content",
    [
        [{"n": 1}, {"n": "one"}],
        [{"n": None}],
        [{"n": 2**70}],
    ],
)
def test_rows_without_one_type_are_told_by_their_column(content: list[dict[str, Any]]) -> None:
    with pytest.raises(ProjectError, match="column 'n'"):
        make_table(content)


@pytest.mark.promise("P6")
def test_values_become_their_type_by_the_rules_of_raw_files() -> None:
    at, kind = datetime(2026, 3, 2, 7), pa.timestamp("us")
    assert make_table([{"at": at}, {"at": None}], {"at": kind}).column("at").to_pylist() == [at, None]
    assert make_table([{"at": "2026-03-02 07:00"}], {"at": kind}).column("at").to_pylist() == [at]
    assert make_table([{"n": 2.0}], {"n": pa.int8()}).to_pylist() == [{"n": 2}]
    paid = make_table([{"paid": Decimal("4.2")}, {"paid": 1}], {"paid": pa.decimal128(8, 2)})
    assert paid.column("paid").to_pylist() == [Decimal("4.20"), Decimal("1.00")]


@pytest.mark.parametrize("value", [1.5, "one", 2**40, True])
def test_a_value_is_never_bent_to_its_type(value: Any) -> None:
    with pytest.raises(ProjectError, match=f"column 'n': {value!r} is not an int"):
        make_table([{"n": value}], {"n": pa.int32()})


def test_what_no_table_can_hold_is_no_frame(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(CandidateRefused, match="differ only in case"):
        make_frame(make_table([{"id": 1, "ID": 2}]), engine, tmp_path, provenance=False)
