"""Plan the changes that rewrite live files: merge, replace of partitions, delete.

All three are the same operation: the files that may hold superseded rows are rewritten without them, and the
batch's own files are added. It needs only a join of the engine, and on the embedded engine not even that
(``supersede``). The plan is valid for one version only, so it is made again at each try of the swap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from clearwell.errors import TableError
from clearwell.tables.records.untold import untold_of
from clearwell.tables.staging.stage import read_staged, stage_frame
from clearwell.tables.staging.verify import verify_files, verify_rows
from clearwell.tables.swap import Change, add, remove
from clearwell.tables.write.supersede import MOST_KEYS, Keys, can_compare, rewrite_without, superseded_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.tables.control_records import Attempt, Intent
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import LiveFile, Snapshot

__all__ = ["plan_rewrite"]


def plan_rewrite(lake: Lake, snapshot: Snapshot, intent: Intent, attempt: Attempt, engine: Engine) -> Change:
    """The change that applies ``intent`` to exactly this version."""
    adds = [add(file) for file in intent.accepted]
    touched = _touched(snapshot, intent) if adds or intent.mode == "delete" else []
    if not touched:
        return Change(adds=adds)
    if _fits_here(snapshot, intent, engine):
        return _superseded(snapshot, intent, attempt, touched)
    with engine.work(f"rewriting {len(touched)} files of {snapshot.name}"):
        old = snapshot.read_files(engine, touched)
        kept = _kept(lake, snapshot, intent, old, engine)
        rest = stage_frame(
            lake,
            snapshot.name,
            attempt,
            kept,
            engine,
            required=intent.required,
            untold=untold_of(lake, snapshot) if intent.mode == "delete" else intent.untold,
            part=f"rewrite-{uuid4().hex[:12]}",  # each try writes its own files
        )
    snapshot.require_files()
    place = str(snapshot.name)
    verify_rows(rest.returned, rest.accepted_rows, 0, place=place)
    verify_files(snapshot.root, rest.accepted, snapshot.schema, required=intent.required, place=place)
    _verify_superseded(intent, before=sum(f.rows for f in touched), after=rest.accepted_rows, place=place)
    adds += [add(file) for file in rest.accepted]
    return Change(adds=adds, removes=[remove(file) for file in touched])


def _fits_here(snapshot: Snapshot, intent: Intent, engine: Engine) -> bool:
    """Whether the rows of a batch are few and simple enough to be compared in this process.

    On Spark, Spark does it: its joins are reliable, and a cluster has the memory.
    """
    return (
        engine.name == "embedded"
        and intent.mode in ("merge", "replace_partitions")
        and intent.accepted_rows <= MOST_KEYS
        and can_compare(snapshot.schema, intent.key)
    )


def _superseded(snapshot: Snapshot, intent: Intent, attempt: Attempt, likely: Sequence[LiveFile]) -> Change:
    place, root = str(snapshot.name), snapshot.root
    keys = Keys(root, intent.accepted, snapshot.schema, intent.key)
    gone = superseded_in(keys, likely, snapshot.schema)
    touched = [file for file in likely if file.path in gone]
    folder = f"{attempt.folder}/rewrite-{uuid4().hex[:12]}"
    rest = rewrite_without(
        gone, touched, snapshot.schema, root, folder, required=intent.required, untold=intent.untold
    )
    before, after = sum(file.rows for file in touched), sum(file.rows for file in rest)
    verify_rows(before - sum(mask.true_count for mask in gone.values()), after, 0, place=place)
    verify_files(root, rest, snapshot.schema, required=intent.required, place=place)
    _verify_superseded(intent, before=before, after=after, place=place)
    adds = [add(file) for file in (*intent.accepted, *rest)]
    return Change(adds=adds, removes=[remove(file) for file in touched])


def _touched(snapshot: Snapshot, intent: Intent) -> list[LiveFile]:
    if intent.mode == "delete":
        return _with_files_of(snapshot, intent)
    ranges = [_range(intent, column) for column in intent.key]
    return [
        file
        for file in snapshot.files
        if all(file.may_hold(c, low, high) for c, (low, high) in zip(intent.key, ranges, strict=True))
    ]


def _with_files_of(snapshot: Snapshot, intent: Intent) -> list[LiveFile]:
    """The data files that may hold rows to delete: all, unless each row comes from a raw file."""
    if sum(-file.accepted for file in intent.files) != intent.returned:
        return list(snapshot.files)
    ids = [file.file_id for file in intent.files if file.accepted]
    return [data for data in snapshot.files if any(data.may_hold("_file_id", i, i) for i in ids)]


def _range(intent: Intent, column: str) -> tuple[Any, Any]:
    """The bounds of a column over the candidate; (None, None) if a file has none."""
    lows = [f.stats["minValues"].get(column) for f in intent.accepted]
    highs = [f.stats["maxValues"].get(column) for f in intent.accepted]
    if not lows or None in lows or None in highs:
        return None, None
    return min(lows), max(highs)


def _kept(lake: Lake, snapshot: Snapshot, intent: Intent, old: DataFrame, engine: Engine) -> DataFrame:
    from pyspark.sql import functions as F

    if intent.mode == "delete":
        return old.where(~F.coalesce(F.expr(intent.predicate or "false"), F.lit(False)))
    batch = read_staged(lake, snapshot.name, intent.accepted, snapshot.schema, engine)
    return old.join(batch.select(*intent.key).distinct(), list(intent.key), "left_anti")


def _verify_superseded(intent: Intent, *, before: int, after: int, place: str) -> None:
    """Check: a merge replaces no more rows than it brings, a delete no more than were counted."""
    gone = before - after
    if intent.mode == "merge" and not 0 <= gone <= intent.accepted_rows:
        raise TableError(
            f"a rewrite for {intent.accepted_rows:,} merged rows would remove {gone:,}",
            place=place,
            hint="the engine's join is wrong here: run with another --engine",
        )
    if intent.mode == "delete" and gone != intent.returned:
        raise TableError(
            f"{intent.returned:,} rows were counted to delete, but now {gone:,} match",
            place=place,
            hint="another writer has changed the table; check its rows before you delete again",
        )
