"""Stage: write candidate rows once, into the folder of an attempt, where no reader sees them.

Accepted rows are under the table's own root. The few rejected ones are written again under the root of its
quarantine, with the reasons of each row, so that accepted files have exactly the table's columns.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.engines.base import Capability
from clearwell.errors import CandidateRefused
from clearwell.model import FileCounts
from clearwell.names import PROVENANCE
from clearwell.stores import for_each_file, parquet_file
from clearwell.tables.control_records import Attempt, StagedFile
from clearwell.tables.read.schema import frame_schema, normalise
from clearwell.tables.read.stats import FileStats, read_statistics, safe_columns, untold_in
from clearwell.tables.staging.as_json import row_as_json
from clearwell.tables.staging.committed_files import committed_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake

__all__ = [
    "QUARANTINE",
    "VERDICT",
    "Candidate",
    "count_by_file",
    "read_staged",
    "stage_frame",
    "stage_rejected",
]

VERDICT = "cw_verdict"

QUARANTINE = pa.schema(
    [
        ("_file_id", pa.string()),
        ("_record_no", pa.int64()),
        ("_batch_id", pa.int64()),
        ("_ingested_at", pa.timestamp("us", "UTC")),
        pa.field("reasons", pa.list_(pa.string())),
        ("message", pa.string()),
        ("raw", pa.string()),
        ("raw_bytes", pa.binary()),
        pa.field("_n", pa.int64(), nullable=False),
        pa.field("_attempt", pa.string(), nullable=False),
        ("quarantined_at", pa.timestamp("us", "UTC")),
    ]
)
"""Columns of every quarantine table. ``reasons`` names the failed checks; ``raw`` is the record's text (of a
bronze record as delivered, of a later row as JSON); ``raw_bytes`` its bytes if they are not UTF-8."""


@dataclass(frozen=True)
class Candidate:
    """What an attempt staged. ``schema`` are the table's columns; ``rejected`` are stored separately."""

    attempt: Attempt
    schema: pa.Schema
    accepted: tuple[StagedFile, ...]
    rejected: tuple[StagedFile, ...]
    returned: int

    def schema_with(self, required: Collection[str]) -> pa.Schema:
        """The table's columns, those of ``required`` NOT NULL."""
        return normalise(self.schema, required=required)

    @property
    def accepted_rows(self) -> int:
        """Rows that would enter the table."""
        return sum(f.rows for f in self.accepted)

    @property
    def rejected_rows(self) -> int:
        """Rows that would not."""
        return sum(f.rows for f in self.rejected)


def stage_frame(
    lake: Lake,
    name: TableName,
    attempt: Attempt,
    frame: DataFrame,
    engine: Engine,
    *,
    rejects: Column | None = None,
    required: Collection[str] = (),
    untold: Collection[str] = (),
    part: str = "rows",
) -> Candidate:
    """Let the engine write ``frame``, split in the same pass by ``rejects`` (true: the row is rejected).

    No bounds of the ``untold`` columns are written or recorded.
    """
    from pyspark.sql import functions as F

    schema = frame_schema(frame, place=str(name))
    if VERDICT in {c.lower() for c in schema.names}:
        raise CandidateRefused(
            f"the column name {VERDICT} is reserved by Clearwell", place=str(name), hint="rename it"
        )
    lake.failpoint("stage", name)
    with engine.work(f"staging {name}"):
        returned = frame.count()
        if rejects is None:
            target = lake.store.absolute(f"{name.path}/{attempt.folder}/{part}")
            engine.write_parquet(frame, target, untold=untold)
        else:
            verdict = F.when(F.coalesce(rejects, F.lit(False)), "rejected").otherwise("accepted")
            target = lake.store.absolute(f"{name.path}/{attempt.folder}/{part}")
            judged = frame.withColumn(VERDICT, verdict)
            engine.write_parquet(judged, target, partition_by=(VERDICT,), untold=untold)
    columns = safe_columns(schema, required, untold=untold)
    found = _staged(lake, name, f"{attempt.folder}/{part}", columns, required, engine)
    rejected = tuple(f for f in found if f"/{VERDICT}=rejected/" in f.path)
    lake.failpoint("staged", name)
    return Candidate(attempt, schema, tuple(f for f in found if f not in rejected), rejected, returned)


def stage_rejected(
    lake: Lake, name: TableName, candidate: Candidate, conditions: Mapping[str, Column], engine: Engine
) -> tuple[StagedFile, ...]:
    """Write the rejected rows of ``candidate`` again, under the quarantine's root, with their reasons.

    ``conditions`` are the row checks that reject: name -> true where a row fails.
    """
    if not candidate.rejected:
        return ()
    from pyspark.sql import functions as F

    rows = read_staged(lake, name, candidate.rejected, candidate.schema, engine)
    reasons = F.array_compact(F.array(*(F.when(c, F.lit(check)) for check, c in conditions.items())))
    origin = [
        F.col(c).cast(t).alias(c) if c in candidate.schema.names else F.lit(None).cast(t).alias(c)
        for c, t in zip(PROVENANCE, ("string", "bigint", "bigint", "timestamp"), strict=True)
    ]
    quarantined = rows.select(
        *origin,
        reasons.alias("reasons"),
        F.concat(F.lit("fails "), F.array_join(reasons, ", ")).alias("message"),
        row_as_json(pa.schema([f for f in candidate.schema if f.name not in PROVENANCE])).alias("raw"),
        F.lit(None).cast("binary").alias("raw_bytes"),
        F.lit(candidate.attempt.batch).cast("bigint").alias("_n"),
        F.lit(candidate.attempt.id).alias("_attempt"),
        F.lit(datetime.now(UTC).isoformat()).cast("timestamp").alias("quarantined_at"),
    )
    target, folder, required = name.quarantine, candidate.attempt.folder, ("_n", "_attempt")
    untold = untold_in(target)
    with engine.work(f"quarantining rows of {name}"):
        engine.write_parquet(quarantined, lake.store.absolute(f"{target.path}/{folder}"), untold=untold)
    columns = safe_columns(QUARANTINE, required, untold=untold)
    return tuple(_staged(lake, target, folder, columns, required, engine))


def count_by_file(lake: Lake, name: TableName, candidate: Candidate) -> tuple[FileCounts, ...]:
    """How many staged rows came from each raw file; empty if the rows have no ``_file_id``."""
    if "_file_id" not in candidate.schema.names:
        return ()
    accepted = _count_files(lake, name, candidate.accepted)
    rejected = _count_files(lake, name, candidate.rejected)
    return tuple(
        FileCounts(
            file_id=file_id,
            path="",
            delivered=accepted[file_id] + rejected[file_id],
            accepted=accepted[file_id],
            quarantined=rejected[file_id],
        )
        for file_id in sorted(accepted.keys() | rejected.keys())
    )


def _count_files(lake: Lake, name: TableName, files: Sequence[StagedFile]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in files:
        with parquet_file(lake.store.absolute(f"{name.path}/{file.path}"), compact=True) as parquet:
            for batch in parquet.iter_batches(columns=["_file_id"]):
                for entry in batch.column(0).value_counts().to_pylist():
                    counts[entry["values"] or ""] += entry["counts"]
    return counts


def read_staged(
    lake: Lake, name: TableName, files: Sequence[StagedFile], schema: pa.Schema, engine: Engine
) -> DataFrame:
    """Staged rows as a Spark frame."""
    root = lake.store.absolute(name.path)
    return engine.read_parquet([f"{root}/{file.path}" for file in files], schema)


def _staged(
    lake: Lake,
    name: TableName,
    folder: str,
    columns: Sequence[str],
    required: Collection[str],
    engine: Engine,
) -> list[StagedFile]:
    files = committed_files(lake, name, folder, marked=Capability.SUCCESS_MARK not in engine.lacks)

    def statistics(path: str) -> FileStats:
        return read_statistics(path, columns, required=required)

    stats = for_each_file(statistics, [lake.store.absolute(file.path) for file in files])
    return [
        StagedFile(file.path.removeprefix(f"{name.path}/"), file.size, found)
        for file, found in zip(files, stats, strict=True)
    ]
