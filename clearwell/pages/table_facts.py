"""The pages' facts, read from the lake and the project: counts, names and times, never a value of a row.

History is read once for all tables, and only the last batches of each are kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from clearwell.errors import TableError
from clearwell.pages.check_facts import check_docs, moment_of
from clearwell.pages.table_doc import BatchDoc, BlockedDoc, ColumnDoc, TableDoc
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.quality import is_personal, load_suite
from clearwell.tables import BUILDS, CHECKS, blocks_in_effect, files_of, quarantine_of
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from clearwell.model import CheckResult, Edge
    from clearwell.names import TableName
    from clearwell.project.load import Project
    from clearwell.tables import Blocked, Lake, Snapshot

__all__ = ["Histories", "read_table"]

MOST_BATCHES = 30


@dataclass(frozen=True)
class Histories:
    """The last builds and check results of every table, oldest first."""

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
    project: Project,
    lake: Lake,
    name: TableName,
    histories: Histories,
    edges: Sequence[Edge],
    personal: Collection[str],
) -> TableDoc:
    """The contents of one table's page, without its neighbours."""
    spec = project.produced.get(str(name))
    snapshot, problem = None, ""
    try:
        snapshot = lake.table(name).snapshot()
    except TableError as error:
        problem = f"This table cannot be read now: {error.fact}. See `clearwell repair {name}`. "
    blocked = [] if problem else blocks_in_effect(lake, name, snapshot)
    judges = isinstance(spec, CuratedSpec) or (isinstance(spec, TableSpec) and name == spec.silver_table)
    file = project.suite(spec) if judges and isinstance(spec, TableSpec | CuratedSpec) else None
    suite = load_suite(file) if file else None
    doc = TableDoc(
        name=str(name),
        zone=name.zone.value,
        checks=check_docs(
            suite.checks if suite else (),
            histories.checks.get(str(name), ()),
            blocked,
            personal,
        ),
        suite=suite.file.relative_to(project.root).as_posix() if suite else "",
        batches=tuple(_batch(row) for row in histories.builds.get(str(name), ())),
        blocked=tuple(_blocked(block) for block in blocked),
        files=tuple(f for block in blocked for f in block.files),
        has_lineage=bool(edges),
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
        return replace(doc, description=f"{problem}{doc.description}")
    quarantined, reasons = _quarantined(lake, snapshot)
    descriptions = spec.column_descriptions if isinstance(spec, TableSpec | CuratedSpec) else {}
    into: dict[str, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.column, []).append(edge)
    return replace(
        doc,
        version=snapshot.version,
        rows=snapshot.rows,
        bytes=snapshot.bytes,
        columns=tuple(
            ColumnDoc(
                f.name,
                type_name(f.type),
                f.nullable,
                is_personal(f.name, personal),
                tuple(into.get(f.name, ())),
                descriptions.get(f.name, ""),
            )
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
    for batch in quarantine_of(lake, snapshot, columns=("_file_id", "_n", "reasons")):
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
    """Without the recorded reason, because it may quote observed values."""
    return BlockedDoc(
        when=moment_of(block.when),
        rows=block.rows,
        checks=tuple(f"{check.name}{_failing(check)}" for check in block.checks if check.blocks),
        files=block.files,
    )


def _failing(check: CheckResult) -> str:
    if check.unexpected_count is None:
        return " does not hold"
    return f": {check.unexpected_count:,} of {check.element_count or 0:,} rows fail"
