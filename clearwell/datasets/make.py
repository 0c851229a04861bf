"""Make the data files of a release from the rows of a table, or say why these rows cannot be released.

Nothing is dropped to make it fit. Refused, with the count: rows without a label, rows that the split
cannot place, a split without rows, and (looked up in the finished files) a column that was to be left out.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clearwell.datasets.divide import TEST, TRAIN
from clearwell.datasets.order import DigestOrder
from clearwell.datasets.write import write_split
from clearwell.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from clearwell.datasets.divide import ByGroup, ByTime
    from clearwell.datasets.manifest import ReleaseFile, SplitFiles

__all__ = ["Recipe", "make_splits"]

_SLICE = 65_536


@dataclass(frozen=True)
class Recipe:
    """How rows become splits.

    Args:
        table: The name of the table, for errors.
        place: Where in the project this is said, for errors.
        schema: The columns to release, in their order.
        label: The column to predict.
        forbidden: Columns that must not be in any file of the data.
        split: Which rows train and which test.
        formats: ``parquet``, ``arrow`` or both.
        lineage: Columns that say where a row came from, kept beside the data.
    """

    table: str
    place: str
    schema: pa.Schema
    label: str
    forbidden: frozenset[str]
    split: ByTime | ByGroup
    formats: tuple[str, ...]
    lineage: tuple[str, ...] = ()

    @property
    def reads(self) -> list[str]:
        """The columns that ``make_splits`` needs."""
        return list(dict.fromkeys([*self.schema.names, *self.lineage, self.split.column]))


def make_splits(
    batches: Iterable[pa.RecordBatch], recipe: Recipe, folder: Path, *, rows: int, buckets: int = 1
) -> tuple[SplitFiles, ...]:
    """Write the train and the test split below ``folder``.

    Args:
        batches: The rows, with the columns ``recipe.reads``, in any order.
        recipe: How they become splits.
        folder: The folder of the release to be.
        rows: How many rows there must be.
        buckets: How many parts are sorted one after another; more need less memory.

    Raises:
        DatasetError: these rows cannot be released.
    """
    scratch = folder / ".scratch"
    orders = {
        name: DigestOrder(recipe.schema, beside=recipe.lineage, scratch=scratch / name, buckets=buckets)
        for name in (TRAIN, TEST)
    }
    read = _route(batches, recipe, orders)
    placed = {name: order.rows for name, order in orders.items()}
    if read != rows or sum(placed.values()) != rows:
        raise DatasetError(
            f"{rows:,} rows were promised, {read:,} read and {sum(placed.values()):,} placed",
            place=recipe.place,
            hint=f"the files of {recipe.table} are not what its log says; rebuild it with --full-refresh",
        )
    _refuse_empty(recipe, placed)
    splits = tuple(
        write_split(
            folder,
            name,
            order.tables(),
            recipe.schema,
            fingerprint=order.fingerprint,
            formats=recipe.formats,
            lineage=recipe.lineage,
        )
        for name, order in orders.items()
    )
    shutil.rmtree(scratch, ignore_errors=True)
    for split in splits:
        _refuse_wrong_files(recipe, split, folder, placed[split.name])
    return splits


def _route(batches: Iterable[pa.RecordBatch], recipe: Recipe, orders: dict[str, DigestOrder]) -> int:
    """Send each row to its split; the number of rows read."""
    read = no_label = no_place = 0
    for batch in batches:
        read += batch.num_rows
        decides = batch.column(recipe.split.column)
        no_label += _missing(batch.column(recipe.label))
        no_place += _missing(decides)
        if no_label or no_place:
            continue  # refused below; read on for the count
        trains = recipe.split.trains(decides)
        kept = batch.select([*recipe.schema.names, *recipe.lineage])
        for name, mask in ((TRAIN, trains), (TEST, pc.invert(trains))):
            part = kept.filter(mask)
            for start in range(0, part.num_rows, _SLICE):
                orders[name].add(part.slice(start, _SLICE))
    for count, what in (
        (no_label, f"label {recipe.label!r}"),
        (no_place, f"split column {recipe.split.column!r}"),
    ):
        if count:
            raise DatasetError(
                f"{count:,} of {read:,} rows have no value in the {what}",
                place=recipe.place,
                hint=f"drop or fill them in the transform of {recipe.table}; a release leaves out no row",
            )
    return read


def _missing(values: Any) -> int:
    return pc.sum(pc.is_null(values, nan_is_null=True)).as_py() or 0


def _refuse_empty(recipe: Recipe, placed: dict[str, int]) -> None:
    if not any(placed.values()):
        raise DatasetError(
            f"a release without rows: {recipe.table} is empty",
            place=recipe.place,
            hint="look at its source and its quarantine: `clearwell tables`",
        )
    for name in (TRAIN, TEST):
        if not placed[name]:
            fact, hint = recipe.split.no_rows(name)
            raise DatasetError(
                f"the {name} split would be without rows: {fact}", place=recipe.place, hint=hint
            )


def _refuse_wrong_files(recipe: Recipe, split: SplitFiles, folder: Path, rows: int) -> None:
    for format in recipe.formats:
        files = split.of(format)
        if sum(file.rows for file in files) != rows:
            raise DatasetError(
                f"split {split.name!r} has other rows in its {format} files", place=recipe.place
            )
        for file in files:
            if leaked := recipe.forbidden & set(_columns(folder, file)):
                raise DatasetError(
                    f"{min(leaked)!r} must not be released, and is in {file.path}", place=recipe.place
                )


def _columns(folder: Path, file: ReleaseFile) -> list[str]:
    path = str(folder / file.path)
    if file.format == "parquet":
        return pq.read_schema(path).names
    with pa.memory_map(path) as source:
        return pa.ipc.open_file(source).schema.names
