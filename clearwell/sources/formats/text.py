"""Text documents: each file is one record with one column, ``text``. Line ends stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from clearwell.sources.parsing.encoding import open_stream
from clearwell.sources.parsing.scan import MAX_RECORD_BYTES
from clearwell.sources.parsing.split import split_rows
from clearwell.sources.records import Parsed, Reject, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.sources.spec import SourceSpec

__all__ = ["read_text"]


def read_text(file: BinaryIO, spec: SourceSpec, *, place: str, block_bytes: int) -> Iterator[Parsed]:
    """The document of an open file; a byte order mark is no part of it.

    Raises:
        UnreadableFile: too long, or not text at all (gzip, zip, Parquet).
    """
    stream, charset = open_stream(file, spec.charset, place=place)
    parts: list[bytes] = []
    size = 0
    while part := stream.read(block_bytes):
        parts.append(part)
        size += len(part)
        if size > MAX_RECORD_BYTES:
            raise UnreadableFile(f"a document longer than {MAX_RECORD_BYTES >> 20} MiB", place=place)
    raw = b"".join(parts)
    texts: list[str] = []
    rejects: list[Reject] = []
    try:
        texts.append(raw.decode("utf-8" if charset.utf8 else charset.codec))
    except UnicodeDecodeError as error:
        why = f"not {spec.encoding}: {error.reason} at byte {error.start}"
        rejects.append(Reject(1, charset.check, why, charset.original(raw)))
    yield split_rows({"text": pa.array(texts, pa.string())}, {}, range(1, len(texts) + 1), bytes, rejects)
