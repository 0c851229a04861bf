"""Import the modules of a project from their source text, never from byte code.

Python takes the byte code of a file whose size and modification time, in whole seconds, are those of the
source that it was made from. Copies with set times (images, archives, ``rsync``) may have another text with
the same two. The hash of a transform's code is that of its text, so this text has to run.
"""

from __future__ import annotations

import marshal
import sys
from contextlib import suppress
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

__all__ = ["import_from_source"]

_HEADER_BYTES = 16
"""Before the code in a file of byte code (PEP 552)."""

_roots: set[Path] = set()


def import_from_source(root: Path) -> None:
    """From now on, import modules below ``root`` from their source; not those of installed packages."""
    if root in _roots:
        return
    if not _roots:
        sys.path_hooks.insert(0, _finder)
    _roots.add(root)
    for path in [path for path in sys.path_importer_cache if _is_project(path)]:
        del sys.path_importer_cache[path]


class _SourceLoader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code = self.source_to_code(self.get_data(path), path)
        _remove_others(Path(cache_from_source(path)), code)
        return code


def _remove_others(cached: Path, code: CodeType) -> None:
    """Remove byte code of another text: the processes of an engine would run it."""
    with suppress(OSError):
        if cached.read_bytes()[_HEADER_BYTES:] != marshal.dumps(code):
            cached.unlink()


def _finder(path: str) -> FileFinder:
    if not _is_project(path):
        raise ImportError(path)  # the next hook is asked
    return FileFinder(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_SourceLoader, SOURCE_SUFFIXES))


def _is_project(path: str) -> bool:
    place = Path(path)
    inside = any(place.is_relative_to(root) for root in _roots)
    return inside and place.is_dir() and not {"site-packages", "dist-packages"} & set(place.parts)
