"""The embedded engine's own process: a Sail server on loopback that cannot outlive its parent.

    python -m clearwell.engines.sail.server LIFELINE DOOR REPORT DATA_LIMIT

LIFELINE is as in clearwell/engines/local/die_with_parent.py: on Linux no Python code runs when the parent
ends, so a user function that holds the interpreter lock cannot delay it. REPORT is a pipe that receives the
port, and what became of the door (clearwell/engines/sail/door.py) when DOOR, another pipe, says that the
parent has connected. DATA_LIMIT is the RLIMIT_DATA in bytes. Imports are few, because every run starts here.
"""

from __future__ import annotations

import os
import resource
import select
import sys

from clearwell.engines.local.die_with_parent import die_with_parent
from clearwell.engines.sail.door import close_door

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Serve until the lifeline closes; never returns."""
    lifeline, door, report, data_limit = (int(argument) for argument in arguments)
    die_with_parent(lifeline)
    _limit_memory(data_limit)

    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    address = server.listening_address
    port = address[1] if address else 0
    os.write(report, f"{port}\n".encode())
    if door in select.select([lifeline, door], [], [])[0] and os.read(door, 1):
        os.write(report, f"{close_door(port)}\n".encode())
    os.close(report)
    # On other systems, and for a parent that died before the lines above. Nothing is written to it.
    os.read(lifeline, 1)
    os._exit(0)


def _limit_memory(data_limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        data_limit = min(data_limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (data_limit, data_limit))


if __name__ == "__main__":
    main(sys.argv[1:])
