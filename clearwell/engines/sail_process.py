"""The parent's side of the embedded engine: start its process, watch it, know how it ended.

The process has a session of its own, so Ctrl-C in the terminal does not reach it, and all that a user's
function starts in there ends with it. What it prints is kept, the last 64 KiB of it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, cast

from clearwell.engines.memory import address_space_limit, resident_bytes, show_bytes
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SailProcess", "server_environment"]

_START_SECONDS = 60.0
_KEPT_CHUNKS = 16
_CHUNK = 4096
_LOOK_EVERY = 0.25
_ONE_WEEK = 7 * 24 * 3600

_NO_MEMORY = ("memory allocation of", "returned null pointer", "MemoryError")
"""What Rust, its C libraries and Python say when an allocation is refused."""

_lifelines: set[int] = set()


class SailProcess:
    """A running Sail server and the thread that watches it.

    Args:
        memory: Bytes of private memory; with more than that it is ended.
        scratch: An existing folder for what queries spill.
        keep_open: Descriptors that the process shall inherit.
    """

    def __init__(self, memory: int, scratch: str, *, keep_open: tuple[int, ...] = ()) -> None:
        self.memory = memory
        self._why: str | None = None
        self._output: deque[bytes] = deque(maxlen=_KEPT_CHUNKS)
        self._ended = threading.Event()
        lifeline, self._lifeline = os.pipe()
        self._report, report = os.pipe()
        _lifelines.add(self._lifeline)
        command = [
            *(sys.executable, "-P", "-m", "clearwell.engines.sail_server"),
            *(str(lifeline), str(report), str(address_space_limit(memory))),
        ]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=server_environment(os.environ, memory=memory, scratch=scratch),
                pass_fds=(lifeline, report, *keep_open),
                start_new_session=True,
            )
        except OSError as error:
            self._release()
            os.close(self._report)
            raise EngineError(
                f"the embedded engine's process does not start: {error}",
                hint="check that this Python can start processes, and that memory and disk are not full",
            ) from error
        finally:
            os.close(lifeline)
            os.close(report)
        self.pid = self._process.pid
        threading.Thread(target=self._watch, name="clearwell-engine-watch", daemon=True).start()

    def port(self) -> int:
        """The port that it serves on, once it does; raises EngineError if it never will."""
        with open(self._report, "rb") as report, selectors.DefaultSelector() as selector:
            selector.register(report, selectors.EVENT_READ)
            line = report.readline() if selector.select(_START_SECONDS) else b""
        if port := int(line or b"0"):
            return port
        self.kill("it did not start")
        raise EngineError(
            f"the embedded engine did not start: {self.last_words() or self.how_it_ended()}",
            hint="pip install 'clearwell[pipelines]' again; if memory was short, raise engine_memory",
        )

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, or ends within ``seconds``."""
        return self._ended.wait(seconds)

    def kill(self, why: str) -> None:
        """End it and all that it started. The first ``why`` is the one that is told."""
        if not self._ended.is_set():
            self._why = self._why or why
            self._kill_group()
        self._ended.wait(5.0)
        self._release()

    def how_it_ended(self) -> str:
        """A clause such as ``"it was killed by SIGKILL"``."""
        if self._why:
            return self._why
        code = self._process.returncode
        if code is None:
            return "it runs"
        return f"it was killed by {_signal_name(-code)}" if code < 0 else f"it exited with code {code}"

    def ran_out_of_memory(self) -> bool:
        """Whether it ended, or panicked, for want of memory."""
        words = self.last_words()
        return "memory" in (self._why or "") or any(sign in words for sign in _NO_MEMORY)

    def exited_by_itself(self) -> bool:
        """Whether something in it called for its end: it never does so itself."""
        return self._ended.is_set() and (self._process.returncode or 0) >= 0 and self._why is None

    def last_words(self, characters: int = 300) -> str:
        """The end of what it printed, in whole lines."""
        text = b"".join(self._output).decode(errors="replace").strip()
        return text if len(text) <= characters else text[-characters:].partition("\n")[2]

    def _watch(self) -> None:
        """Keep its output, look at its size, and notice its end: one loop, woken by either."""
        output = cast("IO[bytes]", self._process.stdout)
        with selectors.DefaultSelector() as selector, output:
            selector.register(output, selectors.EVENT_READ)
            while self._process.poll() is None:
                if not selector.get_map():
                    time.sleep(_LOOK_EVERY)
                elif selector.select(_LOOK_EVERY):
                    chunk = os.read(output.fileno(), _CHUNK)
                    if chunk:
                        self._output.append(chunk)
                    else:
                        selector.unregister(output)  # it ended, or a user's function closed its output
                if self._why is None and resident_bytes(self.pid) > self.memory:
                    self._why = f"it used more memory than its limit of {show_bytes(self.memory)}"
                    self._kill_group()
            self._kill_group()  # what a user's function started there
            self._drain(selector)
        self._ended.set()

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """Its last words: what is in the pipe now. The pipe may stay open, if a process left the group."""
        for _ in range(_KEPT_CHUNKS):
            ready = selector.select(0) if selector.get_map() else []
            chunk = os.read(ready[0][0].fd, _CHUNK) if ready else b""
            if not chunk:
                return
            self._output.append(chunk)

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # gone; macOS says so by the second one
            return

    def _release(self) -> None:
        if self._lifeline in _lifelines:
            _lifelines.remove(self._lifeline)
            os.close(self._lifeline)


def server_environment(parent: Mapping[str, str], *, memory: int, scratch: str) -> dict[str, str]:
    """What the server's process sees: the parent's environment and modules, and our settings.

    The time zone and the hash seed are fixed, so that a user's function gives the same on any machine.
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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _drop_lifelines() -> None:
    """A process forked off by the parent must not keep an engine alive."""
    while _lifelines:
        os.close(_lifelines.pop())


os.register_at_fork(after_in_child=_drop_lifelines)
