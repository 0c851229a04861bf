"""Copy the files of a release from a store, several in parallel, each checked by size and SHA-256."""

from __future__ import annotations

import hashlib
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import TYPE_CHECKING

from clearwell.errors import DatasetError
from clearwell.stores.failures import explained
from clearwell.stores.files import open_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from clearwell.datasets.manifest import ReleaseFile

__all__ = ["copy_files"]

_log = logging.getLogger("clearwell")
_CHUNK = 4 << 20
_AT_ONCE = 4
_LARGE = 64 << 20
_STEPS = 10


def copy_files(address: str, targets: Mapping[ReleaseFile, Path], name: str) -> None:
    """Copy each file from below ``address`` to its new path; reports progress of ``name`` if it takes long.

    Raises:
        DatasetError: a file is missing, or differs from the manifest.
        StoreError: the store refuses access.
    """
    progress = _Progress(name, sum(file.bytes for file in targets))
    stop = Event()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        copies = [pool.submit(_copy, address, *one, progress, stop) for one in targets.items()]
        try:
            for copy in copies:
                copy.result()
        except BaseException:  # also Ctrl-C: the others end with their next chunk
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.end()


def _copy(address: str, file: ReleaseFile, target: Path, progress: _Progress, stop: Event) -> None:
    source = f"{address}/{file.path}"
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        for chunk in _chunks(source):
            if stop.is_set():
                return
            out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            progress.add(len(chunk))
    if size != file.bytes:
        raise _wrong(source, f"has {size:,} bytes, not {file.bytes:,}")
    if digest.hexdigest() != file.sha256:
        raise _wrong(source, "its SHA-256 is not the manifest's: it has changed")


def _chunks(source: str) -> Iterator[bytes]:
    try:
        with explained(source):
            stream = open_input(source)
    except FileNotFoundError:
        raise _wrong(source, "a file of the release is missing") from None
    with stream:
        while True:
            with explained(source):
                chunk: bytes = stream.read(_CHUNK)
            if not chunk:
                return
            yield chunk


def _wrong(source: str, fact: str) -> DatasetError:
    return DatasetError(
        fact, place=source, hint="restore it in the store, or publish a new release of the dataset"
    )


class _Progress:
    """Reports the progress of a large copy: in the log, or on the terminal if nothing else shows it there."""

    def __init__(self, name: str, total: int) -> None:
        self._name = name
        self._total = total
        self._done = self._told = 0
        self._lock = Lock()
        self._shows = total >= _LARGE
        self._on_terminal = self._shows and sys.stderr.isatty() and not _log.hasHandlers()

    def add(self, size: int) -> None:
        """Add that many copied bytes."""
        with self._lock:
            self._done += size
            if self._shows and (step := self._done * _STEPS // self._total) > self._told:
                self._told = step
                self._tell(
                    f"{self._name}: copied {100 * self._done // self._total} % of {self._total:,} bytes"
                )

    def end(self) -> None:
        """Clear the progress line of the terminal."""
        if self._on_terminal:
            sys.stderr.write("\r\x1b[K")

    def _tell(self, text: str) -> None:
        _log.info("%s", text)
        if self._on_terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
