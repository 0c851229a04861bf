"""Audit: Great Expectations checks a candidate, row by row and as the table would be with it.

Row checks of severity ``warning`` reject the row, ``critical`` ones block the batch, ``info`` ones report.
Checks across rows never reject single rows: they apply to current and accepted rows together. A failed row
check includes a few of its rows, as far as they may be shown (``clearwell.quality.explain.redaction``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from clearwell.model import Scope, Severity
from clearwell.names import TableName, Zone
from clearwell.project.personal_data import PersonalData, tables_before
from clearwell.tables import files_of, read_staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from clearwell.flow.run import Run
    from clearwell.model import CheckResult, Edge
    from clearwell.quality import Suite
    from clearwell.tables import Candidate, Intent, Snapshot

__all__ = ["Audit"]


class Audit:
    """The audit of one table by its suite; a table without a suite passes with no results."""

    def __init__(self, run: Run, name: TableName, suite: Suite | None) -> None:
        self._run = run
        self._name = name
        self._suite = suite
        self._rule = PersonalData.of(run.project, run.lake)

    @property
    def personal(self) -> frozenset[str]:
        """The table's personal columns: their values are neither shown nor kept beside the table."""
        return self._rule.columns(str(self._name))

    def learn(self, edges: Sequence[Edge]) -> None:
        """Take these as the sources of the table's columns, instead of those that earlier builds recorded."""
        self._rule = self._rule.with_edges(str(self._name), edges)

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
        with self._run.engine.work(f"auditing {self._name}"):
            results: list[CheckResult] = []
            if conditions:
                rows = self._staged((*candidate.accepted, *candidate.rejected), candidate)
                results += self._judge_rows(rows, conditions)
            if any(check.scope is Scope.TABLE for check in self._suite.checks):
                current = None if mode == "replace" or snapshot is None else snapshot
                results += self._judge_table(
                    self._as_it_would_be(self.accepted(candidate), current, mode, key)
                )
        return self._in_order(results)

    def judge_published(self, snapshot: Snapshot) -> tuple[CheckResult, ...]:
        """The result of every check of the suite on the rows of ``snapshot``; nothing is written."""
        if self._suite is None:
            return ()
        rows = snapshot.read(self._run.engine)
        conditions = self.conditions(rows)
        with self._run.engine.work(f"auditing {self._name} as it is published"):
            return self._in_order([*self._judge_rows(rows, conditions), *self._judge_table(rows)])

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

    def shown(self, column: str, value: Any) -> str:
        """``value`` of ``column`` as it may be shown in an error."""
        from clearwell.quality import WITHHELD, is_personal, shown_value

        return WITHHELD if is_personal(column, self.personal) else shown_value(value)

    def _judge_rows(self, rows: DataFrame, conditions: Mapping[str, Column]) -> Iterator[CheckResult]:
        """The results of the row checks; the failed ones have samples."""
        from clearwell.quality import count_failures, judge_rows, sample_failures

        if self._suite is None or not conditions:
            return
        count, failures = count_failures(rows, conditions)
        checks = {check.name: check for check in self._suite.checks}
        for result in judge_rows(self._suite, count, failures):
            if not result.unexpected_count:
                yield result
                continue
            samples = sample_failures(
                checks[result.name],
                conditions[result.name],
                rows,
                files=self._files,
                personal=self.personal,
            )
            yield replace(result, samples=samples)

    def _judge_table(self, rows: DataFrame) -> tuple[CheckResult, ...]:
        from clearwell.quality import judge_table

        return judge_table(self._suite, rows, personal=self.personal) if self._suite else ()

    def _in_order(self, results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
        checks = self._suite.checks if self._suite else ()
        order = {check.name: position for position, check in enumerate(checks)}
        return tuple(sorted(results, key=lambda result: order[result.name]))

    @cached_property
    def _files(self) -> dict[str, str]:
        """Paths of raw files by their ids, for every bronze table that is a source of this one."""
        paths: dict[str, str] = {}
        for name in map(TableName.parse, tables_before(self._run.project, str(self._name))):
            snapshot = self._run.lake.table(name).snapshot() if name.zone is Zone.BRONZE else None
            if snapshot is not None:
                paths.update(
                    (file.file_id, file.path) for file in files_of(self._run.lake, snapshot, complete=False)
                )
        return paths

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
