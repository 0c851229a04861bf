"""The context of a step of a run, and the record of its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearwell.errors import ClearwellError
    from clearwell.flow.run import Run
    from clearwell.flow.run_result import StepDetails

__all__ = ["LakeRun", "RunRecord"]


@dataclass
class RunRecord:
    """The results of the steps of a run, in the order in which they ended."""

    results: dict[str, StepDetails] = field(default_factory=dict[str, "StepDetails"])
    failures: dict[str, ClearwellError] = field(default_factory=dict[str, "ClearwellError"])

    def done(self, asset: str, result: StepDetails) -> None:
        """Record that a step has brought its asset up to date."""
        self.results[asset] = result
        self.failures.pop(asset, None)  # an earlier try's

    def fail(self, asset: str, error: ClearwellError, result: StepDetails | None = None) -> None:
        """Record that a step has failed, with the result of a blocked batch if that was the cause."""
        self.failures[asset] = error
        if result is not None:
            self.results[asset] = result


@dataclass(frozen=True)
class LakeRun:
    """The context of a step: its run, and the record for its result."""

    run: Run
    record: RunRecord
