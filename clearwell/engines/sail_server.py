"""The embedded engine's own process: a Sail server on loopback that cannot outlive who started it.

    python -m clearwell.engines.sail_server LIFELINE REPORT DATA_LIMIT

LIFELINE is the read end of a pipe whose only write end the parent holds. However the parent ends, the
kernel closes that end, and on Linux it then kills this whole process group by itself: no Python code
runs, so a user's function that holds the interpreter cannot delay it. (The parent-death signal would
not do: it follows the *thread* that started this process.) REPORT is a pipe that gets the port.
DATA_LIMIT is the RLIMIT_DATA in bytes. Imports are few, for this is the start of every run.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Serve until the lifeline closes; never returns."""
    lifeline, report, data_limit = (int(argument) for argument in arguments)
    _die_with_parent(lifeline)
    _limit_memory(data_limit)

    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    address = server.listening_address
    os.write(report, f"{address[1] if address else 0}\n".encode())
    os.close(report)
    os.read(lifeline, 1)  # nobody writes: it returns when the parent is gone
    os._exit(0)


def _die_with_parent(lifeline: int) -> None:
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    # A parent that died before the lines above is seen by the read in main().


def _limit_memory(data_limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        data_limit = min(data_limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (data_limit, data_limit))


if __name__ == "__main__":
    main(sys.argv[1:])
