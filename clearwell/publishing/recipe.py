"""The common part of all recipes of releases, and what is refused for every release.

Nothing is dropped to make it fit: refused are missing rows, no rows at all, or (checked in the finished
files) a column that was to be excluded.
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
        place: The place in the project, for errors.
        schema: The columns to release, in their order.
        features: Those of them that are a model's inputs.
        forbidden: Columns that must not be in any file of the data.
        formats: ``parquet``, ``arrow`` or both.
        lineage: Columns with the origin of a row, kept beside the data.
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
    """Raise for the first entry of ``missing`` (description -> rows without a value) that is not 0."""
    for what, count in missing.items():
        if count:
            raise DatasetError(
                f"{count:,} of {read:,} rows have no value in the {what}",
                place=recipe.place,
                hint=f"drop or fill them in the transform of {recipe.table}; a release drops no rows",
            )


def refuse_lost_rows(recipe: Recipe, *, promised: int, read: int, placed: int) -> None:
    """Check that all rows in the table's log were read and written."""
    if read != promised or placed != promised:
        raise DatasetError(
            f"{promised:,} rows were expected, {read:,} read and {placed:,} written",
            place=recipe.place,
            hint=f"the files of {recipe.table} differ from its log; rebuild it with --full-refresh",
        )


def refuse_no_rows(recipe: Recipe, rows: int) -> None:
    """Raise if there are no rows."""
    if not rows:
        raise DatasetError(
            f"a release without rows: {recipe.table} is empty",
            place=recipe.place,
            hint="check its source and its quarantine: `clearwell tables`",
        )


def refuse_wrong_files(recipe: Recipe, split: SplitFiles, folder: Path, rows: int) -> None:
    """Raise if the files of a split have other rows than ``rows``, or a forbidden column."""
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
