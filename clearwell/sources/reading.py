"""Read a raw file by its format, in bounded parts, without losing any of it.

Refused: a file that has changed since it was found (its size or time differs, before or after).
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from clearwell.sources.contract import guarded, require_part
from clearwell.sources.parsing.scan import BLOCK_BYTES
from clearwell.sources.records import Parsed, RawFile, UnreadableFile
from clearwell.sources.spec import OpenFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from clearwell.sources.spec import SourceSpec

__all__ = ["infer_columns", "open_regular", "read"]


def read(file: RawFile, spec: SourceSpec, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Parsed]:
    """The records of ``file``, in order; an empty file has none.

    Record numbers start at 1 and count every record, accepted or not, but no header and no blank line. Parts
    of one file can have different columns (JSON lines: those of their lines). A part is made from about
    ``block_bytes`` of the file; a text document is always one part.

    Raises:
        UnreadableFile: the file as a whole cannot be ingested; discard the earlier parts.
    """
    try:
        with open_regular(file.absolute) as stream:
            _require_same(stream, file)
            if file.size:
                yield from _parts(OpenFile(stream, spec, file.path, block_bytes))
            _require_same(stream, file)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or error}", place=file.path) from error
    except pa.ArrowException as error:
        raise UnreadableFile(f"cannot be parsed: {error}", place=file.path, quotes=str(error)) from error


def infer_columns(file: RawFile, spec: SourceSpec) -> pa.Schema:
    """The columns in ``file`` itself, declared ones with their type; none for an empty file.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    try:
        with open_regular(file.absolute) as stream, guarded(spec, file.path):
            opened = OpenFile(stream, spec, file.path, BLOCK_BYTES)
            return spec.source.infer_columns(opened) if file.size else pa.schema([])
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or error}", place=file.path) from error
    except pa.ArrowException as error:
        raise UnreadableFile(f"cannot be parsed: {error}", place=file.path, quotes=str(error)) from error


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file for reading; anything else (a pipe would block) is an OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return open(handle, "rb")
    os.close(handle)
    raise OSError(errno.EINVAL, "not a regular file")


def _parts(file: OpenFile) -> Iterator[Parsed]:
    if file.spec.is_built_in:
        yield from file.spec.source.read(file)
        return
    with guarded(file.spec, file.place):
        for part in file.spec.source.read(file):
            require_part(part, file.spec, file.place)
            yield part
    if file.stream.closed:
        raise UnreadableFile(f"the format {file.spec.format!r} closed the file", place=file.place)


def _require_same(stream: BinaryIO, file: RawFile) -> None:
    now = os.fstat(stream.fileno())
    if (now.st_size, now.st_mtime_ns) != (file.size, file.modified_ns):
        raise UnreadableFile(
            "changed after it was found", place=file.path, hint="run again when nothing writes to it"
        )
