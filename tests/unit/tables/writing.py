"""Write batches of a small table through the write path, without an engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.model import FileCounts
from clearwell.names import TableName
from clearwell.tables import Intent, Lake, PartWriter, apply_batch, decide, schema_json

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = TableName.parse("bronze_readings")
SCHEMA = pa.schema(
    [pa.field("id", pa.int64(), nullable=False), ("text", pa.string()), ("value", pa.float64())]
)


def stage(
    lake: Lake,
    ids: Sequence[int],
    *,
    mode: str = "append",
    name: TableName = NAME,
    untold: tuple[str, ...] = (),
) -> Intent:
    """Stage rows with these ids as the table's next batch; the intent that would publish them."""
    snapshot = lake.table(name).snapshot()
    batch = (snapshot.batch if snapshot else 0) + 1
    attempt = lake.begin(name, batch)
    lake.failpoint("stage", name)
    root = lake.table(name).root
    with PartWriter(root, attempt.folder, SCHEMA, required=("id",), untold=untold) as writer:
        rows = [{"id": i, "text": f"row {i}", "value": math.nan if i % 2 else -0.0} for i in ids]
        writer.write(pa.RecordBatch.from_pylist(rows, SCHEMA))
    lake.failpoint("staged", name)
    return Intent(
        table=str(name),
        batch=batch,
        generation=batch if mode == "replace" or snapshot is None else snapshot.generation,
        mode=mode,
        attempt=attempt.id,
        schema=schema_json(SCHEMA),
        planned_version=snapshot.version if snapshot else 0,
        required=("id",),
        accepted=tuple(writer.files),
        files=(FileCounts(f"file-{batch}-{attempt.id[:4]}", f"raw/{batch}.csv", len(ids), len(ids), 0),),
        returned=len(ids),
        code="code",
        untold=untold,
    )


def write(lake: Lake, ids: Sequence[int], *, mode: str = "append", name: TableName = NAME) -> Intent:
    """Write one batch through the whole path; the decision that held."""
    return publish(lake, stage(lake, ids, mode=mode, name=name))


def publish(lake: Lake, intent: Intent) -> Intent:
    """Decide a staged batch and carry out what was decided."""
    winner = decide(lake, intent)
    apply_batch(lake, winner, engine=None, recheck=lambda *_: True)  # type: ignore[arg-type]
    return winner


def ids(lake: Lake, name: TableName = NAME) -> list[int]:
    """The ids in the table, sorted; a double shows."""
    return sorted(lake.existing(name).to_arrow(["id"]).column("id").to_pylist())
