"""The default engine: Sail, in a process of its own on loopback, one for a run.

No Java, ready in a fraction of a second. It refuses nothing by name, but lacks what ``lacks`` says. Its
port has no password: another user of the same machine could reach it while the run lasts.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from clearwell.engines import failures, parquet
from clearwell.engines.base import Capability
from clearwell.engines.client import ConnectClient
from clearwell.engines.memory import machine_memory, show_bytes
from clearwell.engines.sail_process import SailProcess
from clearwell.engines.scratch import Scratch
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

__all__ = ["SAIL_LACKS", "EmbeddedEngine"]

SAIL_LACKS = frozenset(Capability)
"""Sail 0.7 has none of what is listed in Capability."""

_LEAST_MEMORY = 512 * 2**20
_DEATH_SECONDS = 2.0


class EmbeddedEngine(ConnectClient):
    """Sail as a supervised child process.

    Args:
        memory: Bytes that its process may use; default half of the machine's or the control group's.
        deadline_seconds: Work that takes longer ends the engine.
    """

    lacks = SAIL_LACKS

    def __init__(self, *, memory: int | None = None, deadline_seconds: float = 3600.0) -> None:
        super().__init__("embedded", deadline_seconds=deadline_seconds, tries=0)
        self.memory = memory or machine_memory() // 2
        self._process: SailProcess | None = None
        self._scratch: Scratch | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running engine, or None before its start and after its end."""
        process = self._process
        return None if process is None or process.wait(0) else process.pid

    @property
    def scratch(self) -> str | None:  # type: ignore[override] - known only while it runs
        """The folder in which it spills, gone with it; None before its start and after its end."""
        return str(self._scratch.path) if self._scratch is not None else None

    def _open(self) -> DefaultChannelBuilder:
        if missing := [name for name in ("pyspark", "pysail", "grpc") if find_spec(name) is None]:
            raise EngineError(
                f"the embedded engine needs packages that are not installed: {', '.join(missing)}",
                hint="pip install 'clearwell[pipelines]'",
            )
        if self.memory < _LEAST_MEMORY:
            raise EngineError(
                f"the embedded engine cannot work in {show_bytes(self.memory)}",
                hint=f"set engine_memory to {show_bytes(_LEAST_MEMORY)} or more",
            )
        self._scratch = scratch = Scratch()
        self._process = process = SailProcess(self.memory, str(scratch.path), keep_open=(scratch.lock,))
        from pyspark.sql.connect.client import DefaultChannelBuilder

        # A proxy from the environment must not get between us and loopback.
        return DefaultChannelBuilder(f"sc://127.0.0.1:{process.port()}", [("grpc.enable_http_proxy", 0)])

    def _settle(self, session: SparkSession) -> parquet.Dialect:
        # On Ctrl-C pyspark asks the server to interrupt the query, and Sail answers only when a function of
        # the user's that runs there has returned. Closing this engine ends its process anyway: do not wait.
        client: Any = session.client
        client.interrupt_operation = _nothing_interrupted
        return parquet.SAIL

    def _cut(self, why: str) -> None:
        if self._process is not None:
            self._process.kill(why)

    def _how_lost(self, error: BaseException) -> str | None:
        process = self._process
        if process is None or not process.wait(_DEATH_SECONDS if failures.is_disconnect(error) else 0):
            return None
        return process.how_it_ended()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill("it was closed")
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None

    def _last_words(self) -> str:
        return self._process.last_words() if self._process is not None else ""

    def _hint_lost(self) -> str:
        process = self._process
        if process is not None and process.ran_out_of_memory():
            return f"raise engine_memory (now {show_bytes(self.memory)}), or take less at once"
        if process is not None and process.exited_by_itself():
            return "look for a Python function in the transform that ends its process"
        return super()._hint_lost()


def _nothing_interrupted(_: str) -> list[str]:
    return []
