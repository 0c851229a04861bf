"""One record of a raw file as it was written, and how many records a file has.

The text of a CSV, JSON or text record is exactly its bytes, without its line end. Parquet has no text: there
a record is its values as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.sources.formats.parquet import record_as_json
from clearwell.sources.parsing.encoding import open_stream
from clearwell.sources.parsing.scan import BLOCK_BYTES, csv_blocks, line_blocks
from clearwell.sources.reading import open_regular
from clearwell.sources.records import UnreadableFile

if TYPE_CHECKING:
    import os

    from clearwell.sources.parsing.encoding import Charset
    from clearwell.sources.spec import SourceSpec

__all__ = ["RawText", "read_record"]


@dataclass(frozen=True)
class RawText:
    """What is at a number of a file: the record's bytes and text, or None and how many records there are.

    ``text`` shows bytes that the encoding does not have as escapes, and then ``exact`` is False.
    """

    raw: bytes | None
    records: int | None = None
    text: str = ""
    exact: bool = True


def read_record(
    path: str | os.PathLike[str], spec: SourceSpec, number: int, *, block_bytes: int = BLOCK_BYTES
) -> RawText:
    """Record ``number``, from 1, of the file at ``path``; reads no further than it must.

    ``records`` is known only where there is no such record: then the file was read to its end.

    Raises:
        UnreadableFile: the file cannot be read as ``spec`` says.
    """
    place = str(path)
    try:
        with open_regular(path) as stream:
            if not stream.read(1):
                return RawText(None, 0)
            stream.seek(0)
            if spec.format == "parquet":
                return _parquet_record(stream, number)
            if spec.format == "text":
                return _document(stream, spec, number, place)
            return _line(stream, spec, number, place, block_bytes)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or error}", place=place) from error
    except pa.ArrowException as error:
        raise UnreadableFile(f"cannot be parsed: {error}", place=place) from error


def _line(stream: BinaryIO, spec: SourceSpec, number: int, place: str, size: int) -> RawText:
    """A record of CSV, whose header is number 0, or of JSON lines."""
    text, charset = open_stream(stream, spec.charset, place=place)
    is_csv = spec.format == "csv"
    blocks = (
        csv_blocks(text, spec.delimiter, place=place, size=size)
        if is_csv
        else line_blocks(text, place=place, size=size)
    )
    last = 0
    for block in blocks:
        if block.first <= number < block.first + len(block):
            return _text(charset.original(block.raw(number - block.first)), charset)
        last = max(last, block.first + len(block) - 1)
    return RawText(None, last)


def _document(stream: BinaryIO, spec: SourceSpec, number: int, place: str) -> RawText:
    if number != 1:
        return RawText(None, 1)
    text, charset = open_stream(stream, spec.charset, place=place)
    parts: list[bytes] = []
    while part := text.read(BLOCK_BYTES):
        parts.append(part)
    return _text(charset.original(b"".join(parts)), charset)


def _parquet_record(stream: BinaryIO, number: int) -> RawText:
    file = pq.ParquetFile(stream, coerce_int96_timestamp_unit="us")
    if not 1 <= number <= file.metadata.num_rows:
        return RawText(None, file.metadata.num_rows)
    left = number - 1
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if left >= rows:
            left -= rows
            continue
        for batch in file.iter_batches(batch_size=4096, row_groups=[group]):
            if left < batch.num_rows:
                raw = record_as_json(batch, left)
                return RawText(raw, None, raw.decode("utf-8", "backslashreplace"))
            left -= batch.num_rows
    raise pa.ArrowInvalid(f"row {number} is promised by the footer and not there")


def _text(raw: bytes, charset: Charset) -> RawText:
    try:
        return RawText(raw, None, raw.decode(charset.codec))
    except UnicodeDecodeError:
        return RawText(raw, None, raw.decode(charset.codec, "backslashreplace"), exact=False)
