"""Apache Spark on this machine: the reference engine, in a separate process on loopback, one per run.

It needs Java and Delta's jars, which are downloaded once (``clearwell.engines.spark.jars``). Only a client
with the run's token is served. Refused: a part of the lake on a store for which no jars were tested.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.engines.files import parquet
from clearwell.engines.local.data_size import hold_more_than
from clearwell.engines.local.engine import LocalEngine
from clearwell.engines.spark.compatibility import require_fit
from clearwell.engines.spark.conf import s3_conf
from clearwell.engines.spark.jars import delta_jars, s3_jars
from clearwell.engines.spark.java import find_java
from clearwell.engines.spark.process import SparkProcess
from clearwell.errors import EngineError
from clearwell.names import is_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client import DefaultChannelBuilder

    from clearwell.engines.scratch import Scratch
    from clearwell.settings import Settings

__all__ = ["SparkEngine", "open_spark"]

_SMALL = 256 << 20
"""The largest lake, in bytes, whose work counts as small: at 5 M rows, both modes took the same time."""


class SparkEngine(LocalEngine):
    """Apache Spark with Delta as a supervised child process.

    Args:
        memory: Bytes that its processes may use; default: half of the machine's or the control group's.
        deadline_seconds: Work that takes longer ends the engine.
        s3: Whether it reads and writes ``s3://`` addresses: that takes 690 MB of jars.
        data: Folders; their size at the start decides whether it is tuned for small work or for large.
    """

    packages = ("pyspark", "grpc", "delta")
    extra = "spark"
    least_memory = 2**30

    def __init__(
        self,
        *,
        memory: int | None = None,
        deadline_seconds: float = 3600.0,
        s3: bool = False,
        data: Sequence[Path] = (),
    ) -> None:
        super().__init__("spark", memory=memory, deadline_seconds=deadline_seconds)
        self._s3 = s3
        self._data = data

    def _launch(self, scratch: Scratch) -> DefaultChannelBuilder:
        require_fit()
        java = find_java()
        jars = [*delta_jars(), *(s3_jars() if self._s3 else ())]
        self._process = process = SparkProcess(
            java,
            jars,
            conf=s3_conf() if self._s3 else {},
            memory=self.memory,
            cores=_cores(),
            quick=not self._s3 and not hold_more_than(_SMALL, self._data),
            scratch=str(scratch.path),
            keep_open=(scratch.lock,),
        )
        return _channels(process.port(), process.token)

    def _settle(self, session: SparkSession) -> parquet.Dialect:
        self._forget_interrupts(session)
        return parquet.SPARK


def open_spark(settings: Settings) -> SparkEngine:
    """The engine for the lake of ``settings``; it starts with its first work.

    Raises:
        EngineError: a part of the lake is on a store that it cannot reach.
    """
    remote = {part: place for part, place in settings.places.items() if is_url(place)}
    for part, place in remote.items():
        if not place.startswith("s3://"):
            raise EngineError(
                f"the spark engine reads folders and s3:// only, and {part} is at {place}",
                hint="use the embedded engine, or a cluster that can: --engine sc://host:port",
            )
    local = [Path(place) for part, place in settings.places.items() if part not in remote]
    return SparkEngine(
        memory=settings.engine_memory,
        deadline_seconds=settings.engine_deadline_seconds,
        s3=bool(remote),
        data=(settings.lake, *local),
    )


def _cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _channels(port: int, token: str) -> DefaultChannelBuilder:
    """How to reach the server: with the token, unencrypted, because nothing leaves this machine.

    pyspark does that for the name ``localhost`` only, which may also resolve to another server's address.
    """
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    class Loopback(DefaultChannelBuilder):
        def toChannel(self) -> grpc.Channel:  # noqa: N802, pyspark's name
            credentials = grpc.composite_channel_credentials(
                grpc.local_channel_credentials(grpc.LocalConnectionType.LOCAL_TCP),
                grpc.access_token_call_credentials(token),
            )
            return self._secure_channel(f"ipv4:127.0.0.1:{port}", credentials)

    # A proxy from the environment must not come between us and loopback.
    return Loopback(f"sc://127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)])
