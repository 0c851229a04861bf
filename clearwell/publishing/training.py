"""Make the train and the test split from the rows of a table, or report why they cannot be released.

Refused, with the count: rows without a label, rows that the split cannot assign, a split without rows.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import Fingerprint, row_digests
from clearwell.publishing.order import DigestOrder
from clearwell.publishing.recipe import (
    Recipe,
    count_missing,
    refuse_lost_rows,
    refuse_missing,
    refuse_no_rows,
    refuse_wrong_files,
)
from clearwell.publishing.splits import TEST, TRAIN
from clearwell.publishing.write import write_split

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

    from clearwell.datasets import SplitFiles
    from clearwell.publishing.splits import ByGroup, ByTime

__all__ = ["TrainingRecipe", "make_training"]

_SLICE = 65_536


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe(Recipe):
    """How rows become splits.

    Args:
        label: The column to predict.
        split: Which rows are for training and which for testing.
    """

    label: str
    split: ByTime | ByGroup

    @property
    def reads(self) -> list[str]:
        """The columns of the table that are needed."""
        return list(dict.fromkeys([*super().reads, self.split.column]))


class _Side:
    """The rows of one split: in order, and their fingerprint."""

    def __init__(self, recipe: TrainingRecipe, scratch: Path, buckets: int) -> None:
        names = recipe.schema.names
        self.fingerprint = Fingerprint(recipe.schema)
        self.order = DigestOrder(
            lambda batch: row_digests(batch.select(names)),
            then=recipe.lineage,
            scratch=scratch,
            buckets=buckets,
        )

    def add(self, batch: pa.RecordBatch) -> None:
        for start in range(0, batch.num_rows, _SLICE):
            self.fingerprint.add(self.order.add(batch.slice(start, _SLICE)))


def make_training(
    batches: Iterable[pa.RecordBatch], recipe: TrainingRecipe, folder: Path, *, rows: int, buckets: int = 1
) -> tuple[SplitFiles, ...]:
    """Write the train and the test split below ``folder``.

    Args:
        batches: The rows, with the columns ``recipe.reads``, in any order.
        recipe: The columns and rules of the splits.
        folder: The folder of the new release.
        rows: The expected number of rows.
        buckets: How many parts are sorted one after another; more parts need less memory.

    Raises:
        DatasetError: these rows cannot be released.
    """
    scratch = folder / ".scratch"
    sides = {name: _Side(recipe, scratch / name, buckets) for name in (TRAIN, TEST)}
    read = _route(batches, recipe, sides)
    placed = {name: side.order.rows for name, side in sides.items()}
    refuse_lost_rows(recipe, promised=rows, read=read, placed=sum(placed.values()))
    _refuse_empty(recipe, placed)
    splits = tuple(
        write_split(
            folder,
            name,
            side.order.tables(),
            recipe.schema,
            fingerprint=side.fingerprint,
            formats=recipe.formats,
            lineage=recipe.lineage,
        )
        for name, side in sides.items()
    )
    shutil.rmtree(scratch, ignore_errors=True)
    for split in splits:
        refuse_wrong_files(recipe, split, folder, placed[split.name])
    return splits


def _route(batches: Iterable[pa.RecordBatch], recipe: TrainingRecipe, sides: dict[str, _Side]) -> int:
    """Write each row to its split; returns the number of rows read."""
    read = no_label = no_place = 0
    for batch in batches:
        read += batch.num_rows
        decides = batch.column(recipe.split.column)
        no_label += count_missing(batch.column(recipe.label))
        no_place += count_missing(decides)
        if no_label or no_place:
            continue  # refused below; continue to count
        trains = recipe.split.trains(decides)
        kept = batch.select([*recipe.schema.names, *recipe.lineage])
        for name, mask in ((TRAIN, trains), (TEST, pc.invert(trains))):
            sides[name].add(kept.filter(mask))
    missing = {
        f"label {recipe.label!r}": no_label,
        f"split column {recipe.split.column!r}": no_place,
    }
    refuse_missing(recipe, missing, read)
    return read


def _refuse_empty(recipe: TrainingRecipe, placed: dict[str, int]) -> None:
    refuse_no_rows(recipe, sum(placed.values()))
    for name in (TRAIN, TEST):
        if not placed[name]:
            fact, hint = recipe.split.no_rows(name)
            raise DatasetError(
                f"the {name} split would be without rows: {fact}", place=recipe.place, hint=hint
            )
