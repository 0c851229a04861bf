"""The history of a lake: each applied batch, and the results of its checks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.names import TableName, Zone
from clearwell.tables.records.edges import commit_lineage
from clearwell.tables.records.records import append_of_intent

if TYPE_CHECKING:
    from clearwell.model import CheckResult
    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake

__all__ = ["BUILDS", "CHECKS", "commit_history", "history_until"]

BUILDS = TableName(Zone.HISTORY, "builds")
CHECKS = TableName(Zone.HISTORY, "checks")

_MOMENT = pa.timestamp("us", "UTC")

_BUILDS = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("generation", pa.int64()),
        ("mode", pa.string()),
        ("returned", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("bytes", pa.int64()),
        ("void", pa.bool_()),
        ("code", pa.string()),
        ("inputs", pa.string()),
        ("run", pa.string()),
        ("engine", pa.string()),
        ("started", _MOMENT),
        ("decided", _MOMENT),
    ]
)

_CHECKS = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),
        ("name", pa.string()),
        ("expectation", pa.string()),
        ("severity", pa.string()),
        ("scope", pa.string()),
        ("success", pa.bool_()),
        ("element_count", pa.int64()),
        ("unexpected_count", pa.int64()),
        ("observed", pa.string()),
        ("decided", _MOMENT),
    ]
)


def commit_history(lake: Lake, intent: Intent, *, void: bool) -> None:
    """Record an applied batch and its checks, once."""
    decided = datetime.fromisoformat(intent.decided)
    build = {
        "table": intent.table,
        "batch": intent.batch,
        "generation": intent.generation,
        "mode": intent.mode,
        "returned": intent.returned,
        "accepted": 0 if void else intent.accepted_rows,
        "quarantined": 0 if void else intent.rejected_rows,
        "bytes": 0 if void else sum(f.size for f in intent.accepted),
        "void": void,
        "code": intent.code,
        "inputs": json.dumps([vars(i) for i in intent.inputs]),
        "run": intent.run,
        "engine": intent.engine,
        "started": datetime.fromisoformat(intent.started) if intent.started else None,
        "decided": decided,
    }
    if intent.checks:
        checks = [_check_row(intent, check, decided) for check in intent.checks]
        append_of_intent(lake, CHECKS, _CHECKS, intent, checks, app=intent.table)
    if not void:
        commit_lineage(lake, intent)
    append_of_intent(
        lake, BUILDS, _BUILDS, intent, [build], app=intent.table
    )  # last: it marks the record as complete


def history_until(lake: Lake, name: TableName) -> int:
    """The last batch whose build is recorded, 0 if none is."""
    builds = lake.table(BUILDS).snapshot()
    return 0 if builds is None else builds.handle.transaction_version(str(name)) or 0


def _check_row(intent: Intent, check: CheckResult, decided: datetime) -> dict[str, Any]:
    return {
        "table": intent.table,
        "batch": intent.batch,
        "name": check.name,
        "expectation": check.expectation,
        "severity": str(check.severity),
        "scope": str(check.scope),
        "success": check.success,
        "element_count": check.element_count,
        "unexpected_count": check.unexpected_count,
        "observed": None if check.observed is None else json.dumps(check.observed, default=str),
        "decided": decided,
    }
