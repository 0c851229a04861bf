"""Make a finished folder a release: it gets the next number by one rename, then the pointer moves.

A crash leaves either an attempt that nothing reads, or a complete release that the pointer does not name yet;
the next try adopts it. Two that finish at once make one release if they have the same inputs, and else two;
one that was overtaken while it was suspended is discarded. The pointer never moves backwards.
"""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.datasets import CURRENT, MANIFEST, Manifest, hash_file, pointed_version, versions_in
from clearwell.errors import DatasetError
from clearwell.stores import force, locked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["adopt", "claim", "is_overtaken", "lost", "lost_release", "newest_release"]

_LOCK = ".lock"
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


def newest_release(dataset: Path) -> Manifest | None:
    """The manifest of the newest release below ``dataset``, or None if it is not complete.

    Complete means here: all its files exist with the right size.
    """
    return _newest(dataset, versions_in(dataset))


def _newest(dataset: Path, versions: Sequence[int]) -> Manifest | None:
    if not versions:
        return None
    folder = dataset / f"v{versions[-1]}"
    try:
        manifest = Manifest.read(folder)
        whole = all((folder / file.path).stat().st_size == file.bytes for file in manifest.files)
    except (DatasetError, OSError):
        return None
    return manifest if whole and manifest.version == versions[-1] else None


def lost_release(dataset: Path) -> int | None:
    """The version in the pointer if there is no such release, or it is not complete."""
    return lost(_pointer(dataset), newest_release(dataset))


def lost(pointer: int, newest: Manifest | None) -> int | None:
    """``pointer`` if no complete release has that number or a later one; 0: there is no pointer."""
    return None if not pointer or (newest is not None and newest.version >= pointer) else pointer


def adopt(dataset: Path, identity: str) -> tuple[Manifest, bool] | None:
    """The newest release if it has that identity, and whether the pointer had to be moved to it.

    None also when the pointer names a later release, which was deleted.
    """
    newest = newest_release(dataset)
    if newest is None or newest.identity != identity:
        return None
    with locked(dataset / _LOCK, "publishes this dataset"):
        return (newest, _point(dataset, newest)) if newest.version >= _pointer(dataset) else None


def claim(
    dataset: Path,
    attempt: Path,
    draft: Manifest,
    *,
    seen: Collection[int],
    after: int = 0,
    durable: bool = False,
) -> tuple[Manifest, bool]:
    """Make the folder ``attempt`` the next release below ``dataset``; ``durable`` forces it to the disk.

    Returns the release that is current now, and whether it is this one. It is another one, and ``attempt`` is
    left unchanged, if the newest release has the same inputs as ``draft``, or was published meanwhile (its
    number is not in ``seen``) from later inputs. The number of ``draft`` is ignored. Numbers up to ``after``
    were given before, also where their releases are gone.
    """
    while True:
        with locked(dataset / _LOCK, "publishes this dataset"):
            pointer, versions = _pointer(dataset), versions_in(dataset)  # one look, also without the lock
            newest = _newest(dataset, versions)
            if newest is not None and newest.version >= pointer and is_overtaken(newest, draft, seen):
                _point(dataset, newest)
                return newest, False
            manifest = replace(draft, version=max([*versions, pointer, after]) + 1)
            (attempt / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
            release = dataset / f"v{manifest.version}"
            if durable:
                force((file for file in attempt.rglob("*") if file.is_file()), top=attempt)
            try:
                attempt.rename(release)
            except OSError as error:
                if error.errno in _TAKEN:  # file locks do not work on this disk; the rename does
                    continue
                raise
            if durable:
                force([release / MANIFEST], top=dataset.parent)
            _point(dataset, manifest)
            if durable:
                force([dataset / CURRENT], top=dataset)
            return manifest, True


def is_overtaken(newest: Manifest, draft: Manifest, seen: Collection[int]) -> bool:
    """Whether the newest release replaces ``draft``: from the same inputs, or meanwhile from later ones."""
    came_meanwhile = newest.version not in seen and _is_later(newest, draft)
    return came_meanwhile or newest.identity == draft.identity


def _is_later(other: Manifest, mine: Manifest) -> bool:
    read = {i.table: (i.generation, i.batch) for i in other.inputs}
    return any(read.get(i.table, (0, 0)) > (i.generation, i.batch) for i in mine.inputs)


def _pointer(dataset: Path) -> int:
    """The version in the pointer; 0 if it is missing or damaged, because it is then rewritten."""
    try:
        return pointed_version(dataset)
    except DatasetError:
        return 0


def _point(dataset: Path, manifest: Manifest) -> bool:
    """Move the pointer forward to ``manifest``; whether it had to be moved."""
    if _pointer(dataset) >= manifest.version:
        return False
    said = {
        "dataset": manifest.dataset,
        "version": manifest.version,
        "manifest_sha256": hash_file(dataset / f"v{manifest.version}" / MANIFEST),
    }
    fresh = dataset / f".{CURRENT}.{uuid4().hex}"
    fresh.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    fresh.replace(dataset / CURRENT)
    for cut_short in dataset.glob(f".{CURRENT}.*"):
        cut_short.unlink(missing_ok=True)
    return True
