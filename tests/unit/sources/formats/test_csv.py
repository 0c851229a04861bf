"""CSV: agreement with Python's csv, and every bad record in quarantine with its own bytes."""

from __future__ import annotations

import csv
import io
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.sources import LongFields, OpenFile, SourceSpec, UnreadableFile, read
from clearwell.sources.formats.csv import Csv
from clearwell.sources.values import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sources.conftest import Outcome

    Parse = Callable[..., Outcome]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet='ab,"\n\r \ufeff', max_size=60), block=st.integers(1, 80))
def test_accepted_rows_are_those_of_csv_and_nothing_is_lost(parse: Parse, text: str, block: int) -> None:
    outcome = parse(b"x,y\n" + text.encode(), nulls=(), block_bytes=block)
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert len(rows) == len(outcome.numbers) + len(outcome.rejects)
    assert [list(row.values()) for row in outcome.rows] == [rows[number - 1] for number in outcome.numbers]
    for number, check in outcome.checks.items():
        # The bytes kept are the record: read alone they are that row again.
        assert next(csv.reader(io.StringIO(outcome.raw[number].decode(), newline=""))) == rows[number - 1]
        assert check == "csv_quote" or len(rows[number - 1]) != 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=60), block=st.integers(1, 80))
def test_any_bytes_are_accepted_or_kept(parse: Parse, data: bytes, block: int) -> None:
    outcome = parse(b"x,y\n" + data, block_bytes=block)
    for number, check in outcome.checks.items():
        assert outcome.raw[number] in data
        if check == "utf8":
            with pytest.raises(UnicodeDecodeError):
                outcome.raw[number].decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030"])
def test_a_mark_is_text_wherever_it_is_not_the_first_of_the_file(parse: Parse, encoding: str) -> None:
    text = "id,n\n{0}x,1\ny,2\n{0}x,1\n{0}\n1,{0}1\n".format("\ufeff")
    for block in (1, 1_000):
        outcome = parse(text.encode(encoding), encoding=encoding, columns={"n": "bigint"}, block_bytes=block)
        assert [row["id"] for row in outcome.rows] == ["\ufeffx", "y", "\ufeffx"]
        assert outcome.checks == {4: "csv_fields", 5: "type_n"}
    quoted = parse('\ufeffa,b\n\ufeff"a,b",c\n'.encode())
    assert [reject.message for reject in quoted.rejects] == ["3 fields; the header has 2"]


def test_ragged_rows_keep_their_number_and_bytes(parse: Parse) -> None:
    outcome = parse(b'a,b\n1,2\n\n3\n"x\ny",4\n5,6,7\n8,9')
    assert outcome.rows == [{"a": "1", "b": "2"}, {"a": "x\ny", "b": "4"}, {"a": "8", "b": "9"}]
    assert outcome.numbers == [1, 3, 5]
    assert outcome.raw == {2: b"3", 4: b"5,6,7"}
    assert set(outcome.checks.values()) == {"csv_fields"}
    assert outcome.rejects[1].message == "3 fields; the header has 2"


def test_bad_utf8_rejects_its_own_row_and_no_other(parse: Parse) -> None:
    outcome = parse("a,b\nü,1\n".encode() + b"\xff,2\n\xfe\n,\xc3\xa4\n\x00,\x1a\n")
    assert outcome.rows == [{"a": "ü", "b": "1"}, {"a": None, "b": "ä"}, {"a": "\x00", "b": "\x1a"}]
    assert outcome.checks == {2: "utf8", 3: "utf8"}
    assert outcome.raw == {2: b"\xff,2", 3: b"\xfe"}


def test_null_texts_are_null_only_without_quotes(parse: Parse) -> None:
    assert parse(b'a,b\n,""\n').rows == [{"a": None, "b": ""}]
    rows = parse(b'a,b\nNA,"NA"\n,na\n', nulls=("NA", "-")).rows
    assert rows == [{"a": None, "b": "NA"}, {"a": "", "b": "na"}]


def test_a_text_that_does_not_fit_its_type_rejects_the_row_and_never_becomes_null(parse: Parse) -> None:
    outcome = parse(b'id,n\n00501,1\n2,12x\n3,\n4,""\n5,2.9\n', columns={"n": "int", "absent": "date"})
    assert outcome.rows == [{"id": "00501", "n": 1}, {"id": "3", "n": None}]
    assert outcome.checks == {2: "type_n", 4: "type_n", 5: "type_n"}
    assert outcome.raw == {2: b"2,12x", 4: b'4,""', 5: b"5,2.9"}
    assert outcome.rejects[0].message == "column 'n': '12x' is not an int"


def test_an_empty_field_in_quotes_is_told_or_missing_but_where_text_can_be(parse: Parse) -> None:
    data = b'id,n,d,t,u,b\n1,"",,"","",""\n"",2,"",x,y,z\n3," ",,,,\n'
    types = {"id": "bigint", "n": "int", "d": "date", "t": "string", "b": "binary"}
    outcome = parse(data, columns=types)
    assert outcome.rows == []
    told = "column 'n': '' is not an int; with `quoted_empty: missing` it is NULL"
    assert [reject.message for reject in outcome.rejects] == [
        told,
        told.replace("'n'", "'id'").replace("an int", "a bigint")
        + "; "
        + told.replace("'n'", "'d'").replace("an int", "a date"),
        "column 'n': ' ' is not an int",
    ]
    outcome = parse(data, columns=types, quoted_empty="missing")
    assert outcome.rows == [
        {"id": 1, "n": None, "d": None, "t": "", "u": "", "b": b""},
        {"id": None, "n": 2, "d": None, "t": "x", "u": "y", "b": b"z"},
    ]
    assert outcome.checks == {3: "type_n"}


def test_a_row_that_fails_twice_is_one_reject_that_tells_both(parse: Parse) -> None:
    outcome = parse(b"a,b\nx,y\n", columns={"a": "int", "b": "date"})
    (reject,) = outcome.rejects
    assert reject.check == "type_a"
    assert reject.message == "column 'a': 'x' is not an int; column 'b': 'y' is not a date"


def test_extreme_numbers_are_exact(parse: Parse) -> None:
    big = "12345678901234567890123456789012345678"
    outcome = parse(
        f"i,d,x\n9007199254740993,{big},NaN\n-1,-{big},-Infinity\n0,0,-0.0\n".encode(),
        columns={"i": "bigint", "d": "decimal(38,0)", "x": "double"},
    )
    assert [row["i"] for row in outcome.rows] == [9007199254740993, -1, 0]
    assert [row["d"] for row in outcome.rows] == [Decimal(big), Decimal(f"-{big}"), 0]
    nan, infinite, zero = (row["x"] for row in outcome.rows)
    assert math.isnan(nan)
    assert infinite == -math.inf
    assert math.copysign(1, zero) == -1


def test_columns_are_bound_by_name(parse: Parse) -> None:
    assert parse(b"b,a\n1,x\n", columns={"a": "string", "b": "int"}).rows == [{"b": 1, "a": "x"}]


def test_unnamed_columns_are_named_by_their_position(parse: Parse) -> None:
    assert parse(b'a,," ",d\n1,2,3,4\n').rows == [{"a": "1", "unnamed_2": "2", "unnamed_3": "3", "d": "4"}]


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        (b"a,a", "two columns 'a'"),
        (b"a,A", "differ only in case"),
        (b"_file_id", "provenance"),
        (b"_Record_No", "provenance"),
        (b"unnamed_2,", "two columns"),
        (b'"a', "never closed"),
        (b"a\xff", "not utf-8"),
        (b"a\x00", "NUL"),
        (b"\xff\xfea\x00", "has a utf-16 byte order mark"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"sep=;", "which only Excel reads"),
        (b'"sep=,"', "which only Excel reads"),
    ],
)
def test_a_header_that_cannot_name_columns_refuses_the_file(parse: Parse, header: bytes, fact: str) -> None:
    with pytest.raises(UnreadableFile, match=fact) as caught:
        parse(header + b"\n1,2\n")
    assert caught.value.place == "raw"


def test_too_many_columns_refuse_the_file(parse: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ",".join(f"c{i}" for i in range(2_000))
    (row,) = parse(f"{names}\n{names}\n".encode()).rows
    assert row["c1999"] == "c1999"
    monkeypatch.setattr(columns, "MAX_COLUMNS", 1_999)
    with pytest.raises(UnreadableFile, match="2000 columns"):
        parse(names.encode())


@pytest.mark.parametrize("data", [b"", b"\n\r\n"])
def test_a_file_without_a_header_has_no_records(parse: Parse, data: bytes) -> None:
    assert parse(data) == parse(b"")


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n\r\n"])
def test_a_header_alone_tells_the_columns(parse: Parse, data: bytes) -> None:
    outcome = parse(data, columns={"b": "int"})
    assert outcome.rows == []
    assert outcome.parts[0].schema.names == ["a", "b", "_record_no"]
    assert str(outcome.parts[0].schema.field("b").type) == "int32"
    assert not outcome.parts[0].schema.field("_record_no").nullable


def test_a_mixture_of_line_ends_is_one_file(parse: Parse) -> None:
    outcome = parse(b'a,b\r\n1,"x\r"\r2,y\n3,"\r\n"\r\n4', columns={"a": "int"})
    assert [row["b"] for row in outcome.rows] == ["x\r", "y", "\r\n"]
    assert outcome.raw == {4: b"4"}


def test_a_truncated_tail_is_kept_as_it_is(parse: Parse) -> None:
    outcome = parse(b'a,b\n1,x\n2,"never\nclosed,\n')
    assert outcome.numbers == [1]
    assert outcome.checks == {2: "csv_quote"}
    assert outcome.raw == {2: b'2,"never\nclosed,\n'}


def test_another_delimiter(parse: Parse) -> None:
    assert parse(b"a\tb\n1,0\t2\n", delimiter="\t").rows == [{"a": "1,0", "b": "2"}]


def test_a_record_larger_than_a_block_is_one_record(parse: Parse) -> None:
    large = "x" * 300_000
    outcome = parse(f'a,b\n1,"{large}\n"\n2,y\n'.encode(), block_bytes=1_000)
    assert [len(row["b"]) for row in outcome.rows] == [300_001, 1]


def test_a_count_that_differs_from_arrows_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from clearwell.sources.formats import csv as reader

    fields = reader._fields
    monkeypatch.setattr(reader, "_fields", lambda text, *rest: fields(text + b"9,9\n", *rest))
    with pytest.raises(UnreadableFile, match=r"1 records .* parsed as 2"):
        list(Csv().read(OpenFile(io.BytesIO(b"a,b\n1,2\n"), SourceSpec("f"), "f", 100)))


def test_formulas_and_markup_stay_text(parse: Parse) -> None:
    texts = ["=cmd()", "+1", "-1", "@x", "<b>", "1e5", "00501", "null", "None"]
    assert [row["a"] for row in parse("\n".join(["a", *texts]).encode()).rows] == texts


def test_memory_is_bounded_by_the_block_and_parts_come_as_they_are_read(parse: Parse) -> None:
    data = b"a,b\n" + b"1,2\n" * 10_000
    outcome = parse(data, block_bytes=4_000)
    assert len(outcome.parts) == 11
    assert max(len(part) for part in outcome.parts) <= 1_000
    assert outcome.numbers == list(range(1, 10_001))


def test_reading_needs_no_more_than_one_part_at_a_time(tmp_path) -> None:
    from tests.unit.sources.conftest import write_raw

    file = write_raw(tmp_path / "f", b"a\n" + b"1\n" * 1_000)
    parts = read(file, SourceSpec("f"), block_bytes=100)
    assert len(next(parts).accepted) == 49
    parts.close()


def _far_quotes(lines: int) -> bytes:
    """Two stray quotes, and that many lines between them."""
    rows = [f"{i},x{i}" for i in range(1, lines + 3)]
    rows[1] = '2,"x2'
    rows[lines + 1] = f'{lines + 2}, x"'
    return ("id,note\n" + "\n".join(rows) + "\n").encode()


def test_a_field_of_many_lines_is_a_warning_that_names_the_line(parse: Parse) -> None:
    outcome = parse(_far_quotes(9_996))
    assert (len(outcome.rows), outcome.rejects) == (2, ())
    (note,) = (note for part in outcome.notes for note in part)
    assert note.startswith("record 2: column 'note' holds ")
    assert "in 9,997 lines: a quote may be missing at line 3" in note


@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_or_its_record_is_rejected_if_the_source_says_so(parse: Parse, block_bytes: int) -> None:
    limit = LongFields(lines=10, longer="reject")
    outcome = parse(_far_quotes(11) + b"14,last\n", max_field=limit, block_bytes=block_bytes)
    assert [row["id"] for row in outcome.rows] == ["1", "14"]
    assert (outcome.numbers, outcome.checks) == ([1, 3], {2: "csv_field"})
    assert outcome.raw[2].startswith(b'2,"x2\n3,x3\n')
    assert "missing at line 3" in outcome.rejects[0].message


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (LongFields(lines=10), False),
        (LongFields(lines=9), True),
        (LongFields(lines=1000, size=40), True),
        (LongFields(lines=1000, size=4000), False),
    ],
)
def test_a_field_within_the_limit_is_not_told(parse: Parse, limit: LongFields, told: bool) -> None:
    assert any(parse(_far_quotes(10), max_field=limit).notes) == told


def test_lines_of_several_fields_do_not_add_up(parse: Parse) -> None:
    text = b'a,b\n"1\n2\n3","4\n5\n6"\n'
    assert not any(parse(text, max_field=LongFields(lines=3)).notes)
    assert any(parse(text, max_field=LongFields(lines=1)).notes)
