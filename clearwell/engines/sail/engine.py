"""The default engine: Sail, in a separate process on loopback, one per run.

It needs no Java and starts in a fraction of a second. Its ``lacks`` lists the missing capabilities. Its port
has no password; on Linux nobody can connect to it any more as soon as the run has (``door``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.engines.base import SAIL_LACKS
from clearwell.engines.files import parquet
from clearwell.engines.local.engine import LocalEngine
from clearwell.engines.sail.process import SailProcess

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

    from clearwell.engines.scratch import Scratch

__all__ = ["EmbeddedEngine"]

_FOREVER = 2**31 - 1


class EmbeddedEngine(LocalEngine):
    """Sail as a supervised child process.

    Args:
        memory: Bytes that its process may use; default: half of the machine's or the control group's.
        deadline_seconds: Work that takes longer ends the engine.
    """

    lacks = SAIL_LACKS
    packages = ("pyspark", "pysail", "grpc")
    least_memory = 512 * 2**20

    def __init__(self, *, memory: int | None = None, deadline_seconds: float = 3600.0) -> None:
        super().__init__("embedded", memory=memory, deadline_seconds=deadline_seconds)

    def _launch(self, scratch: Scratch) -> DefaultChannelBuilder:
        self._process = process = SailProcess(self.memory, str(scratch.path), keep_open=(scratch.lock,))
        from pyspark.sql.connect.client import DefaultChannelBuilder

        # A proxy from the environment must not come between us and loopback, and the one connection stays.
        options = [("grpc.enable_http_proxy", 0), ("grpc.client_idle_timeout_ms", _FOREVER)]
        return DefaultChannelBuilder(f"sc://127.0.0.1:{process.port()}", options)

    def _settle(self, session: SparkSession) -> parquet.Dialect:
        self._forget_interrupts(session)
        if isinstance(self._process, SailProcess) and session.version:  # it has answered, so we are in
            self._process.close_door()
        return parquet.SAIL
