"""The door of the embedded engine: when its run has come in, the kernel lets nobody else.

Sail listens on a port of loopback, where every user of the machine may connect, and asks nobody who they are.
But it listens in our own process. So a filter is put on its listening socket that drops every packet:
connections that exist live on, and new ones are never made. Who came in before, and stayed, is seen in the
kernel's table of sockets. Only on Linux; imports are few, because every run starts here.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys

__all__ = ["CLOSED", "OPEN", "STRANGER", "close_door", "strangers"]

CLOSED, OPEN, STRANGER = "closed", "open", "stranger"

_SO_ATTACH_FILTER = 26
_DROP = struct.pack("HBBI", 0x06, 0, 0, 0)
"""One instruction of the kernel's packet filter: return 0, keep nothing of the packet."""
_ESTABLISHED = "01"


def close_door(port: int) -> str:
    """Let nobody else connect to ``port``, on which this process listens.

    Returns:
        CLOSED; OPEN where the system cannot do it; STRANGER if another user had connected before.
    """
    if sys.platform != "linux":
        return OPEN
    try:
        _drop_all(port)
        with open("/proc/net/tcp", encoding="ascii") as table:
            return STRANGER if strangers(port, table.readlines()[1:]) else CLOSED
    except OSError:
        return OPEN


def _drop_all(port: int) -> None:
    with _listener(port) as listening:
        program = ctypes.create_string_buffer(_DROP, len(_DROP))
        length_and_address = struct.pack("HP", 1, ctypes.addressof(program))
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, length_and_address)


def _listener(port: int) -> socket.socket:
    """The socket of this process that listens on ``port``, by another descriptor; raises OSError."""
    for name in os.listdir("/proc/self/fd"):
        link = f"/proc/self/fd/{name}"
        if not os.path.lexists(link) or not os.readlink(link).startswith("socket:"):
            continue
        found = socket.socket(fileno=os.dup(int(name)))
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens and found.family == socket.AF_INET and found.getsockname()[1] == port:
            return found
        found.close()
    raise OSError(f"nothing listens on port {port}")


def strangers(port: int, table: list[str]) -> list[str]:
    """The connections to ``port`` of loopback by others, and those that end: whose they were is not told.

    ``table`` has the lines of /proc/net/tcp below its head.
    """
    here = f"{struct.unpack('=I', socket.inet_aton('127.0.0.1'))[0]:08X}:{port:04X}"
    to_us = [row for row in map(str.split, table) if row[2] == here]  # the remote address
    return [row[1] for row in to_us if row[3] != _ESTABLISHED or int(row[7]) != os.getuid()]
