"""The scanner against Python's csv module, on valid CSV and on any other bytes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clearwell.sources import UnreadableFile
from clearwell.sources.parsing import scan

ANY = st.text(alphabet='ab,"\n\r ', max_size=60)
SIZES = st.integers(1, 70)


def blocks(data: bytes, size: int = 1 << 20) -> list[scan.Block]:
    return list(scan.csv_blocks(io.BytesIO(data), ",", place="f", size=size))


def records(data: bytes, size: int = 1 << 20) -> list[bytes]:
    return [block.raw(i) for block in blocks(data, size) for i in range(len(block))]


def broken(data: bytes, size: int = 1 << 20) -> dict[int, str]:
    return {block.first + i: why for block in blocks(data, size) for i, why in block.broken.items()}


def python_rows(text: str, *, strict: bool = False) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=strict) if row]


def written(field: str) -> str:
    doubled = field.replace('"', '""')
    return f'"{doubled}"' if not field or set(field) & set(',"\r\n') else field


@given(
    rows=st.lists(st.lists(st.text(alphabet='ab,"\n\r ü', max_size=6), min_size=2, max_size=3), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    size=SIZES,
)
def test_valid_csv_is_cut_into_its_records_and_none_is_broken(
    rows: list[list[str]], end: str, size: int
) -> None:
    data = "".join(",".join(map(written, row)) + end for row in rows).encode()
    found = records(data, size)
    assert [python_rows(raw.decode())[0] for raw in found] == rows
    assert broken(data, size) == {}


@given(text=ANY)
@example('x,"a"b\n1,"2\n"')
@example('"\r\n\r"\r\r\n,')
def test_any_text_is_cut_where_csv_cuts_it(text: str) -> None:
    rows = python_rows(text)
    found = records(text.encode())
    assert len(found) == len(rows)
    assert [python_rows(raw.decode())[0] for raw in found] == rows


@given(text=ANY, size=SIZES)
def test_the_size_of_blocks_changes_nothing(text: str, size: int) -> None:
    data = text.encode()
    assert records(data, size) == records(data)
    assert broken(data, size) == broken(data)


@given(text=ANY)
def test_bytes_outside_of_records_are_line_ends(text: str) -> None:
    for block in blocks(text.encode()):
        left = block.without(range(len(block)))
        assert set(left) <= set(b"\r\n")


@given(text=ANY)
def test_a_record_is_broken_exactly_when_strict_csv_refuses_it(text: str) -> None:
    refused = set()
    for number, raw in enumerate(records(text.encode())):
        try:
            python_rows(raw.decode(), strict=True)
        except csv.Error:
            refused.add(number)
    assert set(broken(text.encode())) == refused


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('1,"a\n2,b\n3,"c"\n4,d\n', {0}),  # the row that swallowed two others shows text behind its quote
        ('1,a\n2,"b\n3,c\n', {1}),
        ('1,5" pipe\n2,b\n', set()),
        ('1,""""\n', set()),
        ('1, "a"\n', set()),
    ],
)
def test_rows_that_swallow_others_are_broken_and_plain_quotes_are_not(text: str, numbers: set[int]) -> None:
    assert set(broken(text.encode())) == numbers


def test_blank_lines_are_not_records() -> None:
    assert records(b"\n\na\r\n\r\n\rb\n\n") == [b"a", b"b"]
    assert records(b"") == records(b"\r\n\n") == []


@given(text=ANY, size=SIZES)
def test_a_limit_of_records_in_a_block_changes_nothing(text: str, size: int) -> None:
    data = text.encode()
    whole, bad = records(data), broken(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "MAX_BLOCK_RECORDS", 2)
        assert records(data, size) == whole
        assert broken(data, size) == bad
        assert all(len(block) <= 2 for block in blocks(data, size))


def test_a_record_over_the_limit_is_refused_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_RECORD_BYTES", 1 << 20)
    data = b'a,b\n1,2\n3,"' + b"x" * (3 << 20)
    with pytest.raises(UnreadableFile, match="record 2 is longer than 1 MiB"):
        blocks(data, 1 << 18)


def test_lines_end_in_lf_and_blank_ones_are_no_records() -> None:
    data = b'{"a":\t1}\r\n \t\r\n\n2\r3\n4'
    for size in range(1, len(data) + 2):
        found = list(scan.line_blocks(io.BytesIO(data), place="f", size=size))
        lines = {block.first + i: block.raw(i) for block in found for i in range(len(block))}
        assert lines == {1: b'{"a":\t1}', 2: b"2\r3", 3: b"4"}
