"""Text documents: each file is one record with one column, ``text``. Line ends are unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.errors import ProjectError
from clearwell.sources.parsing.find import as_written
from clearwell.sources.parsing.scan import MAX_RECORD_BYTES
from clearwell.sources.parsing.split import split_rows
from clearwell.sources.records import Parsed, RawText, Reject, UnreadableFile
from clearwell.sources.spec import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.sources.spec import OpenFile, SourceSpec

__all__ = ["Text"]


class Text(Source):
    """Text documents, one per file."""

    version = "1"
    suffixes = (".txt",)

    def read(self, file: OpenFile) -> Iterator[Parsed]:
        """The document of an open file, without a byte order mark.

        Raises:
            UnreadableFile: too long, or not text at all (gzip, zip, Parquet).
        """
        stream, charset = file.text()
        parts: list[bytes] = []
        size = 0
        while part := stream.read(file.block_bytes):
            parts.append(part)
            size += len(part)
            if size > MAX_RECORD_BYTES:
                raise UnreadableFile(f"a document longer than {MAX_RECORD_BYTES >> 20} MiB", place=file.place)
        raw = b"".join(parts)
        texts: list[str] = []
        rejects: list[Reject] = []
        try:
            texts.append(charset.decode(raw))
        except UnicodeDecodeError as error:
            why = f"not {file.spec.encoding}: {error.reason} at byte {error.start}"
            rejects.append(Reject(1, charset.check, why, charset.original(raw)))
        yield split_rows({"text": pa.array(texts, pa.string())}, {}, range(1, len(texts) + 1), bytes, rejects)

    def read_record(self, file: OpenFile, number: int) -> RawText:
        """The document is number 1."""
        if number != 1:
            return RawText(None, 1)
        stream, charset = file.text()
        parts: list[bytes] = []
        while part := stream.read(file.block_bytes):
            parts.append(part)
        return as_written(charset.original(b"".join(parts)), charset)

    def check(self, spec: SourceSpec) -> None:
        """Refuse all declared columns except its own; raises ProjectError."""
        if dict(spec.columns) not in ({}, {"text": "string"}):
            raise ProjectError("a text source has one column, `text: string`", place=spec.place)
