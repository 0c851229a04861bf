"""What in a lake needs a person: with the page of its table, and the next command. The worst comes first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

from clearwell.reports.content import Cell, Table
from clearwell.reports.render.check_tables import check_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from clearwell.reports.content import State
    from clearwell.reports.measure.checks import Checks
    from clearwell.reports.measure.growth import Growth
    from clearwell.reports.measure.history import Builds
    from clearwell.tables import Point

__all__ = ["Finding", "attention_table", "find_attention"]

_WORST = ("bad", "warn", "info")
_TIMES = 5
"""A build is unusual if it brings this many times the rows of the largest of the builds before it."""
_ENOUGH = 4
"""Builds that changed a table, before one of them can be called unusual."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a table, and the command that says more."""

    table: str
    what: str
    next: str
    state: State


def find_attention(
    checks: Checks,
    growth: Growth,
    builds: Builds,
    unreadable: Mapping[str, str],
    late: Mapping[str, datetime],
) -> tuple[Finding, ...]:
    """All findings. ``late`` has, by table, the time since when it should have had a build."""
    found = [
        *(
            Finding(name, f"cannot be read: {why}", f"clearwell repair {name}", "bad")
            for name, why in unreadable.items()
        ),
        *_blocked(checks),
        *_failing(checks),
        *_stale(builds, late),
        *_grown(growth),
        *_quarantined(builds),
    ]
    return tuple(sorted(found, key=lambda finding: _WORST.index(finding.state)))


def attention_table(found: Sequence[Finding]) -> Table:
    """The findings as the first table of a report."""
    rows = tuple(
        (Cell(f.table, f.state, link=f"tables/{quote(f.table)}.html"), f.what, f.next) for f in found
    )
    head = ("table", "what", "next")
    return Table("Needs attention", head, rows, frozenset(head), empty="Nothing needs attention.")


def _blocked(checks: Checks) -> Iterator[Finding]:
    for held in checks.held:
        why = ", ".join(held.checks) or f"{held.files:,} raw files"
        what = f"a batch of {_rows(held.rows)} is blocked since {_minute(held.since)}: {why}"
        yield Finding(held.table, what, f"clearwell quarantine {held.table} --blocked", "bad")


def _failing(checks: Checks) -> Iterator[Finding]:
    """A check that only reports needs nobody; one of a blocked batch is told with it."""
    for history in checks.failing:
        if history.severity == "info" or history.last.blocked:
            continue
        rows = history.last.unexpected
        what = f"check {history.name} ({history.severity}) fails{f' for {_rows(rows)}' if rows else ''}"
        command = f"clearwell {'quarantine' if history.scope == 'row' else 'show'} {history.table}"
        yield Finding(history.table, what, command, check_state(history.severity))


def _stale(builds: Builds, late: Mapping[str, datetime]) -> Iterator[Finding]:
    for table, due in late.items():
        last = builds.last.get(table)
        if last is not None and last.decided < due:
            since = _minute(last.decided.isoformat())
            what = f"has had no new data since {since}, longer than its freshness allows"
            yield Finding(table, what, f"clearwell run +{table}", "warn")


def _grown(growth: Growth) -> Iterator[Finding]:
    for table, points in growth.tables.items():
        if what := _unusual(points):
            yield Finding(table, what, f"clearwell show {table}", "warn")


def _unusual(points: Sequence[Point]) -> str:
    changes = [new.rows - old.rows for old, new in pairwise(points) if new.rows != old.rows]
    if not changes:
        return ""
    *before, last = changes
    held = points[-1].rows - last
    if last < 0 and -2 * last > held:
        return f"lost {-last:,} of its {held:,} rows"
    if len(before) >= _ENOUGH and last > _TIMES * max(*before, 0):
        return f"grew by {last:,} rows; never before by more than {max(*before, 0):,}"
    return ""


def _quarantined(builds: Builds) -> Iterator[Finding]:
    for table, last in builds.last.items():
        if last.quarantined:
            what = f"its newest batch has put {_rows(last.quarantined)} into quarantine"
            yield Finding(table, what, f"clearwell quarantine {table}", "warn")


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _minute(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"
