"""What the pages say, read from the lake and the project: counts, names and times, never a value of a row.

History is read once for all tables, and of each table only its last batches are kept. Of what checks have
observed only figures of the whole table pass, and none of a personal column: a greatest value, say, is
the value of some row.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from clearwell.flow.specs import CuratedSpec, TableSpec
from clearwell.model import Severity
from clearwell.reports.check_list import CheckDoc, CheckRun
from clearwell.reports.table_doc import BatchDoc, BlockedDoc, ColumnDoc, TableDoc
from clearwell.reports.table_page import moment
from clearwell.tables import BUILDS, CHECKS, files_of, quarantine_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from clearwell.flow.run import Run
    from clearwell.model import CheckResult, Edge
    from clearwell.names import TableName
    from clearwell.quality import Check
    from clearwell.tables import Blocked, Lake, Snapshot

__all__ = ["Histories", "read_table"]

MOST_BATCHES = 30
_LONGEST = 160
_OF_THE_TABLE = ("row_count", "column_count", "unique_value_count", "proportion", "mean", "stdev", "sum")
"""Words of the expectations whose observed number is of the whole table."""


@dataclass(frozen=True)
class Histories:
    """The last builds and check results of every table, the oldest first."""

    builds: Mapping[str, Sequence[Mapping[str, Any]]]
    checks: Mapping[str, Sequence[Mapping[str, Any]]]

    @classmethod
    def read(cls, lake: Lake) -> Histories:
        """Both history tables of a lake; a lake without them has no history."""
        builds = ("table", "batch", "mode", "accepted", "quarantined", "void", "decided")
        checks = ("table", "batch", "name", "expectation", "severity", "scope", "success")
        counts = ("element_count", "unexpected_count", "observed", "decided")
        return cls(_last(lake, BUILDS, builds), _last(lake, CHECKS, (*checks, *counts)))


def read_table(
    run: Run, name: TableName, histories: Histories, edges: Sequence[Edge], *, has_lineage: bool
) -> TableDoc:
    """What the page of one table says, but for its neighbours."""
    lake, project = run.lake, run.project
    spec = project.produced.get(str(name))
    snapshot = lake.table(name).snapshot()
    personal = frozenset(spec.personal) if isinstance(spec, TableSpec | CuratedSpec) else frozenset[str]()
    blocked = [b for b in lake.control.blocked(name) if b.batch == (snapshot.batch if snapshot else 0) + 1]
    judges = isinstance(spec, CuratedSpec) or (isinstance(spec, TableSpec) and name == spec.silver_table)
    suite = run.suite(spec) if judges and isinstance(spec, TableSpec | CuratedSpec) else None
    doc = TableDoc(
        name=str(name),
        zone=name.zone.value,
        checks=_checks(suite.checks if suite else (), histories.checks.get(str(name), ()), blocked, personal),
        suite=suite.file.relative_to(project.root).as_posix() if suite else "",
        batches=tuple(_batch(row) for row in histories.builds.get(str(name), ())),
        blocked=tuple(_blocked(block) for block in blocked),
        files=tuple(f for block in blocked for f in block.files),
        has_lineage=has_lineage,
    )
    if spec is not None:
        doc = replace(
            doc,
            description=spec.description or "",
            owners=spec.owners,
            license=spec.license or "",
            tags=spec.tags,
        )
    if snapshot is None:
        return doc
    quarantined, reasons = _quarantined(lake, snapshot)
    into: dict[str, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.column, []).append(edge)
    return replace(
        doc,
        version=snapshot.version,
        rows=snapshot.rows,
        bytes=snapshot.bytes,
        columns=tuple(
            ColumnDoc(f.name, str(f.type), f.nullable, f.name in personal, tuple(into.get(f.name, ())))
            for f in snapshot.schema
        ),
        files=(*files_of(lake, snapshot), *doc.files),
        quarantined=quarantined,
        quarantine=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    )


def _last(lake: Lake, name: TableName, columns: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of each table's last batches."""
    if (snapshot := lake.table(name).snapshot()) is None:
        return {}
    rows = snapshot.to_arrow(columns)
    newest = rows.group_by("table").aggregate([("batch", "max")])
    rows = rows.join(newest, "table", join_type="inner")
    rows = rows.filter(pc.greater(rows["batch"], pc.subtract(rows["batch_max"], MOST_BATCHES)))
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows.to_pylist(), key=lambda r: (r["batch"], r.get("name") or "")):
        found.setdefault(row["table"], []).append(row)
    return found


def _quarantined(lake: Lake, snapshot: Snapshot) -> tuple[int, Counter[str]]:
    """How many rows are in quarantine, and how many of them name each reason."""
    rows, reasons = 0, Counter[str]()
    for batch in quarantine_of(lake, snapshot, columns=("_n", "reasons")):
        rows += batch.num_rows
        named = pc.list_flatten(batch.column(batch.schema.get_field_index("reasons")))
        for entry in named.value_counts().to_pylist():
            reasons[entry["values"] or "unknown"] += entry["counts"]
    return rows, reasons


def _batch(row: Mapping[str, Any]) -> BatchDoc:
    return BatchDoc(
        number=row["batch"],
        when=row["decided"],
        mode=row["mode"] or "",
        accepted=row["accepted"] or 0,
        quarantined=row["quarantined"] or 0,
        is_void=bool(row["void"]),
    )


def _blocked(block: Blocked) -> BlockedDoc:
    """Without the recorded reason, for that may quote what was observed."""
    return BlockedDoc(
        when=_moment(block.when),
        rows=block.rows,
        checks=tuple(f"{check.name}{_failing(check)}" for check in block.checks if check.blocks),
        files=block.files,
    )


def _failing(check: CheckResult) -> str:
    if check.unexpected_count is None:
        return " does not hold"
    return f": {check.unexpected_count:,} of {check.element_count or 0:,} rows fail"


def _checks(
    suite: Sequence[Check],
    history: Sequence[Mapping[str, Any]],
    blocked: Sequence[Blocked],
    personal: Collection[str],
) -> tuple[CheckDoc, ...]:
    """The suite's checks in its order, then those that are in the history alone."""
    known: dict[str, CheckDoc] = {}
    discreet: set[str] = set()
    for check in suite:
        is_personal = _is_personal(check, personal)
        if is_personal or not any(word in check.expectation for word in _OF_THE_TABLE):
            discreet.add(check.name)
        named = set(check.columns.values())
        shown = {key: value for key, value in check.kwargs.items() if key in named or not is_personal}
        known[check.name] = CheckDoc(
            name=check.name,
            expectation=check.expectation,
            severity=check.severity,
            scope=check.scope.value,
            arguments=_arguments(shown),
            why=check.why or "",
        )
    runs: dict[str, list[CheckRun]] = {}
    for row in history:
        if row["name"] not in known:
            discreet.add(row["name"])
            known[row["name"]] = CheckDoc(
                row["name"], row["expectation"], Severity(row["severity"]), row["scope"], is_gone=True
            )
        runs.setdefault(row["name"], []).append(
            CheckRun(
                batch=row["batch"],
                when=moment(row["decided"]),
                success=bool(row["success"]),
                failed=row["unexpected_count"],
                of=row["element_count"],
                observed=_number(None if row["name"] in discreet else json.loads(row["observed"] or "null")),
            )
        )
    for block in blocked:
        for result in block.checks:
            run = CheckRun(
                block.batch,
                _moment(block.when),
                success=result.success,
                failed=result.unexpected_count,
                of=result.element_count,
                observed=_number(None if result.name in discreet else result.observed),
                is_blocked=True,
            )
            runs.setdefault(result.name, []).append(run)
    return tuple(replace(check, runs=tuple(runs.get(name, ()))) for name, check in known.items())


def _is_personal(check: Check, personal: Collection[str]) -> bool:
    """Whether a check names a personal column: then what it compares with may be personal too."""
    condition = str(check.kwargs.get("row_condition", ""))
    return any(column in check.columns or column in condition for column in personal)


def _arguments(kwargs: Mapping[str, Any]) -> str:
    text = ", ".join(
        f"{key}: {json.dumps(value, default=str, ensure_ascii=False)}" for key, value in kwargs.items()
    )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _number(observed: Any) -> float | None:
    return observed if isinstance(observed, int | float) and not isinstance(observed, bool) else None


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text).astimezone(UTC))
