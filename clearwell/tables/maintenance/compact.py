"""Compaction: many small files become few, no row changes, and no reader notices.

It is one swap like any other, but not a batch: it moves no data, so it neither takes a batch number nor
causes a rebuild of other tables. If one of the files it has read is no longer live at the commit, it does
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.tables.read.features import WriteKind
from clearwell.tables.read.foreign import with_misleading_statistics
from clearwell.tables.read.snapshot import aligned_batches
from clearwell.tables.records.untold import telling, untold_of
from clearwell.tables.staging.parts import PartWriter
from clearwell.tables.swap import Change, add, remove, swap

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clearwell.names import TableName
    from clearwell.tables.lake import Lake
    from clearwell.tables.read.snapshot import LiveFile, Snapshot

__all__ = ["compact", "worth_joining"]

TARGET_BYTES = 128 << 20


def worth_joining(
    snapshot: Snapshot, *, untold: Collection[str] = (), target: int = TARGET_BYTES
) -> list[LiveFile]:
    """The files to rewrite: two or more that are smaller than half of ``target``, and those that tell wrong.

    These are files of other writers from whose statistics the embedded engine returns wrong values, and files
    that tell bounds of ``untold`` columns. There are none where a commit would break another writer's
    features of the table.
    """
    vectors = any(file.kept is not None for file in snapshot.files)
    if snapshot.features.to_write(WriteKind.COMPACT, vectors=vectors):
        return []
    small = [file for file in snapshot.files if file.size < target // 2]
    chosen = {file.path: file for file in (small if len(small) > 1 else ())}
    chosen |= {file.path: file for file in with_misleading_statistics(snapshot, snapshot.files)}
    chosen |= {file.path: file for file in telling(snapshot.files, untold)}
    return list(chosen.values())


def compact(lake: Lake, name: TableName, *, target: int = TARGET_BYTES) -> tuple[int, int]:
    """Join the small files of a table; returns how many files were removed and added, (0, 0) for none."""
    table = lake.table(name)
    snapshot = table.snapshot()
    untold = untold_of(lake, snapshot) if snapshot else ()
    chosen = worth_joining(snapshot, untold=untold, target=target) if snapshot else []
    if snapshot is None or not chosen:
        return 0, 0
    attempt = lake.begin(name, 0)
    required = [field.name for field in snapshot.schema if not field.nullable]
    lake.failpoint("compact", name)
    writers = [
        _write_group(table.root, f"{attempt.folder}/group-{i:05}", group, snapshot, required, untold)
        for i, group in enumerate(_groups(chosen, target))
    ]
    adds = [add(file, moves_data=False) for writer in writers for file in writer.files]
    gone = {file.path for file in chosen}

    def plan(now: Snapshot) -> Change | None:
        live = {file.path: file for file in now.files}
        if not gone <= live.keys():  # another writer was first, or this commit landed unnoticed
            return None
        removes = [remove(live[path], moves_data=False) for path in sorted(gone)]
        return Change(adds=adds, removes=removes, why="compact")

    lake.failpoint("compacted", name)
    swap(table, plan)
    after = table.snapshot()
    done = after is not None and any(file.path == add_.path for add_ in adds for file in after.files)
    if done:
        lake.control.forget(attempt)
    else:
        lake.discard(attempt.id, name)
    return (len(gone), len(adds)) if done else (0, 0)


def _groups(files: Sequence[LiveFile], target: int) -> list[list[LiveFile]]:
    groups: list[list[LiveFile]] = [[]]
    size = 0
    for file in files:
        if size + file.size > target and groups[-1]:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += file.size
    return groups


def _write_group(
    root: str,
    folder: str,
    group: list[LiveFile],
    snapshot: Snapshot,
    required: Sequence[str],
    untold: Collection[str],
) -> PartWriter:
    with PartWriter(root, folder, snapshot.schema, required=required, untold=untold) as writer:
        for batch in aligned_batches(group, snapshot.schema, compact=True):
            writer.write(batch)
    return writer
