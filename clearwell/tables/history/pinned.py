"""A table as an earlier build read it: that version, or the batches that it held then.

A version can be read while its files exist. Compaction joins files and maintenance deletes old ones, yet the
rows remain: each has the number of its bronze batch. So if the version is gone, the rows up to its batch are
taken from the newest one, unless the table was rebuilt or rows were deleted since.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import Schema

from clearwell.errors import TableError
from clearwell.tables.read.snapshot import LiveFile, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.model import InputState
    from clearwell.names import TableName
    from clearwell.tables.lake import Lake

__all__ = ["altered_files", "pinned_snapshot"]

_BATCH = "_batch_id"


def pinned_snapshot(lake: Lake, state: InputState) -> Snapshot:
    """A bronze table with the rows that a build which recorded ``state`` read.

    Raises:
        TableError: these rows no longer exist.
    """
    table = lake.table(state.table)
    newest = table.snapshot()
    if newest is None:
        raise _gone(state, "the table no longer exists")
    exact, missing = None, f"version {state.version} is no longer in its log"
    if state.version <= newest.version:
        try:
            exact = table.snapshot(state.version)
        except TableError as error:
            missing = error.fact
    else:
        raise _gone(state, f"it has no version {state.version} yet: it was recreated since")
    if exact is not None:
        if (exact.state.generation, exact.batch) != (state.generation, state.batch):
            held = f"its version {state.version} holds batch {exact.batch}, not batch {state.batch}"
            raise _gone(state, f"{held}: it was recreated since")
        if state.identity and exact.identity not in (0, state.identity):
            raise _gone(
                state, f"its batch {state.batch} is another one: it was restored from an earlier copy"
            )
        if not (missing := _lost(lake, exact)):
            return exact
    intent = lake.control.intent(newest.name, state.batch)
    if intent is None or newest.state.generation != state.generation or newest.batch < state.batch:
        why = "rows were deleted or replaced since" if newest.state.generation != state.generation else ""
        raise _gone(state, "; ".join(filter(None, (missing, why))))
    later = _Batches(newest, state, pa.schema(Schema.from_json(intent.schema).to_arrow()))
    if _lost(lake, later):
        raise _gone(state, missing)
    return later


def altered_files(lake: Lake, snapshot: Snapshot) -> list[str]:
    """Paths of the files of ``snapshot`` whose size differs from the log."""
    there = _there(lake, snapshot.name)
    return [file.path for file in snapshot.files if there.get(file.path, file.size) != file.size]


class _Batches(Snapshot):
    """The rows of the newest version up to a batch, with the columns of that time."""

    def __init__(self, newest: Snapshot, state: InputState, columns: pa.Schema) -> None:
        super().__init__(newest.name, newest.root, newest.handle)
        self._newest = newest
        self._state = state
        self._columns = columns

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns at that batch."""
        return self._columns

    @property
    def batch(self) -> int:
        """Number of the last batch that is included."""
        return self._state.batch

    @property
    def state(self) -> InputState:
        """The recorded state of the build."""
        return self._state

    @cached_property
    def files(self) -> tuple[LiveFile, ...]:
        """The data files that may hold rows of these batches."""
        newest = self._newest.files
        return tuple(file for file in newest if file.low.get(_BATCH, self.batch) <= self.batch)

    @property
    def rows(self) -> int:
        """Number of rows of these batches."""
        return sum(batch.num_rows for batch in self.batches([_BATCH]))

    def read(self, engine: Engine, *, after_batch: int | None = None) -> DataFrame:
        """These rows as a Spark frame; see Snapshot."""
        frame = super().read(engine, after_batch=after_batch)
        return frame.where(frame[_BATCH] <= self.batch)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """These rows as Arrow batches; see Snapshot."""
        wanted = list(columns if columns is not None else self.schema.names)
        for batch in super().batches(list(dict.fromkeys([*wanted, _BATCH]))):
            counts = pc.less_equal(batch.column(batch.schema.get_field_index(_BATCH)), self.batch)
            yield batch.filter(counts).select(wanted)


def _lost(lake: Lake, snapshot: Snapshot) -> str:
    """What is missing of the files of a version; empty if all exist."""
    there = _there(lake, snapshot.name)
    lost = sum(file.path not in there for file in snapshot.files)
    return f"{lost} of {len(snapshot.files)} files of version {snapshot.version} are gone" if lost else ""


def _there(lake: Lake, name: TableName) -> dict[str, int]:
    """The files below a table's folder, with their sizes."""
    return {file.path.removeprefix(f"{name.path}/"): file.size for file in lake.store.list(name.path)}


def _gone(state: InputState, why: str) -> TableError:
    return TableError(
        f"the rows that the build read no longer exist: {why}",
        place=state.table,
        hint="restore its files from a backup, or let `clearwell run` publish a release of the current rows",
    )
