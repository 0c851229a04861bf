"""A source's pattern against the tree of files. Names are data: only the pattern's own ``*?[]`` match.

``**`` stands for any number of folders, including none, and a field such as ``{day}`` for what ``*`` stands
for (``clearwell.sources.order`` reads its value). A name that starts with a dot needs a pattern that does.
Below the pattern's fixed part no link to a folder is followed, so there are no loops.
"""

from __future__ import annotations

import os
import re
from fnmatch import translate
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from clearwell.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FIELD", "folder_keys", "is_pattern", "matches", "require_no_table", "split_pattern"]

_TABLES = {"a Delta": "_delta_log", "an Iceberg": "metadata/*.metadata.json", "a Hudi": ".hoodie"}
"""A kind of table, and a pattern for what lies in its folder."""

FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def is_pattern(part: str) -> bool:
    """Whether a part of a path contains wildcards."""
    return any(letter in part for letter in "*?[") or FIELD.search(part) is not None


def split_pattern(path: str) -> tuple[list[str], list[str]]:
    """The fixed folders at the start of a pattern, and the rest: one part at least."""
    parts = list(PurePosixPath(path).parts)
    fixed = next((at for at, part in enumerate(parts) if is_pattern(part)), len(parts))
    fixed = min(fixed, len(parts) - 1)
    return parts[:fixed], parts[fixed:]


def folder_keys(paths: Iterable[str]) -> list[str]:
    """The keys of folders named ``key=value`` in some paths, in their order."""
    parts = (part for path in paths for part in PurePosixPath(path).parts[:-1])
    return list(dict.fromkeys(part.partition("=")[0] for part in parts if "=" in part[1:]))


def require_no_table(paths: Iterable[str], root: Path, place: str) -> None:
    """Check that no folder of the files is a Delta, Iceberg or Hudi table, which has removed files too.

    Raises:
        SourceError: one is.
    """
    folders = {parent for path in paths for parent in PurePosixPath(path).parents}
    for folder in sorted(folders):
        for kind, mark in _TABLES.items():
            if next(iter((root / folder).glob(mark)), None) is not None:
                raise SourceError(
                    f"{folder} is {kind} table: among its files are those of rows that were removed",
                    place=place,
                    hint="write the rows of its newest version into a folder of their own, and read that; "
                    "a table of the project itself is an input of a transform",
                )


def matches(path: str, root: Path) -> Iterator[tuple[str, str | None]]:
    """Each matching path, relative to ``root``, once; with the reason if it was not searched."""
    fixed, rest = split_pattern(path)
    if rest[-1] == "**":
        rest.append("*")
    if len(rest) == 1 and not is_pattern(rest[0]):
        if os.path.lexists(root.joinpath(*fixed, rest[0])):
            yield "/".join([*fixed, rest[0]]), None
        return
    yield from dict(_below(root, "/".join(fixed), rest)).items()


def _below(root: Path, folder: str, parts: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    try:
        with os.scandir(root / folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"folder cannot be listed: {error.strerror or error}"
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _below(root, folder, rest)
    fits = re.compile(translate(FIELD.sub("*", part))).match
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name.startswith(".") and not part.startswith("."):
            continue
        if part == "**":
            if entry.is_dir(follow_symlinks=False):
                yield from _below(root, path, parts)
        elif not fits(entry.name):
            continue
        elif not rest:
            yield path, None
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(root, path, rest)
        elif entry.is_dir():
            yield path, "a link to a folder"
