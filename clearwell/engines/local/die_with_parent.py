"""Start a program that cannot outlive its parent: run as a file, which then executes the program.

    python -I -S die_with_parent.py LIFELINE PROGRAM ARGUMENT...

LIFELINE is the read end of a pipe whose only write end the parent holds. However the parent ends, the kernel
closes that end, and on Linux it then kills this process group, whatever program the process runs by then.
(The parent-death signal is not enough: it follows the *thread* that started this process.) On other systems
a second process remains and waits for it. Must be the leader of its own session.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["die_with_parent", "guarded", "kill_group", "kill_session", "session_members"]

_ROUNDS = 50


def guarded(command: Sequence[str], lifeline: int) -> list[str]:
    """The command that runs ``command`` so that it ends when the other end of ``lifeline`` closes."""
    return [sys.executable, "-I", "-S", __file__, str(lifeline), *command]


def die_with_parent(lifeline: int) -> bool:
    """Make the kernel kill this process group when the other end closes; whether the kernel supports it."""
    if sys.platform != "linux":
        return False
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    return True


def kill_group(pid: int) -> None:
    """Kill the process group that ``pid`` leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS raises the second one
        os.killpg(pid, signal.SIGKILL)


def kill_session(leader: int) -> None:
    """Kill all processes of the session of ``leader``, in all of its process groups."""
    kill_group(leader)
    for _ in range(_ROUNDS):  # the killed ones may have started more meanwhile
        members = session_members(leader)
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not members:
            return


def session_members(leader: int) -> list[int]:
    """The living processes of a session; none where the system does not report them."""
    members: list[int] = []
    for pid in os.listdir("/proc") if sys.platform == "linux" else ():
        if pid.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
                # The name before the last bracket may contain anything, including spaces and brackets.
                state, _, _, session, *_ = file.read().rpartition(b") ")[2].split()
                if int(session) == leader and state not in (b"Z", b"X"):
                    members.append(int(pid))
    return members


def _main(arguments: Sequence[str]) -> None:
    lifeline, *command = arguments
    if not die_with_parent(int(lifeline)):
        _leave_a_watch(int(lifeline))
    # A parent that died before the lines above sent no signal, but its end of the pipe is closed.
    if select.select([int(lifeline)], [], [], 0)[0]:
        sys.exit(1)
    os.set_inheritable(int(lifeline), True)
    os.execv(command[0], command)  # noqa: S606, a list of arguments and no shell


def _leave_a_watch(lifeline: int) -> None:
    if os.fork() == 0:
        os.read(lifeline, 1)  # nothing is written: it returns when the parent is gone
        kill_group(os.getpgrp())


if __name__ == "__main__":
    _main(sys.argv[1:])
