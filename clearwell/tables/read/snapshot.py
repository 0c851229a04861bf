"""One version of a table, as a reader sees it: its files, its schema, and which batches it holds.

Engines receive the file list of the version to read; only this package uses Delta. What the files alone do
not show of another writer's table is resolved, or refused (``clearwell.tables.read.features``, ``foreign``).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.errors import FilesGone
from clearwell.model import InputState
from clearwell.names import Zone
from clearwell.stores import file_sizes
from clearwell.tables.read.datafiles import LiveFile, aligned_batches, live_files
from clearwell.tables.read.features import features_of, refuse
from clearwell.tables.read.foreign import read_files, require_readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deltalake import DeltaTable
    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.read.features import WriteKind

__all__ = [
    "APP_BATCH",
    "APP_DELETED",
    "APP_GENERATION",
    "APP_IDENTITY",
    "APP_RECORDS",
    "APP_VOID",
    "LiveFile",
    "Snapshot",
    "aligned_batches",
]

APP_BATCH = "clearwell"
"""Delta application whose transaction version is the number of the last decided batch."""
APP_GENERATION = "clearwell.generation"
"""... of the first batch of the current generation (see ``Intent``)."""
APP_VOID = "clearwell.void"
"""... of the last batch that was voided: committed with no files."""
APP_DELETED = "clearwell.deleted"
"""... of the last batch that deleted rows by a predicate."""
APP_IDENTITY = "clearwell.identity"
"""... whose number is the identity of the contents (see ``clearwell.tables.write.identity``)."""
APP_RECORDS = {Zone.FILES: "clearwell.files", Zone.QUARANTINE: "clearwell.quarantine"}
"""... of the last batch that has rows in the table's ``files`` table, and in its quarantine."""


class Snapshot:
    """A version of one table. Made by ``Table.snapshot``."""

    def __init__(self, name: TableName, root: str, handle: DeltaTable) -> None:
        self.name = name
        self.root = root
        self.handle = handle
        self.version: int = handle.version()
        self.features = features_of(root, handle)

    @property
    def batch(self) -> int:
        """Number of the last decided batch, 0 before the first."""
        return self.handle.transaction_version(APP_BATCH) or 0

    @property
    def generation(self) -> int:
        """The generation of the contents (see ``Intent``), 0 before the first batch."""
        return self.handle.transaction_version(APP_GENERATION) or 0

    @property
    def identity(self) -> int:
        """What the contents were made from, as a number; 0: an earlier version has made them."""
        return self.handle.transaction_version(APP_IDENTITY) or 0

    @property
    def last_void(self) -> int:
        """The last batch that was voided, 0 if none was."""
        return self.handle.transaction_version(APP_VOID) or 0

    def recorded_until(self, zone: Zone) -> int:
        """The last batch of this generation with rows in the table of records of ``zone``, 0 if none has."""
        last = self.handle.transaction_version(APP_RECORDS[zone]) or 0
        return last if last >= self.generation else 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        return pa.schema(self.handle.schema().to_arrow())

    @cached_property
    def files(self) -> tuple[LiveFile, ...]:
        """The data files, sorted by path."""
        return tuple(live_files(self.root, self.handle, vectors=self.features.has_vectors))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(file.rows for file in self.files)

    @property
    def committed(self) -> float:
        """When this version was committed, by its writer's clock, in seconds; 0 if the log does not say."""
        infos = self.handle.history(1)  # those of later commits may be before it
        return infos[-1].get("timestamp", 0) / 1000 if infos else 0.0

    @property
    def bytes(self) -> int:
        """Size of the data files."""
        return sum(file.size for file in self.files)

    @property
    def state(self) -> InputState:
        """What a build that reads this version records of it (see ``InputState``)."""
        deleted = self.handle.transaction_version(APP_DELETED) or 0
        return InputState(
            str(self.name), max(self.generation, deleted), self.batch, self.version, self.identity
        )

    def require_readable(self) -> None:
        """Check that our own reader reads it correctly; raises TableError that names an engine that does."""
        require_readable(self)

    def require_writable(self, kind: WriteKind) -> None:
        """Check that a commit of that kind breaks no feature; raises TableError with the remedy."""
        vectors = self.features.has_vectors and any(file.kept is not None for file in self.files)
        if obstacles := self.features.to_write(kind, vectors=vectors):
            raise refuse(obstacles, kind, place=str(self.name))

    def require_files(self, *, sizes: bool = True) -> None:
        """Check that each data file still is as the log says: call it when an engine has read them.

        Without ``sizes`` only that it is there: `clearwell verify` compares what altered files hold.

        The embedded engine reads a missing file as an empty one. Names of data files never come again, so one
        that is there afterwards was there all the time.

        Raises:
            FilesGone: files are gone, or have another size.
            StoreError: the store of the table refuses, or does not answer.
        """
        found = file_sizes([file.absolute for file in self.files])
        gone = [
            file.path
            for file, size in zip(self.files, found, strict=True)
            if size is None or (sizes and size != file.size)
        ]
        if gone:
            is_record = self.name.zone in (Zone.FILES, Zone.QUARANTINE)
            mend = f"repair {self.name}" if is_record else f"run {self.name} --full-refresh"
            raise FilesGone(
                f"{len(gone)} of {len(found)} data files are gone or were changed: {gone[0]}",
                place=str(self.name),
                hint=f"run again; if it stays so, restore the files, or make them again: clearwell {mend}",
            )

    def read(self, engine: Engine, *, after_batch: int | None = None) -> DataFrame:
        """The rows as a Spark frame; with ``after_batch`` only those of later bronze batches.

        Raises:
            TableError: other writers use features of Delta that this engine cannot read.
        """
        if after_batch is None:
            return self.read_files(engine, self.files)
        files = [f for f in self.files if f.high.get("_batch_id", after_batch + 1) > after_batch]
        frame = self.read_files(engine, files)
        return frame.where(frame["_batch_id"] > after_batch)

    def read_files(self, engine: Engine, files: Sequence[LiveFile]) -> DataFrame:
        """The rows of ``files`` of this version, or of all files where Delta's own reader is needed."""
        return read_files(engine, self, files)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches, file by file; a column that a file lacks is NULL.

        Raises:
            TableError: other writers use features of Delta that only Spark can read.
            FilesGone: a data file is gone, or damaged.
        """
        require_readable(self)
        schema = pa.schema([self.schema.field(c) for c in columns]) if columns is not None else self.schema
        try:
            yield from aligned_batches(self.files, schema)
        except (OSError, pa.ArrowInvalid):
            self.require_files()
            raise

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows in memory: for small tables, such as Clearwell's own records."""
        schema = pa.schema([self.schema.field(c) for c in columns]) if columns is not None else self.schema
        return pa.Table.from_batches(list(self.batches(columns)), schema)
