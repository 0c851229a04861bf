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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FIELD", "is_pattern", "matches", "split_pattern"]

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
