"""Bytes to UTF-8, record by record: undecodable bytes reject their own record and no other.

Encodings in which a comma, a quote and a line end are those single bytes (UTF-8, the code pages, the
stateless East Asian ones) are first cut into records and then decoded. UTF-16 and UTF-32 are converted to
UTF-8 as a stream, including lone surrogates, so that the exact bytes can be restored. Refused: stateful
encodings (ISO-2022, HZ, UTF-7) and those that are not a superset of ASCII (EBCDIC).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

from clearwell.errors import ProjectError
from clearwell.sources.records import UnreadableFile

if TYPE_CHECKING:
    from clearwell.sources.parsing.scan import Block, ByteStream

__all__ = ["Charset", "decode_block", "find_charset", "open_stream"]

_WIDE = {"utf-16": 2, "utf-16-le": 2, "utf-16-be": 2, "utf-32": 4, "utf-32-le": 4, "utf-32-be": 4}
_STATELESS = {
    "big5", "big5hkscs", "cp932", "cp949", "cp950", "euc_jis_2004", "euc_jisx0213", "euc_jp", "euc_kr",
    "gb18030", "gb2312", "gbk", "shift_jis", "shift_jis_2004", "shift_jisx0213",
}  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
_PROBE = 4096
_FOREIGN = {
    rb"\x1f\x8b": "gzip",
    rb"PK\x03\x04": "zip",  # newer Office files too
    rb"\x28\xb5\x2f\xfd": "zstd",
    rb"BZh[1-9]1AY&SY": "bzip2",
    rb"\xfd7zXZ\x00": "xz",
    rb"\x04\x22\x4d\x18": "lz4",
    rb"PAR1": "Parquet",
    rb"ORC.*\x00": "ORC",
    rb"Obj\x01": "Avro",
    rb"ARROW1\x00": "Arrow",
    rb"SQLite format 3\x00": "SQLite",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "old Office",
    rb"%PDF-\d": "PDF",
}
"""How files begin that are no text."""


@dataclass(frozen=True)
class Charset:
    """An encoding: its codec, and the width of its units if a stream of it is converted to UTF-8."""

    codec: str
    width: int = 1

    @property
    def check(self) -> str:
        """The name of the check that an undecodable record fails."""
        return "utf8" if self.codec == "utf-8" else "encoding"

    @property
    def utf8(self) -> bool:
        """Whether blocks of a stream are UTF-8 already."""
        return self.codec == "utf-8" or self.width > 1

    def decode(self, raw: bytes) -> str:
        """The text of ``raw``, a piece of a stream; raises UnicodeDecodeError."""
        return raw.decode("utf-8" if self.utf8 else self.codec)

    def original(self, raw: bytes) -> bytes:
        """The bytes in the file of ``raw``, a piece of a stream."""
        if self.width == 1:
            return raw
        return raw.decode("utf-8", "surrogatepass").encode(self.codec, "surrogatepass")


def find_charset(name: str, *, delimiter: str = ",", place: str | None = None) -> Charset:
    """The encoding of that name; raises ProjectError if records cannot be cut from it."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = ""
    if codec in _WIDE:
        return Charset(codec, _WIDE[codec])
    if codec in ("utf-8", "utf-8-sig", "ascii"):
        return Charset("utf-8" if codec == "utf-8-sig" else codec)
    if codec in _STATELESS:
        # Second bytes of a character may be digits, letters and the characters between, never these.
        if delimiter.isascii() and not (delimiter.isdigit() or "@" <= delimiter <= "~"):
            return Charset(codec)
        raise ProjectError(f"delimiter {delimiter!r} can be part of a character in {name}", place=place)
    if _one_byte(codec):
        return Charset(codec)
    fact = f"{name!r} is not a supported encoding of raw files"
    raise ProjectError(fact, place=place, hint="convert the files to utf-8")


def open_stream(file: BinaryIO, charset: Charset, *, place: str) -> tuple[ByteStream, Charset]:
    """The file's bytes after its byte order mark, and the charset with a known byte order.

    Raises:
        UnreadableFile: the first bytes belong to another encoding or kind of file.
    """
    head = file.read(_PROBE)
    for magic, kind in _FOREIGN.items():
        if re.match(magic, head, re.DOTALL):
            fact = f"is a {kind} file, not text"
            raise UnreadableFile(fact, place=place, hint="unpack it, or set `format`")
    mark, marked = next(((m, name) for m, name in _MARKS if head.startswith(m)), (b"", ""))
    own = charset.codec[:6] if charset.width > 1 else charset.codec
    if marked and marked != own and not (own == "utf-16" and marked == "utf-32"):
        raise UnreadableFile(f"has a {marked} byte order mark", place=place, hint=f"set `encoding: {marked}`")
    if own == "utf-16" and marked == "utf-32":  # a UTF-16 file whose first character is NUL
        mark = head[:2]
    file.seek(len(mark))
    if charset.width == 1:
        return file, charset
    big = charset.codec.endswith("be") or mark in (codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
    if not mark and charset.codec in ("utf-16", "utf-32"):
        big = _is_big(head, charset, place)
    ordered = Charset(f"{own}-{'be' if big else 'le'}", charset.width)
    return _Transcoded(file, ordered, place), ordered


def decode_block(block: Block, charset: Charset) -> tuple[bytes, list[int]]:
    """The block as UTF-8 without the records that cannot be decoded, and the indexes of these records.

    Records that are already broken are excluded too.
    """
    codec = "utf-8" if charset.utf8 else charset.codec
    undecodable: list[int] = []
    if not _decodes(block.data, codec):
        whole = (at for at in range(len(block)) if at not in block.broken)
        undecodable = [at for at in whole if not _decodes(block.raw(at), codec)]
    drop = sorted([*block.broken, *undecodable])
    kept = block.without(drop) if drop else block.data
    return (kept if charset.utf8 else kept.decode(codec).encode()), undecodable


def _decodes(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(codec: str) -> bool:
    """Whether the codec is a table of 256 characters, the first half of them ASCII."""
    name = f"encodings.{codec.replace('-', '_')}"
    table = getattr(import_module(name), "decoding_table", "") if codec and find_spec(name) else ""
    return table[:128].encode() == bytes(range(128))


def _is_big(head: bytes, charset: Charset, place: str) -> bool:
    """Whether a file without a byte order mark is big-endian, by the zeros of its ASCII characters.

    Raises:
        UnreadableFile: they do not show it.
    """
    first = sum(head[at] == 0 for at in range(0, len(head), charset.width))
    last = sum(head[at] == 0 for at in range(charset.width - 1, len(head), charset.width))
    if max(first, last) > 2 * min(first, last):
        return first > last
    raise UnreadableFile(
        f"is {charset.codec} without a byte order mark, and its bytes do not show the order",
        place=place,
        hint=f"set `encoding: {charset.codec}-le` or `{charset.codec}-be`",
    )


class _Transcoded:
    """UTF-16 or UTF-32 as a stream of UTF-8, each lone surrogate as its three bytes."""

    def __init__(self, file: BinaryIO, charset: Charset, place: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(charset.codec)("surrogatepass")
        self._charset = charset
        self._place = place

    def read(self, size: int, /) -> bytes:
        while True:
            fresh = self._file.read(size)
            try:
                text = self._decoder.decode(fresh, final=not fresh)
            except UnicodeDecodeError as error:
                raise UnreadableFile(
                    f"is not {self._charset.codec}: {error.reason}",
                    place=self._place,
                    hint="it may be truncated",
                ) from error
            if text or not fresh:
                return text.encode("utf-8", "surrogatepass")
