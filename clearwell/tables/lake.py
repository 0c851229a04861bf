"""A lake: a folder of Delta tables, and the control files that order their writers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError

from clearwell.errors import ClearwellError, TableError, TableNotFound
from clearwell.names import TableName, Zone
from clearwell.tables.control import Attempt, Control
from clearwell.tables.schema import normalise
from clearwell.tables.snapshot import Snapshot
from clearwell.tables.stats import safe_columns
from clearwell.tables.storage import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pyarrow as pa

__all__ = ["Lake", "Table"]

_steps = logging.getLogger("clearwell.steps")


class Lake:
    """The lake at ``root``. Nothing is made until something is written.

    ``on_step`` is called with (step, table) at each step of the write path: tests kill or pause there.
    """

    def __init__(self, root: str | Path, *, on_step: Callable[[str, str], None] | None = None) -> None:
        self.store = Store(root)
        self.control = Control(self.store)
        self._on_step = on_step

    @property
    def root(self) -> Path:
        """The lake's folder."""
        return self.store.root

    def table(self, name: TableName | str) -> Table:
        """The table of that name, which need not exist yet."""
        return Table(self, name if isinstance(name, TableName) else TableName.parse(name))

    def existing(self, name: TableName | str) -> Snapshot:
        """The newest version of a table that must exist; raises TableNotFound."""
        if (snapshot := self.table(name).snapshot()) is None:
            raise TableNotFound.among(str(name), map(str, self.tables()))
        return snapshot

    def tables(self) -> list[TableName]:
        """All tables of the lake, in the order of zones."""
        found: list[TableName] = []
        for zone in Zone:
            folder = self.root / zone
            if folder.is_dir():
                found += [
                    TableName(zone, f.name) for f in sorted(folder.iterdir()) if (f / "_delta_log").is_dir()
                ]
        return found

    def begin(self, name: TableName, batch: int) -> Attempt:
        """Register an attempt at ``batch`` of a table."""
        attempt = Attempt(str(name), batch)
        self.control.register(attempt)
        return attempt

    def discard(self, attempt: str, name: TableName | str) -> None:
        """Delete the staged files of an attempt that nothing refers to, and forget it."""
        table = self.table(name).name
        for place in (table, table.quarantine):
            self.store.delete(file.path for file in self.store.list(f"{place.path}/attempt={attempt}"))
        for known in self.control.attempts(table):
            if known.id == attempt:
                self.control.forget(known)

    def reached(self, step: str, table: TableName | str) -> None:
        """Say that the write path has come to ``step``."""
        _steps.debug("step %s %s", step, table)
        if self._on_step is not None:
            self._on_step(step, str(table))


class Table:
    """A table's place in a lake."""

    def __init__(self, lake: Lake, name: TableName) -> None:
        self.lake = lake
        self.name = name
        self.root = lake.store.absolute(name.path)

    def snapshot(self, version: int | None = None) -> Snapshot | None:
        """The newest version, or ``version``; None when the table does not exist.

        Raises:
            TableError: the version or the log cannot be read.
        """
        if not (Path(self.root) / "_delta_log").is_dir():
            return None
        try:
            return Snapshot(self.name, self.root, DeltaTable(self.root, version=version))
        except TableNotFoundError:
            return None
        except ClearwellError:
            raise
        except (DeltaError, OSError, ValueError) as error:
            which = "its log" if version is None else f"version {version}"
            raise TableError(
                f"{which} cannot be read: {str(error).splitlines()[0]}",
                place=str(self.name),
                hint="restore the files of its _delta_log folder from a backup",
            ) from error

    def create(
        self, schema: pa.Schema, *, required: Collection[str] = (), description: str | None = None
    ) -> None:
        """Make the table with no rows, unless it is there already."""
        columns = normalise(schema, required=required)
        try:
            DeltaTable.create(
                self.root,
                schema=Schema.from_arrow(columns),
                mode="error",
                name=str(self.name),
                description=description,
                configuration={"delta.dataSkippingStatsColumns": ",".join(safe_columns(columns, required))},
            )
        except DeltaError:
            if self.snapshot() is None:  # not because another writer was first
                raise
