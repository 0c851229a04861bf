"""The result of a trace, as frozen records: rows on their way, and the raw record where they began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["DownstreamTrace", "Joined", "RawStep", "RowStep", "Stop", "UpstreamTrace"]


@dataclass(frozen=True)
class RowStep:
    """A row of a table: ``current`` in it, ``quarantined``, or ``blocked`` (in a blocked batch).

    A row of a release is ``released``; one that should be there but is missing is ``gone``. ``values`` are
    those of all columns except provenance.
    """

    table: str
    state: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    file_id: str | None = None
    record_no: int | None = None
    batch: int | None = None
    ingested_at: str | None = None
    reasons: tuple[str, ...] = ()
    message: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class RawStep:
    """A record of a raw file.

    ``state`` of the file: ``as it was`` when it was ingested, ``moved``, ``changed``, ``gone``, ``unknown``.
    ``text`` is the record as written there (``is_json``: as JSON, because Parquet has no text), or None, and
    then ``note`` says why; ``missing``: the file has no such number. ``modified`` is the file's modification
    time, ISO 8601 in UTC.
    """

    path: str
    file_id: str
    record_no: int
    state: str
    records: int | None = None
    bytes: int | None = None
    modified: str | None = None
    found_at: str | None = None
    text: str | None = None
    is_json: bool = False
    missing: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Joined:
    """Another input of the table ``into``, and the columns that come from it, as far as known."""

    into: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class UpstreamTrace:
    """A row's way back: ``steps`` from the requested row to ``raw``.

    When ``matches`` is more than one, ``steps`` holds the first rows that match instead.
    """

    table: str
    key: dict[str, Any]
    matches: int
    steps: tuple[RowStep, ...] = ()
    raw: RawStep | None = None
    joined: tuple[Joined, ...] = ()
    notes: tuple[str, ...] = ()
    first: tuple[dict[str, Any], ...] = ()
    narrow_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stop:
    """Where a raw record is, or why it is not there: in a table, its quarantine, a release.

    ``state``: ``row``, ``quarantined``, ``blocked``, ``superseded``, ``dropped``, ``absent``, ``waiting``,
    ``aggregate``, ``joined``, ``released``, ``retracted``. ``said`` is a sentence for people.
    """

    where: str
    state: str
    said: str
    rows: tuple[RowStep, ...] = ()


@dataclass(frozen=True)
class DownstreamTrace:
    """Where a record of a raw file ended; ``table`` is the bronze table of its source."""

    raw: RawStep
    table: str
    stops: tuple[Stop, ...]
    notes: tuple[str, ...] = ()
