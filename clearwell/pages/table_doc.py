"""Data Docs of one table, as plain data: counts, names and times, never a value of a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from clearwell.model import Edge, FileCounts
    from clearwell.pages.check_doc import CheckDoc
    from clearwell.pages.gone import Gone

__all__ = ["BatchDoc", "BlockedDoc", "ColumnDoc", "TableDoc"]


@dataclass(frozen=True)
class ColumnDoc:
    """A column, and the edges that end in it."""

    name: str
    type: str
    nullable: bool
    is_personal: bool = False
    edges: tuple[Edge, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class BatchDoc:
    """One build: when it was decided, and its rows."""

    number: int
    when: datetime | None
    mode: str
    accepted: int
    quarantined: int
    is_void: bool = False


@dataclass(frozen=True)
class BlockedDoc:
    """A blocked batch: since when, how many rows, and which checks or files are the reason."""

    when: str
    rows: int
    checks: tuple[str, ...] = ()
    files: tuple[FileCounts, ...] = ()


@dataclass(frozen=True)
class TableDoc:
    """The contents of the page. ``version`` is None for a table that has not been built yet.

    ``before`` and ``after`` are its source tables and the tables made from it, with their pages ("" for
    none). ``batches`` and ``files`` are ordered oldest first.
    """

    name: str
    zone: str
    description: str = ""
    owners: tuple[str, ...] = ()
    license: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    version: int | None = None
    rows: int = 0
    bytes: int = 0
    columns: tuple[ColumnDoc, ...] = ()
    batches: tuple[BatchDoc, ...] = ()
    blocked: tuple[BlockedDoc, ...] = ()
    suite: str = ""
    checks: tuple[CheckDoc, ...] = ()
    quarantine: tuple[tuple[str, int], ...] = ()
    quarantined: int = 0
    files: tuple[FileCounts, ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    has_lineage: bool = False
    gone: Gone | None = None
