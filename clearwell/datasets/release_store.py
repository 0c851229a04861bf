"""Where the releases of a lake are: a local folder, or an address of an object store.

    RELEASES/late_flights/v1/manifest.json
    RELEASES/late_flights/v2/manifest.json
    RELEASES/late_flights/current.json         the version that readers get by default

In a folder, ``v<number>`` is a finished release: it gets that name, by one rename, when it is complete. In a
store nothing can be renamed: there a release is finished when its manifest exists, which is written last.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clearwell.datasets.cache import cached_release
from clearwell.datasets.manifest import CURRENT, MANIFEST, Manifest, no_manifest
from clearwell.errors import DatasetError, ReleaseNotFound
from clearwell.names import is_url
from clearwell.stores.remote import RemotePlace

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = [
    "LocalReleaseStore",
    "ReleaseStore",
    "RemoteReleaseStore",
    "open_release_store",
    "parse_pointer",
    "pointed_version",
    "versions_in",
]

_VERSION = re.compile(r"v([1-9][0-9]{0,8})")


class ReleaseStore(Protocol):
    """The releases of a lake. Releases in a store may also raise StoreError."""

    @property
    def where(self) -> str:
        """The folder or the address that contains a folder for each dataset."""
        ...

    def folders(self) -> list[str]:
        """All datasets that have any files."""
        ...

    def names(self) -> list[str]:
        """Datasets that a reader can open: not a first release whose pointer does not exist yet."""
        ...

    def versions(self, name: str) -> tuple[int, ...]:
        """The finished releases of a dataset, oldest first; empty when there are none."""
        ...

    def current(self, name: str) -> int:
        """The version that readers get by default, from ``current.json``.

        Raises:
            ReleaseNotFound: nothing is released yet: a first release is in progress or was interrupted.
            DatasetError: the pointer cannot be read.
        """
        ...

    def manifest(self, name: str, version: int) -> Manifest:
        """The manifest of a release; raises DatasetError."""
        ...

    def address(self, name: str, version: int) -> str:
        """The path or address of a release."""
        ...

    def folder(self, name: str, version: int) -> Path:
        """A release as a local folder; one in a store is copied first, unless that is already done."""
        ...


def open_release_store(where: str | os.PathLike[str]) -> ReleaseStore:
    """The releases at ``where``; reads nothing yet."""
    return (
        RemoteReleaseStore(where)
        if isinstance(where, str) and is_url(where)
        else LocalReleaseStore(Path(where))
    )


class LocalReleaseStore:
    """Releases in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.root)

    def folders(self) -> list[str]:
        """The folders there."""
        found = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(entry.name for entry in found if entry.is_dir())

    def names(self) -> list[str]:
        """Datasets that have a pointer."""
        return [name for name in self.folders() if (self.root / name / CURRENT).is_file()]

    def versions(self, name: str) -> tuple[int, ...]:
        """The folders ``v<number>``."""
        return versions_in(self.root / name)

    def current(self, name: str) -> int:
        """The version in the pointer."""
        return pointed_version(self.root / name)

    def manifest(self, name: str, version: int) -> Manifest:
        """The manifest in the release's folder."""
        return Manifest.read(self.folder(name, version))

    def address(self, name: str, version: int) -> str:
        """The release's folder."""
        return str(self.folder(name, version))

    def folder(self, name: str, version: int) -> Path:
        """The release's folder."""
        return self.root / name / f"v{version}"


class RemoteReleaseStore:
    """Releases in an object store, read by pyarrow and deltalake alone."""

    def __init__(self, where: str) -> None:
        self._place = RemotePlace(where)

    @property
    def where(self) -> str:
        """The address."""
        return self._place.url

    def folders(self) -> list[str]:
        """The folders there."""
        return self._place.folders("")

    def names(self) -> list[str]:
        """Datasets that have a pointer."""
        return [name for name in self.folders() if self._place.size(f"{name}/{CURRENT}") is not None]

    def versions(self, name: str) -> tuple[int, ...]:
        """The folders ``v<number>``, without the last ones if those have no manifest.

        A new release always follows the newest finished one, so only the last can be in progress or
        interrupted.
        """
        found = list(_numbers(self._place.folders(name)))
        while found and self._place.size(f"{name}/v{found[-1]}/{MANIFEST}") is None:
            found.pop()
        return tuple(found)

    def current(self, name: str) -> int:
        """The version in the pointer."""
        return parse_pointer(self._place.get(f"{name}/{CURRENT}"), name, f"{self.where}/{name}/{CURRENT}")

    def manifest(self, name: str, version: int) -> Manifest:
        """The manifest at the release's address."""
        return Manifest.parse(self._manifest(name, version), f"{self.address(name, version)}/{MANIFEST}")

    def address(self, name: str, version: int) -> str:
        """The release's address."""
        return f"{self.where}/{name}/v{version}"

    def folder(self, name: str, version: int) -> Path:
        """The release's copy on this machine; raises DatasetError."""
        return cached_release(self.address(name, version), self._manifest(name, version))

    def _manifest(self, name: str, version: int) -> bytes:
        if (text := self._place.get(f"{name}/v{version}/{MANIFEST}")) is None:
            raise no_manifest(self.address(name, version))
        return text


def versions_in(dataset: Path) -> tuple[int, ...]:
    """The finished releases in a dataset's folder, oldest first."""
    entries = dataset.iterdir() if dataset.is_dir() else ()
    return _numbers(entry.name for entry in entries if entry.is_dir())


def pointed_version(dataset: Path) -> int:
    """The version in ``current.json`` of a dataset's folder; see ``ReleaseStore.current``."""
    file = dataset / CURRENT
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        text = None
    except OSError as error:
        raise _not_readable(str(file), error) from error
    return parse_pointer(text, dataset.name, str(file))


def parse_pointer(text: bytes | None, name: str, place: str) -> int:
    """The version that the pointer at ``place`` names; see ``ReleaseStore.current``."""
    if text is None:
        raise ReleaseNotFound(
            f"{name} has no current release yet",
            place=place,
            hint="run the pipeline again, or name a version",
        )
    try:
        version: Any = json.loads(text.decode("utf-8"))["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _not_readable(place, error) from error
    if not isinstance(version, int):
        raise DatasetError(f"{version!r} is not a version", place=place, hint="run the pipeline again")
    return version


def _numbers(names: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(int(match[1]) for match in map(_VERSION.fullmatch, names) if match))


def _not_readable(place: str, error: Exception) -> DatasetError:
    hint = "run the pipeline again: it rewrites the file"
    return DatasetError(f"not readable: {error}", place=place, hint=hint)
