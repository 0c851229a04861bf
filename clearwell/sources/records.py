"""What reading raw files yields: accepted rows as Arrow, rejected records as their exact bytes.

Every record of a file ends in exactly one of the two. A file of which that cannot be promised is
refused as a whole, by UnreadableFile: then nothing of it may be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

__all__ = [
    "RECORD_NO",
    "Changed",
    "Discovery",
    "Duplicate",
    "KnownFile",
    "Parsed",
    "RawFile",
    "RawText",
    "Reject",
    "Skipped",
    "UnreadableFile",
]

RECORD_NO = "_record_no"


class UnreadableFile(SourceError):
    """A whole raw file that cannot be taken; no record of it counts as delivered."""


@dataclass(frozen=True)
class RawFile:
    """One raw file as it was when it was found.

    ``path`` is posix and relative to the project, ``file_id`` the first 32 hex digits of the
    content's sha256: the file's identity, whatever its name.
    """

    path: str
    absolute: Path
    file_id: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class KnownFile:
    """What the ledger remembers of a file that it has taken, under its ``file_id``."""

    path: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Duplicate:
    """A file whose content is already taken, or comes in the same batch, from ``same_as``."""

    file: RawFile
    same_as: str


@dataclass(frozen=True)
class Changed:
    """A known path with other content than before.

    ``was`` are the ids that the ledger has for the path. ``taken`` tells that the content is already
    taken, or is among the new files: whoever replaces drops the old rows and adds none.
    """

    file: RawFile
    was: tuple[str, ...]
    taken: bool


@dataclass(frozen=True)
class Skipped:
    """A path that the pattern matches and that is no file to take, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True)
class Discovery:
    """What a look at a source found; each tuple is sorted by path.

    ``growing`` are paths left for a later run, ``missing`` known files whose path is gone and whose
    content is nowhere else, ``unchanged`` the number of known files that are as they were.
    """

    new: tuple[RawFile, ...]
    duplicates: tuple[Duplicate, ...]
    changed: tuple[Changed, ...]
    growing: tuple[str, ...]
    missing: Mapping[str, KnownFile]
    skipped: tuple[Skipped, ...]
    unchanged: int


@dataclass(frozen=True)
class Reject:
    """A record that is not taken: its number, the check it failed, why, and its bytes as found.

    ``raw`` has no line end. Parquet has no bytes of a record: there it is the record as JSON.
    """

    record_no: int
    check: str
    message: str
    raw: bytes


@dataclass(frozen=True)
class Parsed:
    """A bounded part of a file: accepted rows, with their ``_record_no``, and rejected records."""

    accepted: pa.RecordBatch
    rejects: tuple[Reject, ...]


@dataclass(frozen=True)
class RawText:
    """What is at a number of a file: the record's bytes and text, or None and how many records there are.

    ``text`` shows bytes that the encoding does not have as escapes, and then ``exact`` is False. ``is_json``
    tells that the format has no text of a record: then it is the record's values as JSON.
    """

    raw: bytes | None
    records: int | None = None
    text: str = ""
    exact: bool = True
    is_json: bool = False
