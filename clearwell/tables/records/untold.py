"""The columns of a table of which no file may tell bounds, as the table's last build has recorded them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.tables.control import DECIDED
from clearwell.tables.read.stats import untold_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from clearwell.tables.control_records import StagedFile
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.datafiles import LiveFile
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["telling", "untold_of", "without_bounds"]


def untold_of(lake: Lake, snapshot: Snapshot) -> tuple[str, ...]:
    """What rewrites without a build go by: maintenance and deletions, which know no project."""
    name = snapshot.name
    for batch in range(snapshot.batch if name.zone in DECIDED else 0, 0, -1):
        intent = lake.control.intent(name, batch)
        if intent is not None and intent.attempt and intent.mode != "delete":
            return intent.untold
    return untold_in(name)


def telling(files: Collection[LiveFile], untold: Collection[str]) -> list[LiveFile]:
    """The files whose entry in the log tells a bound of such a column: it was written before it was one."""
    hidden = {name.casefold() for name in untold}
    return [file for file in files if not hidden.isdisjoint(name.casefold() for name in file.low)]


def without_bounds(file: StagedFile, untold: Collection[str]) -> StagedFile:
    """The record of a file without the least and the greatest value of such columns."""
    hidden = {name.casefold() for name in untold}
    told = {
        what: {name: value for name, value in by_column.items() if name.casefold() not in hidden}
        for what in ("minValues", "maxValues")
        if (by_column := file.stats.get(what))
    }
    return replace(file, stats={**file.stats, **told})
