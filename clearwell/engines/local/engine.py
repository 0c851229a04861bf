"""The base of the local engines: a supervised child process and its own folder, deleted with it."""

from __future__ import annotations

from abc import abstractmethod
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from clearwell.engines import failures
from clearwell.engines.connect.session import ConnectClient
from clearwell.engines.memory import machine_memory
from clearwell.engines.scratch import Scratch
from clearwell.errors import EngineError
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

    from clearwell.engines.local.server import ServerProcess

__all__ = ["LocalEngine"]

_DEATH_SECONDS = 2.0


class LocalEngine(ConnectClient):
    """An engine as a supervised child process on loopback.

    Args:
        name: The engine's name.
        memory: Bytes that its processes may use; default: half of the machine's or the control group's.
        deadline_seconds: Work that takes longer ends the engine.
    """

    packages: ClassVar[tuple[str, ...]] = ()
    """The required packages, and the extra that installs them."""

    extra: ClassVar[str] = "pipelines"
    least_memory: ClassVar[int] = 0

    def __init__(self, name: str, *, memory: int | None = None, deadline_seconds: float = 3600.0) -> None:
        super().__init__(name, deadline_seconds=deadline_seconds, tries=0)
        self.memory = memory or machine_memory() // 2
        self._process: ServerProcess | None = None
        self._scratch: Scratch | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running engine, or None before its start and after its end."""
        process = self._process
        return None if process is None or process.wait(0) else process.pid

    @property
    def scratch(self) -> str | None:  # type: ignore[override] - known only while it runs
        """The folder for its spill files, deleted with it; None before its start and after its end."""
        return str(self._scratch.path) if self._scratch is not None else None

    @abstractmethod
    def _launch(self, scratch: Scratch) -> DefaultChannelBuilder:
        """Start the process, keep it as ``_process``, and return how to reach it once it serves."""

    def _open(self) -> DefaultChannelBuilder:
        if missing := [name for name in self.packages if find_spec(name) is None]:
            raise EngineError(
                f"the {self.name} engine needs packages that are not installed: {', '.join(missing)}",
                hint=f"pip install 'clearwell[{self.extra}]'",
            )
        if self.memory < self.least_memory:
            raise EngineError(
                f"the {self.name} engine cannot work in {readable_size(self.memory)}",
                hint=f"set engine_memory to {readable_size(self.least_memory)} or more",
            )
        self._scratch = scratch = Scratch()
        return self._launch(scratch)

    def _forget_interrupts(self, session: SparkSession) -> None:
        """Do not ask the server to interrupt a query on Ctrl-C, as pyspark does.

        It may answer only after a user function that runs there returns. Closing this engine ends its process
        anyway: do not wait.
        """
        client: Any = session.client
        client.interrupt_operation = _nothing_interrupted

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
            self._process.finish("it was closed")
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None

    def _last_words(self) -> str:
        return self._process.last_words() if self._process is not None else ""

    def _hint_lost(self) -> str:
        process = self._process
        if process is not None and process.ran_out_of_memory():
            return f"raise engine_memory (now {readable_size(self.memory)}), or process less at once"
        if process is not None and process.exited_by_itself():
            return "check the transform for a Python function that ends its process"
        return super()._hint_lost()


def _nothing_interrupted(_: str) -> list[str]:
    return []
