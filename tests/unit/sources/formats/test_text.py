"""Text documents: one file, one record."""

from __future__ import annotations

import pytest

from clearwell.sources import UnreadableFile
from clearwell.sources.formats import text


def test_a_file_is_one_record_with_its_line_ends(parse) -> None:
    outcome = parse(b"one\r\ntwo\n\n", format="text")
    assert outcome.rows == [{"text": "one\r\ntwo\n\n"}]
    assert outcome.numbers == [1]


def test_an_undecodable_document_is_kept_as_bytes(parse) -> None:
    outcome = parse(b"caf\xe9\n", format="text")
    assert outcome.rows == []
    assert outcome.parts[0].schema.names == ["text", "_record_no"]
    assert outcome.checks == {1: "utf8"}
    assert outcome.raw == {1: b"caf\xe9\n"}
    assert parse(b"caf\xe9\n", format="text", encoding="cp1252").rows == [{"text": "café\n"}]


def test_an_empty_file_is_no_record(parse) -> None:
    assert parse(b"", format="text").numbers == []


def test_marks_are_no_text(parse) -> None:
    assert parse(b"\xef\xbb\xbfa", format="text").rows == [{"text": "a"}]
    assert parse("a".encode("utf-16"), format="text", encoding="utf-16").rows == [{"text": "a"}]


def test_a_document_is_read_in_pieces_and_has_a_limit(parse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse("ü".encode() * 1_000, format="text", block_bytes=3).rows == [{"text": "ü" * 1_000}]
    monkeypatch.setattr(text, "MAX_RECORD_BYTES", 1 << 20)
    with pytest.raises(UnreadableFile, match="1 MiB"):
        parse(b"x" * (2 << 20), format="text")
