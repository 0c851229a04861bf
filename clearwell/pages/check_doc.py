"""Data Docs of a check: its rule and its results."""

from __future__ import annotations

from dataclasses import dataclass

from clearwell.model import Severity
from clearwell.reports.content import Mark, State

__all__ = ["CheckDoc", "CheckRun"]

_MEANS = {
    Severity.CRITICAL: "blocks the batch",
    Severity.WARNING: "quarantines the row",
    Severity.INFO: "only reports",
}


@dataclass(frozen=True)
class CheckRun:
    """One result: batch, time, and the counts of ``what``. ``observed`` is a statistic of the table."""

    batch: int
    when: str
    success: bool
    failed: int | None = None
    of: int | None = None
    observed: float | None = None
    what: str = "rows"
    is_blocked: bool = False

    @property
    def counts(self) -> str:
        """The counted or observed values, as a suffix; empty if there are none."""
        if self.failed is not None and self.of is not None:
            return f": {self.failed:,} of {self.of:,} {self.what} fail"
        if isinstance(self.observed, float):
            return f": observed {self.observed:,.6g}"
        return "" if self.observed is None else f": observed {self.observed:,}"


@dataclass(frozen=True)
class CheckDoc:
    """A check and its results, oldest first. ``arguments`` are those in the suite."""

    name: str
    expectation: str
    severity: Severity
    scope: str
    arguments: str = ""
    why: str = ""
    runs: tuple[CheckRun, ...] = ()
    is_gone: bool = False

    @property
    def state(self) -> State:
        """The colour of the newest result; ``none`` before there is one."""
        return self._state_of(self.runs[-1]) if self.runs else "none"

    @property
    def sign(self) -> str:
        """The state in words, beside its colour."""
        return {"good": "✓", "warn": "!", "bad": "✕"}.get(self.state, "?")

    @property
    def word(self) -> str:
        """The newest result, with its counts."""
        if not self.runs:
            return "not checked yet"
        return f"{'passes' if self.runs[-1].success else 'fails'}{self.runs[-1].counts}"

    @property
    def effect(self) -> str:
        """The consequence of a failure."""
        is_of_table = self.severity is Severity.WARNING and self.scope == "table"
        return "reports" if is_of_table else _MEANS[self.severity]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """A mark for each result; the more rows failed, the higher it is."""
        return tuple(self._mark(run) for run in self.runs)

    def _state_of(self, run: CheckRun) -> State:
        return "good" if run.success else "bad" if self.severity is Severity.CRITICAL else "warn"

    def _mark(self, run: CheckRun) -> Mark:
        share = run.failed / run.of if run.failed is not None and run.of else 0.0
        said = "passed" if run.success else "failed"
        text = f"batch {run.batch}, {run.when}: {said}{run.counts}{', kept out' if run.is_blocked else ''}"
        return Mark(self._state_of(run), text, 0.25 if run.success else 0.45 + 0.55 * share)
