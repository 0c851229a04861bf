"""The fingerprint of a table, or of the splits of a release from it, without making it: by the engine.

The rows of a release are those that ``clearwell.flow.publish`` writes, computed in another way: the engine
reads and splits them, and its workers sum their digests. So it is not limited by this machine's memory, and
it proves more than running the same code twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.curation import keep_latest
from clearwell.errors import ProjectError, TableNotFound
from clearwell.publishing.from_spec import inference_recipe, training_recipe
from clearwell.publishing.inference import LIVE
from clearwell.publishing.splits import TEST, TRAIN
from clearwell.reproduce.on_engine import fingerprint_frame, fingerprint_sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines import Engine
    from clearwell.fingerprint.rows import Fingerprint
    from clearwell.flow.run import Run
    from clearwell.project.specs import DatasetSpec
    from clearwell.tables import Lake, Snapshot

__all__ = ["TableContents", "released_contents", "table_contents"]

_TOLD_BY_THE_CLOCK = ("_batch_id", "_ingested_at")
"""Columns that record the arrival of a row, not its data: they differ between lakes for the same rows."""


@dataclass(frozen=True)
class TableContents:
    """The fingerprint of a version of a table, without the columns ``left_out``."""

    table: str
    version: int
    rows: int
    fingerprint: str
    engine: str
    left_out: tuple[str, ...]


def table_contents(lake: Lake, table: str, engine: Engine, *, version: int | None = None) -> TableContents:
    """The fingerprint of a table's rows, computed by ``engine``.

    Raises:
        TableNotFound: there is no such table.
        TableError: that version cannot be read.
    """
    try:
        snapshot = lake.table(table).snapshot(version)
    except ProjectError:  # its name has no zone
        snapshot = None
    if snapshot is None:
        raise TableNotFound.among(table, map(str, lake.tables()))
    kept = pa.schema([field for field in snapshot.schema if field.name not in _TOLD_BY_THE_CLOCK])
    with lake.reading(snapshot):
        found = fingerprint_frame(snapshot.read(engine), engine, kept)
        snapshot.require_files()
    left_out = tuple(name for name in snapshot.schema.names if name in _TOLD_BY_THE_CLOCK)
    return TableContents(table, snapshot.version, found.rows, str(found), engine.name, left_out)


def released_contents(
    run: Run, spec: DatasetSpec, snapshot: Snapshot, *, features: Sequence[str] = ()
) -> dict[str, Fingerprint]:
    """The fingerprint of each split that a release of ``snapshot`` has, by name.

    Args:
        run: The run; its engine computes.
        spec: How the table is released.
        snapshot: The table.
        features: Those of the release, for an inference dataset.

    Raises:
        DatasetError: the table lacks what the spec names.
    """
    frame = snapshot.read(run.engine)
    if spec.kind == "inference":
        live = inference_recipe(run.project, run.lake, spec, snapshot, features=features)
        if live.latest_by:  # one row per key, as verified by publishing
            frame = keep_latest(frame, key=live.key, order_by=(live.latest_by,))
        return fingerprint_sides(frame, run.engine, live.schema, None, (LIVE,))
    recipe = training_recipe(run.project, spec, snapshot)
    return fingerprint_sides(frame, run.engine, recipe.schema, recipe.split, (TRAIN, TEST))
