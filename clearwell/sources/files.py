"""Find the raw files of a source, and distinguish new ones from known ones by their content.

A file is identified by its bytes: the same content under another name is a duplicate, other content under a
known name is a change. A file that is as the ledger describes it (size, time, inode and time of change) is
not read again, unless its source says so.

Only regular files count, once each, with any name. A link counts if its target is a regular file in the
source's own folder (that folder may be a link to anywhere, because the project's author wrote it); one to a
file elsewhere, and a second name (hard link) of a file elsewhere in the project, only if the source says
``links: follow``. Everything else is skipped, with the reason. A file that changes while it is read is
growing: it is left for a later run.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.errors import SourceError, did_you_mean
from clearwell.sources.compare import compare
from clearwell.sources.match import is_pattern, matches, require_no_table, split_pattern
from clearwell.sources.reading import open_regular
from clearwell.sources.records import Discovery, KnownFile, RawFile, Skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clearwell.sources.spec import SourceSpec

__all__ = ["discover", "look_into"]

_ID_DIGITS = 32
_SETTING = "`links: follow` in the source reads it"


def discover(
    spec: SourceSpec, root: Path, known: Mapping[str, KnownFile], *, retracted: Collection[str] = ()
) -> Discovery:
    """The files of ``spec`` below ``root``, the project; ``known`` is file_id -> the file as ingested.

    ``retracted`` are the ids of those that were taken back: they are not taken again.

    Waits at most ``spec.settle_seconds``, once, for files younger than that.

    Raises:
        SourceError: the source's folder does not exist, the source is a single file that never existed, or
            its files are those of a Delta, Iceberg or Hudi table.
    """
    folder = _require_folder(spec, root, known)
    skipped: list[Skipped] = []
    found: dict[str, os.stat_result] = {}
    for path, reason in matches(spec.path, root):
        status = reason or _regular(root, folder, path, follow=spec.links == "follow")
        if isinstance(status, str):
            skipped.append(Skipped(path.encode("utf-8", "backslashreplace").decode(), status))
        else:
            found[path] = status
    if spec.links == "refuse":
        for path, other in _second_names(root, folder, found).items():
            skipped.append(Skipped(path, f"a second name (hard link) of {other}: {_SETTING}"))
            del found[path]
    require_no_table(found, root, spec.place or spec.path)
    as_before = _as_before(spec, known, found)
    same = list(as_before.values())
    fresh = {path: found[path] for path in sorted(found) if path not in as_before}
    growing = _unsettled(root, fresh, spec.settle_seconds)
    identified: list[RawFile] = []
    for path in (path for path in fresh if path not in growing):
        try:
            file = _identify(root / path, path, fresh[path])
        except OSError as error:
            skipped.append(Skipped(path, f"cannot be read: {error.strerror or error}"))
            continue
        if file is None:
            growing.add(path)
        else:
            identified.append(file)
    return compare(known, same, identified, growing, skipped, retracted=retracted)


def look_into(spec: SourceSpec, root: Path) -> None:
    """Check that a source's folder is there, and that a pattern matches a file where there are any.

    Raises:
        SourceError: one of the two is not so.
    """
    fixed, rest = split_pattern(spec.path)
    folder = _require_path(spec, root)
    if (len(rest) == 1 and not is_pattern(rest[0])) or next(iter(matches(spec.path, root)), None):
        return
    below = os.walk(folder)
    names = (f for _, _, files in below for f in sorted(files) if not f.startswith("."))
    if (other := next(names, None)) is not None:
        raise SourceError(
            f"no file matches {spec.path!r}; below {'/'.join(fixed) or '.'} there is {other}",
            place=spec.place or spec.path,
            hint="correct the path; a pattern matches letter by letter, and * within one folder only",
        )


def _as_before(
    spec: SourceSpec, known: Mapping[str, KnownFile], found: Mapping[str, os.stat_result]
) -> dict[str, KnownFile]:
    """The paths that need not be read, with what is known of them: see ``SourceSpec.rehash``."""
    if spec.rehash == "always":
        return {}
    if spec.rehash == "never":
        return {file.path: file for file in known.values() if file.path in found}
    same: dict[str, KnownFile] = {}
    for file in known.values():
        at = found.get(file.path)
        if at is None or (at.st_size, at.st_mtime_ns) != (file.size, file.modified_ns):
            continue
        if file.inode in (0, _inode(at)) and file.changed_ns in (0, at.st_ctime_ns):
            same[file.path] = file
    return same


def _require_folder(spec: SourceSpec, root: Path, known: Mapping[str, KnownFile]) -> Path:
    folder, (_, rest) = _require_path(spec, root), split_pattern(spec.path)
    if len(rest) == 1 and not is_pattern(rest[0]):
        _require_file(folder, rest[0], spec, spec.place or spec.path, known)
    return folder


def _require_path(spec: SourceSpec, root: Path) -> Path:
    """The folder at the start of a source's pattern."""
    fixed, _ = split_pattern(spec.path)
    place = spec.place or spec.path
    folder = root
    for depth, part in enumerate(fixed, 1):
        inside = folder / part
        if not inside.is_dir():
            shown = "/".join(fixed[:depth])
            fact = f"{shown} is not a folder" if os.path.lexists(inside) else f"there is no folder {shown}"
            hint = did_you_mean(part, _names(folder)) or f"create it, or correct the path {spec.path!r}"
            raise SourceError(fact, place=place, hint=hint)
        folder = inside
    return folder


def _require_file(
    folder: Path, name: str, spec: SourceSpec, place: str, known: Mapping[str, KnownFile]
) -> None:
    if (folder / name).is_dir():
        hint = f"write a pattern for files: {spec.path}/*.{spec.format}"
        raise SourceError(f"{spec.path} is a folder", place=place, hint=hint)
    if not os.path.lexists(folder / name) and all(file.path != spec.path for file in known.values()):
        hint = did_you_mean(name, _names(folder)) or "deliver it, or correct the source's path"
        raise SourceError(f"there is no file {spec.path}", place=place, hint=hint)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _regular(root: Path, folder: Path, path: str, *, follow: bool) -> os.stat_result | str:
    """The status of a file to ingest, or why it is skipped."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    file = root / path
    try:
        status = file.stat()
        target = Path(os.path.realpath(file, strict=True)) if file.is_symlink() else None
    except OSError as error:
        return "a broken link" if file.is_symlink() else f"cannot be read: {error.strerror or error}"
    if not stat.S_ISREG(status.st_mode):
        return "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
    if target is not None and not follow and not target.is_relative_to(os.path.realpath(folder)):
        within = target.is_relative_to(os.path.realpath(root))
        return f"a link out of the {'source' if within else 'project'}: {_SETTING}"
    return status


def _second_names(root: Path, folder: Path, found: Mapping[str, os.stat_result]) -> dict[str, str]:
    """The files that have another name in the project outside of the source's folder, with that name.

    A name does not tell where its others are. Only a file with several makes this search the project.
    """
    several = {(at.st_dev, at.st_ino): path for path, at in found.items() if at.st_nlink > 1}
    top, own = os.path.realpath(root), os.path.realpath(folder)
    inodes = {inode for _, inode in several}
    others: dict[str, str] = {}
    waiting = [top] if several and own != top else []
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting += [entry.path] if entry.path != own else []
                elif entry.inode() in inodes:
                    at = entry.stat(follow_symlinks=False)
                    if (path := several.get((at.st_dev, at.st_ino))) is not None:
                        others[path] = os.path.relpath(entry.path, top)
    return others


def _unsettled(root: Path, fresh: dict[str, os.stat_result], settle_seconds: float) -> set[str]:
    """Wait for the young files; returns those that changed meanwhile."""
    now = time.time_ns()
    settle = int(settle_seconds * 1e9)
    # A time in the future counts as age zero.
    ages = {path: max(0, now - at.st_mtime_ns) for path, at in fresh.items()}
    young = [path for path, age in ages.items() if age < settle]
    if not young:
        return set()
    time.sleep((settle - min(ages[path] for path in young)) / 1e9)
    return {path for path in young if not _as_it_was(root / path, fresh[path])}


def _as_it_was(file: Path, before: os.stat_result) -> bool:
    try:
        return _mark(file.stat()) == _mark(before)
    except OSError:
        return False


def _inode(status: os.stat_result) -> int:
    """Its 63 low bits: some file systems use all 64, and the ledger's integers have a sign."""
    return status.st_ino & (2**63 - 1)


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _identify(file: Path, path: str, before: os.stat_result) -> RawFile | None:
    """The file with the hash of its content, or None if it changed during the read."""
    with open_regular(file) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        after = os.fstat(stream.fileno())
    if _mark(after) != _mark(before) or not _as_it_was(file, before):
        return None
    return RawFile(
        path,
        file,
        digest[:_ID_DIGITS],
        before.st_size,
        before.st_mtime_ns,
        _inode(before),
        before.st_ctime_ns,
    )
