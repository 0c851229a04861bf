"""The base of all engines: one Spark Connect session, a deadline, and errors in Clearwell's own terms.

pyspark's client waits ten minutes for a dead server, and forever for a hung one. Here the calls of a lost
engine fail at once, and a deadline ends those of a hung one.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from clearwell.engines import failures
from clearwell.engines.base import Capability, require
from clearwell.engines.connect.active import keeping_active, make_active
from clearwell.engines.connect.retries import short_retry
from clearwell.engines.connect.store_refusals import refused_by_store
from clearwell.engines.connect.utc import read_times_as_utc
from clearwell.engines.dialects import note_sail
from clearwell.engines.files import delta, parquet
from clearwell.engines.reread import read_twice
from clearwell.errors import ClearwellError, EngineError, EngineLost

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from types import TracebackType

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

__all__ = ["ConnectClient"]

_GOODBYE_SECONDS = 2.0

_SESSION_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Spark 4.2.0 hangs on a Python function over columns as they come from Parquet (SPARK-58241).
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}


class ConnectClient(ABC):
    """An engine behind a Spark Connect address. Subclasses implement its start, loss and end.

    Args:
        name: The engine that the user requested, without secrets.
        deadline_seconds: Work that takes longer ends the engine.
        tries: How often a call that finds no server is retried, within about 20 seconds.
    """

    lacks: frozenset[Capability] = frozenset()
    scratch: str | None = None
    unverified_functions: str = "refuse"
    """What is done on Sail with a function that was not compared with Spark's: ``refuse`` or ``warn``."""

    def __init__(self, name: str, *, deadline_seconds: float, tries: int) -> None:
        self.name = name
        self._deadline_seconds = min(deadline_seconds, threading.TIMEOUT_MAX)
        self._tries = tries
        self._session: SparkSession | None = None
        self._dialect = parquet.SPARK
        self._allowed_paths: set[str] = set()
        self._gone: str | None = None
        self._closed = False
        self._starting = threading.RLock()
        self._working = threading.local()
        self._owner = os.getpid()

    def session(self) -> SparkSession:
        """The session of this run; the first call starts the engine."""
        with self._starting:
            self._require_alive("use the engine")
            if self._session is None:
                with self.work(f"start the engine {self.name}"):
                    self._session = self._start()
            make_active(self._session)
            return self._session

    def read_parquet(self, paths: Sequence[str], schema: pa.Schema) -> DataFrame:
        """Exactly these files as one frame with exactly the columns of ``schema``: see Engine."""
        with self.work(f"read {len(paths)} Parquet files"):
            session = self.session()
            self._allowed_paths.update(self._dialect.source(path) for path in paths)
            return parquet.read(session, self._dialect, paths, schema)

    def read_delta(self, path: str, version: int, schema: pa.Schema) -> DataFrame:
        """A version of a Delta table by the engine's own reader: see Engine."""
        with self.work(f"read version {version} of {path} by Delta"):
            session = self.session()  # only then is the kind of engine known
            require(self, Capability.DELTA_READER, place=path)
            return delta.read(session, self._dialect, path, version, schema)

    def write_parquet(
        self,
        frame: DataFrame,
        path: str,
        *,
        partition_by: Sequence[str] = (),
        untold: Collection[str] = (),
    ) -> None:
        """Write ``frame`` as Parquet into the new folder ``path``: see Engine."""
        with self.work(f"write {path}"):
            self.session()
            parquet.write(frame, self._dialect, path, partition_by, untold)

    @contextmanager
    def work(self, what: str) -> Generator[None]:
        """Do ``what`` under the deadline; foreign errors become an EngineError that names ``what``."""
        if getattr(self._working, "now", False):
            yield
            return
        self._require_alive(what)
        alarm = threading.Timer(self._deadline_seconds, lambda: self._abandon(self._too_long()))
        alarm.daemon = True
        alarm.start()
        self._working.now = True
        try:
            with keeping_active():
                if self._session is not None:
                    make_active(self._session)
                yield
        except ClearwellError:
            raise
        except Exception as error:
            raised = self._explain(what, error)
            if raised is error:
                raise
            raise raised from error
        finally:
            self._working.now = False
            alarm.cancel()

    def close(self) -> None:
        """End the session, then what was started for it. Safe to call twice, from any thread."""
        if os.getpid() != self._owner:
            return  # a forked copy does not own the engine
        with self._starting:
            session, self._session, self._closed = self._session, None, True
            self._hang_up(session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _open(self) -> DefaultChannelBuilder:
        """Start what is needed and return the address and how to connect."""

    @abstractmethod
    def _cut(self, why: str) -> None:
        """Make every pending call of the client fail now."""

    @abstractmethod
    def _how_lost(self, error: BaseException) -> str | None:
        """How the engine was lost, if ``error`` means that it was."""

    @abstractmethod
    def _settle(self, session: SparkSession) -> parquet.Dialect:
        """Detect the kind of engine, once: it decides how files are addressed. May raise EngineError."""

    @abstractmethod
    def _end(self) -> None:
        """End what :meth:`_open` started. A second call does nothing."""

    def _last_words(self) -> str:
        return ""

    def _hint_lost(self) -> str:
        return "run again: a finished step is not repeated"

    def _start(self) -> SparkSession:
        session: Any = None
        try:
            builder = self._open()
            from pyspark.logger import PySparkLogger
            from pyspark.sql.connect.session import SparkSession as ConnectSession

            for noisy in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
                PySparkLogger.getLogger(noisy).setLevel(logging.CRITICAL)  # it prints errors we raise

            # pyspark.sql.functions builds Connect columns only if this is set, as in pyspark's own builder.
            os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
            session = ConnectSession.Builder().channelBuilder(builder).create()
            read_times_as_utc()
            read_twice(session)
            session.client.set_retry_policies([short_retry(self._tries)])
            # Registered after the client's own exit hook, so it runs first: that hook waits for dead servers.
            atexit.register(self.close)
            self._dialect = self._settle(session)
            if self._dialect is parquet.SAIL:
                note_sail(session)
                from clearwell.engines.sail_guard.session_hook import install

                self._allowed_paths = install(session, warn=self.unverified_functions == "warn")
            for key, value in _SESSION_CONF.items():
                _set_conf(session, key, value)
        except BaseException:
            self._hang_up(session)
            raise
        return session

    def _hang_up(self, session: SparkSession | None) -> None:
        atexit.unregister(self.close)
        if session is not None:
            if self._gone:
                self._cut(self._gone)
            # Releasing a session waits for a function that still runs: ten seconds, or forever.
            alarm = threading.Timer(_GOODBYE_SECONDS, self._cut, ["its session did not end"])
            alarm.daemon = True
            alarm.start()
            with suppress(Exception):
                session.stop()
            alarm.cancel()
        self._end()

    def _require_alive(self, what: str) -> None:
        if self._closed:
            raise EngineError(f"{what}: the engine {self.name} is closed", hint="open another engine")
        if self._gone:
            raise self._lost(what, self._gone)

    def _abandon(self, why: str) -> None:
        self._gone = self._gone or why
        self._cut(why)

    def _too_long(self) -> str:
        return f"no answer within the deadline of {self._deadline_seconds:g} s"

    def _explain(self, what: str, error: Exception) -> Exception:
        how = self._gone or self._how_lost(error)
        if how is None and self._closed and failures.is_foreign(error):
            how = "it was closed"
        if how:
            self._gone = how
            return self._lost(what, how)
        if failures.is_foreign(error):
            return refused_by_store(what, error) or failures.refused(what, error, words=self._last_words())
        return error

    def _lost(self, what: str, how: str) -> EngineLost:
        words, hint = self._last_words(), self._hint_lost()
        return failures.lost(what, how, words=words, hint=hint)


def _set_conf(session: SparkSession, key: str, value: str) -> None:
    """Set it if the engine allows it: managed clusters fix some settings."""
    from pyspark.errors import PySparkException

    try:
        session.conf.set(key, value)
    except PySparkException as error:
        if failures.is_disconnect(error) or key == "spark.sql.session.timeZone":
            raise
