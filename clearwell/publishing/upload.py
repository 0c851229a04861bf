"""Make a finished folder a release in a store, which cannot rename: its manifest is written last.

    RELEASES/late_flights/.attempt-3f1c....json         the uploading process, until it has ended
    RELEASES/late_flights/v2/3f1c.../data/...           the files of one attempt, in a separate folder
    RELEASES/late_flights/v2/manifest.json              lists them; exactly one writer creates it
    RELEASES/late_flights/current.json                  moved forward by compare-and-swap

Two attempts may upload the same number at once without touching each other's files. The conditional put of
the manifest decides: the loser reads the winner's manifest, and continues as in a folder, see
``clearwell.publishing.claim``. A crash leaves either files that no manifest names, or a complete release that
the pointer does not name yet.
"""

from __future__ import annotations

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.datasets import CURRENT, MANIFEST, Manifest, RemoteReleaseStore, parse_pointer
from clearwell.errors import DatasetError, StoreError
from clearwell.publishing.claim import is_overtaken, lost
from clearwell.publishing.publisher import ATTEMPT, begin_attempt, remove_attempt
from clearwell.stores.compare_and_swap import read_tagged, swap, upload
from clearwell.stores.remote import RemotePlace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["RemotePublisher"]

_log = logging.getLogger("clearwell")
_AT_ONCE = 4


class RemotePublisher:
    """Makes the releases of a dataset at an address; ``scratch`` is its local folder."""

    def __init__(self, where: str, scratch: Path) -> None:
        above, _, self._name = where.rpartition("/")
        self._release_store = RemoteReleaseStore(above)
        self._place = RemotePlace(where)
        self._scratch = scratch
        self._uploaded: dict[str, set[str]] = {}

    def versions(self) -> tuple[int, ...]:
        """The releases that have a manifest."""
        return self._release_store.versions(self._name)

    def address(self, version: int) -> str:
        """The release's address."""
        return self._release_store.address(self._name, version)

    def adopt(self, identity: str) -> tuple[Manifest, bool] | None:
        """The newest release, if it is complete and has that identity."""
        newest = self._newest(self.versions())
        if newest is None or newest.identity != identity or newest.version < self._pointer():
            return None
        return newest, self._point(newest)

    def lost(self) -> int | None:
        """The number of the current release if it is gone, or lacks files."""
        return lost(self._pointer(), self._newest(self.versions()))

    def begin(self, who: str) -> Path:
        """A local folder."""
        return begin_attempt(self._scratch, who)

    def claim(
        self, attempt: Path, draft: Manifest, *, seen: Collection[int], after: int = 0
    ) -> tuple[Manifest, bool]:
        """Upload it, then put its manifest."""
        key = attempt.name.removeprefix(ATTEMPT)
        own = [
            replace(split, files=tuple(replace(file, path=f"{key}/{file.path}") for file in split.files))
            for split in draft.splits
        ]
        while True:
            # One look for both: what comes after it takes the number, and the put of the manifest is lost.
            pointer, versions = self._pointer(), self.versions()
            newest = self._newest(versions)
            if newest is not None and newest.version >= pointer and is_overtaken(newest, draft, seen):
                self._point(newest)
                return newest, False
            number = max([*versions, pointer, after]) + 1
            manifest = replace(draft, version=number, splits=tuple(own))
            self._upload(attempt, manifest, key)
            text = manifest.to_json().encode()
            # A put that was retried after no answer may find its own manifest: it names the attempt.
            if self._place.put_new(f"v{number}/{MANIFEST}", text) or self._manifest(number) == text:
                self._uploaded.pop(key)
                self._point(manifest)
                return manifest, True

    def forget(self, attempt: Path) -> None:
        """Remove the folder, and all uploaded files that no manifest names."""
        key = attempt.name.removeprefix(ATTEMPT)
        remove_attempt(attempt)
        try:
            self._place.delete(self._uploaded.pop(key, ()))
            self._place.delete([f"{ATTEMPT}{key}.json"])
        except StoreError as error:
            _log.warning(
                "%s: leftovers of an attempt remain until `clearwell maintain`: %s", self._name, error
            )

    def _newest(self, versions: Sequence[int]) -> Manifest | None:
        """The last of them, or None if it is not complete: all its files exist with the right size."""
        if not versions:
            return None
        number = versions[-1]
        try:
            manifest = self._release_store.manifest(self._name, number)
        except DatasetError:
            return None
        return manifest if manifest.version == number and self._is_there(manifest) else None

    def _is_there(self, manifest: Manifest) -> bool:
        folder = f"v{manifest.version}"
        sizes = {file.path: file.size for file in self._place.list(folder)}
        return all(sizes.get(f"{folder}/{file.path}") == file.bytes for file in manifest.files)

    def _upload(self, attempt: Path, manifest: Manifest, key: str) -> None:
        note = attempt.with_name(f"{attempt.name}.json").read_bytes()
        self._place.put(f"{ATTEMPT}{key}.json", note)
        paths = {file.path: f"v{manifest.version}/{file.path}" for file in manifest.files}
        self._place.delete(self._uploaded.get(key, ()))  # to a number that another attempt won
        self._uploaded[key] = set(paths.values())

        def put(path: str) -> None:
            upload(attempt / path.removeprefix(f"{key}/"), f"{self._place.url}/{paths[path]}")

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(put, paths))
        if not self._is_there(manifest):
            raise DatasetError(
                "the uploaded files are missing or have another size",
                place=self.address(manifest.version),
                hint="run again; no reader has seen it",
            )

    def _manifest(self, version: int) -> bytes | None:
        return self._place.get(f"v{version}/{MANIFEST}")

    def _pointer(self) -> int:
        """The version in the pointer; 0 if it is missing or damaged, because it is then rewritten."""
        return self._parsed(self._place.get(CURRENT))

    def _parsed(self, text: bytes | None) -> int:
        try:
            return parse_pointer(text, self._name, CURRENT)
        except DatasetError:
            return 0

    def _point(self, manifest: Manifest) -> bool:
        """Move the pointer forward to ``manifest``; whether it had to be moved. It never moves back."""
        text = self._manifest(manifest.version) or b""
        said = {
            "dataset": manifest.dataset,
            "version": manifest.version,
            "manifest_sha256": hashlib.sha256(text).hexdigest(),
        }
        data = json.dumps(said, indent=2).encode() + b"\n"
        while True:
            held = read_tagged(f"{self._place.url}/{CURRENT}")
            if held is None:
                if self._place.put_new(CURRENT, data):
                    return True
            elif self._parsed(held[0]) >= manifest.version:
                return False
            elif swap(f"{self._place.url}/{CURRENT}", data, held[1]):
                return True
