"""Rows of a raw file as bronze and its quarantine hold them: with the file, the record number, the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.tables import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.flow.landing.result import Delivery, Target
    from clearwell.sources import Reject

__all__ = ["PROVENANCE_FIELDS", "bronze_rows", "rejected_rows"]

PROVENANCE_FIELDS = [
    pa.field("_file_id", pa.string(), nullable=False),
    pa.field("_record_no", pa.int64(), nullable=False),
    pa.field("_batch_id", pa.int64(), nullable=False),
    pa.field("_ingested_at", pa.timestamp("us", "UTC"), nullable=False),
]


def bronze_rows(batch: pa.RecordBatch, schema: pa.Schema, delivery: Delivery) -> pa.RecordBatch:
    """Accepted records with their provenance, in the columns of the table; what it lacks is NULL."""
    constants = {
        "_file_id": pa.scalar(delivery.file.file_id),
        "_batch_id": pa.scalar(delivery.batch, pa.int64()),
        "_ingested_at": pa.scalar(delivery.moment, pa.timestamp("us", "UTC")),
    }
    columns: list[pa.Array] = []
    for column in schema:
        if column.name in constants:
            columns.append(pa.repeat(constants[column.name], batch.num_rows))
        elif column.name in batch.schema.names:
            columns.append(batch.column(column.name))
        else:
            columns.append(pa.nulls(batch.num_rows, column.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def rejected_rows(target: Target, delivery: Delivery, rejects: Sequence[Reject]) -> pa.RecordBatch:
    """Rejected records as rows of the quarantine."""
    texts = [_as_text(reject.raw) for reject in rejects]
    count = len(rejects)
    columns = {
        "_file_id": [delivery.file.file_id] * count,
        "_record_no": [r.record_no for r in rejects],
        "_batch_id": [delivery.batch] * count,
        "_ingested_at": [delivery.moment] * count,
        "reasons": [[r.check] for r in rejects],
        "message": [r.message for r in rejects],
        "raw": [text for text, _ in texts],
        "raw_bytes": [r.raw if not exact else None for r, (_, exact) in zip(rejects, texts, strict=True)],
        "_n": [target.attempt.batch] * count,
        "_attempt": [target.attempt.id] * count,
        "quarantined_at": [target.moment] * count,
    }
    return pa.RecordBatch.from_pydict(columns, schema=QUARANTINE)


def _as_text(raw: bytes) -> tuple[str, bool]:
    """The record as a string, and whether that is exact; bytes that are not UTF-8 become hex escapes."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), False
