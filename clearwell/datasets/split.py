"""The rows of one split of a release, as Arrow, pandas or Polars.

Rows come from the uncompressed Arrow files, memory-mapped (no copy, no decoding), or from the Parquet files
if a release has no others. Reading only checks that each file has the number of rows in its manifest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.errors import DatasetError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas
    import polars

    from clearwell.datasets.manifest import ReleaseFile, SplitFiles
    from clearwell.datasets.release import Release

__all__ = ["ARROW_BATCH", "RESTORE", "Split"]

ARROW_BATCH = 4_096
"""Rows per batch, both as written and as returned to readers."""

RESTORE = "copy the release again from where it was made"


class Split:
    """The rows of one split, in one fixed order. Made by ``Dataset.split``; ``len()`` is its rows."""

    def __init__(self, dataset: Release, entry: SplitFiles) -> None:
        self.dataset = dataset
        self.name = entry.name
        self.fingerprint = entry.fingerprint
        self._entry = entry

    def __len__(self) -> int:
        return self._entry.rows

    @property
    def schema(self) -> pa.Schema:
        """Columns and types.

        Raises:
            DatasetError: no file of the split can be read.
        """
        return next(self._tables(None)).schema

    def to_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow record batches of at most 4,096 rows.

        Args:
            columns: Which columns, in this order; default: all.

        Raises:
            DatasetError: a file is missing, damaged or has other rows than in the manifest; no such column.
        """
        for table in self._tables(columns):
            yield from table.to_batches(max_chunksize=ARROW_BATCH)

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows as one Arrow table, still on disk where Arrow files are read; see ``to_batches``."""
        return pa.concat_tables(self._tables(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pandas.DataFrame:
        """The rows as a pandas frame, copied to memory; see ``to_batches``.

        Raises:
            DatasetError: also when pandas is not installed.
        """
        try:
            import_module("pandas")
        except ImportError as error:
            raise DatasetError("pandas is not installed", hint="pip install pandas") from error
        return self.to_arrow(columns).to_pandas()

    def to_polars(self, columns: Sequence[str] | None = None) -> polars.DataFrame:
        """The rows as a Polars frame; see ``to_batches``.

        Raises:
            DatasetError: also when Polars is not installed.
        """
        try:
            import polars
        except ImportError as error:
            raise DatasetError("polars is not installed", hint="pip install polars") from error
        return polars.DataFrame(self.to_arrow(columns))

    def files_of(self, format: str) -> tuple[ReleaseFile, ...]:
        """The files of one format, in the order of the rows."""
        return self._entry.of(format)

    def tables_of(self, format: str) -> list[pa.Table]:
        """The rows from the files of one format, each file a table.

        Raises:
            DatasetError: a file is missing, damaged or has other rows than in the manifest.
        """
        return [self._table(file, None) for file in self._entry.of(format)]

    def __repr__(self) -> str:
        return f"Split({self.dataset.name!r} v{self.dataset.version}, {self.name!r}, {len(self):,} rows)"

    def _tables(self, columns: Sequence[str] | None) -> Iterator[pa.Table]:
        files = self._entry.of("arrow")
        if not all((self.dataset.path / file.path).is_file() for file in files) or not files:
            files = self._entry.of("parquet") or files
        return (self._table(file, columns) for file in files)

    def _table(self, file: ReleaseFile, columns: Sequence[str] | None) -> pa.Table:
        path = self.dataset.path / file.path
        table = _read(path, file.format)
        if table.num_rows != file.rows:
            raise DatasetError(
                f"has {table.num_rows:,} rows, not {file.rows:,}", place=str(path), hint=RESTORE
            )
        if columns is None:
            return table
        for column in columns:
            if column not in table.column_names:
                near = did_you_mean(column, table.column_names)
                raise DatasetError(
                    f"{self.dataset.name} has no column {column!r}",
                    hint=near or f"columns: {', '.join(table.column_names)}",
                )
        return table.select(list(columns))


def _read(path: Path, format: str) -> Any:
    try:
        if format == "arrow":
            return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        return pq.read_table(path, partitioning=None)
    except FileNotFoundError:
        raise DatasetError("a file of the release is missing", place=str(path), hint=RESTORE) from None
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            f"not readable: {str(error).splitlines()[0]}", place=str(path), hint=RESTORE
        ) from error
