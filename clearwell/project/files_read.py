"""The files that a transform reads itself, such as a query or a list of codes: they are a part of its code.

A string in the code that names a file of the project counts, as written from the project's root, from the
folder of its module, or from a folder that another string names. Names that are put together only at run
time are not seen; ``reads`` in YAML has patterns of such files. Files outside of the project do not count.
"""

from __future__ import annotations

import ast
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["digest_of", "folder_reads", "matching_files", "named_files"]

_LONGEST = 4096  # characters of a path
_LISTINGS = {"glob", "iglob", "rglob", "iterdir", "listdir", "scandir"}


def named_files(modules: Collection[Path], root: Path) -> set[Path]:
    """The files below ``root`` that strings in these modules name; one behind a link counts where it lies."""
    top = os.path.realpath(root)
    found: set[Path] = set()
    for module in modules:
        texts = _strings(module.read_bytes())
        folders = [top, os.path.realpath(module.parent)]
        for folder in folders:  # it grows by the folders that are named in one it has
            for named in (os.path.join(folder, text) for text in texts):
                path = os.path.realpath(named) if os.path.exists(named) else ""
                if not path or not Path(path).is_relative_to(top):
                    continue
                if os.path.isfile(path):
                    found.add(root / os.path.relpath(path, top))
                elif path not in folders and os.path.isdir(path):
                    folders.append(path)
    return found


def matching_files(patterns: Sequence[str], root: Path, place: str | None) -> set[Path]:
    """The files below ``root`` that ``patterns`` match; raises ProjectError for a pattern without any."""
    found: set[Path] = set()
    for pattern in patterns:
        files = {file for file in root.glob(pattern) if file.is_file()}
        if not files:
            hint = "correct it: it begins at the project's root, * is within one folder, ** any folders"
            raise ProjectError(f"`reads` names {pattern!r}, and no file matches", place=place, hint=hint)
        found |= files
    return found


def folder_reads(module: Path) -> Iterator[int]:
    """The lines of a module that list a folder: which files are read there, its strings do not say."""
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if name in _LISTINGS:
                yield node.lineno


def digest_of(file: Path) -> str:
    """The hash of a file's content; one that has not changed since is not read again.

    Raises:
        ProjectError: it cannot be read.
    """
    try:
        at = file.stat()
        return _digest(file, at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino)
    except OSError as error:
        raise ProjectError(
            f"a transform names this file, and it cannot be read: {error.strerror}",
            place=shown(file),
            hint="its content is a part of the transform's code: let the user of the run read it",
        ) from error


@lru_cache(maxsize=1024)
def _digest(file: Path, *_: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _strings(code: bytes) -> tuple[str, ...]:
    """The strings of a module that may be paths: no docstrings."""
    tree = ast.parse(code)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    )
    return tuple(dict.fromkeys(t for t in texts if t and len(t) <= _LONGEST and t.isprintable()))
