"""JSON lines: values keep their writing, and a bad line is alone in being rejected."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.sources import UnreadableFile
from clearwell.sources.formats import json as reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sources.conftest import Outcome


@pytest.fixture
def lines(parse: Callable[..., Outcome]) -> Callable[..., Outcome]:
    def lines(*records: str | bytes, **options: Any) -> Outcome:
        data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in records)
        return parse(data, format="jsonl", **options)

    return lines


def test_scalars_are_text_as_written(lines) -> None:
    outcome = lines(
        '{"a": 1.50, "b": "x", "c": true, "d": null, "e": 9007199254740993, "f": 1E5, "g": "1.50"}'
    )
    assert outcome.rows == [
        {"a": "1.50", "b": "x", "c": "true", "d": None, "e": "9007199254740993", "f": "1E5", "g": "1.50"}
    ]


def test_nested_values_are_json_text_with_their_digits(lines) -> None:
    (row,) = lines(
        '{"a": [1.10, "1.10", {"b": null, "ü\\n": [true, false]}], "c": {}, "d": "s", "e": 2.0}'
    ).rows
    assert row["a"] == '[1.10, "1.10", {"b": null, "ü\\n": [true, false]}]'
    assert (row["c"], row["d"], row["e"]) == ("{}", "s", "2.0")


def test_missing_keys_are_null_and_parts_have_the_columns_of_their_lines(lines) -> None:
    outcome = lines('{"a": 1}', '{"b": 2}', '{"a": 3}', "{}", block_bytes=1)
    assert [row.get("a") for row in outcome.rows] == ["1", None, "3", None]
    together = lines('{"a": 1}', '{"b": 2}', '{"a": 3}', "{}")
    assert together.rows == [
        {"a": "1", "b": None},
        {"a": None, "b": "2"},
        {"a": "3", "b": None},
        {"a": None, "b": None},
    ]


def test_declared_columns_are_cast_like_csv(lines) -> None:
    outcome = lines(
        '{"n": 1, "x": NaN, "b": true}',
        '{"n": "12x", "x": 1}',
        '{"n": 1.5}',
        '{"n": "7", "x": -Infinity, "b": "no"}',
        '{"n": null}',
        '{"n": [1]}',
        columns={"n": "int", "x": "double", "b": "boolean"},
    )
    assert outcome.numbers == [1, 4, 5]
    assert math.isnan(outcome.rows[0]["x"])
    assert outcome.rows[1:] == [{"n": 7, "x": -math.inf, "b": False}, {"n": None, "x": None, "b": None}]
    assert outcome.checks == {2: "type_n", 3: "type_n", 6: "type_n"}
    assert outcome.raw[2] == b'{"n": "12x", "x": 1}'


@pytest.mark.parametrize(
    ("line", "check"),
    [
        ('{"a": 1', "json_syntax"),
        ('{"a": 1} x', "json_syntax"),
        ("{'a': 1}", "json_syntax"),
        ("[1]", "json_object"),
        ("1", "json_object"),
        ("null", "json_object"),
        ('{"a": 1, "a": 1}', "json_keys"),
        ('{"a": {"b": 1, "b": 2}}', "json_keys"),
        ('{"z": 1, "Z": 2}', "json_keys"),
        ('{"A": 1}', "json_keys"),
        ('{"_batch_id": 1}', "json_keys"),
        ('{"": 1}', "json_keys"),
        ('{"a": "\\ud800"}', "json_text"),
        ('{"a": ["\\ud800"]}', "json_text"),
        ('{"b\\udfff": 1}', "json_text"),
        (b'{"a": "\xff"}', "utf8"),
        ("[" * 5_000 + "]" * 5_000, "json_depth"),
        ('{"a": ' * 5_000 + "1" + "}" * 5_000, "json_depth"),
        ('{"a": ' + "[" * reader.MAX_DEPTH + "]" * reader.MAX_DEPTH + "}", "json_depth"),
        ('{"a": ' + "[" * 100_000, "json_depth"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_line_is_rejected_alone_with_its_bytes(lines, line: str | bytes, check: str) -> None:
    outcome = lines('{"a": 1}', "", line, ' {"a": 2}\r')
    assert outcome.rows == [{"a": "1"}, {"a": "2"}]
    assert outcome.numbers == [1, 3]
    assert outcome.checks == {2: check}
    assert outcome.raw == {2: line if isinstance(line, bytes) else line.encode()}
    assert len(outcome.rejects[0].message) < 200


def test_the_deepest_nesting_that_is_taken(lines) -> None:
    deep = "[" * (reader.MAX_DEPTH - 1) + "]" * (reader.MAX_DEPTH - 1)
    assert lines(f'{{"a": {deep}}}').rows == [{"a": deep}]


def test_a_numbers_length_is_not_limited(lines) -> None:
    assert lines(f'{{"a": {"9" * 10_000}}}').rows == [{"a": "9" * 10_000}]


def test_new_keys_are_limited(lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_COLUMNS", 3)
    outcome = lines('{"a": 1, "b": 1}', '{"c": 1, "d": 1}', '{"c": 2}')
    assert outcome.checks == {2: "json_keys"}
    assert outcome.rows[-1]["c"] == "2"


def test_ever_new_keys_do_not_fill_the_memory(lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_CELLS", 50)
    outcome = lines(*(f'{{"k{i}": {i}}}' for i in range(100)))
    assert outcome.numbers == list(range(1, 101))
    assert max(part.num_rows * part.num_columns for part in outcome.parts) <= 100


def test_an_empty_file_and_blank_lines_have_no_records(lines) -> None:
    assert lines("").numbers == lines("", " \t", "\r").numbers == []


def test_a_mark_is_skipped_and_another_encoding_read(lines, parse) -> None:
    assert lines(b'\xef\xbb\xbf{"a": 1}').rows == [{"a": "1"}]
    assert lines('{"a": "ü"}'.encode("cp1252"), encoding="cp1252").rows == [{"a": "ü"}]
    assert parse('{"a": "ü"}\n'.encode("utf-16"), format="jsonl", encoding="utf-16").rows == [{"a": "ü"}]
    with pytest.raises(UnreadableFile, match="Parquet"):
        lines(b"PAR1....")


def test_a_mark_is_a_mark_at_the_start_of_the_file_alone(lines) -> None:
    for block in (1, 1_000):
        outcome = lines('\ufeff{"a": 1}', '\ufeff{"a": 2}', '{"a": "\ufeff3"}', block_bytes=block)
        assert outcome.rows == [{"a": "1"}, {"a": "\ufeff3"}]
        assert outcome.checks == {2: "json_syntax"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON), max_size=5), st.integers(1, 90), st.booleans())
def test_objects_written_by_python_come_back(
    lines, records: list[dict[str, Any]], block: int, ascii: bool
) -> None:
    outcome = lines(*(json.dumps(record, ensure_ascii=ascii) for record in records), block_bytes=block)
    assert outcome.rejects == ()
    for record, row in zip(records, outcome.rows, strict=True):
        for key, value in record.items():
            assert (
                row[key] == value
                if isinstance(value, str)
                else (row[key] is None if value is None else json.loads(row[key]) == value)
            )
        assert all(row[key] is None for key in row if key not in record)


def test_keys_that_delta_cannot_hold_are_stored_under_names_that_it_can(lines) -> None:
    outcome = lines('{"a b": 1, "c": 2}', '{"a b": 3}', columns={"a_b": "bigint"})
    assert outcome.rows == [{"a_b": 1, "c": "2"}, {"a_b": 3, "c": None}]


def test_two_keys_of_one_stored_name_reject_the_line(lines) -> None:
    assert lines('{"a b": 1, "a_b": 2}', columns={"a_b": "bigint"}).checks == {1: "json_keys"}
