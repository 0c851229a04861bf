"""What a step of a run gets at hand, and where it notes what came of it."""

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
    """What the steps of a run have come to, in the order in which they ended."""

    results: dict[str, StepDetails] = field(default_factory=dict[str, "StepDetails"])
    failures: dict[str, ClearwellError] = field(default_factory=dict[str, "ClearwellError"])

    def done(self, asset: str, result: StepDetails) -> None:
        """A step has brought its asset up to date."""
        self.results[asset] = result
        self.failures.pop(asset, None)  # an earlier try's

    def fail(self, asset: str, error: ClearwellError, result: StepDetails | None = None) -> None:
        """A step has failed, with the result of a blocked batch if that was why."""
        self.failures[asset] = error
        if result is not None:
            self.results[asset] = result


@dataclass(frozen=True)
class LakeRun:
    """What a step gets: the run it is a part of, and where it notes what came of it."""

    run: Run
    record: RunRecord
