"""Which datasets and releases a lake has. A release is found by its name, or by its folder anywhere.

    LAKE/releases/late_flights/v1/manifest.json
    LAKE/releases/late_flights/v2/manifest.json
    LAKE/releases/late_flights/current.json         the version that readers get by default

A folder ``v<number>`` is a finished release: it gets that name, by one rename, when it is complete.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.datasets.manifest import CURRENT, MANIFEST, Manifest
from clearwell.errors import DatasetError, ProjectError, ReleaseNotFound, did_you_mean
from clearwell.names import RELEASES, release_path
from clearwell.settings import load_settings

if TYPE_CHECKING:
    import os

__all__ = [
    "DatasetInfo",
    "current_version",
    "find_lake",
    "find_release",
    "list_datasets",
    "pointed_version",
    "release_versions",
    "versions_in",
]

_VERSION = re.compile(r"v([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset of a lake: its versions, the one that readers get, and what that one holds."""

    name: str
    current: int
    versions: tuple[int, ...]
    kind: str
    created: str
    rows: int
    splits: dict[str, int]
    bytes: int
    path: Path


def find_lake(lake: str | os.PathLike[str] | None = None) -> Path:
    """``lake`` as a path; by default that of the project found from the working directory.

    Raises:
        DatasetError: there is no project, or no folder at that place.
    """
    if lake is None:
        try:
            root = load_settings().lake
        except ProjectError as error:
            raise DatasetError(
                f"no lake was named, and {error.fact}", hint='pass lake="path/to/lake"'
            ) from error
    else:
        root = Path(lake).expanduser().absolute()
    if not root.is_dir():
        raise DatasetError(
            f"no lake at {root}", hint='run `clearwell run` first, or pass lake="path/to/lake"'
        )
    return root


def list_datasets(lake: str | os.PathLike[str] | None = None) -> list[DatasetInfo]:
    """The datasets of a lake that have a release, by name.

    Args:
        lake: Path of the lake; by default that of the project found from the working directory.

    Raises:
        DatasetError: no such lake, or a release that cannot be read.
    """
    root = find_lake(lake)
    return [_info(root, name) for name in _dataset_names(root)]


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
    """
    if _is_path(name):
        return _release_at(Path(name).expanduser().absolute(), version)
    root, name = find_lake(lake), str(name)
    if not (versions := release_versions(root, name)):
        known = _dataset_names(root)
        near = did_you_mean(name, known)
        listed = (
            f"datasets here: {', '.join(known)}"
            if known
            else "nothing has been released yet: `clearwell run`"
        )
        raise ReleaseNotFound(
            f"no dataset {name!r} in the lake at {root}", hint=f"{near} {listed}" if near else listed
        )
    wanted = current_version(root, name) if version is None else _number(version)
    if wanted not in versions:
        raise ReleaseNotFound(
            f"{name} has no version {version if version is not None else wanted}",
            place=str(root / RELEASES / name),
            hint=f"versions: {_listed(versions)}",
        )
    return root / release_path(name, wanted)


def release_versions(lake: Path, name: str) -> tuple[int, ...]:
    """The finished releases of a dataset, oldest first; empty when there are none."""
    return () if not name or _is_path(name) else versions_in(lake / RELEASES / name)


def versions_in(dataset: Path) -> tuple[int, ...]:
    """The same, of a dataset's folder."""
    entries = dataset.iterdir() if dataset.is_dir() else ()
    found = (_VERSION.fullmatch(entry.name) for entry in entries if entry.is_dir())
    return tuple(sorted(int(match[1]) for match in found if match))


def current_version(lake: Path, name: str) -> int:
    """The version that readers get by default: where ``current.json`` points.

    Raises:
        ReleaseNotFound: nothing is released yet: a first release is being made or was cut short.
        DatasetError: the pointer cannot be read.
    """
    return pointed_version(lake / RELEASES / name)


def pointed_version(dataset: Path) -> int:
    """The same, of a dataset's folder."""
    file = dataset / CURRENT
    try:
        version: Any = json.loads(file.read_text(encoding="utf-8"))["version"]
    except FileNotFoundError:
        raise ReleaseNotFound(
            f"{dataset.name} has no current release yet",
            place=str(file),
            hint="run the pipeline again, or name a version",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"not readable: {error}", place=str(file), hint="run the pipeline again: it is written anew"
        ) from error
    if not isinstance(version, int):
        raise DatasetError(f"{version!r} is not a version", place=str(file), hint="run the pipeline again")
    return version


def _info(lake: Path, name: str) -> DatasetInfo:
    version = current_version(lake, name)
    path = lake / release_path(name, version)
    manifest = Manifest.read(path)
    return DatasetInfo(
        name=name,
        current=version,
        versions=release_versions(lake, name),
        kind=manifest.kind,
        created=manifest.created,
        rows=manifest.rows,
        splits={split.name: split.rows for split in manifest.splits},
        bytes=manifest.bytes,
        path=path,
    )


def _dataset_names(lake: Path) -> list[str]:
    """Datasets that a reader can open: a first release whose pointer is not there yet is not one."""
    folder = lake / RELEASES
    return (
        sorted(entry.name for entry in folder.iterdir() if (entry / CURRENT).is_file())
        if folder.is_dir()
        else []
    )


def _release_at(path: Path, version: int | str | None) -> Path:
    if (path / MANIFEST).is_file():
        held = Manifest.read(path).version
        if version is not None and _number(version) != held:
            raise ReleaseNotFound(
                f"this is version {held}, not {version}",
                place=str(path),
                hint="leave version out, or name another folder",
            )
        return path
    if (path / CURRENT).is_file():  # the folder of a dataset, with all its versions
        wanted = pointed_version(path) if version is None else _number(version)
        if (path / f"v{wanted}").is_dir():
            return path / f"v{wanted}"
    raise ReleaseNotFound(
        "no release here: there is no manifest.json", place=str(path), hint="name the folder of one version"
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
