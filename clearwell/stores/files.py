"""Files by their absolute path or address. Local files are opened by their path."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow.parquet as pq

from clearwell.names import is_url
from clearwell.stores.connections import filesystem, objects
from clearwell.stores.failures import explained
from clearwell.stores.urls import split

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

__all__ = [
    "file_sizes",
    "for_each_file",
    "open_input",
    "open_output",
    "parquet_file",
    "parquet_metadata",
    "read_file",
]

_AT_ONCE = 16
_Seen = TypeVar("_Seen")


@contextmanager
def parquet_file(path: str, *, compact: bool = False) -> Generator[pq.ParquetFile]:
    """Open a Parquet file; any refusal by its store, then or later, is a StoreError.

    With ``compact``, string columns with few different values are read as dictionaries, at half of the CPU.
    """
    with explained(path):
        source = open_input(path)
        metadata = pq.ParquetFile(source).metadata if compact else None
        with pq.ParquetFile(
            source,
            metadata=metadata,
            read_dictionary=_repetitive(metadata) if metadata else None,
            # Spark can write timestamps as INT96, which may be outside the range of nanoseconds.
            coerce_int96_timestamp_unit="us",
        ) as file:
            yield file


def _repetitive(metadata: pq.FileMetaData) -> list[str]:
    """The string columns that take less memory as dictionaries, because they repeat few values."""
    found: list[str] = []
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for number in range(metadata.num_columns):
        column = metadata.schema.column(number)
        if column.logical_type.type == "STRING" and column.path == column.name:
            chunks = [group.column(number) for group in groups]
            if sum(c.total_uncompressed_size for c in chunks) < 4 * sum(c.num_values for c in chunks):
                found.append(column.path)
    return found


def parquet_metadata(path: str) -> pq.FileMetaData:
    """The footer of a Parquet file."""
    with explained(path):
        return pq.read_metadata(open_input(path))


def read_file(path: str) -> bytes | None:
    """The bytes of a file, or None when it does not exist."""
    try:
        if not is_url(path):
            return Path(path).read_bytes()
        with explained(path), open_input(path) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def file_sizes(paths: Sequence[str]) -> list[int | None]:
    """The size of each file in bytes; None for one that does not exist."""
    return [_size(path) for path in paths] if len(paths) < 2 else for_each_file(_size_by_head, paths)


def for_each_file(look: Callable[[str], _Seen], paths: Sequence[str]) -> list[_Seen]:
    """``look`` applied to each path; remote paths in threads, because each is a wait.

    A ``look`` that opens the file by :func:`open_input` waits alone for that, and only its reads in parallel.
    """
    if len(paths) < 2 or not any(is_url(path) for path in paths):
        return [look(path) for path in paths]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(look, paths))


def open_input(path: str) -> Any:
    """What pyarrow reads ``path`` from: the path itself, or a stream from a store."""
    if not is_url(path):
        return path
    base, key = split(path)
    with explained(path):
        return filesystem(base).open_input_file(key)


def open_output(path: str) -> Any:
    """What pyarrow writes a Parquet file to; a missing folder is created."""
    if not is_url(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return path
    base, key = split(path)
    with explained(path):
        return filesystem(base).open_output_stream(key)


def _size(path: str) -> int | None:
    try:
        if not is_url(path):
            return Path(path).stat().st_size if Path(path).is_file() else None
        with explained(path), open_input(path) as file:
            return file.size()
    except FileNotFoundError:
        return None


def _size_by_head(path: str) -> int | None:
    """The same by obstore, which readers of releases do without, for questions of several threads.

    The file system of deltalake 1.6 holds Python's interpreter lock until the store answers, so they would be
    answered one after the other.
    """
    if not is_url(path):
        return _size(path)
    base, key = split(path)
    try:
        with explained(path):
            return objects(base).head(key)["size"]
    except FileNotFoundError:
        return None
