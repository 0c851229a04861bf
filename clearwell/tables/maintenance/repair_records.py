"""Repair the records of a table: what they lack is written again by the next run, or made from its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.errors import FilesGone, TableError
from clearwell.model import FileCounts
from clearwell.names import TableName, Zone
from clearwell.tables.control_records import Intent
from clearwell.tables.records.counting import records_behind
from clearwell.tables.records.ledger import files_of, write_counts
from clearwell.tables.records.quarantine import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import Snapshot

__all__ = [
    "DIGITS",
    "LOG",
    "Damage",
    "aside",
    "log_files",
    "lost_data",
    "missing_counts",
    "record_counts",
    "require_written_again",
]

LOG = "_delta_log"
DIGITS = 20
_COLUMNS = ("_file_id", "_batch_id", "_ingested_at")


@dataclass(frozen=True)
class Damage:
    """Something that keeps a table from being read or written.

    Args:
        table: The table.
        fact: What is wrong.
        lost: What is lost by the repair, or that nothing is.
        step: What the repair does.
        repair: Does it.
    """

    table: str
    fact: str
    lost: str
    step: str
    repair: Callable[[], None]


def aside(name: TableName, moment: str) -> str:
    """The folder for what a repair at that moment moves away."""
    return f"control/repaired/{name}/{moment}".rstrip("/")


def log_files(lake: Lake, name: TableName) -> Iterator[tuple[int, str]]:
    """Commits and checkpoints: their version, and their path in the lake."""
    for file in lake.store.list(f"{name.path}/{LOG}"):
        folder, _, leaf = file.path.rpartition("/")
        if folder.endswith(LOG) and leaf[:DIGITS].isdigit():
            yield int(leaf[:DIGITS]), file.path


def lost_data(lake: Lake, records: Snapshot) -> Damage | None:
    """The damage of a ``files`` table or a quarantine whose data files are gone; None if all are there.

    Its log is moved away. The next run writes it anew from the intents, or says what else to do.

    Raises:
        FilesGone: an earlier version wrote it, and nobody would notice what is missing.
    """
    try:
        records.require_files()
    except FilesGone as gone:
        owner = lake.table(TableName.parse(records.name.name)).snapshot()
        if owner is None or not owner.recorded_until(records.name.zone):
            raise
        name, fact = records.name, gone.fact
    else:
        return None
    return Damage(
        table=str(name),
        fact=fact,
        lost=f"nothing that the decided batches of {owner.name} have: its next run writes that again, or "
        "says how to build the table again",
        step=f"move its log to {lake.store.absolute(aside(name, ''))}",
        repair=lambda: _move_log(lake, name),
    )


def _move_log(lake: Lake, name: TableName) -> None:
    folder = aside(name, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    # The newest first: a crash half-way leaves a shorter log, and this is done again.
    for path in sorted((file.path for file in lake.store.list(f"{name.path}/{LOG}")), reverse=True):
        lake.store.put(f"{folder}/{path.rpartition('/')[2]}", lake.store.get(path) or b"")
        lake.store.delete([path])


def require_written_again(lake: Lake, records: TableName, good: int, error: TableError) -> str:
    """What is lost when the log of a table of records ends at version ``good``; raises TableError if much."""
    if records.zone is Zone.HISTORY:
        return "nothing of builds whose intents are there: the next runs record them again"
    owner = lake.table(TableName.parse(records.name)).snapshot()
    before = lake.table(records).snapshot(good)
    if owner is None or before is None or not owner.recorded_until(records.zone):
        raise TableError(
            f"{error.fact}; what would be lost is not known, as an earlier version wrote {records.name}",
            place=str(records),
            hint="restore its _delta_log folder from a backup",
        ) from error
    return f"nothing: the next run of {owner.name} writes again what is missing"


def missing_counts(lake: Lake, snapshot: Snapshot) -> tuple[FileCounts, ...]:
    """What the table's ``files`` table lacks, from the provenance of its rows and of its quarantine.

    The path of a file that the ledger does not know is not known any more; nor is a file without a record.
    Files of one batch get one arrival: they are ordered by their paths, which the next run finds.
    """
    known = {counts.file_id: counts for counts in files_of(lake, snapshot, complete=False)}
    accepted = _count(snapshot.batches(_COLUMNS))
    rejected = _count(quarantine_of(lake, snapshot, columns=(*_COLUMNS, "_n")))
    files = {**rejected.first, **accepted.first}
    last = max((counts.arrival or 0 for counts in known.values()), default=0)
    made: list[FileCounts] = []
    of_arrival: tuple[int, datetime | None] | None = None
    for file_id, (batch, moment) in sorted(files.items(), key=lambda item: (item[1], item[0])):
        before = known.get(file_id)
        good = accepted.rows[file_id] - (before.accepted if before else 0)
        bad = rejected.rows[file_id] - (before.quarantined if before else 0)
        if before is None:
            last += of_arrival != (batch, moment)
            of_arrival = (batch, moment)
        elif not good and not bad:
            continue
        made.append(
            FileCounts(
                file_id=file_id,
                path=before.path if before else f"(path unknown) {file_id[:12]}",
                delivered=good + bad,
                accepted=good,
                quarantined=bad,
                size=before.size if before else None,
                modified_ns=before.modified_ns if before else None,
                arrival=before.arrival if before else last,
                batch=batch,
                ingested_at=moment.isoformat() if moment else None,
            )
        )
    return tuple(made)


def record_counts(lake: Lake, snapshot: Snapshot, counts: tuple[FileCounts, ...]) -> None:
    """Add ``counts`` to the ``files`` table, by the batches that took them: each version balances."""
    behind = records_behind(lake, snapshot, Zone.FILES)
    by_batch: dict[int, list[FileCounts]] = {behind[-1]: []}  # with it, no batch is behind
    for item in counts:
        by_batch.setdefault(min(max(item.batch or 0, behind[0]), behind[-1]), []).append(item)
    for batch, files in sorted(by_batch.items()):
        attempt = lake.begin(snapshot.name, batch)
        intent = Intent(
            table=str(snapshot.name),
            batch=batch,
            generation=snapshot.generation,
            mode="append",
            attempt=attempt.id,
            schema="",
            planned_version=snapshot.version,
            files=tuple(files),
            decided=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        write_counts(lake, intent)
        lake.control.forget(attempt)


@dataclass
class _Counted:
    """Rows by file, and the batch and the moment that took each first."""

    rows: Counter[str] = field(default_factory=Counter[str])
    first: dict[str, tuple[int, datetime | None]] = field(
        default_factory=dict[str, tuple[int, "datetime | None"]]
    )


def _count(batches: Iterable[pa.RecordBatch]) -> _Counted:
    counted = _Counted()
    for batch in batches:
        groups = pa.Table.from_batches([batch]).group_by(list(_COLUMNS)).aggregate([([], "count_all")])
        for row in groups.to_pylist():
            counted.rows[row["_file_id"]] += row["count_all"]
            counted.first.setdefault(row["_file_id"], (row["_batch_id"], row["_ingested_at"]))
    return counted
