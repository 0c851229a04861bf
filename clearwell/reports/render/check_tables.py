"""The history of checks as a section of a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.reports.content import Cell, Mark, Section, Table
from clearwell.reports.measure.checks import BATCHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.reports.content import Row, State
    from clearwell.reports.measure.checks import CheckHistory, CheckRun, Checks

__all__ = ["check_section", "check_state"]

_MOST_ROWS = 200
"""The limit for failing and for other checks; the JSON has all."""

_LOW = 9 / 16
"""The height of a passed one: a failed one is taller, so that it differs not only by colour."""

_STATE = {"critical": "bad", "warning": "warn", "info": "info"}


def check_section(checks: Checks) -> Section:
    """The checks as a part of the report."""
    how = (
        f"From the history of checks: each batch of a table, the last {BATCHES} of them, oldest first, "
        "without void batches; and the blocked batch. Unexpected is the number of failing rows in the "
        "newest batch, of those checked; a statistic of the whole table has none. A check that did not run "
        "on the newest batch has left the suite."
    )
    rest = [history for history in checks.histories if not history.is_failing]
    failing = _table("Failing checks", checks.failing, "no check failed on the newest batch of its table")
    passing = _table("Checks that passed, or have left their suite", rest, "no batch has been checked yet")
    folded = replace(passing, folded=True)
    return Section("checks", "Check history", how, tables=(*_blocked(checks), failing, folded))


def check_state(severity: str) -> State:
    """How important a failed check of this severity is."""
    return _STATE[severity]


def _table(title: str, histories: Sequence[CheckHistory], empty: str) -> Table:
    shown, rest = histories[:_MOST_ROWS], histories[_MOST_ROWS:]
    foot: tuple[Row, ...] = (("others", f"{len(rest):,} checks", *("",) * 6),) if rest else ()
    batches = f"last {BATCHES} batches"
    head = ("table", "check", "severity", batches, "newest", "unexpected", "of rows", "at")
    words = frozenset(head) - {"unexpected", "of rows"}
    return Table(title, head, tuple(map(_row, shown)), words, foot, empty=empty)


def _blocked(checks: Checks) -> tuple[Table, ...]:
    if not checks.held:
        return ()
    rows: list[Row] = [
        (
            Cell(h.table, "bad"),
            _minute(h.since),
            f"{h.rows:,}",
            f"{h.files:,}",
            ", ".join(h.checks) or "raw files that cannot be ingested",
            f"clearwell quarantine {h.table} --blocked",
        )
        for h in checks.held
    ]
    head = ("table", "since", "rows kept out", "raw files", "because of", "look closer with")
    words = frozenset({"table", "since", "because of", "look closer with"})
    return (Table("Blocked now: the published table is unchanged", head, tuple(rows), words),)


def _row(history: CheckHistory) -> Row:
    failed = sum(not run.success for run in history.runs)
    passed = len(history.runs) - failed
    strip = Cell(
        f"{passed} passed, {failed} failed" if failed else f"{passed} passed",
        marks=tuple(_mark(run, history.severity) for run in history.runs),
    )
    last = history.last
    return (
        history.table,
        history.name,
        history.severity,
        strip,
        _newest(history),
        "-" if last.unexpected is None else f"{last.unexpected:,}",
        "-" if last.judged is None else f"{last.judged:,}",
        _minute(last.at),
    )


def _mark(run: CheckRun, severity: str) -> Mark:
    state = "good" if run.success else check_state(severity)
    said = "passed" if run.success else "failed"
    rows = "" if run.unexpected is None else f", {run.unexpected:,} of {run.judged or 0:,} rows unexpected"
    text = f"batch {run.batch}{' (blocked)' if run.blocked else ''}: {said}{rows}"
    return Mark(state, text, _LOW if run.success else 1.0)


def _newest(history: CheckHistory) -> Cell:
    if not history.current:
        return Cell("left the suite")
    if history.last.success:
        return Cell("passed", "good")
    blocks = history.last.blocked and history.severity == "critical"
    return Cell("failed, batch blocked" if blocks else "failed", check_state(history.severity))


def _minute(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"
