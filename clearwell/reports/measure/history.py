"""Facts of the history about the batches that tables contain now: delivered rows, and the newest batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.tables import BUILDS

if TYPE_CHECKING:
    from datetime import datetime

    from clearwell.reports.measure.storage import LakeStorage

__all__ = ["Builds", "LastBuild", "read_builds"]

_COLUMNS = ("table", "batch", "generation", "mode", "accepted", "quarantined", "void", "decided")


@dataclass(frozen=True)
class LastBuild:
    """When the newest batch of a table was decided, and its rows in quarantine."""

    decided: datetime
    quarantined: int


@dataclass(frozen=True)
class Builds:
    """Per table: the rows delivered for its current contents, its newest batch, void batches."""

    delivered: dict[str, int]
    newest: dict[str, int]
    void: frozenset[tuple[str, int]]
    last: dict[str, LastBuild] = field(default_factory=dict[str, LastBuild])


def read_builds(storage: LakeStorage) -> Builds:
    """The recorded builds, for the tables and versions that were measured.

    Delivered = accepted + quarantined, over all batches since the table's current contents began. A batch
    that deletes rows checks none, so it is not the newest.
    """
    history = storage.snapshots.get(BUILDS)
    if history is None:
        return Builds({}, {}, frozenset())
    builds: Any = history.to_arrow(_COLUMNS)
    void: Any = pc.fill_null(builds.column("void"), False)
    voided = builds.filter(void).select(["table", "batch"]).to_pylist()
    valid = builds.filter(pc.invert(void))
    known = {str(name): snapshot for name, snapshot in storage.snapshots.items()}
    names: Any = pa.array(list(known), pa.string())
    begun: Any = pa.array([snapshot.generation for snapshot in known.values()], pa.int64())
    generation = begun.take(pc.index_in(valid.column("table"), names))
    present = valid.filter(pc.equal(valid.column("generation"), generation))
    sums = present.group_by("table").aggregate([("accepted", "sum"), ("quarantined", "sum")])
    judged = valid.filter(pc.not_equal(valid.column("mode"), "delete"))
    newest = judged.group_by("table").aggregate([("batch", "max")])
    numbers = {row["table"]: row["batch_max"] for row in newest.to_pylist()}
    batches: Any = pa.array(list(numbers.values()), pa.int64())
    tables: Any = pa.array(list(numbers), pa.string())
    last = judged.filter(
        pc.equal(judged.column("batch"), batches.take(pc.index_in(judged.column("table"), tables)))
    ).select(["table", "decided", "quarantined"])
    return Builds(
        {row["table"]: row["accepted_sum"] + row["quarantined_sum"] for row in sums.to_pylist()},
        numbers,
        frozenset((row["table"], row["batch"]) for row in voided),
        {row["table"]: LastBuild(row["decided"], row["quarantined"] or 0) for row in last.to_pylist()},
    )
