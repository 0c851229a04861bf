"""Make an inference release: one row per key, ordered by the keys' digests, and the index to find it.

Refused, with the count: rows without a key, keys with more than one row, or (if ``latest_by`` selects the row
of a key) keys with several latest rows. The rows that a later one of their key replaces are counted, not
lost: the table still has them.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.datasets import INDEX, IndexWriter, ReleaseFile, hash_file, key_digests, same_keys
from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import Fingerprint, row_digests
from clearwell.publishing.order import DIGEST, DigestOrder
from clearwell.publishing.recipe import (
    Recipe,
    count_missing,
    refuse_lost_rows,
    refuse_missing,
    refuse_no_rows,
    refuse_wrong_files,
)
from clearwell.publishing.write import INFERENCE_BATCH, write_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from clearwell.datasets import SplitFiles

__all__ = ["LIVE", "InferenceRecipe", "make_inference"]

LIVE = "live"
"""The name of the only split of an inference release."""

_SLICE = 65_536


@dataclass(frozen=True, kw_only=True)
class InferenceRecipe(Recipe):
    """How rows become the state that a model is applied to.

    Args:
        key: The columns that identify a row.
        latest_by: Of the rows of one key the one with the greatest value here is kept.
    """

    key: tuple[str, ...]
    latest_by: str | None = None

    @property
    def reads(self) -> list[str]:
        """The columns of the table that are needed."""
        return list(dict.fromkeys([*super().reads, *self.decides]))

    @property
    def decides(self) -> tuple[str, ...]:
        """The column that selects the row of a key, if there is one."""
        return (self.latest_by,) if self.latest_by else ()


def make_inference(
    batches: Iterable[pa.RecordBatch], recipe: InferenceRecipe, folder: Path, *, rows: int, buckets: int = 1
) -> tuple[SplitFiles, int]:
    """Write the rows and their index below ``folder``; also returns how many rows a later one replaced.

    Args:
        batches: The rows, with the columns ``recipe.reads``, in any order.
        recipe: The columns and rules of the release.
        folder: The folder of the new release.
        rows: The expected number of rows.
        buckets: How many parts are sorted one after another; more parts need less memory.

    Raises:
        DatasetError: these rows cannot be released.
    """
    scratch = folder / ".scratch"
    order = DigestOrder(
        lambda batch: key_digests(batch.select(recipe.key)),
        then=[*recipe.key, *recipe.decides, *recipe.lineage],
        scratch=scratch,
        buckets=buckets,
    )
    read = _take(batches, recipe, order)
    refuse_lost_rows(recipe, promised=rows, read=read, placed=order.rows)
    refuse_no_rows(recipe, order.rows)
    path = f"{INDEX}/{LIVE}.keys"
    with closing(IndexWriter(scratch / "hashes")) as index:
        latest = _Latest(recipe, index)
        split = write_split(
            folder,
            LIVE,
            latest.of(order.tables()),
            recipe.schema,
            fingerprint=latest.fingerprint,
            formats=recipe.formats,
            lineage=recipe.lineage,
            arrow_batch=INFERENCE_BATCH,
        )
        latest.refuse()
        index.write(folder / path)
    shutil.rmtree(scratch, ignore_errors=True)
    refuse_wrong_files(recipe, split, folder, rows - latest.replaced)
    file = folder / path
    entry = ReleaseFile(path, INDEX, split.rows, file.stat().st_size, hash_file(file))
    return replace(split, files=tuple(sorted([*split.files, entry], key=lambda f: f.path))), latest.replaced


def _take(batches: Iterable[pa.RecordBatch], recipe: InferenceRecipe, order: DigestOrder) -> int:
    """Sort all rows; returns their number."""
    read = 0
    missing = dict.fromkeys((*recipe.key, *recipe.decides), 0)
    names = list(dict.fromkeys([*recipe.schema.names, *recipe.lineage, *recipe.decides]))
    for batch in batches:
        read += batch.num_rows
        for name in missing:
            missing[name] += count_missing(batch.column(name))
        if any(missing.values()):
            continue  # refused below; continue to count
        part = batch.select(names)
        for start in range(0, part.num_rows, _SLICE):
            order.add(part.slice(start, _SLICE))
    said = {f"key column {name!r}": missing[name] for name in recipe.key}
    said |= {f"column {name!r} of latest_by": missing[name] for name in recipe.decides}
    refuse_missing(recipe, said, read)
    return read


class _Latest:
    """The last of sorted rows of each key; counts the others, and the undecidable ones."""

    def __init__(self, recipe: InferenceRecipe, index: IndexWriter) -> None:
        self.fingerprint = Fingerprint(recipe.schema)
        self.replaced = 0
        self._recipe = recipe
        self._index = index
        self._keys = self._rows = self._ties = 0

    def of(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The rows that are kept; all rows of a key are in one of ``tables``, one after another."""
        for table in tables:
            kept = table.filter(self._stays(table)) if table.num_rows > 1 else table
            self.replaced += table.num_rows - kept.num_rows
            for batch in kept.to_batches(max_chunksize=_SLICE):
                self.fingerprint.add(row_digests(batch.select(self._recipe.schema.names)))
                self._index.add(batch.column(DIGEST).to_pylist())
            yield kept

    def refuse(self) -> None:
        """Raise if there were keys with no unique latest row."""
        recipe, by = self._recipe, self._recipe.latest_by
        key = ", ".join(recipe.key)
        if by is None and self._keys:
            raise DatasetError(
                f"{self._keys:,} keys are in more than one row ({self._rows:,} rows): {key}",
                place=recipe.place,
                hint=f"select the row with `latest_by: COLUMN`, or make {recipe.table} one row per key",
            )
        if by is not None and self._ties:
            raise DatasetError(
                f"{self._ties:,} keys have more than one latest row: the same {by} and the same {key}",
                place=recipe.place,
                hint="choose another column for latest_by, or merge the rows in the transform",
            )

    def _stays(self, table: pa.Table) -> Any:
        batch = table.combine_chunks().to_batches()[0]
        above, below = batch.slice(0, batch.num_rows - 1), batch.slice(1)
        key = list(self._recipe.key)
        same = same_keys(above.select(key), below.select(key))
        no, yes = pa.array([False]), pa.array([True])
        stays = pa.concat_arrays([pc.invert(same), yes])
        repeats = pa.concat_arrays([no, same])  # the previous row has the same key
        ends = pc.and_(repeats, stays)
        self._keys += _count(ends)
        self._rows += _count(repeats) + _count(ends)
        if (by := self._recipe.latest_by) is not None:
            equal = pa.concat_arrays([no, pc.equal(above.column(by), below.column(by))])
            self._ties += _count(pc.and_(ends, equal))
        return stays


def _count(mask: Any) -> int:
    return pc.sum(mask).as_py() or 0
