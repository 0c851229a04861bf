"""Any Spark Connect endpoint: ``sc://host:port``, with ``;token=...;use_ssl=true`` where it requires them.

The address is in Spark's own format; its token never reaches a log or an error. The kind of engine is
detected once: Spark reports the same version by the protocol and in SQL, Sail reports two. Only the session
is started and stopped here. The code of Clearwell and of the project that Spark's workers run is sent to
them when the session starts; they need pyarrow and the same version of Python.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clearwell.engines import failures
from clearwell.engines.base import SAIL_LACKS
from clearwell.engines.connect.code_archive import CodeArchive
from clearwell.engines.connect.progress import TaskWatch
from clearwell.engines.connect.session import ConnectClient
from clearwell.engines.files import parquet
from clearwell.engines.scratch import Scratch
from clearwell.errors import EngineError
from clearwell.secret_values import learn

if TYPE_CHECKING:
    import grpc
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

__all__ = ["ConnectEngine"]

_INTERRUPT_SECONDS = 2.0
_COLD_START = 6
"""The first answer may take this many times the patience: a new Spark's first session is slow."""
_TRIES = 8


class ConnectEngine(ConnectClient):
    """A Spark Connect endpoint that is operated elsewhere.

    Args:
        url: ``sc://host:port/;key=value``.
        deadline_seconds: Work that takes longer is interrupted, and the connection is closed.
        patience: Seconds to wait until the endpoint can be reached; its first answer may take longer.
        code_archive: The code for its workers; default: Clearwell's own.
    """

    def __init__(
        self,
        url: str,
        *,
        deadline_seconds: float = 3600.0,
        patience: float = 10.0,
        code_archive: CodeArchive | None = None,
    ) -> None:
        self._url = url
        learn(*_secrets(url))
        self._patience = patience
        self._code_archive = code_archive or CodeArchive()
        self._tasks = TaskWatch()
        self._starved = False
        self.sends_code = False
        """Whether its workers have received the code they import, so they can run Clearwell's functions."""
        self._channel: grpc.Channel | None = None
        super().__init__(_address(url), deadline_seconds=deadline_seconds, tries=_TRIES)

    def _open(self) -> DefaultChannelBuilder:
        try:
            import grpc
            from pyspark.errors import PySparkException
            from pyspark.sql.connect.client import DefaultChannelBuilder
        except ImportError as error:
            raise EngineError(
                f"an engine at an address needs packages that are not installed: {error.name}",
                hint="pip install 'clearwell[pipelines]'",
            ) from error

        class OneChannel(DefaultChannelBuilder):
            """For the detection and for the session; kept here, so that it can be closed from outside."""

            channel: grpc.Channel | None = None

            def toChannel(self) -> grpc.Channel:  # noqa: N802, pyspark's name
                self.channel = self.channel or super().toChannel()
                return self.channel

        try:
            builder = OneChannel(self._url)
        except (PySparkException, ValueError):
            raise EngineError(
                f"{self.name} is not the address of a Spark Connect endpoint",
                hint="write it as sc://host:port, or sc://host:port/;use_ssl=true;token=...",
            ) from None  # the cause quotes the whole address, with its token
        self._channel = channel = builder.toChannel()
        try:
            grpc.channel_ready_future(channel).result(timeout=self._patience)
        except grpc.FutureTimeoutError as error:
            channel.close()
            raise EngineError(
                f"no Spark Connect endpoint answers at {self.name}",
                hint="start it, or correct --engine sc://host:port; --engine embedded needs no server",
            ) from error
        return builder

    def _settle(self, session: SparkSession) -> parquet.Dialect:
        """Detect whether Spark or Sail answers; refuse an endpoint that is neither."""
        from pyspark.errors import PySparkException

        patience = _COLD_START * self._patience
        alarm = threading.Timer(patience, self._abandon, [f"no first answer within {patience:g} s"])
        alarm.daemon = True
        alarm.start()
        try:
            spoken = session.version
            # From a table inside the query: Spark then answers without any worker.
            named = str(session.sql("SELECT version() FROM VALUES (1)").collect()[0][0])
        except (PySparkException, ValueError) as error:
            if self._gone:
                raise
            raise EngineError(
                f"the server at {self.name} is not a Spark Connect endpoint that accepts this client: "
                + failures.first_line(str(error)),
                hint="check the port, the token and the server's version",
            ) from error
        finally:
            alarm.cancel()
        if named.split(maxsplit=1)[0] == spoken:
            handler: Any = self._tasks  # pyspark wants a subclass, and calls it as a function
            session.registerProgressHandler(handler)
            self._send_code(session)
            self.sends_code = True
            return parquet.SPARK
        self.lacks = SAIL_LACKS
        return parquet.SAIL

    def _send_code(self, session: SparkSession) -> None:
        """Send Spark the modules that its workers import; Sail runs functions in a local process."""
        from pyspark.errors import PySparkException

        with Scratch(prefix="clearwell-code-") as folder:
            packed = self._code_archive.pack(folder)
            try:
                session.addArtifacts(str(packed), pyfile=True)
            except (PySparkException, ValueError) as error:
                said = failures.first_line(str(error))
                raise EngineError(
                    f"{self.name} does not accept the code for its workers: {said}",
                    hint="it must allow artifacts (SparkSession.addArtifacts), as Spark's own server does",
                ) from error

    def _too_long(self) -> str:
        waiting = self._tasks.none_begun
        if not waiting:
            return super()._too_long()
        self._starved = True
        return f"{super()._too_long()}: no task of {waiting} has started; the cluster has no free worker"

    def _abandon(self, why: str) -> None:
        self._gone = self._gone or why
        if self._session is not None:  # the server lives on: stop its abandoned work
            asked = threading.Thread(target=_interrupt_all, args=[self._session], daemon=True)
            asked.start()
            asked.join(_INTERRUPT_SECONDS)
        super()._abandon(why)

    def _cut(self, why: str) -> None:  # noqa: ARG002, the reason is not used here
        if self._channel is not None:
            self._channel.close()

    def _how_lost(self, error: BaseException) -> str | None:
        return f"{self.name} no longer answers" if failures.is_disconnect(error) else None

    def _end(self) -> None:
        self._channel = None

    def _hint_lost(self) -> str:
        if self._starved:
            return f"check the workers of {self.name}, or raise engine_deadline_seconds if they are only busy"
        return f"check the server at {self.name}, then run again: a finished step is not repeated"


def _address(url: str) -> str:
    """``sc://host:port`` of an address, without parts that may be secret."""
    rest = url.partition("://")[2].partition(";")[0].partition("/")[0]
    return f"sc://{rest.rpartition('@')[2]}"


def _secrets(url: str) -> list[str | None]:
    """Every value of an address after its host (tokens, user and session ids), and its password."""
    values = [part.partition("=")[2] for part in url.split(";")[1:]]
    return [*values, urlsplit(f"//{url.partition('://')[2]}").password]


def _interrupt_all(session: SparkSession) -> None:
    with suppress(Exception):
        session.interruptAll()
