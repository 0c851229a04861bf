"""The context of one run: the project, its lake, its engines."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.engines import open_engine
from clearwell.errors import TableNotFound
from clearwell.lineage import Origins

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.project.load import Project
    from clearwell.project.specs import CuratedSpec, TableSpec
    from clearwell.quality import Suite
    from clearwell.settings import Settings
    from clearwell.tables import Lake, Snapshot

__all__ = ["Engines", "Run", "log"]

log = logging.getLogger("clearwell")


class Engines:
    """The engines that ``settings`` name, or ``given`` for all steps, which the caller closes.

    Cached facts about frames and views belong to one of them.
    """

    def __init__(self, settings: Settings, given: Engine | None = None) -> None:
        self._settings = settings
        self._opened: dict[str, tuple[Engine, Origins]] = {}
        self._given = None if given is None else (given, Origins())

    def of(self, step: str | None = None) -> tuple[Engine, Origins]:
        """The engine of a step, or the one of all other work, with the cached facts of its session.

        Raises:
            EngineError: there is no engine of that name, or this installation cannot run it.
        """
        if self._given is not None:
            return self._given
        settings = self._settings.at(step) if step else self._settings
        if settings.engine not in self._opened:
            self._opened[settings.engine] = open_engine(settings), Origins()
        return self._opened[settings.engine]

    def renew(self, lost: Engine) -> None:
        """Close a lost engine: the next step that uses it opens another. A given engine stays lost."""
        if self._given is not None and lost is self._given[0]:
            return
        for name, (engine, _) in list(self._opened.items()):
            if engine is lost:
                del self._opened[name]
        lost.close()

    def close(self) -> None:
        """Close all of them, even if one fails; raises the first error."""
        errors: list[Exception] = []
        while self._opened:
            _, (engine, _) = self._opened.popitem()
            try:
                engine.close()
            except Exception as error:  # noqa: BLE001 - the others must be closed too
                errors.append(error)
        if errors:
            raise errors[0]


@dataclass
class Run:
    """One run over a project. An engine starts when a step first needs it.

    ``full_refresh`` rebuilds each table that the run touches, once. With ``engines``, a step gets its own
    by ``at``; without, ``engine`` runs all of them.
    """

    project: Project
    lake: Lake
    engine: Engine
    full_refresh: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)
    origins: Origins = field(default_factory=Origins, repr=False)
    engines: Engines | None = field(default=None, repr=False)
    ledgers: Lake | None = field(default=None, repr=False)
    _refreshed: set[str] = field(default_factory=set[str], repr=False)

    @property
    def records(self) -> Lake:
        """The lake with the ledgers of the bronze tables: ``ledgers`` where it is not the run's own."""
        return self.ledgers or self.lake

    def input(self, table: TableName | str, *, of: str) -> Snapshot:
        """The newest version of a table that ``of``, a table or a dataset, is made from.

        Raises:
            TableNotFound: it was never built.
        """
        if (snapshot := self.lake.table(table).snapshot()) is None:
            raise TableNotFound(
                f"its input {table} was never built",
                place=of,
                hint=f"`clearwell run +{of}` builds what it is made from, and then it",
            )
        return snapshot

    def require_read(self, source: Snapshot) -> None:
        """Check that an engine has read all of ``source``; raises FilesGone."""
        source.require_files()

    def at(self, step: str | None) -> Run:
        """The same run with the engine of ``step``, one of ``clearwell.names.STEPS``; raises EngineError."""
        if self.engines is None:
            return self
        engine, origins = self.engines.of(step)
        return replace(self, engine=engine, origins=origins)

    def suite(self, spec: TableSpec | CuratedSpec) -> Suite | None:
        """The suite that checks the rows of ``spec``, if it has one; raises ProjectError."""
        from clearwell.quality import load_suite

        file = self.project.suite(spec)
        return load_suite(file) if file else None

    def must_refresh(self, table: TableName) -> bool:
        """Whether this run still has to rebuild ``table`` because of ``full_refresh``."""
        return self.full_refresh and str(table) not in self._refreshed

    def refreshed(self, table: TableName) -> None:
        """Record that this run has rebuilt ``table``."""
        self._refreshed.add(str(table))
