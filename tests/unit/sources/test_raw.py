"""One record of a raw file is shown exactly as it stands there."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.sources import SourceSpec, UnreadableFile, read, read_record
from clearwell.sources.reading import RawFile

if TYPE_CHECKING:
    from pathlib import Path

CSV = SourceSpec("raw/*.csv", columns={"b": "int"})


def write(folder: Path, data: bytes, name: str = "file") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1,2"), (2, '"two\nlines",3'), (3, "x,not a number"), (4, '"a ""quote""",4')],
)
def test_a_csv_record_is_its_text_whatever_is_quoted_in_it(tmp_path: Path, number: int, text: str) -> None:
    file = write(
        tmp_path, b'\xef\xbb\xbfa,b\r\n1,2\r\n\r\n"two\nlines",3\r\nx,not a number\r\n"a ""quote""",4\r\n'
    )
    found = read_record(file, CSV, number)
    assert (found.text, found.exact, found.records) == (text, True, None)
    assert found.raw == text.encode()


def test_beyond_the_last_record_it_says_how_many_there_are(tmp_path: Path) -> None:
    file = write(tmp_path, b"a,b\n1,2\n3,4\n")
    found = read_record(file, CSV, 3)
    assert (found.raw, found.records) == (None, 2)
    assert read_record(write(tmp_path, b"", "empty"), CSV, 1).records == 0
    assert read_record(write(tmp_path, b"a,b\n", "header"), CSV, 1).records == 0


def test_bytes_that_are_no_text_show_as_escapes_and_are_kept(tmp_path: Path) -> None:
    file = write(tmp_path, b"a,b\ncaf\xe9,2\n")
    found = read_record(file, CSV, 1)
    assert (found.text, found.exact, found.raw) == (r"caf\xe9,2", False, b"caf\xe9,2")
    latin = SourceSpec("raw/*.csv", encoding="cp1252")
    assert read_record(file, latin, 1).text == "café,2"


def test_a_utf16_record_is_given_in_the_bytes_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "a,b\nü,2\n".encode("utf-16"))
    found = read_record(file, SourceSpec("raw/*.csv", encoding="utf-16"), 1)
    assert found.text == "ü,2"
    assert found.raw == "ü,2".encode("utf-16-le")


def test_a_json_line_keeps_its_blanks_and_digits(tmp_path: Path) -> None:
    file = write(tmp_path, b'{"a": 1.50}\n\n  {"a":2,   "b": null}\n')
    spec = SourceSpec("raw/*.jsonl", format="jsonl")
    assert read_record(file, spec, 2).text == '  {"a":2,   "b": null}'
    assert read_record(file, spec, 3).records == 2


def test_a_text_document_is_record_one(tmp_path: Path) -> None:
    file = write(tmp_path, b"\xef\xbb\xbffirst\r\nsecond\n")
    spec = SourceSpec("raw/*.txt", format="text")
    assert read_record(file, spec, 1).text == "first\r\nsecond\n"
    assert read_record(file, spec, 2).records == 1


def test_a_parquet_record_is_its_values_as_json(tmp_path: Path) -> None:
    table = pa.table({"n": range(10_000), "b": [bytes([i % 256]) for i in range(10_000)]})
    pq.write_table(table, tmp_path / "file", row_group_size=3000)
    spec = SourceSpec("raw/*.parquet", format="parquet")
    for number in (1, 3000, 3001, 9_999, 10_000):
        assert json.loads(read_record(tmp_path / "file", spec, number).text)["n"] == number - 1
    assert read_record(tmp_path / "file", spec, 10_001).records == 10_000


def test_a_file_that_is_gone_or_of_another_kind_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        read_record(tmp_path / "gone", CSV, 1)
    with pytest.raises(UnreadableFile, match="is a gzip file"):
        read_record(write(tmp_path, b"\x1f\x8b\x08\x00rest"), CSV, 1)
    with pytest.raises(UnreadableFile, match="cannot be parsed"):
        read_record(write(tmp_path, b"PAR1 not really"), SourceSpec("x", format="parquet"), 1)


@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('ab,"\n\r é'), min_size=1, max_size=6), min_size=2, max_size=2),
        min_size=1,
        max_size=12,
    ),
    block=st.integers(1, 40),
)
def test_every_number_that_ingest_gives_finds_its_own_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], block: int
) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    file = write(tmp_path_factory.mktemp("raw"), out.getvalue().encode())
    status = file.stat()
    raw = RawFile("file", file, "id", status.st_size, status.st_mtime_ns)
    spec = SourceSpec("raw/*.csv", nulls=())
    seen = [row for part in read(raw, spec, block_bytes=block) for row in part.accepted.to_pylist()]
    assert [[row["a"], row["b"]] for row in seen] == rows
    for row in seen:
        text = read_record(file, spec, row["_record_no"], block_bytes=block).text
        assert next(csv.reader(io.StringIO(text, newline=""))) == [row["a"], row["b"]]
