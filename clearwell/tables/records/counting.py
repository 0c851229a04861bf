"""Which rows of a table's records count, and whether all of them are there.

Rows of a quarantine and of a ``files`` table are written before the commit of the table that they belong to.
That commit decides: a row counts when its batch ``_n`` is in the table's current generation (see ``Intent``),
is committed, and is not void. So every reader, at every version, sees records that balance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import TableError
from clearwell.tables.records.history import history_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.names import TableName, Zone
    from clearwell.tables.control_records import Blocked
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = [
    "blocks_in_effect",
    "counting_rows",
    "next_batch",
    "records_behind",
    "records_until",
    "whole_records",
]


def counting_rows(
    lake: Lake,
    snapshot: Snapshot,
    records: TableName,
    columns: Sequence[str] | None,
    *,
    complete: bool = True,
) -> Iterator[pa.RecordBatch]:
    """The rows of a table of records that count at this version of its owner.

    Raises:
        TableError: rows are missing, unless it need not be ``complete``.
    """
    found = whole_records(lake, snapshot, records) if complete else lake.table(records).snapshot()
    if found is None:
        return
    voids = pa.array(sorted(lake.voids(snapshot)), pa.int64())
    for batch in found.batches(columns):
        n = batch.column(batch.schema.get_field_index("_n"))
        counts = pc.and_(pc.greater_equal(n, snapshot.generation), pc.less_equal(n, snapshot.batch))
        yield batch.filter(pc.and_not(counts, pc.is_in(n, value_set=voids)))


def whole_records(lake: Lake, snapshot: Snapshot, records: TableName) -> Snapshot | None:
    """A table of records, None where there is none; raises TableError if it lacks batches of its owner."""
    found = lake.table(records).snapshot()
    last = snapshot.recorded_until(records.zone)
    if last > (found.batch if found else 0):
        raise TableError(
            f"{records} lacks rows of it, up to batch {last}: it was cut short, or is of an earlier time",
            place=str(snapshot.name),
            hint=f"clearwell run {snapshot.name}, which writes them again",
        )
    return found


def records_behind(lake: Lake, snapshot: Snapshot, zone: Zone) -> range:
    """The batches of the table whose rows in its records of ``zone`` may be missing; usually none."""
    last = snapshot.recorded_until(zone)
    if not last:
        return range(0)
    records = lake.table(snapshot.name.records(zone)).snapshot()
    return range(max(snapshot.generation, (records.batch if records else 0) + 1), last + 1)


def records_until(lake: Lake, name: TableName) -> int:
    """The last batch of a table that any of its records has seen."""
    records = [lake.table(found).snapshot() for found in (name.files, name.quarantine)]
    return max([history_until(lake, name), *(found.batch for found in records if found)])


def next_batch(lake: Lake, name: TableName, snapshot: Snapshot | None) -> int:
    """The number of the next batch of a table. Without the table: one that its records have not seen.

    They may remain of a table that was deleted, and would take rows of a known number for written.
    """
    return snapshot.batch + 1 if snapshot is not None else records_until(lake, name) + 1


def blocks_in_effect(lake: Lake, name: TableName, snapshot: Snapshot | None) -> list[Blocked]:
    """The blocks of the batch that comes next, oldest first; those of earlier batches are over."""
    recorded = lake.control.blocked(name)
    coming = next_batch(lake, name, snapshot) if recorded else 0
    return [blocked for blocked in recorded if blocked.batch == coming]
