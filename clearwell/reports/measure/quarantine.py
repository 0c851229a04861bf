"""Rows kept out of tables, by reason: counts only, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from clearwell.reports.content import Bars, Section, Table
from clearwell.reports.formats import percent
from clearwell.tables import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearwell.reports.content import Row
    from clearwell.reports.measure.history import Builds
    from clearwell.reports.measure.storage import LakeStorage
    from clearwell.tables import Lake, Snapshot

__all__ = ["Rejected", "measure_quarantine", "quarantine_document", "quarantine_section"]

_MOST_ROWS = 100
_MOST_BARS = 12
_NO_REASON = "(none given)"


@dataclass(frozen=True)
class Rejected:
    """A table's rows in quarantine: their number, the delivered rows, and the number for each reason.

    A row may have several reasons.
    """

    table: str
    rows: int
    delivered: int
    reasons: Mapping[str, int]


def measure_quarantine(lake: Lake, storage: LakeStorage, builds: Builds) -> tuple[Rejected, ...]:
    """The tables that have rows in quarantine, the one with most of them first."""
    found: list[Rejected] = []
    for name, snapshot in storage.snapshots.items():
        if name.quarantine in storage.snapshots:
            rows, reasons = _count(lake, snapshot)
            if rows:
                found.append(Rejected(str(name), rows, builds.delivered.get(str(name), 0), reasons))
    return tuple(sorted(found, key=lambda r: (-r.rows, r.table)))


def quarantine_document(found: Sequence[Rejected]) -> list[dict[str, Any]]:
    """All of it, as plain data."""
    return [
        {"table": r.table, "rows": r.rows, "delivered": r.delivered, "reasons": dict(r.reasons)}
        for r in found
    ]


def quarantine_section(found: Sequence[Rejected]) -> Section:
    """The quarantine as a part of the report."""
    how = (
        "Rows in the quarantine tables that count for the table as it is now: those of batches since its "
        "current contents began. Delivered = accepted + quarantined rows of the same batches, from the "
        "history of builds. A row that fails several checks counts under each of them and once in the sum. "
        "No values are shown; clearwell quarantine TABLE lists the rows."
    )
    pairs = [(r, reason, rows) for r in found for reason, rows in r.reasons.items()]
    pairs.sort(key=lambda pair: (-pair[2], pair[0].table, pair[1]))
    shown, rest = pairs[:_MOST_ROWS], pairs[_MOST_ROWS:]
    rows: list[Row] = [
        (r.table, reason, f"{count:,}", f"{r.delivered:,}", percent(count, r.delivered))
        for r, reason, count in shown
    ]
    foot: list[Row] = [
        (r.table, "any of these", f"{r.rows:,}", f"{r.delivered:,}", percent(r.rows, r.delivered))
        for r in found[:_MOST_ROWS]
        if len(r.reasons) > 1
    ]
    rejected, delivered = sum(r.rows for r in found), sum(r.delivered for r in found)
    whole = (f"{rejected:,}", f"{delivered:,}", percent(rejected, delivered))
    foot.append(("total", f"in {len(found):,} tables", *whole))
    if rest:
        others = f"{len(rest):,} other reasons"
        rows.append(("-", others, f"{sum(count for *_, count in rest):,}", "-", "-"))
    table = Table(
        "Quarantined rows by reason",
        ("table", "reason", "rows", "of delivered", "share"),
        tuple(rows),
        frozenset({"table", "reason"}),
        tuple(foot),
        empty="no row is in quarantine",
    )
    return Section("quarantine", "Quarantine by reason", how, _bars(pairs), (table,))


def _bars(pairs: Sequence[tuple[Rejected, str, int]]) -> tuple[Bars, ...]:
    if not pairs:
        return ()
    rows = [(f"{r.table}: {reason}", (count,)) for r, reason, count in pairs[:_MOST_BARS]]
    if rest := pairs[_MOST_BARS:]:
        rows.append((f"{len(rest)} others", (sum(count for *_, count in rest),)))
    how = "Rows that count for the table as it is now. The same figures are in the table below."
    return (Bars("Quarantined rows by reason", how, "rows", ("rows",), tuple(rows), ("part1",)),)


def _count(lake: Lake, snapshot: Snapshot) -> tuple[int, dict[str, int]]:
    rows, reasons = 0, dict[str, int]()
    for batch in quarantine_of(lake, snapshot, columns=("_file_id", "_n", "reasons")):
        found: Any = batch.column(batch.schema.get_field_index("reasons"))
        rows += len(found)
        for entry in pc.value_counts(pc.list_flatten(found)).to_pylist():
            reason = entry["values"] or _NO_REASON
            reasons[reason] = reasons.get(reason, 0) + entry["counts"]
        bare = sum(pc.fill_null(pc.equal(pc.list_value_length(found), 0), True).to_pylist())
        if bare:
            reasons[_NO_REASON] = reasons.get(_NO_REASON, 0) + bare
    return rows, dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
