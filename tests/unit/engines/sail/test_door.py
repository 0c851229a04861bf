"""The embedded engine answers the run that started it, and no other user or process of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from clearwell.engines.sail import door
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.engines.sail.process import SailProcess
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.own_engine,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the filter"),
]

NOBODY = 65534


def connect(port: int) -> int:
    """Connect from another process, of another user where we may choose one, and say nothing."""
    user = NOBODY if os.geteuid() == 0 else None
    command = ["/bin/bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"]
    return subprocess.run(command, user=user, cwd="/", timeout=2, check=False).returncode


@pytest.mark.promise("P5")
def test_when_its_run_has_connected_nobody_else_can() -> None:
    with EmbeddedEngine() as engine:
        session = engine.session()
        (port,) = {c.laddr.port for c in psutil.Process(engine.pid).net_connections() if c.status == "LISTEN"}
        with pytest.raises(subprocess.TimeoutExpired):
            connect(port)
        assert session.range(3).count() == 3


@pytest.mark.skipif(
    os.geteuid() != 0 and "CLEARWELL_CI" not in os.environ,
    reason="only root can be another user; continuous integration must run this",
)
def test_a_run_stops_if_another_user_had_connected_before(tmp_path: Path) -> None:
    process = SailProcess(2 * 2**30, str(tmp_path))
    command = ["/bin/bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{process.port()}; echo in; read"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    try:
        with subprocess.Popen(command, user=NOBODY, cwd="/", **pipes) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"in\n"
            with pytest.raises(EngineError, match="another user of this machine connected"):
                process.close_door()
            other.communicate(b"\n")
        assert process.wait(10)
    finally:
        process.kill("the test is over")


def test_whose_connections_they_are_is_asked_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            assert door.close_door(port) == door.CLOSED
            own = os.getuid()
            monkeypatch.setattr(door.os, "getuid", lambda: own + 1)
            assert door.close_door(port) == door.STRANGER


@pytest.mark.parametrize(
    ("remote", "state", "user", "is_strange"),
    [
        ("0100007F:96D9", "01", os.getuid(), False),
        ("0100007F:96D9", "01", os.getuid() + 1, True),
        ("0100007F:96D9", "06", 0, True),
        ("0100007F:96DA", "01", os.getuid() + 1, False),
        ("0500000A:96D9", "01", os.getuid() + 1, False),
    ],
)
def test_a_stranger_is_who_connects_to_this_port_of_loopback(
    remote: str, state: str, user: int, is_strange: bool
) -> None:
    """And nobody whose program talks to the same port of another machine."""
    line = f"  0: 0100007F:8000 {remote} {state} 00000000:00000000 00:00000000 00000000 {user:5} 0 1 1"
    assert bool(door.strangers(0x96D9, [line])) is is_strange


def test_a_port_on_which_this_process_does_not_listen_is_not_closed() -> None:
    assert door.close_door(1) == door.OPEN
