"""The order of the raw files that a batch of a table comes from: a later file's row of a key wins.

It is that of the bronze ledger, or of the source's ``order``; not that of the runs that took the files.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.curation import keep_latest
from clearwell.names import quoted
from clearwell.sources import ARRIVAL, delivery_key
from clearwell.tables import files_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from clearwell.engines import Engine
    from clearwell.flow.run import Run
    from clearwell.project.specs import TableSpec, WriteSpec

__all__ = ["comes_too_late", "file_ranks", "latest_deliveries", "order_changed", "order_code", "order_marks"]

_RANK = "cw_delivery"
_COMPARED = "cw_key"


def order_code(spec: TableSpec, write: WriteSpec) -> tuple[str, ...]:
    """The part of the order in the hash of a table's code: where rows replace others, it decides."""
    return (f"order={spec.source.order}",) if write.replaces_rows else ()


def file_ranks(run: Run, specs: Sequence[TableSpec], *, after_batch: int | None = None) -> dict[str, int]:
    """File id -> rank in the order of its source, from 0; files of one delivery have the same.

    Args:
        run: The run; ``run.records`` has the ledgers.
        specs: The tables whose files are ranked, each by itself.
        after_batch: Only the files that later batches brought.
    """
    ranks: dict[str, int] = {}
    for spec in specs:
        keys = _keys(run, spec)
        place = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
        ranks |= {
            file_id: place[key]
            for (file_id, batch), key in keys.items()
            if after_batch is None or batch > after_batch
        }
    return ranks


def comes_too_late(run: Run, spec: TableSpec, after_batch: int) -> bool:
    """Whether a later batch brought a file that is not after all files before it: then a replay is needed."""
    keys = _keys(run, spec)
    before = [key for (_, batch), key in keys.items() if batch <= after_batch]
    new = [key for (_, batch), key in keys.items() if batch > after_batch]
    return bool(before and new) and min(new) <= max(before)


def order_marks(run: Run, specs: Sequence[TableSpec], write: WriteSpec) -> tuple[str, ...]:
    """What a build records of the order of its files, where their names decide it: ``TABLE BATCH DIGEST``."""
    if not write.replaces_rows:
        return ()
    marks: list[str] = []
    for spec in specs:
        if spec.source.order != ARRIVAL and (keys := _keys(run, spec)):
            until = max(batch for _, batch in keys)
            marks.append(f"{spec.bronze_table} {until} {_digest(keys, until)}")
    return tuple(marks)


def order_changed(run: Run, spec: TableSpec, marks: Sequence[str]) -> bool:
    """Whether files that a build has read have another order now: they were renamed, or moved."""
    for table, until, digest in map(str.split, marks):
        if table == str(spec.bronze_table) and spec.source.order != ARRIVAL:
            return _digest(_keys(run, spec), int(until)) != digest
    return False


def latest_deliveries(
    frame: DataFrame,
    write: WriteSpec,
    ranks: Mapping[str, int],
    engine: Engine,
    *,
    rejects: Column | None,
) -> DataFrame:
    """Of the rows of one key, or partition, those of the latest delivery: as if files had come one by one.

    Rows of one key and one delivery are all kept unless ``order_by`` orders them; ``verify_keys`` refuses
    them. Rows for which ``rejects`` is true stay, and replace nothing: they go to the quarantine.
    """
    from pyspark.sql import functions as F

    key, columns = list(write.key or write.partition_by), frame.columns
    ranked = "_file_id" in columns and len(set(ranks.values())) > 1
    if not key or not (ranked or write.order_by):
        return frame
    if ranked:
        table = pa.table({"_file_id": pa.array(ranks), _RANK: pa.array(ranks.values(), pa.int32())})
        frame = frame.join(engine.session().createDataFrame(table), "_file_id", "left")
    if rejects is not None:  # a NULL in the key equals nothing
        first, *rest = key
        accepted = F.when(~F.coalesce(rejects, F.lit(False)), F.col(quoted(first)))
        frame, key = frame.withColumn(_COMPARED, accepted), [_COMPARED, *rest]
    order = [*((_RANK,) if ranked else ()), *write.order_by]
    return keep_latest(frame, key=key, order_by=order).select(*map(quoted, columns))


def _keys(run: Run, spec: TableSpec) -> dict[tuple[str, int], tuple[object, ...]]:
    """(file id, its first batch) -> its place in the order of the source."""
    snapshot = run.records.table(spec.bronze_table).snapshot()
    files = files_of(run.records, snapshot) if snapshot else []
    source = spec.source
    return {
        (f.file_id, f.batch or 0): delivery_key(source.order, source.path, f.path, f.arrival or 0)
        for f in files
        if f.retraction is None
    }


def _digest(keys: Mapping[tuple[str, int], tuple[object, ...]], until: int) -> str:
    """Of the order of the files up to a batch; later ones do not change it."""
    places = {file_id: key for (file_id, batch), key in keys.items() if batch <= until}
    rank = {key: number for number, key in enumerate(sorted(set(places.values())))}
    order = sorted((rank[key], file_id) for file_id, key in places.items())
    return hashlib.sha256(repr(order).encode()).hexdigest()[:32]
