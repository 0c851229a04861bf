"""The quarantine of a table: its rejected rows, with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.names import TableName
from clearwell.tables.records.counting import counting_rows, whole_records
from clearwell.tables.records.ledger import retracted_until
from clearwell.tables.records.records import append_of_intent
from clearwell.tables.staging.stage import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from clearwell.tables.control_records import Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import LiveFile, Snapshot

__all__ = ["commit_quarantine", "count_quarantined", "quarantine_of"]


def quarantine_of(
    lake: Lake, snapshot: Snapshot, *, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The rejected rows of the table at this version; those of a file that was taken back do not count.

    ``columns`` must hold ``_n`` and ``_file_id``.
    """
    retracted = retracted_until(lake, snapshot)
    for batch in counting_rows(lake, snapshot, snapshot.name.quarantine, columns):
        yield batch.filter(_counts(batch, retracted)) if retracted else batch


def count_quarantined(lake: Lake, snapshot: Snapshot) -> int:
    """The number of rows of ``quarantine_of``: by the log, and by the rows only where it does not tell.

    It does not after a file was taken back, and of a data file with batches that count and others.
    """
    if (found := whole_records(lake, snapshot, snapshot.name.quarantine)) is None:
        return 0
    voids = lake.voids(snapshot)
    counted = [_count_of(file, snapshot, voids) for file in found.files]
    if None in counted or snapshot.state.generation != snapshot.generation:
        return sum(rows.num_rows for rows in quarantine_of(lake, snapshot, columns=("_n", "_file_id")))
    return sum(rows for rows in counted if rows is not None)


def _count_of(file: LiveFile, snapshot: Snapshot, voids: Collection[int]) -> int | None:
    """How many rows of a data file are of batches that count; None: its bounds do not say."""
    first, last = file.low.get("_n"), file.high.get("_n")
    if first is None or last is None:
        return None
    if last < snapshot.generation or first > snapshot.batch or (first == last and first in voids):
        return 0
    is_whole = snapshot.generation <= first and last <= snapshot.batch
    return file.rows if is_whole and not any(first <= void <= last for void in voids) else None


def _counts(batch: pa.RecordBatch, retracted: Mapping[str, int]) -> pa.Array:
    """True for a row whose file was not taken back after its batch."""
    file_ids, numbers = (batch.column(batch.schema.get_field_index(c)) for c in ("_file_id", "_n"))
    ids, until = pa.array(retracted, pa.string()), pa.array(retracted.values(), pa.int64())
    last = until.take(pc.index_in(file_ids, ids))
    return pc.fill_null(pc.greater(numbers, last), fill_value=True)


def commit_quarantine(lake: Lake, intent: Intent) -> None:
    """Add the rejected rows of a decided batch to the quarantine."""
    if intent.rejected:
        append_of_intent(
            lake, TableName.parse(intent.table).quarantine, QUARANTINE, intent, list(intent.rejected)
        )
