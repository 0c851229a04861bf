"""Rows of releases: which release holds a raw record, and where a row of a release comes from.

Beside the data each release keeps ``_file_id`` and ``_record_no`` of its rows, in their order.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clearwell.datasets import Manifest, find_on, open_release_store
from clearwell.errors import DatasetError
from clearwell.names import RELEASES
from clearwell.tables import find_rows_in, matching, plain_row
from clearwell.trace.records import RowStep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from clearwell.datasets import ReleaseFile
    from clearwell.tables import Lake

__all__ = ["Release", "released_rows"]

_PART = 1 << 16


def released_rows(
    lake: Lake, tables: Collection[str], where: Mapping[str, pa.Scalar[Any]]
) -> Iterator[tuple[str, int, str]]:
    """Dataset, version and split of every release made from one of ``tables`` that holds such a row."""
    release_store = open_release_store(lake.store.absolute(RELEASES))
    for dataset in release_store.folders():
        for version in release_store.versions(dataset):
            manifest, address = (
                release_store.manifest(dataset, version),
                release_store.address(dataset, version),
            )
            if not {made_from.table for made_from in manifest.inputs} & set(tables):
                continue
            for split in manifest.splits:
                files = [f"{address}/{file.path}" for file in split.of("lineage")]
                if find_rows_in(files, where, most=0).count:
                    yield dataset, version, split.name


class Release:
    """The current release of a dataset, to look for rows in; from a store it is copied here first.

    Raises:
        ReleaseNotFound: nothing of that name is released.
        DatasetError: its manifest cannot be read.
    """

    def __init__(self, lake: Lake, dataset: str) -> None:
        self.path: Path = find_on(open_release_store(lake.store.absolute(RELEASES)), dataset)
        self.manifest = Manifest.read(self.path)

    @property
    def table(self) -> str:
        """The table that it was made from."""
        return self.manifest.inputs[0].table

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which its rows are looked up, if its settings name any."""
        return tuple(self.manifest.settings.get("key") or ())

    @property
    def schema(self) -> pa.Schema:
        """The columns of its data; raises DatasetError."""
        for split in self.manifest.splits:
            for file in _data(split.files):
                for part in self._parts(file, None):
                    return part.schema
        raise DatasetError("it holds no rows", place=str(self.path))

    def find(self, where: Mapping[str, pa.Scalar[Any]], *, most: int) -> tuple[int, list[RowStep]]:
        """How many rows have the values of ``where``, and the first of them, with what they come from."""
        found, steps = 0, list[RowStep]()
        for split in self.manifest.splits:
            for file, beside in zip(_data(split.files), _lineage(split.files), strict=False):
                for at in self._hits(file, where):
                    found += 1
                    if len(steps) < most:
                        steps.append(self._step(file, beside, at, split.name))
        return found, steps

    def _hits(self, file: ReleaseFile, where: Mapping[str, pa.Scalar[Any]]) -> Iterator[int]:
        start = 0
        for part in self._parts(file, list(where)):
            for row in pc.indices_nonzero(matching(part, where)).to_pylist():
                yield start + row
            start += part.num_rows

    def _step(self, file: ReleaseFile, beside: ReleaseFile | None, at: int, split: str) -> RowStep:
        origin = self._row(beside, at) if beside else {}
        return RowStep(
            table=self.manifest.dataset,
            state="released",
            values=self._row(file, at),
            file_id=origin.get("_file_id"),
            record_no=origin.get("_record_no"),
            note=f"version {self.manifest.version}, split {split}",
        )

    def _row(self, file: ReleaseFile, at: int) -> dict[str, Any]:
        start = 0
        for part in self._parts(file, None):
            if at < start + part.num_rows:
                return plain_row(part, at - start)
            start += part.num_rows
        raise DatasetError(
            f"row {at} is missing", place=str(self.path / file.path), hint="run dataset.verify()"
        )

    def _parts(self, file: ReleaseFile, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        path = str(self.path / file.path)
        try:
            if file.format != "arrow":
                with pq.ParquetFile(path) as parquet:
                    yield from parquet.iter_batches(batch_size=_PART, columns=columns)
                return
            with pa.memory_map(path) as source:
                arrow = pa.ipc.open_file(source)
                for number in range(arrow.num_record_batches):
                    part = arrow.get_batch(number)
                    yield part if columns is None else part.select(columns)
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(
                f"not readable: {str(error).splitlines()[0]}", place=path, hint="copy the release again"
            ) from error


def _data(files: tuple[ReleaseFile, ...]) -> list[ReleaseFile]:
    """The files of the rows in one format, in their order."""
    for format in ("parquet", "arrow"):
        if found := [file for file in files if file.format == format]:
            return found
    return []


def _lineage(files: tuple[ReleaseFile, ...]) -> Iterator[ReleaseFile | None]:
    """What lies beside each of these, as long as there are any."""
    beside = [file for file in files if file.format == "lineage"]
    for number in count():
        yield beside[number] if number < len(beside) else None
