"""What every release is made by, whatever it is for, and what is refused of every one.

Nothing is dropped to make it fit: too few rows read, no rows at all, or (looked up in the finished files) a
column that was to be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clearwell.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.datasets import ReleaseFile, SplitFiles

__all__ = [
    "Recipe",
    "count_missing",
    "refuse_lost_rows",
    "refuse_missing",
    "refuse_no_rows",
    "refuse_wrong_files",
]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How rows of a table become a release.

    Args:
        table: The name of the table, for errors.
        place: Where in the project this is said, for errors.
        schema: The columns to release, in their order.
        features: Those of them that a model gets.
        forbidden: Columns that must not be in any file of the data.
        formats: ``parquet``, ``arrow`` or both.
        lineage: Columns that say where a row came from, kept beside the data.
    """

    table: str
    place: str
    schema: pa.Schema
    features: tuple[str, ...] = ()
    forbidden: frozenset[str] = frozenset()
    formats: tuple[str, ...]
    lineage: tuple[str, ...] = ()

    @property
    def reads(self) -> list[str]:
        """The columns of the table that are needed."""
        return list(dict.fromkeys([*self.schema.names, *self.lineage]))


def count_missing(values: Any) -> int:
    """How many values are NULL or NaN."""
    return pc.sum(pc.is_null(values, nan_is_null=True)).as_py() or 0


def refuse_missing(recipe: Recipe, missing: dict[str, int], read: int) -> None:
    """Raise for the first of ``missing`` (what it is -> rows without a value) that is not 0."""
    for what, count in missing.items():
        if count:
            raise DatasetError(
                f"{count:,} of {read:,} rows have no value in the {what}",
                place=recipe.place,
                hint=f"drop or fill them in the transform of {recipe.table}; a release leaves out no row",
            )


def refuse_lost_rows(recipe: Recipe, *, promised: int, read: int, placed: int) -> None:
    """Raise unless all rows that the table's log promises were read and placed."""
    if read != promised or placed != promised:
        raise DatasetError(
            f"{promised:,} rows were promised, {read:,} read and {placed:,} placed",
            place=recipe.place,
            hint=f"the files of {recipe.table} are not what its log says; rebuild it with --full-refresh",
        )


def refuse_no_rows(recipe: Recipe, rows: int) -> None:
    """Raise if there are none."""
    if not rows:
        raise DatasetError(
            f"a release without rows: {recipe.table} is empty",
            place=recipe.place,
            hint="look at its source and its quarantine: `clearwell tables`",
        )


def refuse_wrong_files(recipe: Recipe, split: SplitFiles, folder: Path, rows: int) -> None:
    """Raise if the files of a split hold other rows than ``rows``, or a forbidden column."""
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
