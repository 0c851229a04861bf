"""The result of a run, step by step, for the command line and for programs that start runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from clearwell.model import Outcome

if TYPE_CHECKING:
    from clearwell.errors import ClearwellError
    from clearwell.flow.publish import ReleaseResult
    from clearwell.flow.report import ReportResult
    from clearwell.model import BuildResult

__all__ = ["RunResult", "StepDetails", "StepResult"]

StepDetails: TypeAlias = "BuildResult | ReleaseResult | ReportResult"
"""The details of a step: of a table, of a release, of a report."""

_WRONG = (Outcome.BLOCKED, Outcome.FAILED)


@dataclass(frozen=True)
class StepResult:
    """The result of one table, release or report.

    Args:
        name: The table, dataset or report; ``"run"`` for an error outside of all steps.
        outcome: Whether it was built.
        rows: Rows of the table or release; None if unknown.
        version: Delta version of the table, or number of the release.
        reason: Why it was built or not; for a failed step the error, with its place and next step.
        error: The error of a step that failed or was blocked; None if it is not one of Clearwell's errors.
        details: The details of the step, such as the results of its checks.
        trace: The traceback of the error.
    """

    name: str
    outcome: Outcome
    rows: int | None = None
    version: int | None = None
    reason: str = ""
    error: ClearwellError | None = None
    details: StepDetails | None = field(default=None, repr=False)
    trace: str = field(default="", repr=False)


@dataclass(frozen=True)
class RunResult:
    """The result of a run. ``result["gold_flight_delays"]`` is the result of that step.

    Args:
        success: Whether every step succeeded. It is also False when raw files were set aside, or something is
            told of them that is critical, which fails no step: the notes in ``details`` of their table name
            the files and the reasons.
        run_id: The run's number on Dagster's pages.
        steps: The steps that were selected, in the order in which they ended; those not reached are last.
        interrupted: Whether Ctrl-C or Dagster's pages ended it.
    """

    success: bool
    run_id: str
    steps: tuple[StepResult, ...]
    interrupted: bool = False

    def __getitem__(self, name: str) -> StepResult:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def failures(self) -> tuple[StepResult, ...]:
        """The steps that failed or were blocked."""
        return tuple(step for step in self.steps if step.outcome in _WRONG)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of steps that were not reached, because an earlier one failed."""
        return tuple(step.name for step in self.steps if step.outcome is Outcome.SKIPPED)

    @property
    def results(self) -> tuple[StepDetails, ...]:
        """The details of the steps that have any."""
        return tuple(step.details for step in self.steps if step.details is not None)
