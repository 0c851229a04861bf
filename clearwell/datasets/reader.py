"""Read a release: ``open_dataset("late_flights").split("train").to_pandas()``.

Rows come from the uncompressed Arrow files, memory-mapped (no copy, no decoding), or from the Parquet
files where a release has no others. Nothing is checked on the way but that each file has the rows its
manifest says; ``Dataset.verify`` recomputes every hash and every fingerprint.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.datasets.catalog import find_release
from clearwell.datasets.fingerprint import ALGORITHM, fingerprint_rows
from clearwell.datasets.manifest import CURRENT, MANIFEST, Manifest, ReleaseFile, SplitFiles, hash_file
from clearwell.errors import DatasetError, ReleaseNotFound, did_you_mean

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas
    import polars

__all__ = ["Dataset", "Split", "open_dataset"]


def open_dataset(
    name: str | os.PathLike[str],
    *,
    version: int | str | None = None,
    lake: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Open a release of a dataset.

    Args:
        name: The dataset's name, or the path of a release's folder (wherever it was copied to).
        version: ``3`` or ``"v3"``; by default the current one.
        lake: Path of the lake; by default that of the project found from the working directory.

    Raises:
        ReleaseNotFound: no dataset or version of that name.
        DatasetError: no lake, or the release's manifest cannot be read.
    """
    return Dataset(find_release(name, version=version, lake=lake))


class Dataset:
    """A release: its manifest and its splits. Made by ``open_dataset``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = Manifest.read(path)

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.manifest.dataset

    @property
    def version(self) -> int:
        """Number of the release: 1, 2, ..."""
        return self.manifest.version

    @property
    def label(self) -> str | None:
        """The column to predict."""
        return self.manifest.label

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return tuple(split.name for split in self.manifest.splits)

    def split(self, name: str) -> Split:
        """The rows of one split.

        Raises:
            ReleaseNotFound: there is no split of that name.
        """
        for entry in self.manifest.splits:
            if entry.name == name:
                return Split(self, entry)
        near = did_you_mean(name, self.splits)
        raise ReleaseNotFound(
            f"{self.name} v{self.version} has no split {name!r}",
            hint=" ".join(filter(None, (near, f"splits: {', '.join(self.splits)}"))),
        )

    def verify(self) -> None:
        """Prove that the release is whole: every file's bytes, SHA-256, rows and content fingerprint.

        Reads everything; needs no network and no lake. In a lake the manifest itself is held against the
        pointer, if it is the current one.

        Raises:
            DatasetError: names the first file that is missing, changed or not listed.
        """
        self._verify_manifest()
        for file in self.manifest.files:
            self._verify_bytes(file)
        listed = {self.path / file.path for file in self.manifest.files}
        for found in sorted((self.path / "data").rglob("*")):
            if found.is_file() and found not in listed:
                raise DatasetError(
                    "a file that the manifest does not list",
                    place=str(found),
                    hint="remove it: it is not part of it",
                )
        for entry in self.manifest.splits:
            Split(self, entry).verify()

    def __repr__(self) -> str:
        splits = ", ".join(f"{split.name} {split.rows:,}" for split in self.manifest.splits)
        return f"Dataset({self.name!r}, v{self.version}, {splits} rows)"

    def _verify_manifest(self) -> None:
        pointer = self.path.parent / CURRENT
        try:
            said = json.loads(pointer.read_text(encoding="utf-8"))
            points_here = said["version"] == self.version and self.path.name == f"v{self.version}"
            expected = said["manifest_sha256"] if points_here else None
        except (OSError, ValueError, KeyError, TypeError):
            return  # copied out of its lake, or a pointer that publishing writes anew
        if expected and hash_file(self.path / MANIFEST) != expected:
            raise DatasetError(
                "the manifest has changed since it was released",
                place=str(self.path / MANIFEST),
                hint=_RESTORE,
            )

    def _verify_bytes(self, file: ReleaseFile) -> None:
        path = self.path / file.path
        if not path.is_file():
            raise DatasetError("a file of the release is missing", place=str(path), hint=_RESTORE)
        if (size := path.stat().st_size) != file.bytes:
            raise DatasetError(f"has {size:,} bytes, not {file.bytes:,}", place=str(path), hint=_RESTORE)
        if hash_file(path) != file.sha256:
            raise DatasetError(
                "its SHA-256 is not the manifest's: it has changed", place=str(path), hint=_RESTORE
            )


class Split:
    """The rows of one split, in one fixed order. Made by ``Dataset.split``; ``len()`` is its rows."""

    def __init__(self, dataset: Dataset, entry: SplitFiles) -> None:
        self.dataset = dataset
        self.name = entry.name
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
        """The rows as Arrow record batches of at most 4,096 rows (Arrow files) or one row group (Parquet).

        Args:
            columns: Which columns, in this order; by default all.

        Raises:
            DatasetError: a file is missing, damaged or has other rows than the manifest says; no such column.
        """
        for table in self._tables(columns):
            yield from table.to_batches()

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

    def verify(self) -> None:
        """Prove that the rows, in each format, are those that the manifest's fingerprint was made of.

        Raises:
            DatasetError: they are not, or a file cannot be read; names the file.
        """
        if (algorithm := self.dataset.manifest.fingerprint_algorithm) != ALGORITHM:
            raise DatasetError(
                f"its fingerprint is a {algorithm}, which this version cannot make",
                place=str(self.dataset.path / MANIFEST),
                hint="install a later version of clearwell",
            )
        for format in ("arrow", "parquet"):
            if files := self._entry.of(format):
                tables = [self._table(file, None) for file in files]
                batches = (batch for table in tables for batch in table.to_batches(max_chunksize=4096))
                if fingerprint_rows(tables[0].schema, batches) != self._entry.fingerprint:
                    raise DatasetError(
                        f"the rows of split {self.name!r} are not those of the manifest",
                        place=str(self.dataset.path / files[0].path),
                        hint=_RESTORE,
                    )

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
                f"has {table.num_rows:,} rows, not {file.rows:,}", place=str(path), hint=_RESTORE
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


_RESTORE = "copy the release again from where it was made"


def _read(path: Path, format: str) -> Any:
    try:
        if format == "arrow":
            return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        return pq.read_table(path, partitioning=None)
    except FileNotFoundError:
        raise DatasetError("a file of the release is missing", place=str(path), hint=_RESTORE) from None
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            f"not readable: {str(error).splitlines()[0]}", place=str(path), hint=_RESTORE
        ) from error
