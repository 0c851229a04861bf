"""Which datasets and releases a lake has. A release is found by its name, or by its path or address.

A release in an object store is found by its address, ``s3://bucket/lake``, and copied to this machine once,
when it is opened: see ``clearwell.datasets.cache``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.datasets.cache import cached_release
from clearwell.datasets.manifest import CURRENT, MANIFEST, Manifest, no_manifest
from clearwell.datasets.release_store import open_release_store, pointed_version, versions_in
from clearwell.errors import DatasetError, ProjectError, ReleaseNotFound, did_you_mean
from clearwell.names import RELEASES, is_url
from clearwell.settings import load_settings
from clearwell.stores.remote import RemotePlace

if TYPE_CHECKING:
    import os

    from clearwell.datasets.release_store import ReleaseStore
    from clearwell.settings import Settings

__all__ = [
    "DatasetInfo",
    "current_version",
    "datasets_on",
    "find_lake",
    "find_on",
    "find_release",
    "find_release_store",
    "list_datasets",
    "pointed_version",
    "release_versions",
    "versions_in",
]

_COLLAPSED = re.compile(r"(.*/)?(s3|gs|abfss):/[^/]")


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset of a lake: its versions, the current one with its contents and its location."""

    name: str
    current: int
    versions: tuple[int, ...]
    kind: str
    created: str
    rows: int
    splits: dict[str, int]
    bytes: int
    path: Path | str


def find_lake(lake: str | os.PathLike[str] | None = None) -> Path:
    """``lake`` as a path; default: that of the project found from the working directory.

    Raises:
        DatasetError: there is no project, or no folder at that path.
    """
    root = _settings().lake if lake is None else Path(lake).expanduser().absolute()
    if not root.is_dir():
        hint = 'run `clearwell run` first, or pass lake="path/to/lake"'
        if _COLLAPSED.match(str(lake)):
            hint = "pass the address as a string: a Path merges two slashes"
        raise DatasetError(f"no lake at {root}", hint=hint)
    return root


def find_release_store(lake: str | os.PathLike[str] | None = None) -> ReleaseStore:
    """The releases of ``lake``: a path, an address, or by default the project's lake.

    Raises:
        DatasetError: there is no project, or no folder at that path.
    """
    if lake is None and (place := _settings().places.get(RELEASES)):
        return open_release_store(place)
    if isinstance(lake, str) and is_url(lake):
        return open_release_store(f"{lake.rstrip('/')}/{RELEASES}")
    return open_release_store(find_lake(lake) / RELEASES)


def list_datasets(lake: str | os.PathLike[str] | None = None) -> list[DatasetInfo]:
    """The datasets of a lake that have a release, by name.

    Args:
        lake: Path or address (``s3://bucket/lake``) of the lake; by default that of the project found from
            the working directory.

    Raises:
        DatasetError: no such lake, or a release that cannot be read.
        StoreError: the store of the lake refuses access.
    """
    return datasets_on(find_release_store(lake))


def datasets_on(release_store: ReleaseStore) -> list[DatasetInfo]:
    """The same, for the location of a lake's releases."""
    return [_info(release_store, name) for name in release_store.names()]


def find_release(
    name: str | os.PathLike[str],
    *,
    version: int | str | None = None,
    lake: str | os.PathLike[str] | None = None,
) -> Path:
    """The folder of a release; see ``open_dataset``.

    Raises:
        ReleaseNotFound: no dataset or version of that name.
        DatasetError: no lake, or no release at that path.
        StoreError: the store of the lake refuses access.
    """
    if isinstance(name, str) and is_url(name):
        return _release_in_store(name.rstrip("/"), version)
    if _is_path(name):
        return _release_at(Path(name).expanduser().absolute(), version)
    return find_on(find_release_store(lake), str(name), version)


def find_on(release_store: ReleaseStore, name: str, version: int | str | None = None) -> Path:
    """The same, for a dataset whose releases are at that location."""
    if not (versions := () if not name or _is_path(name) else release_store.versions(name)):
        known = release_store.names()
        near = did_you_mean(name, known)
        listed = (
            f"datasets here: {', '.join(known)}"
            if known
            else "nothing has been released yet: `clearwell run`"
        )
        where = release_store.where.removesuffix(f"/{RELEASES}")
        raise ReleaseNotFound(
            f"no dataset {name!r} in the lake at {where}", hint=f"{near} {listed}" if near else listed
        )
    wanted = release_store.current(name) if version is None else _number(version)
    if wanted not in versions:
        raise ReleaseNotFound(
            f"{name} has no version {version if version is not None else wanted}",
            place=f"{release_store.where}/{name}",
            hint=f"versions: {_listed(versions)}",
        )
    return release_store.folder(name, wanted)


def release_versions(lake: Path, name: str) -> tuple[int, ...]:
    """The finished releases of a dataset, oldest first; empty when there are none."""
    return () if not name or _is_path(name) else versions_in(lake / RELEASES / name)


def current_version(lake: Path, name: str) -> int:
    """The version that readers get by default, from ``current.json``."""
    return pointed_version(lake / RELEASES / name)


def _settings() -> Settings:
    try:
        return load_settings()
    except ProjectError as error:
        raise DatasetError(f"no lake was named, and {error.fact}", hint='pass lake="path/to/lake"') from error


def _info(release_store: ReleaseStore, name: str) -> DatasetInfo:
    version = release_store.current(name)
    manifest, address = release_store.manifest(name, version), release_store.address(name, version)
    return DatasetInfo(
        name=name,
        current=version,
        versions=release_store.versions(name),
        kind=manifest.kind,
        created=manifest.created,
        rows=manifest.rows,
        splits={split.name: split.rows for split in manifest.splits},
        bytes=manifest.bytes,
        path=address if is_url(address) else Path(address),
    )


def _release_in_store(url: str, version: int | str | None) -> Path:
    """The release at an address, or the current one of the dataset there."""
    if (text := RemotePlace(url).get(MANIFEST)) is not None:
        _require_version(Manifest.parse(text, f"{url}/{MANIFEST}").version, version, url)
        return cached_release(url, text)
    above, _, name = url.rpartition("/")
    if not above.endswith("/"):  # a bucket is not a dataset
        release_store = open_release_store(above)
        if RemotePlace(url).get(CURRENT) is not None:
            wanted = release_store.current(name) if version is None else _number(version)
            if wanted in release_store.versions(name):
                return release_store.folder(name, wanted)
    raise no_manifest(url)


def _release_at(path: Path, version: int | str | None) -> Path:
    if (path / MANIFEST).is_file():
        _require_version(Manifest.read(path).version, version, str(path))
        return path
    if (path / CURRENT).is_file():  # the folder of a dataset, with all its versions
        wanted = pointed_version(path) if version is None else _number(version)
        if (path / f"v{wanted}").is_dir():
            return path / f"v{wanted}"
    raise no_manifest(str(path))


def _require_version(held: int, version: int | str | None, place: str) -> None:
    if version is not None and _number(version) != held:
        raise ReleaseNotFound(
            f"this is version {held}, not {version}",
            place=place,
            hint="omit version, or name another folder",
        )


def _is_path(name: str | os.PathLike[str]) -> bool:
    return not isinstance(name, str) or any(sign in name for sign in "/\\") or name.startswith(".")


def _number(version: int | str) -> int:
    text = str(version).removeprefix("v")
    if not text.isdecimal():
        raise ReleaseNotFound(f"{version!r} is not a version", hint="write it as 3 or v3")
    return int(text)


def _listed(versions: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, versions[-10:]))
    return f"... {shown}" if len(versions) > 10 else shown
