"""The results of reading raw files: accepted rows as Arrow, rejected records as their exact bytes.

Every record of a file is in exactly one of the two. A file for which that cannot be guaranteed is refused as
a whole, by UnreadableFile: then nothing of it may be kept.
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
    """A whole raw file that cannot be ingested; no record of it counts as delivered."""


@dataclass(frozen=True)
class RawFile:
    """One raw file as it was when it was found.

    ``path`` is posix and relative to the project, ``file_id`` the first 32 hex digits of the content's
    sha256: the file's identity, under any name. ``inode`` and ``changed_ns`` (the time of the last change of
    its content or of its other facts) tell of a change that kept size and time; 0: not known.
    """

    path: str
    absolute: Path
    file_id: str
    size: int
    modified_ns: int
    inode: int = 0
    changed_ns: int = 0

    @property
    def known(self) -> KnownFile:
        """How the ledger describes it."""
        return KnownFile(self.path, self.size, self.modified_ns, self.inode, self.changed_ns)


@dataclass(frozen=True)
class KnownFile:
    """The ledger's entry for a file that it has ingested, under its ``file_id``; 0: not known."""

    path: str
    size: int
    modified_ns: int
    inode: int = 0
    changed_ns: int = 0


@dataclass(frozen=True)
class Duplicate:
    """A file whose content is already ingested, or is in the same batch, as ``same_as``."""

    file: RawFile
    same_as: str


@dataclass(frozen=True)
class Changed:
    """A known path with other content than before.

    ``was`` are the ids that the ledger has for the path. ``taken`` is true if the content is already
    ingested, or among the new files: then a replacement drops the old rows and adds none.
    """

    file: RawFile
    was: tuple[str, ...]
    taken: bool


@dataclass(frozen=True)
class Skipped:
    """A path that matches the pattern but is not a file to ingest, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True)
class Discovery:
    """The result of searching a source; each tuple is sorted by path.

    ``growing`` are paths left for a later run, ``missing`` known files whose path is gone and whose content
    is nowhere else, ``unchanged`` the number of unchanged known files, ``touched`` those of them that
    the ledger describes otherwise, so that they had to be read to see it, also those at another path.
    """

    new: tuple[RawFile, ...]
    duplicates: tuple[Duplicate, ...]
    changed: tuple[Changed, ...]
    growing: tuple[str, ...]
    missing: Mapping[str, KnownFile]
    skipped: tuple[Skipped, ...]
    unchanged: int
    touched: tuple[RawFile, ...] = ()


@dataclass(frozen=True)
class Reject:
    """A rejected record: its number, the check it failed, why, and its bytes as found.

    ``raw`` has no line end. Parquet has no bytes of a record: there it is the record as JSON.
    """

    record_no: int
    check: str
    message: str
    raw: bytes


@dataclass(frozen=True)
class Parsed:
    """A bounded part of a file: accepted rows, with their ``_record_no``, and rejected records.

    ``notes`` are warnings about accepted rows, each with the number of its record.
    """

    accepted: pa.RecordBatch
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawText:
    """The result for a record number: the record's bytes and text, or None and the number of records.

    ``text`` shows bytes that are invalid in the encoding as escapes, and then ``exact`` is False. ``is_json``
    is true if the format has no text of a record: then it is the record's values as JSON.
    """

    raw: bytes | None
    records: int | None = None
    text: str = ""
    exact: bool = True
    is_json: bool = False
