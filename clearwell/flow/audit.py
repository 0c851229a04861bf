"""Audit: Great Expectations judges a candidate, as a row and as the table would be with it.

Row checks of severity ``warning`` reject the row, ``critical`` ones block the batch, ``info`` ones report.
Checks across rows never reject single rows: they judge current and accepted rows together.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from clearwell.model import Scope, Severity
from clearwell.tables.stage import read_staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from clearwell.flow.run import Run
    from clearwell.model import CheckResult
    from clearwell.names import TableName
    from clearwell.quality import Suite
    from clearwell.tables import Candidate, Intent, Snapshot

__all__ = ["Audit"]


class Audit:
    """The audit of one table by its suite; a table without a suite passes with no results."""

    def __init__(self, run: Run, name: TableName, suite: Suite | None) -> None:
        self._run = run
        self._name = name
        self._suite = suite

    def conditions(self, frame: DataFrame) -> dict[str, Column]:
        """For each row check: true where a row of ``frame`` fails it."""
        if self._suite is None or not any(c.scope is Scope.ROW for c in self._suite.checks):
            return {}
        from clearwell.quality import row_conditions

        with self._run.engine.work(f"reading the checks of {self._name}"):
            return row_conditions(self._suite, frame)

    def rejecting_only(self, conditions: Mapping[str, Column]) -> dict[str, Column]:
        """The conditions whose failure rejects the row."""
        severity = {check.name: check.severity for check in self._suite.checks} if self._suite else {}
        return {name: c for name, c in conditions.items() if severity[name] is Severity.WARNING}

    def rejecting(self, conditions: Mapping[str, Column]) -> Column | None:
        """True where any rejecting check fails; None when no check rejects."""
        found = list(self.rejecting_only(conditions).values())
        return reduce(lambda a, b: a | b, found) if found else None

    def accepted(self, candidate: Candidate) -> DataFrame:
        """The accepted rows of a candidate."""
        return self._staged(candidate.accepted, candidate)

    def judge(
        self,
        candidate: Candidate,
        conditions: Mapping[str, Column],
        snapshot: Snapshot | None,
        *,
        mode: str,
        key: Sequence[str],
    ) -> tuple[CheckResult, ...]:
        """The result of every check of the suite, in its order."""
        if self._suite is None:
            return ()
        from clearwell.quality import count_failures, judge_rows, judge_table

        results: list[CheckResult] = []
        with self._run.engine.work(f"auditing {self._name}"):
            if conditions:
                rows = self._staged((*candidate.accepted, *candidate.rejected), candidate)
                count, failures = count_failures(rows, conditions)
                results += judge_rows(self._suite, count, failures)
            if any(check.scope is Scope.TABLE for check in self._suite.checks):
                current = None if mode == "replace" or snapshot is None else snapshot
                results += judge_table(
                    self._suite, self._as_it_would_be(self.accepted(candidate), current, mode, key)
                )
        order = {check.name: position for position, check in enumerate(self._suite.checks)}
        return tuple(sorted(results, key=lambda result: order[result.name]))

    def table_checks(self) -> tuple[dict[str, Any], ...]:
        """The checks across rows, as an intent records them."""
        checks = self._suite.checks if self._suite else ()
        return tuple(check.record() for check in checks if check.scope is Scope.TABLE)

    def still_holds(self, snapshot: Snapshot, intent: Intent) -> bool:
        """Whether a decided batch's checks across rows hold on this version of its table."""
        from clearwell.quality import judge_table, suite_of

        suite = suite_of(intent.table, intent.table_checks)
        with self._run.engine.work(f"auditing {self._name} again"):
            rows = read_staged(self._run.lake, self._name, intent.accepted, snapshot.schema, self._run.engine)
            current = None if intent.mode == "replace" else snapshot
            results = judge_table(suite, self._as_it_would_be(rows, current, intent.mode, intent.key))
        return not any(result.blocks for result in results)

    def _staged(self, files: Any, candidate: Candidate) -> DataFrame:
        return read_staged(self._run.lake, self._name, files, candidate.schema, self._run.engine)

    def _as_it_would_be(
        self, accepted: DataFrame, current: Snapshot | None, mode: str, key: Sequence[str]
    ) -> DataFrame:
        if current is None:
            return accepted
        rows = current.read(self._run.engine)
        if mode in ("merge", "replace_partitions"):
            rows = rows.join(accepted.select(*key).distinct(), list(key), "left_anti")
        return rows.unionByName(accepted, allowMissingColumns=True)
