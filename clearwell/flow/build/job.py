"""A job: the table that ``cleanse`` or ``curate`` builds, and everything that the build needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearwell.flow.build.lineage import Declared

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    from clearwell.flow.build.staleness import Need
    from clearwell.names import TableName
    from clearwell.project.specs import TableSpec, WriteSpec
    from clearwell.quality import Suite
    from clearwell.tables import Snapshot

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """A table to build. ``frame`` makes the candidate from the inputs' snapshots, as ``Need`` says.

    ``delivered_by`` are the tables whose raw files its rows come from directly: their order decides.
    """

    name: TableName
    code: str
    inputs: tuple[TableName, ...]
    write: WriteSpec
    suite: Suite | None
    incremental: bool
    frame: Callable[[Need, tuple[Snapshot, ...]], DataFrame]
    declared: Declared = field(default_factory=Declared)
    delivered_by: tuple[TableSpec, ...] = ()
