"""Encodings: which are read, that bad bytes stay alone, and that the file's bytes can be had back."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import ipc, orc

from clearwell.errors import ProjectError
from clearwell.sources import UnreadableFile
from clearwell.sources.parsing.encoding import find_charset

if TYPE_CHECKING:
    from pathlib import Path

READ = [
    "utf-8", "utf-8-sig", "ascii", "latin-1", "cp1252", "iso8859-15", "koi8-r", "mac-roman", "shift_jis",
    "gb18030", "big5", "euc-kr", "utf-16", "utf-16-le", "utf-32", "utf-32-be",
]  # fmt: skip
REFUSED = [
    "utf-7",
    "cp037",
    "iso2022_jp",
    "hz",
    "idna",
    "punycode",
    "unicode_escape",
    "rot13",
    "johab",
    "klingon",
]


@pytest.mark.parametrize("name", READ)
def test_an_encoding_is_read(parse, name: str) -> None:
    outcome = parse('a,b\n1,"x\ny"\n2,z,\n'.encode(name), encoding=name)
    assert outcome.rows == [{"a": "1", "b": "x\ny"}]
    bare = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(name, name)
    assert outcome.raw == {2: "2,z,".encode(bare)}


@pytest.mark.parametrize("name", REFUSED)
def test_an_encoding_that_cannot_be_cut_into_records_is_refused(name: str) -> None:
    with pytest.raises(ProjectError, match="encoding"):
        find_charset(name)


def test_a_delimiter_that_can_be_half_a_character_is_refused() -> None:
    assert find_charset("shift_jis", delimiter="\t").codec == "shift_jis"
    with pytest.raises(ProjectError, match="part of a character"):
        find_charset("shift_jis", delimiter="|")


def test_undecodable_bytes_reject_their_own_record(parse) -> None:
    outcome = parse(b"a,b\n\xfc,1\n\x81,2\n\x80,3\n", encoding="cp1252")
    assert outcome.rows == [{"a": "ü", "b": "1"}, {"a": "€", "b": "3"}]
    assert outcome.checks == {2: "encoding"}
    assert outcome.raw == {2: b"\x81,2"}


def test_half_a_pair_rejects_its_own_record_with_its_bytes(parse) -> None:
    half = "a,b\n1,x\n2,\ud800\n3,y\n".encode("utf-16-be", "surrogatepass")
    outcome = parse(half, encoding="utf-16-be", block_bytes=3)
    assert outcome.numbers == [1, 3]
    assert outcome.checks == {2: "encoding"}
    assert outcome.raw == {2: "2,\ud800".encode("utf-16-be", "surrogatepass")}


def test_a_cut_off_utf16_file_is_refused(parse) -> None:
    with pytest.raises(UnreadableFile, match="utf-16-le"):
        parse("a,b\n1,2\n".encode("utf-16")[:-1], encoding="utf-16")


def test_a_file_marked_as_another_encoding_is_refused_with_the_setting_to_make(parse) -> None:
    with pytest.raises(UnreadableFile, match="has a utf-8 byte order mark") as caught:
        parse(b"\xef\xbb\xbfa\n1\n", encoding="cp1252")
    assert caught.value.hint == "set `encoding: utf-8`"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])), max_size=4),
    name=st.sampled_from(["utf-16", "utf-32-be", "gb18030", "utf-8"]),
    block=st.integers(1, 50),
)
def test_text_comes_back_from_any_encoding(parse, texts: list[str], name: str, block: int) -> None:
    written = "".join('"{}",1\n'.format(text.replace('"', '""')) for text in texts)
    outcome = parse(f"a,b\n{written}".encode(name), encoding=name, block_bytes=block)
    assert [row["a"] for row in outcome.rows] == texts


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["a,b\n1,x\n", "a,b\n漢字,ü\n", "a\n"])
def test_the_order_of_bytes_without_a_mark_is_decided_by_their_zeros(parse, name: str, text: str) -> None:
    assert parse(text.encode(name), encoding=name[:6]).rows == parse(text.encode()).rows


def test_an_order_that_the_bytes_do_not_show_is_not_guessed(parse) -> None:
    with pytest.raises(UnreadableFile, match="without a byte order mark") as caught:
        parse("漢字漢字".encode("utf-16-be"), encoding="utf-16")
    assert "set `encoding: utf-16-le` or `utf-16-be`" in str(caught.value)


def written(kind: str, folder: Path) -> bytes:
    """A file of that kind, as its own library writes it."""
    table = pa.table({"a": [1, 2]})
    file = folder / "file"
    packers = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
    if kind in packers:
        return packers[kind](b"a,b\n1,2\n")
    if kind in ("zstd", "lz4"):
        return pa.compress(b"a,b\n1,2\n", codec="lz4" if kind == "lz4" else "zstd", asbytes=True)
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("a.csv", "a,b\n1,2\n")
    elif kind == "Parquet":
        pq.write_table(table, file)
    elif kind == "ORC":
        orc.write_table(table, file)
    elif kind == "Arrow":
        with ipc.new_file(str(file), table.schema) as sink:
            sink.write_table(table)
    else:
        with closing(sqlite3.connect(file)) as database:
            database.execute("create table a (b)")
    return file.read_bytes()


@pytest.mark.parametrize("own", ["csv", "jsonl", "text"])
@pytest.mark.parametrize(
    "kind", ["gzip", "bzip2", "xz", "zstd", "lz4", "zip", "Parquet", "ORC", "Arrow", "SQLite"]
)
def test_a_file_that_is_no_text_is_refused_by_its_own_kind(
    parse, tmp_path: Path, kind: str, own: str
) -> None:
    with pytest.raises(UnreadableFile, match=f"is a {kind} file, not text"):
        parse(written(kind, tmp_path), format=own)


@pytest.mark.parametrize("header", ["ORC", "BZh", "Object", "ARROW1", "PARIS", "SQLite"])
def test_a_text_may_begin_with_the_same_letters(parse, header: str) -> None:
    assert parse(f"{header},b\n1,2\n".encode()).rows == [{header: "1", "b": "2"}]
