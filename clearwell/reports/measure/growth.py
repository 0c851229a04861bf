"""How a lake grew: rows and live bytes over the time of its builds, of all tables and of the largest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clearwell.names import Zone
from clearwell.reports.content import Lines, Section, Table
from clearwell.reports.formats import to_the_second
from clearwell.tables import growth_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from clearwell.reports.content import Row
    from clearwell.reports.measure.storage import LakeStorage
    from clearwell.tables import Lake, Point

__all__ = ["Growth", "Moment", "measure_growth"]

MOST_VERSIONS = 60
"""Of each table."""
MOST_MOMENTS = 120
"""Of the whole lake: the last point of each 120th of the time."""

PUBLISHED = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)
"""The zones whose rows are data; the others hold Clearwell's own records."""

_LARGEST = 5


@dataclass(frozen=True)
class Moment:
    """Rows and live bytes of all tables together, right after a commit."""

    at: datetime
    rows: int
    bytes: int


@dataclass(frozen=True)
class Growth:
    """The versions of each bronze, silver and gold table, oldest first."""

    tables: Mapping[str, tuple[Point, ...]]

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """All tables together, from the time when each is known; without commits that change nothing."""
        begun = max((p[0].at for p in self.tables.values() if p[0].version > 0), default=None)
        events = sorted((p.at, name, p.version, p) for name, points in self.tables.items() for p in points)
        now: dict[str, Point] = {}
        found: list[Moment] = []
        rows = size = 0
        for at, name, _, point in events:
            old = now.get(name)
            rows += point.rows - (old.rows if old else 0)
            size += point.bytes - (old.bytes if old else 0)
            now[name] = point
            if begun is not None and at < begun:
                continue
            if found and found[-1].at == at:
                found.pop()
            if not found or (found[-1].rows, found[-1].bytes) != (rows, size):
                found.append(Moment(at, rows, size))
        return _thinned(found)

    @property
    def largest(self) -> tuple[str, ...]:
        """The tables with the most bytes now."""
        order = sorted(self.tables, key=lambda name: (-self.tables[name][-1].bytes, name))
        return tuple(order[:_LARGEST])

    def document(self) -> dict[str, Any]:
        """All points: ``[time, rows, bytes]`` of the lake, ``[version, time, rows, bytes]`` of tables."""
        return {
            "lake": [[m.at.isoformat(), m.rows, m.bytes] for m in self.moments],
            "tables": {
                name: [[p.version, p.at.isoformat(), p.rows, p.bytes] for p in points]
                for name, points in self.tables.items()
            },
        }

    def section(self) -> Section:
        """The growth as a part of the report."""
        how = (
            "Each commit in the Delta logs of bronze, silver and gold tables is replayed: rows and bytes are "
            "those of the data files that are live after it, so a merge, a deletion or a rebuild is visible. "
            f"The time is that of the commit, in UTC. The last {MOST_VERSIONS} versions of a table are "
            "known; all tables together are shown from the time when each is known, with at most "
            f"{MOST_MOMENTS} points."
        )
        charts = (
            *_lines("of all tables", [("all tables", self.moments)]),
            *_lines("of the largest tables", [(name, self.tables[name]) for name in self.largest]),
        )
        return Section("growth", "Growth", how, charts, (self._moments(), self._versions()))

    def _moments(self) -> Table:
        rows = tuple((to_the_second(m.at), f"{m.rows:,}", f"{m.bytes:,}") for m in self.moments)
        head = ("after the build of", "rows", "bytes")
        return Table("All tables over time", head, rows, frozenset(head[:1]), folded=True, empty=_NO_BUILD)

    def _versions(self) -> Table:
        rows: list[Row] = [
            (name, str(point.version), to_the_second(point.at), f"{point.rows:,}", f"{point.bytes:,}")
            for name in self.largest
            for point in self.tables[name]
        ]
        head = ("table", "version", "committed", "rows", "bytes")
        words = frozenset({"table", "committed"})
        return Table("Versions of the largest tables", head, tuple(rows), words, folded=True, empty=_NO_BUILD)


_NO_BUILD = "no table has been built yet"


def measure_growth(lake: Lake, storage: LakeStorage) -> Growth:
    """The growth of every table that holds data, up to the versions that were measured."""
    return Growth(
        {
            str(name): growth_of(lake, snapshot, most=MOST_VERSIONS)
            for name, snapshot in storage.snapshots.items()
            if name.zone in PUBLISHED
        }
    )


def _lines(what: str, points: Sequence[tuple[str, Sequence[Moment | Point]]]) -> tuple[Lines, Lines]:
    how = "A step is a commit; x is its time in UTC. The figures are in a table below."
    end = max((known[-1].at for _, known in points if known), default=None)

    def series(field: str) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
        found: list[tuple[str, tuple[tuple[int, int], ...]]] = []
        for name, known in points:
            steps = [(_milliseconds(p.at), getattr(p, field)) for p in known]
            if end is not None and steps and steps[-1][0] < _milliseconds(end):
                steps.append((_milliseconds(end), steps[-1][1]))  # unchanged since then
            found.append((name, tuple(steps)))
        return tuple(found)

    return (
        Lines(f"Rows {what}", how, "rows", series("rows")),
        Lines(f"Live bytes {what}", how, "bytes", series("bytes")),
    )


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _thinned(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """The last point of each equal part of the time, if there are too many."""
    if len(moments) <= MOST_MOMENTS:
        return tuple(moments)
    first, span = moments[0].at, moments[-1].at - moments[0].at
    kept = {min(int((m.at - first) / span * MOST_MOMENTS), MOST_MOMENTS - 1): m for m in moments}
    return tuple(kept.values())
