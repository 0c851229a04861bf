"""A cluster's progress on the current work, as far as it reports it: whether any task has ever started.

Spark queues work forever when no worker is free, and does not report that to the client; but its progress
reports then contain waiting tasks and no running ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql.connect.shell.progress import StageInfo

__all__ = ["TaskWatch"]


class TaskWatch:
    """A progress handler of a Spark Connect session."""

    def __init__(self) -> None:
        self._operation: str | None = None
        self._waiting = 0
        self._begun = False

    @property
    def none_begun(self) -> int:
        """The number of waiting tasks of the latest work, if none has ever run; else 0."""
        return 0 if self._begun else self._waiting

    def __call__(
        self, stages: Iterable[StageInfo] | None, inflight_tasks: int, operation_id: str | None, done: bool
    ) -> None:
        """Record one report; pyspark calls it with these argument names."""
        if operation_id != self._operation:
            self._operation, self._waiting, self._begun = operation_id, 0, False
        seen = list(stages or ())
        self._waiting = sum(stage.num_tasks for stage in seen if not stage.done)
        completed = sum(stage.num_completed_tasks for stage in seen)
        self._begun = self._begun or done or inflight_tasks > 0 or completed > 0
