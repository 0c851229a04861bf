"""A local copy of a release in a store: copied once, each file checked against its SHA-256.

    CACHE/releases/3f1c.../v2/manifest.json     named by the hash of the manifest, independent of its address
    CACHE/releases/3f1c.../current.json         that hash, for ``Dataset.verify``
    CACHE/releases/3f1c.../copied.json          size and time of each file when it was checked

Any number of readers may open the same release: one copies it while the others wait. A file that is missing
or was modified since is checked, and copied again if it is wrong. The folder may be deleted at any time; a
reader that has files of it open keeps them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from clearwell.datasets.download import copy_files
from clearwell.datasets.manifest import CURRENT, MANIFEST, Manifest, hash_file
from clearwell.errors import DatasetError
from clearwell.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from clearwell.datasets.manifest import ReleaseFile

__all__ = ["cached_release"]

_COPIED = "copied.json"
_PART = ".part"


def cached_release(address: str, manifest: bytes) -> Path:
    """The release at ``address``, with that text as its manifest, as a local folder.

    Raises:
        DatasetError: a file of it is missing or has changed, or the cache cannot be written.
        StoreError: the store refuses access.
    """
    held = Manifest.parse(manifest, f"{address}/{MANIFEST}")
    digest = hashlib.sha256(manifest).hexdigest()
    home = cache_folder() / "releases" / digest[:32]
    folder = home / f"v{held.version}"
    if _is_complete(home, folder, held, manifest):
        return folder
    try:
        cache_folder().mkdir(
            mode=0o700, parents=True, exist_ok=True
        )  # copies are as private as the user's files
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(home) as is_alone:
            if not _is_complete(home, folder, held, manifest):
                if is_alone:
                    _remove_parts(folder)
                _fill(address, folder, held)
                pointer = {"dataset": held.dataset, "version": held.version, "manifest_sha256": digest}
                _write(home / CURRENT, json.dumps(pointer, indent=2).encode())
                _write(folder / MANIFEST, manifest)
                _write(home / _COPIED, json.dumps(_stamps(folder, held)).encode())
    except OSError as error:
        raise DatasetError(
            f"the copy of {address} cannot be written: {error.strerror or error}",
            place=str(home),
            hint="free its disk, or set CLEARWELL_CACHE to a folder that can be written",
        ) from error
    return folder


def _is_complete(home: Path, folder: Path, held: Manifest, manifest: bytes) -> bool:
    """Whether all files exist, and none was modified since it was checked."""
    try:
        stamps: Any = json.loads((home / _COPIED).read_bytes())
        return bool((folder / MANIFEST).read_bytes() == manifest and stamps == _stamps(folder, held))
    except (OSError, ValueError):
        return False


def _stamps(folder: Path, held: Manifest) -> dict[str, list[int]]:
    return {file.path: _stamp(folder / file.path) for file in held.files}


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _fill(address: str, folder: Path, held: Manifest) -> None:
    """Copy each file that is missing or wrong."""
    wanted = [file for file in held.files if not _is_whole(folder / file.path, file)]
    if not wanted:
        return
    needed = sum(file.bytes for file in wanted)
    if (free := shutil.disk_usage(folder).free) < needed:
        raise DatasetError(
            f"the copy of {address} needs {needed:,} bytes, but only {free:,} are free",
            place=str(folder),
            hint="free its disk, or set CLEARWELL_CACHE to a folder with more room",
        )
    name = f"{held.dataset} v{held.version}"
    parts = {file: folder / f"{file.path}.{uuid4().hex}{_PART}" for file in wanted}
    try:
        copy_files(address, parts, name)
        for file, part in parts.items():
            part.chmod(0o444)  # against writes by mistake
            part.replace(folder / file.path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _is_whole(path: Path, file: ReleaseFile) -> bool:
    try:
        return path.stat().st_size == file.bytes and hash_file(path) == file.sha256
    except FileNotFoundError:
        return False


def _write(file: Path, data: bytes) -> None:
    part = file.with_name(f"{file.name}.{uuid4().hex}{_PART}")
    part.write_bytes(data)
    part.replace(file)


def _remove_parts(folder: Path) -> None:
    """The leftovers of a reader that was killed."""
    for part in folder.rglob(f"*{_PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def _locked(home: Path) -> Generator[bool]:
    """Lock the copy of this release, if the disk supports locks; a process that dies releases it."""
    lock = os.open(home / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        is_alone = False
        with suppress(OSError, ImportError):  # else two may copy: each file is complete from one of them
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
            is_alone = True
        yield is_alone
    finally:
        os.close(lock)
