"""Unfinished releases: where they are made, and the leftovers of dead runs."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.datasets import MANIFEST
from clearwell.names import RELEASES
from clearwell.publishing.publisher import ATTEMPT, LocalPublisher, remove_attempt
from clearwell.publishing.upload import RemotePublisher
from clearwell.tables import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.publishing.publisher import Publisher
    from clearwell.stores import StoredFile
    from clearwell.tables import Lake

__all__ = ["Leftover", "leftover_attempts", "publisher_of"]

_NOTE = re.compile(rf"(.*/){re.escape(ATTEMPT)}([0-9a-f]{{32}})\.json")
_DEAD_ELSEWHERE_SECONDS = 7 * 24 * 3600
"""The age at which another machine's attempt counts as dead, because its process cannot be checked."""


@dataclass(frozen=True)
class Leftover:
    """The leftovers of an attempt of a dead run: a local folder, or files of a store."""

    lake: Lake = field(repr=False)
    place: str
    files: tuple[str, ...] | None = None

    def remove(self) -> None:
        """Remove it; its note goes last, so that an interrupted removal is found again."""
        if self.files is None:
            remove_attempt(Path(self.place))
        else:
            self.lake.store.delete(self.files)
            self.lake.store.delete([self.place])


def publisher_of(lake: Lake, dataset: str) -> Publisher:
    """Where the releases of a dataset are made."""
    where = lake.store.absolute(f"{RELEASES}/{dataset}")
    if lake.store.is_local(f"{RELEASES}/{dataset}"):
        return LocalPublisher(Path(where), durable=lake.store.durable)
    return RemotePublisher(where, lake.root / RELEASES / dataset)


def leftover_attempts(lake: Lake) -> list[Leftover]:
    """The leftovers of unfinished releases of dead runs; for ``maintain``."""
    folders = {lake.root / RELEASES}  # also for releases in a store: they are made here
    if lake.store.is_local(RELEASES):
        folders.add(Path(lake.store.absolute(RELEASES)))
    found = [Leftover(lake, str(attempt)) for folder in sorted(folders) for attempt in _in_folder(folder)]
    return found if lake.store.is_local(RELEASES) else [*found, *_in_store(lake)]


def _in_folder(releases: Path) -> Iterator[Path]:
    for note in sorted(releases.glob(f"*/{ATTEMPT}*.json")):
        try:
            text = note.read_bytes()
        except FileNotFoundError:
            continue
        except OSError:
            text = b""
        if _is_dead(text):
            yield note.with_suffix("")


def _in_store(lake: Lake) -> Iterator[Leftover]:
    """Files that no manifest names, or only the note of a run that died at the end."""
    files = list(lake.store.list(RELEASES))
    for note in sorted(files, key=lambda file: file.path):
        if (match := _NOTE.fullmatch(note.path)) and _died(lake, note):
            own = [
                file.path for file in files if file.path.startswith(match[1]) and f"/{match[2]}/" in file.path
            ]
            manifests = {path.partition(f"/{match[2]}/")[0] + f"/{MANIFEST}" for path in own}
            released = any(match[2].encode() in (lake.store.get(path) or b"") for path in manifests)
            yield Leftover(lake, note.path, () if released else tuple(own))


def _died(lake: Lake, note: StoredFile) -> bool:
    if (text := lake.store.get(note.path)) is None:
        return False
    return _is_dead(text) or time.time() - note.modified > _DEAD_ELSEWHERE_SECONDS


def _is_dead(note: bytes) -> bool:
    try:
        return Process(**json.loads(note)).is_dead
    except (ValueError, TypeError):
        return True  # interrupted while the note was written, before the first data file
