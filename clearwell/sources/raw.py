"""One record of a raw file as it was written, and how many records a file has.

The text of a CSV, JSON or text record is exactly its bytes, without its line end. Parquet has no text: there
a record is its values as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.sources.contract import guarded, require_text
from clearwell.sources.parsing.scan import BLOCK_BYTES
from clearwell.sources.reading import open_regular
from clearwell.sources.records import RawText, UnreadableFile
from clearwell.sources.spec import OpenFile

if TYPE_CHECKING:
    import os

    from clearwell.sources.spec import SourceSpec

__all__ = ["read_record"]


def read_record(
    path: str | os.PathLike[str], spec: SourceSpec, number: int, *, block_bytes: int = BLOCK_BYTES
) -> RawText:
    """Record ``number``, from 1, of the file at ``path``; reads no further than needed.

    ``records`` is known only if there is no such record: then the file was read to its end.

    Raises:
        UnreadableFile: the file cannot be read according to ``spec``.
    """
    place = str(path)
    try:
        with open_regular(path) as stream:
            if not stream.read(1):
                return RawText(None, 0)
            stream.seek(0)
            with guarded(spec, place):
                found = spec.source.read_record(OpenFile(stream, spec, place, block_bytes), number)
                return require_text(found, spec, place)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or error}", place=place) from error
    except pa.ArrowException as error:
        raise UnreadableFile(f"cannot be parsed: {error}", place=place, quotes=str(error)) from error
