"""The code that a cluster's workers need, as one zip: Clearwell and the project's own Python.

A function that runs in a worker is sent as the name of its module, so the worker must be able to import
it. The same files give the same zip, whose name contains their hash: a worker never confuses two versions.
Not sent: hidden folders, virtual environments, files that are not Python, and folders that the project
excludes (its lake). Refused: a project whose Python is too large to send on every start.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from clearwell.errors import EngineError
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CodeArchive"]

_CLEARWELL = Path(__file__).absolute().parents[2]
_LARGEST = 64 << 20
_NOT_OURS = {"__pycache__", "node_modules"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip entry can have."""


@dataclass(frozen=True)
class CodeArchive:
    """What to send.

    Args:
        without: Folders to skip.
        without: Folders that are not looked into.
    """

    project: Path | None = None
    without: tuple[Path, ...] = ()

    def files(self) -> dict[str, Path]:
        """Each file by its name in the zip, ordered by name."""
        found = {f"clearwell/{name}": file for name, file in _python_below(_CLEARWELL, ())}
        if self.project is not None:
            own = _python_below(self.project.absolute(), self.without)
            found |= {name: file for name, file in own if not name.startswith("clearwell/")}
        return dict(sorted(found.items()))

    def pack(self, folder: Path) -> Path:
        """Write the zip into ``folder``; raises EngineError if there is too much Python to send."""
        contents = {name: _read(file) for name, file in self.files().items()}
        size = sum(map(len, contents.values()))
        if size > _LARGEST:
            raise EngineError(
                f"the Python files of the project are {readable_size(size)}: too large to send to a cluster",
                place=str(self.project),
                hint="move files that are not part of the project out of its folder",
            )
        digest = hashlib.sha256()
        for name, content in contents.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        packed = folder / f"clearwell-{digest.hexdigest()[:16]}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            # With entries for the folders: a package without __init__.py is not found without its own entry.
            above = {
                f"{parent}/": b""
                for name in contents
                for parent in PurePosixPath(name).parents
                if parent.name
            }
            for name, content in sorted({**above, **contents}.items()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr = 0o755 << 16 | 0x10 if name.endswith("/") else 0o644 << 16
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return packed


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EngineError(f"cannot be read, so not sent to the cluster: {error}", place=str(file)) from error


def _python_below(root: Path, without: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """The modules that can be imported with ``root`` on ``sys.path``, by their paths below it."""
    for folder, subfolders, files in os.walk(root):
        here = Path(folder)
        subfolders[:] = [
            name
            for name in subfolders
            if name.isidentifier()
            and name not in _NOT_OURS
            and here / name not in without
            and not (here / name / "pyvenv.cfg").exists()
        ]
        for name in files:
            if name.endswith(".py") and name[:-3].isidentifier():
                yield (here / name).relative_to(root).as_posix(), here / name
