"""The process of the embedded engine: how it is started, and how its port is learned."""

from __future__ import annotations

import logging
import os
import selectors
import sys
from typing import TYPE_CHECKING

from clearwell.engines.local.server import ServerProcess
from clearwell.engines.memory import address_space_limit
from clearwell.engines.sail.door import OPEN, STRANGER
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SailProcess", "server_environment"]

_log = logging.getLogger("clearwell")

_START_SECONDS = 60.0
_ONE_WEEK = 7 * 24 * 3600


class SailProcess(ServerProcess):
    """A running Sail server and the thread that watches it.

    Args:
        memory: Bytes of private memory; above that it is ended.
        scratch: An existing folder for spill files.
        keep_open: Descriptors that the process inherits.
    """

    no_memory = ("memory allocation of", "returned null pointer", "MemoryError")
    """The output of Rust, its C libraries and Python when an allocation is refused."""

    def __init__(self, memory: int, scratch: str, *, keep_open: tuple[int, ...] = ()) -> None:
        self._report, report = os.pipe()
        door, self._door = os.pipe()
        try:
            super().__init__(
                "the embedded engine",
                lambda line: [
                    *(sys.executable, "-P", "-m", "clearwell.engines.sail.server"),
                    *(str(line), str(door), str(report), str(address_space_limit(memory))),
                ],
                server_environment(os.environ, memory=memory, scratch=scratch),
                memory=memory,
                keep_open=(door, report, *keep_open),
            )
        except EngineError:
            os.close(self._report)
            os.close(self._door)
            raise
        finally:
            os.close(door)
            os.close(report)

    def port(self) -> int:
        """The port that it serves on, once it does; raises EngineError if it never will."""
        if port := int(self._told() or "0"):
            return port
        self.kill("it did not start")
        raise EngineError(
            f"the embedded engine did not start: {self.last_words() or self.how_it_ended()}",
            hint="reinstall 'clearwell[pipelines]' with pip; if memory was short, raise engine_memory",
        )

    def close_door(self) -> None:
        """Let nobody connect to it from now on; raises EngineError if somebody else had. Call it once."""
        with open(self._door, "wb", buffering=0) as door:
            door.write(b"1")
        told = self._told()
        os.close(self._report)
        if told == STRANGER:
            self.kill("another user had connected to it")
            raise EngineError(
                "another user of this machine connected to the embedded engine while it started",
                hint="run again; if it comes again, ask who looks at the ports of this machine",
            )
        if told == OPEN and sys.platform == "linux":
            _log.warning("this system cannot close the port of the embedded engine to other users")

    def _told(self) -> str:
        """The next line of the server; empty if none comes in time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._report, selectors.EVENT_READ)
            return os.read(self._report, 100).decode().strip() if selector.select(_START_SECONDS) else ""


def server_environment(parent: Mapping[str, str], *, memory: int, scratch: str) -> dict[str, str]:
    """The environment of the server's process: the parent's variables and modules, and our settings.

    The time zone and the hash seed are fixed, so that a user function gives the same result on any machine.
    """
    return {
        **parent,
        "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "RUST_LOG": "error",
        "RUST_BACKTRACE": "0",
        "SAIL_MODE": "local",
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(memory * 6 // 10),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": f'["{scratch}"]',
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(_ONE_WEEK),
    }
