"""A lake: Delta tables, and the control files that order their writers, in folders and in buckets."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError

from clearwell.errors import ClearwellError, StoreError, TableError, TableNotFound
from clearwell.names import TableName, Zone, is_url
from clearwell.stores import Store, explained, refusal
from clearwell.tables.control import Control
from clearwell.tables.control_records import Attempt, Reading
from clearwell.tables.owner import require_owner
from clearwell.tables.read.complete import require_whole
from clearwell.tables.read.schema import normalise
from clearwell.tables.read.snapshot import Snapshot
from clearwell.tables.read.stats import safe_columns, untold_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping

    import pyarrow as pa

    from clearwell.settings import Settings

__all__ = ["Lake", "Table", "lake_of"]

_log = logging.getLogger("clearwell")
_steps = logging.getLogger("clearwell.steps")
_NOWHERE: dict[str, str] = {}
_LOG = "_delta_log"
_LISTERS = 16
_FAR_CHECKPOINT = "10"
"""Commits between two checkpoints of a table in a bucket: opening the table requests each log entry since the
last one. On a disk the default of delta-rs, 100, is enough."""


def lake_of(settings: Settings) -> Lake:
    """The lake that a project's settings name."""
    return Lake(
        settings.lake,
        places=settings.places,
        durable=settings.durable,
        access=settings.access,
        project=settings.name or None,
    )


class Lake:
    """The lake at ``root``, a local folder. Nothing is created until something is written.

    Args:
        root: Everything that is not in one of the ``places``; pages, reports and events are always here.
        places: By the first part of a path (``gold``, ``control``): another folder, or an address.
        durable: Whether commits to a disk are forced to it.
        access: Who may enter its folders on this machine: ``owner``, ``group`` or ``all``.
        project: The name of the project that writes; None: whose lake it is does not matter.
        on_step: Called with (step, table) at each step of the write path: tests kill or pause there.

    ``compared`` are the tables that agree with their records, which part between runs and not in one.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        places: Mapping[str, str] = _NOWHERE,
        durable: bool = False,
        access: str = "group",
        project: str | None = None,
        on_step: Callable[[str, str], None] | None = None,
    ) -> None:
        self.store = Store(root, places, durable=durable)
        self.control = Control(self.store)
        self._on_step = on_step
        self._access = access
        self._project = project
        self._is_owned = False
        self.compared: set[TableName] = set()

    @property
    def root(self) -> Path:
        """The lake's folder."""
        return self.store.root

    @property
    def address(self) -> str:
        """Where it is, for users: its folder, or the common address of all of its tables."""
        above = {self.store.absolute(zone).rpartition("/")[0] for zone in Zone}
        return above.pop() if len(above) == 1 else str(self.root)

    def require_owner(self) -> None:
        """Check, before the first write, that the lake belongs to this project (see ``require_owner``).

        Its folders are closed then to those who have no access.
        """
        if self._is_owned:
            return
        self.store.keep_private(self._access)
        if self._project is not None:
            require_owner(self.store, self._project)
        self._is_owned = True

    def is_there(self) -> bool:
        """Whether anything exists at the lake's location; raises StoreError."""
        places = self.store.places
        if not set(Zone) <= places.keys() and self.root.is_dir():
            return True
        return any(self.store.folders(segment) for segment in places)

    def table(self, name: TableName | str) -> Table:
        """The table of that name, which need not exist yet."""
        return Table(self, name if isinstance(name, TableName) else TableName.parse(name))

    def existing(self, name: TableName | str) -> Snapshot:
        """The newest version of a table that must exist; raises TableNotFound."""
        if (snapshot := self.table(name).snapshot()) is None:
            raise TableNotFound.among(str(name), map(str, self.tables()))
        return snapshot

    def tables(self) -> list[TableName]:
        """All tables of the lake, ordered by zone."""
        names = [TableName(zone, folder) for zone in Zone for folder in self.store.folders(zone)]
        if all(self.store.is_local(zone) for zone in Zone):
            return [name for name in names if self._has_log(name)]
        with ThreadPoolExecutor(_LISTERS) as pool:  # each lookup is a request
            there = list(pool.map(self._has_log, names))
        return [name for name, is_table in zip(names, there, strict=True) if is_table]

    def snapshots(
        self, names: Iterable[TableName] | None = None
    ) -> tuple[dict[TableName, Snapshot], dict[TableName, TableError]]:
        """The newest version of each table, or of ``names``, and why the others cannot be read.

        Raises:
            StoreError: the store refuses, or does not answer.
        """
        found: dict[TableName, Snapshot] = {}
        unreadable: dict[TableName, TableError] = {}
        for name in self.tables() if names is None else names:
            try:
                found[name] = self.existing(name)
            except TableError as error:
                unreadable[name] = error
        return found, unreadable

    def voids(self, snapshot: Snapshot) -> set[int]:
        """The batches of its generation that were committed with no files."""
        last = snapshot.last_void
        return self.control.voids(snapshot.name) | {last} if last >= max(snapshot.generation, 1) else set()

    def begin(self, name: TableName, batch: int) -> Attempt:
        """Register an attempt at ``batch`` of a table."""
        attempt = Attempt(str(name), batch)
        self.control.register(attempt)
        return attempt

    @contextmanager
    def reading(self, *snapshots: Snapshot | None) -> Generator[None]:
        """Keep maintenance from the files of these versions while they are read.

        A lake that this user may only read has no such record: reading it goes on without.
        """
        reading = Reading({str(s.name): s.version for s in snapshots if s is not None})
        try:
            self.control.begin_reading(reading)
        except StoreError as error:
            if error.transient:
                raise
            yield
            return
        try:
            yield
        finally:
            try:
                self.control.end_reading(reading)
            except StoreError as error:  # maintenance keeps the files until this process has ended
                _log.warning("a record of what was read remains: %s", error)

    def discard(self, attempt: str, name: TableName | str) -> None:
        """Delete the staged files of an attempt that nothing refers to, and its registration."""
        table = self.table(name).name
        for place in (table, table.quarantine):
            self.store.delete(file.path for file in self.store.list(f"{place.path}/attempt={attempt}"))
        for known in self.control.attempts(table):
            if known.id == attempt:
                self.control.forget(known)

    def _has_log(self, name: TableName) -> bool:
        log = f"{name.path}/{_LOG}"
        if self.store.is_local(log):
            return Path(self.store.absolute(log)).is_dir()
        return any(True for _ in self.store.list(log))

    def failpoint(self, step: str, table: TableName | str) -> None:
        """Report that the write path has reached ``step``."""
        _steps.debug("step %s %s", step, table)
        if self._on_step is not None:
            self._on_step(step, str(table))


class Table:
    """A table's location in a lake."""

    def __init__(self, lake: Lake, name: TableName) -> None:
        self.lake = lake
        self.name = name
        self.root = lake.store.absolute(name.path)
        self.options = lake.store.options(name.path)

    def snapshot(self, version: int | None = None) -> Snapshot | None:
        """The newest version, or ``version``; None when the table does not exist.

        Raises:
            TableError: the version or the log cannot be read.
            StoreError: the store of the table refuses, or does not answer.
        """
        if not is_url(self.root) and not (Path(self.root) / _LOG).is_dir():
            return None
        try:
            with explained(self.root):
                handle = DeltaTable(self.root, version=version, storage_options=self.options)
                if version is None and self.options is None:
                    require_whole(self.root, handle.version())
                return Snapshot(self.name, self.root, handle)
        except TableNotFoundError:
            return None
        except ClearwellError:
            raise
        except (DeltaError, OSError, ValueError) as error:
            which = "its log" if version is None else f"version {version}"
            raise TableError(
                f"{which} cannot be read: {str(error).splitlines()[0]}",
                place=str(self.name),
                hint=f"clearwell repair {self.name}; or restore its _delta_log folder from a backup",
            ) from error

    def force(self, files: Iterable[str]) -> None:
        """Force files below the table's root to their disk, if the lake is durable."""
        self.lake.store.force(f"{self.name.path}/{file}" for file in files)

    def force_commit(self, version: int) -> None:
        """The same for a commit, and the checkpoint that was made with it."""
        leaf = f"{_LOG}/{version:020}"
        self.force([f"{leaf}.json", f"{leaf}.checkpoint.parquet", f"{_LOG}/_last_checkpoint"])

    def create(
        self,
        schema: pa.Schema,
        *,
        required: Collection[str] = (),
        untold: Collection[str] = (),
        description: str | None = None,
    ) -> None:
        """Create the table with no rows, unless it exists already; ``untold`` columns get no bounds."""
        columns = normalise(schema, required=required)
        self.lake.store.require_conditional_put(self.name.path)
        told = safe_columns(columns, required, untold=(*untold, *untold_in(self.name)))
        configuration = {"delta.dataSkippingStatsColumns": ",".join(told)}
        if is_url(self.root):
            configuration["delta.checkpointInterval"] = _FAR_CHECKPOINT
        try:
            DeltaTable.create(
                self.root,
                schema=Schema.from_arrow(columns),
                mode="error",
                name=str(self.name),
                description=description,
                configuration=configuration,
                storage_options=self.options,
            )
        except (DeltaError, OSError) as error:
            if refused := refusal(error, self.root):
                raise refused from error
            if self.snapshot() is None:  # another writer was not first
                raise
        self.force_commit(0)
