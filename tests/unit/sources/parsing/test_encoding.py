"""Encodings: which are read, that bad bytes stay alone, and that the file's bytes can be had back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.errors import ProjectError
from clearwell.sources import UnreadableFile
from clearwell.sources.parsing.encoding import find_charset

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
