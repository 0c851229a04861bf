"""Verify a release: every file's bytes, SHA-256, rows and content, and the index of its keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from clearwell.datasets.index import INDEX, key_hashes
from clearwell.datasets.keys import key_digests
from clearwell.datasets.manifest import CURRENT, MANIFEST, hash_file
from clearwell.datasets.release import Release
from clearwell.datasets.split import RESTORE
from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import ALGORITHM, fingerprint_rows

if TYPE_CHECKING:
    from clearwell.datasets.lookup import Lookup
    from clearwell.datasets.manifest import ReleaseFile
    from clearwell.datasets.split import Split

__all__ = ["verify_release"]

_BATCH = 65_536


class WholeRelease(Release, Protocol):
    """The object to verify: ``Dataset`` is one."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of its splits."""
        ...

    @property
    def key(self) -> tuple[str, ...]:
        """The key columns."""
        ...

    def split(self, name: str) -> Split:
        """The rows of one split."""
        ...

    def open_lookup(self) -> Lookup:
        """The index of its keys."""
        ...


def verify_release(dataset: WholeRelease) -> None:
    """Recompute every hash and every fingerprint; see ``Dataset.verify``."""
    _verify_manifest(dataset)
    for file in dataset.manifest.files:
        _verify_bytes(dataset, file)
    listed = {dataset.path / file.path for file in dataset.manifest.files}
    for folder in ("data", INDEX):
        for found in sorted((dataset.path / folder).rglob("*")):
            if found.is_file() and found not in listed:
                raise DatasetError(
                    "a file that the manifest does not list",
                    place=str(found),
                    hint="remove it: it is not part of the release",
                )
    for name in dataset.splits:
        _verify_rows(dataset.split(name))
    if dataset.manifest.kind == "inference":
        _verify_index(dataset)


def _verify_manifest(dataset: WholeRelease) -> None:
    pointer = dataset.path.parent / CURRENT
    try:
        said = json.loads(pointer.read_text(encoding="utf-8"))
        points_here = said["version"] == dataset.version and dataset.path.name == f"v{dataset.version}"
        expected = said["manifest_sha256"] if points_here else None
    except (OSError, ValueError, KeyError, TypeError):
        return  # copied out of its lake, or a pointer that publishing rewrites
    if expected and hash_file(dataset.path / MANIFEST) != expected:
        raise DatasetError(
            "the manifest has changed since it was released",
            place=str(dataset.path / MANIFEST),
            hint=RESTORE,
        )


def _verify_bytes(dataset: WholeRelease, file: ReleaseFile) -> None:
    path = dataset.path / file.path
    if not path.is_file():
        raise DatasetError("a file of the release is missing", place=str(path), hint=RESTORE)
    if (size := path.stat().st_size) != file.bytes:
        raise DatasetError(f"has {size:,} bytes, not {file.bytes:,}", place=str(path), hint=RESTORE)
    if hash_file(path) != file.sha256:
        raise DatasetError("its SHA-256 is not the manifest's: it has changed", place=str(path), hint=RESTORE)


def _verify_rows(split: Split) -> None:
    """Check that the rows, in each format, match the manifest's fingerprint."""
    dataset = split.dataset
    if (algorithm := dataset.manifest.fingerprint_algorithm) != ALGORITHM:
        raise DatasetError(
            f"its fingerprint is a {algorithm}, which this version cannot compute",
            place=str(dataset.path / MANIFEST),
            hint="install a later version of clearwell",
        )
    for format in ("arrow", "parquet"):
        if files := split.files_of(format):
            tables = split.tables_of(format)
            batches = (batch for table in tables for batch in table.to_batches(max_chunksize=4096))
            if fingerprint_rows(tables[0].schema, batches) != split.fingerprint:
                raise DatasetError(
                    f"the rows of split {split.name!r} are not those of the manifest",
                    place=str(dataset.path / files[0].path),
                    hint=RESTORE,
                )


def _verify_index(dataset: WholeRelease) -> None:
    """Check that every row is found by its key."""
    row = 0
    index = dataset.open_lookup().index
    for table in dataset.split(dataset.splits[0]).tables_of("arrow"):
        for batch in table.select(list(dataset.key)).to_batches(max_chunksize=_BATCH):
            if not index.holds(row, key_hashes(key_digests(batch))):
                raise index.damaged("it does not match the rows")
            row += batch.num_rows
