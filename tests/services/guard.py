"""Runs one command and lets nothing of it outlive who asked for it.

    python -S guard.py LIFELINE REPORT REMOVE COMMAND...

LIFELINE is the read end of a pipe whose only write end the owner holds. However the owner ends, it closes:
the command and all that it has started are killed, and the files and folders of REMOVE (``:`` between them)
are removed. An owner that writes into the pipe first cleans up by itself. REPORT is a pipe that gets the
command's process id. A guard leads a process group of its own, and the lifeline alone ends it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    lifeline, report = int(arguments[0]), int(arguments[1])
    remove, command = arguments[2].split(os.pathsep), arguments[3:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # There is one thread here, so the preparation is safe.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_guard)  # noqa: PLW1509
    os.write(report, f"{child.pid}\n".encode())
    os.close(report)
    while child.poll() is None and not select.select([lifeline], [], [], _LOOK_SECONDS)[0]:
        pass
    code = child.poll()
    if code is None:
        child.kill()
        child.wait()
    orderly = select.select([lifeline], [], [], 0)[0] and os.read(lifeline, 1)
    if code is None and not orderly:
        for path in filter(None, remove):
            with contextlib.suppress(OSError):
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    os.killpg(0, signal.SIGKILL)  # what the command has started, and the guard itself
    return 0


def _die_with_guard() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
