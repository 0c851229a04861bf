"""Read a release.

    open_dataset("late_flights").split("train").to_pandas()
    open_dataset("late_flights_live").lookup([{"carrier": "UA", "flight": 1545}])

A training release has splits, an inference release one row per key. ``Dataset.verify`` recomputes every hash
and every fingerprint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.datasets.catalog import find_release
from clearwell.datasets.lookup import Lookup
from clearwell.datasets.manifest import Manifest
from clearwell.datasets.split import Split
from clearwell.datasets.verify import verify_release
from clearwell.errors import DatasetError, ReleaseNotFound, did_you_mean

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Literal

    import pandas
    import polars
    import pyarrow as pa

    from clearwell.datasets.keys import Keys

__all__ = ["Dataset", "Split", "open_dataset"]


def open_dataset(
    name: str | os.PathLike[str],
    *,
    version: int | str | None = None,
    lake: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Open a release of a dataset.

    Args:
        name: The dataset's name, or the path or address of a release's folder (also of a copy).
        version: ``3`` or ``"v3"``; default: the current one.
        lake: Path or address (``s3://bucket/lake``) of the lake; default: that of the project found from the
            working directory.

    A release in a store is copied to this machine once, into CLEARWELL_CACHE, and each file is checked
    against its SHA-256. Credentials come from the environment, such as AWS_ACCESS_KEY_ID.

    Raises:
        ReleaseNotFound: no dataset or version of that name.
        DatasetError: no lake, or a release that cannot be read or copied.
        StoreError: the store refuses access, or does not answer.
    """
    return Dataset(find_release(name, version=version, lake=lake))


class Dataset:
    """A release: its manifest, its rows. Made by ``open_dataset``; ``len()`` is the number of its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = Manifest.read(path)
        self._lookup: Lookup | None = None

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.manifest.dataset

    @property
    def version(self) -> int:
        """Number of the release: 1, 2, ..."""
        return self.manifest.version

    @property
    def kind(self) -> str:
        """``training`` or ``inference``."""
        return self.manifest.kind

    @property
    def label(self) -> str | None:
        """The column to predict; None in an inference release."""
        return self.manifest.label

    @property
    def features(self) -> tuple[str, ...]:
        """The input columns of a model, in order: the same in a training release and its live one."""
        columns = (column.name for column in self.manifest.schema)
        return self.manifest.features or tuple(name for name in columns if name != self.label)

    @property
    def key(self) -> tuple[str, ...]:
        """The key columns of an inference release; none in a training release."""
        return self.manifest.key

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits: ``train`` and ``test``, or ``live``."""
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

    def lookup(
        self,
        keys: Keys,
        *,
        missing: Literal["error", "null"] = "error",
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """The rows of ``keys``: one for each, in the given order; a repeated key gives a repeated row.

        Args:
            keys: A list of dicts, a dict of lists, an Arrow table or record batch, or a data frame, with
                exactly the columns of ``key``.
            missing: What a key without a row gives: an ``error``, or a row that is all NULL (``null``). No
                key of a release is NULL, so a NULL in a column of ``key`` identifies such a row; see also
                ``contains``.
            columns: Which columns, in this order, such as ``features``; default: all, including the key's.

        Raises:
            DatasetError: not an inference release; missing keys, or keys with other columns or types; a
                missing or damaged file.
        """
        return self.open_lookup().rows(keys, missing=missing, columns=columns)

    def contains(self, keys: Keys) -> pa.BooleanArray:
        """For each of ``keys``, whether the release has a row for it; see ``lookup``."""
        return self.open_lookup().find(keys)[1].is_valid()

    def to_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows of an inference release; see ``Split.to_batches``."""
        return self._only_split().to_batches(columns)

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of an inference release; see ``Split.to_arrow``."""
        return self._only_split().to_arrow(columns)

    def to_pandas(self, columns: Sequence[str] | None = None) -> pandas.DataFrame:
        """All rows of an inference release; see ``Split.to_pandas``."""
        return self._only_split().to_pandas(columns)

    def to_polars(self, columns: Sequence[str] | None = None) -> polars.DataFrame:
        """All rows of an inference release; see ``Split.to_polars``."""
        return self._only_split().to_polars(columns)

    def verify(self) -> None:
        """Verify that the release is complete: every file's bytes, SHA-256, rows and content fingerprint.

        Reads everything; needs no network and no lake. In a lake the manifest itself is checked against the
        pointer, if it is the current one. For an inference release, also that every row is found by its key.

        Raises:
            DatasetError: names the first file that is missing, changed or not listed.
        """
        verify_release(self)

    def open_lookup(self) -> Lookup:
        """The implementation of ``lookup``, opened once.

        Raises:
            DatasetError: not an inference release, or a missing or damaged file.
        """
        if self._lookup is None:
            if not self.key:
                raise DatasetError(
                    f"{self.name} is for {self.kind}: its rows have no key to look up",
                    hint=f"read a split ({', '.join(self.splits)}), or release a dataset of kind: inference",
                )
            self._lookup = Lookup(self._only_split(), self.key)
        return self._lookup

    def __len__(self) -> int:
        return self.manifest.rows

    def __repr__(self) -> str:
        splits = ", ".join(f"{split.name} {split.rows:,}" for split in self.manifest.splits)
        return f"Dataset({self.name!r}, v{self.version}, {splits} rows)"

    def _only_split(self) -> Split:
        if len(self.splits) != 1:
            raise DatasetError(
                f"{self.name} has more than one split, which must not be mixed",
                hint=f"name one: .split({self.splits[0]!r}); splits: {', '.join(self.splits)}",
            )
        return self.split(self.splits[0])

    def __getstate__(self) -> dict[str, Any]:
        """Without the memory maps: a worker of a data loader opens them itself."""
        return {**self.__dict__, "_lookup": None}
