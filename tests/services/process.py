"""A server of a test's own, under a guard, so that it ends with who started it; and free ports for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ServerDied", "Service", "comes_true", "free_ports", "listens"]

_GUARD = Path(__file__).with_name("guard.py")
_PATIENCE = 30.0
_LAST_WORDS = 3_000


class ServerDied(AssertionError):
    """A server ended, or did not come up; with what it said last."""


class Service:
    """One process, what it prints in ``log``. ``pid`` is the command's own.

    Args:
        command: The program, by its path, and its arguments.
        environment: All that the process sees of one.
        folder: Where it runs.
        log: The file that gets its output.
        remove: Files and folders to remove if the owner is killed; :meth:`stop` leaves them.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        remove: Sequence[Path] = (),
    ) -> None:
        self.log = log
        lifeline, self._held = os.pipe()
        answer, report = os.pipe()
        os.set_inheritable(self._held, False)
        guarded = [
            sys.executable,
            "-S",
            str(_GUARD),
            str(lifeline),
            str(report),
            os.pathsep.join(map(str, remove)),
            *command,
        ]
        try:
            with log.open("ab") as output:
                self._guard = subprocess.Popen(
                    guarded,
                    cwd=folder,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(lifeline, report),
                    start_new_session=True,
                )
        finally:
            os.close(lifeline)
            os.close(report)
        with open(answer, "rb") as said:
            line = said.readline()
        if not line:
            raise self.died("did not start")
        self.pid = int(line)

    @property
    def lives(self) -> bool:
        """Whether the command still runs."""
        return self._guard.poll() is None

    def wait_for(self, what: str, look: Callable[[], bool], patience: float = _PATIENCE) -> None:
        """Return once ``look`` sees it; raises ServerDied if the process ends before, or patience does."""
        end = time.monotonic() + patience
        while not look():
            if not self.lives:
                raise self.died("ended")
            if time.monotonic() > end:
                raise self.died(f"{what} did not come within {patience:g} s")
            time.sleep(0.05)

    def wait(self) -> None:
        """Return when it has ended by itself.

        It looks now and then: a signal that comes just before a wait without an end would never be handled.
        """
        while self.lives:
            time.sleep(0.2)

    def died(self, how: str) -> ServerDied:
        """The error that says how, and what the server said last."""
        return ServerDied(f"{how}:\n{self.log.read_text(errors='replace')[-_LAST_WORDS:]}")

    def stop(self) -> None:
        """End it now, by force, with all that it has started. Safe to call twice."""
        held, self._held = self._held, -1
        if held >= 0:
            with suppress(BrokenPipeError):
                os.write(held, b".")
            os.close(held)
        self._guard.wait(_PATIENCE)


def comes_true(look: Callable[[], bool], patience: float = _PATIENCE) -> bool:
    """Whether ``look`` sees it before our patience ends."""
    end = time.monotonic() + patience
    while not (seen := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return seen


def free_ports(count: int) -> list[int]:
    """So many different ports of loopback that nobody listens at now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def listens(port: int) -> bool:
    """Whether something answers at this port of loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False
