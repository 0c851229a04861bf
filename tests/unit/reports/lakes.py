"""Small lakes to report on: batches with checks and rejected rows, written by the write path itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.model import CheckResult, Scope, Severity
from clearwell.names import TableName
from clearwell.reports import Owners, Price, PriceSheet, measure_overview
from clearwell.tables import QUARANTINE, Blocked, Lake, PartWriter, pending_attempts
from tests.unit.tables.writing import publish, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.reports import Overview
    from clearwell.tables import Intent

SILVER = TableName.parse("silver_readings")
BRONZE = TableName.parse("bronze_readings")
TODAY = dt.date(2026, 6, 1)
_PRICES = (
    Price("s3", Decimal("0.023"), dt.date(2026, 5, 4), "a page"),
    Price("cold", Decimal("0.00099"), dt.date(2024, 1, 1), "a page"),
)
SHEET = PriceSheet("USD", 2**30, _PRICES[0], _PRICES)


def check(
    name: str, failed: int | None = 0, of: int | None = 100, *, severity: Severity = Severity.WARNING
) -> CheckResult:
    """A result; with no counts it is one of the whole table, that failed."""
    scope = Scope.TABLE if failed is None else Scope.ROW
    return CheckResult(name, "expect_x", severity, scope, failed == 0, of, failed, message="it fails")


def write(
    lake: Lake,
    ids: Sequence[int],
    *,
    name: TableName = SILVER,
    mode: str = "append",
    rejected: Sequence[Sequence[str]] = (),
    checks: Sequence[CheckResult] = (),
) -> Intent:
    """Write a batch; ``rejected`` has the reasons of each row that goes to the quarantine."""
    intent = stage(lake, ids, mode=mode, name=name)
    files = _quarantined(lake, intent, rejected)
    return publish(lake, replace(intent, rejected=files, checks=tuple(checks)))


def block(lake: Lake, *checks: CheckResult, name: TableName = SILVER, rows: int = 7) -> None:
    """Keep the table's next batch out."""
    snapshot = lake.table(name).snapshot()
    batch = (snapshot.batch if snapshot else 0) + 1
    when = "2026-05-31T10:11:12+00:00"
    lake.control.block(
        Blocked(str(name), batch, "b" * 8, "", when, "it fails", checks=tuple(checks), rows=rows)
    )


def overview(lake: Lake, owners: Owners | None = None) -> Overview:
    """What the report would say of the lake."""
    pending = pending_attempts(lake)
    return measure_overview(lake, SHEET, owners or Owners(), TODAY, pending=pending)


def _quarantined(lake: Lake, intent: Intent, rejected: Sequence[Sequence[str]]) -> tuple:
    if not rejected:
        return ()
    rows = [
        {"reasons": list(reasons), "raw": "a secret", "_n": intent.batch, "_attempt": intent.attempt}
        for reasons in rejected
    ]
    root = lake.table(TableName.parse(intent.table).quarantine).root
    with PartWriter(root, f"attempt={intent.attempt}", QUARANTINE, required=("_n", "_attempt")) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, QUARANTINE))
    return tuple(writer.files)
