"""Engines for tests: sessions of one server, where a test's run would start a process each time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from clearwell.engines.memory import machine_memory
from clearwell.engines.sail.process import SailProcess
from clearwell.engines.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql.connect.client import DefaultChannelBuilder

    from clearwell.engines import Engine

__all__ = [
    "LAUNCH",
    "LAUNCH_SPARK",
    "SAIL",
    "SailServers",
    "keep_door_open",
    "launch_at",
    "launch_spark_at",
    "spark_address",
]

LAUNCH = "clearwell.engines.sail.engine.EmbeddedEngine._launch"
"""What starts an embedded engine's process, and what tests replace."""

LAUNCH_SPARK = "clearwell.engines.spark.engine.SparkEngine._launch"
"""The same of local Spark."""

_OPENS_STORES = ("AWS_", "AZURE_", "GOOGLE_")


class SailServers:
    """Sail servers of this process's tests, each started when it is first needed.

    There is one for each set of variables that open stores: a server sees the environment of its start.
    """

    def __init__(self) -> None:
        self._running: dict[tuple[tuple[str, str], ...], tuple[Scratch, SailProcess, int]] = {}

    def port(self, environment: Mapping[str, str]) -> int:
        """The port of the server that may open what ``environment`` opens."""
        wanted = tuple(sorted(item for item in environment.items() if item[0].startswith(_OPENS_STORES)))
        found = self._running.get(wanted)
        if found is None or found[1].wait(0):
            self._running[wanted] = found = _start(dict(wanted))
        return found[2]

    def close(self) -> None:
        """End them all."""
        while self._running:
            _, (scratch, process, _) = self._running.popitem()
            process.finish("the tests ended")
            scratch.remove()


SAIL = SailServers()
"""Those of this process."""


def launch_at(port: Callable[[], int]) -> Callable[..., DefaultChannelBuilder]:
    """What stands in for ``LAUNCH``: a connection to a server that already runs."""

    def launch(_engine: Any, _scratch: Scratch) -> DefaultChannelBuilder:
        from pyspark.sql.connect.client import DefaultChannelBuilder

        return DefaultChannelBuilder(f"sc://127.0.0.1:{port()}", [("grpc.enable_http_proxy", 0)])

    return launch


def keep_door_open(engine: Any) -> None:
    """Let the processes that a test starts connect to an embedded engine, which else answers one alone."""
    from clearwell.engines.files import parquet

    def settle(session: Any) -> parquet.Dialect:
        engine._forget_interrupts(session)
        return parquet.SAIL

    engine._settle = settle


def launch_spark_at(port: int, token: str) -> Callable[..., DefaultChannelBuilder]:
    """What stands in for ``LAUNCH_SPARK``: a connection to a Spark that already runs."""
    from clearwell.engines.spark.engine import _channels

    return lambda _engine, _scratch: _channels(port, token)


def spark_address(engine: Engine) -> tuple[int, str]:
    """The port and the token of the local Spark that ``engine`` has started, or starts now."""
    from clearwell.engines.spark.engine import SparkEngine
    from clearwell.engines.spark.process import SparkProcess

    engine.session()
    assert isinstance(engine, SparkEngine)
    assert isinstance(engine._process, SparkProcess)
    return engine._process.port(), engine._process.token


def _start(opens: Mapping[str, str]) -> tuple[Scratch, SailProcess, int]:
    before = {name: value for name, value in os.environ.items() if name.startswith(_OPENS_STORES)}
    for name in before:
        del os.environ[name]
    os.environ.update(opens)
    try:
        scratch = Scratch()
        process = SailProcess(machine_memory() // 2, str(scratch.path), keep_open=(scratch.lock,))
        return scratch, process, process.port()
    finally:
        for name in opens:
            del os.environ[name]
        os.environ.update(before)
