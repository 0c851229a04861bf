"""CSV: columns by header name, every field text, declared columns cast.

``scan`` cuts the records; Arrow parses the fields of the valid ones. The two must count the same records, or
the file is refused. Rejected record by record: bytes that are invalid in the encoding, quotes that swallow or
break off, too few or too many fields, a field over ``max_field`` if the source says so, strings that a
declared type does not allow. A null string counts only if it is not quoted; what an empty field in quotes is
where no text can be, the source says (``quoted_empty``). An empty header name becomes ``unnamed_<position>``,
from 1.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from clearwell.sources.parsing.encoding import decode_block
from clearwell.sources.parsing.find import find_record
from clearwell.sources.parsing.long_fields import find_long
from clearwell.sources.parsing.scan import Block, csv_blocks
from clearwell.sources.parsing.split import split_rows
from clearwell.sources.records import Parsed, RawText, Reject, UnreadableFile
from clearwell.sources.spec import Source
from clearwell.sources.values.columns import require_names, stored_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.sources.parsing.encoding import Charset
    from clearwell.sources.spec import OpenFile, SourceSpec

__all__ = ["Csv"]

_EMPTY = "; with `quoted_empty: missing` it is NULL"


class Csv(Source):
    """CSV files with a header."""

    version = "1"
    suffixes = (".csv",)

    def read(self, file: OpenFile) -> Iterator[Parsed]:
        """The records of an open file; the first Parsed may be empty, but has the columns.

        Raises:
            UnreadableFile: the header cannot name columns, or the file is not in the declared format.
        """
        spec, place = file.spec, file.place
        blocks, charset = _blocks(file)
        names: list[str] = []
        line = 1
        for block in blocks:
            records = block
            if not names and len(block):
                names = _header(block, spec, charset, place)
                records = _behind_header(block)
            if names:
                at = line + block.data.count(b"\n", 0, len(block.data) - len(records.data))
                yield _parse(records, names, spec, charset, place, line=at)
            line += block.data.count(b"\n")

    def read_record(self, file: OpenFile, number: int) -> RawText:
        """A record as written, without its line end; the header is number 0."""
        blocks, charset = _blocks(file)
        return find_record(blocks, number, charset)


def _blocks(file: OpenFile) -> tuple[Iterator[Block], Charset]:
    stream, charset = file.text()
    return csv_blocks(stream, file.spec.delimiter, place=file.place, size=file.block_bytes), charset


def _header(block: Block, spec: SourceSpec, charset: Charset, place: str) -> list[str]:
    raw = block.raw(0)
    if 0 in block.broken:
        raise UnreadableFile(f"header: {block.broken[0]}", place=place)
    try:
        text = charset.decode(raw)
    except UnicodeDecodeError as error:
        why = f"header is not {spec.encoding}: {error.reason}"
        raise UnreadableFile(why, place=place, hint="declare the file's `encoding`") from error
    if "\x00" in text:
        raise UnreadableFile("header holds NUL bytes", place=place, hint="is its encoding utf-16?")
    try:
        written = next(csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter))
    except csv.Error as error:
        raise UnreadableFile(f"header: {error}", place=place, quotes=str(error)) from error
    if re.fullmatch('"?sep=.?"?', text.strip(), re.DOTALL):
        raise UnreadableFile(
            f"its first line is {text.strip()!r}, which only Excel reads",
            place=place,
            hint="remove that line, and set `delimiter` if it names another than the source",
        )
    names = [stored_name(name) or f"unnamed_{at}" for at, name in enumerate(written, 1)]
    require_names(names, place=place)
    return names


def _parse(
    block: Block, names: Sequence[str], spec: SourceSpec, charset: Charset, place: str, *, line: int
) -> Parsed:
    """The records of a block that begins with that line of the file."""
    text, undecodable = decode_block(block, charset)
    rejects = [_reject(block, charset, at, "csv_quote", why) for at, why in block.broken.items()]
    rejects += [_reject(block, charset, at, charset.check, f"not {spec.encoding}") for at in undecodable]
    whole = np.delete(np.arange(len(block)), [*block.broken, *undecodable])
    columns, ragged = _fields(text, names, spec)
    for at, found in ragged.items():
        why = f"{found} fields; the header has {len(names)}"
        rejects.append(_reject(block, charset, int(whole[at]), "csv_fields", why))
    kept = np.delete(whole, list(ragged))
    if len(kept) != len(columns[0]):
        raise UnreadableFile(
            f"{len(whole)} records from {block.first} on are parsed as {len(columns[0]) + len(ragged)}",
            place=place,
            hint="its quotes or line ends violate RFC 4180; write the file again",
        )

    fields = dict(zip(names, columns, strict=True))
    notes: list[str] = []
    long = find_long(block, kept, fields, spec.max_field)
    for row, what in long.items():
        begins = line + block.data.count(b"\n", 0, int(block.starts[kept[row]]))
        why = f"{what}: a quote may be missing at line {begins}"
        if spec.max_field.longer == "reject":
            rejects.append(_reject(block, charset, int(kept[row]), "csv_field", why))
        else:
            notes.append(f"record {block.first + int(kept[row])}: {why}")
    if long and not notes:
        keep = np.isin(np.arange(len(kept)), list(long), invert=True)
        fields = {name: values.filter(pa.array(keep)) for name, values in fields.items()}
        kept = kept[keep]

    def raw(row: int) -> bytes:
        return charset.original(block.raw(int(kept[row])))

    if spec.quoted_empty == "missing":
        fields = {name: _null_if_empty(values, spec.types.get(name)) for name, values in fields.items()}
    parsed = split_rows(fields, spec.types, block.first + kept, raw, rejects, empty=_EMPTY)
    return replace(parsed, notes=tuple(notes))


def _fields(text: bytes, names: Sequence[str], spec: SourceSpec) -> tuple[list[pa.Array], dict[int, int]]:
    """The columns of all rows as wide as the header, and index -> width of the other rows."""
    if not text.strip(b"\r\n"):
        return [pa.array([], pa.string()) for _ in names], {}
    if text.startswith(codecs.BOM_UTF8):
        # The file's own mark is gone, so this is text. Arrow drops a mark before it: give it one to drop.
        text = codecs.BOM_UTF8 + text
    ragged: dict[int, int] = {}

    def note(row: arrow_csv.InvalidRow) -> Literal["skip"]:
        ragged[row.number - 1] = row.actual_columns
        return "skip"

    # One Arrow block and one thread, or Arrow does not report the numbers of ragged rows.
    read = arrow_csv.ReadOptions(column_names=list(names), use_threads=False, block_size=len(text) + 1)
    parse = arrow_csv.ParseOptions(
        delimiter=spec.delimiter, newlines_in_values=b'"' in text, invalid_row_handler=note
    )
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        check_utf8=False,
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=list(spec.nulls),
    )
    table = arrow_csv.read_csv(
        pa.py_buffer(text), read_options=read, parse_options=parse, convert_options=convert
    )
    return [column.combine_chunks() for column in table.columns], ragged


def _null_if_empty(texts: pa.Array, kind: pa.DataType | None) -> pa.Array:
    if kind is None or pa.types.is_string(kind) or pa.types.is_binary(kind):
        return texts
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _reject(block: Block, charset: Charset, index: int, check: str, why: str) -> Reject:
    return Reject(block.first + index, check, why, charset.original(block.raw(index)))


def _behind_header(block: Block) -> Block:
    """The block without its first record, the header: number 0."""
    at = int(block.starts[1]) if len(block) > 1 else len(block.data)
    return Block(
        block.data[at:],
        block.starts[1:] - at,
        block.ends[1:] - at,
        {index - 1: why for index, why in block.broken.items()},
        block.first + 1,
    )
