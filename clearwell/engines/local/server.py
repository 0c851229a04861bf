"""The parent's side of a local engine: start its process, watch it, know how it ended.

The process has its own session, so Ctrl-C in the terminal does not reach it, and everything that a user's
function starts there ends with it. The last 64 KiB of its output are kept.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, ClassVar, cast

from clearwell.engines.local import die_with_parent
from clearwell.engines.memory import resident_bytes
from clearwell.errors import EngineError
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ServerProcess"]

_KEPT_CHUNKS = 16
_CHUNK = 4096
_LOOK_EVERY = 0.25

_lifelines: set[int] = set()


class ServerProcess:
    """A running server and the thread that watches it.

    Args:
        what: Its name in an error, such as ``"the embedded engine"``.
        command: Builds the command from the read end of a pipe: when that closes, the process must end.
        environment: Its complete environment.
        memory: Bytes of private memory; above that it is ended.
        keep_open: Descriptors that the process inherits.
    """

    no_memory: ClassVar[tuple[str, ...]] = ()
    """Its output when an allocation is refused."""

    def __init__(
        self,
        what: str,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
        *,
        memory: int,
        keep_open: tuple[int, ...] = (),
    ) -> None:
        self.memory = memory
        self._why: str | None = None
        self._output: deque[bytes] = deque(maxlen=_KEPT_CHUNKS)
        self._ended = threading.Event()
        line, self._lifeline = os.pipe()
        _lifelines.add(self._lifeline)
        try:
            self._process = subprocess.Popen(
                command(line),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=(line, *keep_open),
                start_new_session=True,
            )
        except OSError as error:
            self._release()
            raise EngineError(
                f"{what}'s process did not start: {error}",
                hint="check that this Python can start processes, and that memory and disk are not full",
            ) from error
        finally:
            os.close(line)
        self.pid = self._process.pid
        threading.Thread(target=self._watch, name="clearwell-engine-watch", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, or ends within ``seconds``."""
        return self._ended.wait(seconds)

    def finish(self, why: str) -> None:
        """End it when its work is done."""
        self.kill(why)

    def kill(self, why: str) -> None:
        """End it and all that it started. The first ``why`` is the one that is reported."""
        if not self._ended.is_set():
            self._why = self._why or why
            die_with_parent.kill_session(self.pid)
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
        """Whether it ended, or panicked, because memory ran out."""
        words = self.last_words()
        return "memory" in (self._why or "") or any(sign in words for sign in self.no_memory)

    def exited_by_itself(self) -> bool:
        """Whether its own code ended it: the server never does so."""
        return self._ended.is_set() and (self._process.returncode or 0) >= 0 and self._why is None

    def last_words(self, characters: int = 300) -> str:
        """The end of its output, in whole lines."""
        text = b"".join(self._output).decode(errors="replace").strip()
        return text if len(text) <= characters else text[-characters:].partition("\n")[2]

    def _heard(self, output: bytes) -> None:
        """Called with its output as it arrives, and with nothing when it has ended."""

    def _resident(self) -> int:
        """Bytes of private memory that it uses now."""
        return resident_bytes(self.pid)

    def _watch(self) -> None:
        """Keep its output, watch its memory, and notice its end: one loop, woken by either."""
        output = cast("IO[bytes]", self._process.stdout)
        with selectors.DefaultSelector() as selector, output:
            selector.register(output, selectors.EVENT_READ)
            while self._process.poll() is None:
                if not selector.get_map():
                    time.sleep(_LOOK_EVERY)
                elif selector.select(_LOOK_EVERY):
                    chunk = os.read(output.fileno(), _CHUNK)
                    if chunk:
                        self._keep(chunk)
                    else:
                        selector.unregister(output)  # it ended, or a user function closed its output
                if self._why is None and self._resident() > self.memory:
                    self._why = f"it used more memory than its limit of {readable_size(self.memory)}"
                    die_with_parent.kill_session(self.pid)
            die_with_parent.kill_session(self.pid)  # processes that a user function started
            self._drain(selector)
        self._ended.set()
        self._heard(b"")

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """Its last output: what is in the pipe now. The pipe may stay open, if a process left the session."""
        for _ in range(_KEPT_CHUNKS):
            ready = selector.select(0) if selector.get_map() else []
            chunk = os.read(ready[0][0].fd, _CHUNK) if ready else b""
            if not chunk:
                return
            self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        self._output.append(chunk)
        self._heard(chunk)

    def _release(self) -> None:
        if self._lifeline in _lifelines:
            _lifelines.remove(self._lifeline)
            os.close(self._lifeline)


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
