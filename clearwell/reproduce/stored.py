"""A release to verify: found by its name or its location, and its bytes in the store.

Readers of a release in a store use a local copy, whose files were checked against their hashes when they were
copied. Whether the store still has these bytes is checked here: each file is read again, and not kept.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from clearwell.datasets import Dataset, find_on, open_dataset, open_release_store
from clearwell.errors import DatasetError
from clearwell.names import RELEASES, release_path

if TYPE_CHECKING:
    from clearwell.datasets import Manifest
    from clearwell.tables import Lake

__all__ = ["open_release", "require_stored_files"]

_CHUNK = 1 << 22


def open_release(lake: Lake, release: str, version: str | None = None) -> Dataset:
    """A release of ``lake`` by the name of its dataset, or any by its path or address.

    Raises:
        ReleaseNotFound: no dataset or version of that name.
        DatasetError: it cannot be read or copied.
    """
    if "/" in release or "\\" in release or release.startswith("."):
        return open_dataset(release, version=version)
    return Dataset(find_on(open_release_store(lake.store.absolute(RELEASES)), release, version))


def require_stored_files(lake: Lake, manifest: Manifest) -> None:
    """Check that the store of the lake's releases has the bytes of this one; does nothing for a folder.

    Raises:
        DatasetError: a file is missing or has changed.
        StoreError: the store refuses access.
    """
    store = lake.store
    if store.is_local(RELEASES):
        return
    for file in manifest.files:
        path = f"{release_path(manifest.dataset, manifest.version)}/{file.path}"
        if store.size(path) != file.bytes or _digest(lake, path) != file.sha256:
            raise DatasetError(
                "a file of the release is missing or has changed in its store",
                place=store.absolute(path),
                hint="upload the release again from a copy, or publish a new one",
            )


def _digest(lake: Lake, path: str) -> str:
    digest = hashlib.sha256()
    with lake.store.open_input(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
