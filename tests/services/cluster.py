"""A Spark cluster for tests: a standalone master, two workers and a Connect server with Delta, on loopback.

All of it is pyspark's own jars. The workers are like strangers' machines: their Python has pyarrow, but
neither Clearwell nor the project, and they run in folders of their own. `make cluster` runs one until Ctrl-C.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import venv
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from clearwell.engines.spark.conf import local_conf, properties, s3_conf
from tests.services import jvm
from tests.services.process import Service, comes_true

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cluster"]

_HEAP = "384m"  # of master and workers, which only keep books
_GIVEN = (
    *("pyarrow", "deltalake", "arro3", "typing_extensions", "obstore"),  # what Clearwell needs there
    *("numpy", "pandas", "dateutil", "pytz", "six"),  # what pandas functions of a project do
)
_EXECUTOR = "CoarseGrainedExecutorBackend"


class Cluster:
    """A context manager: inside it the cluster runs, and ``url`` takes sessions.

    Args:
        workers: How many; each has one core. With 0 of them Spark takes work and never begins it.
        memory: What each worker lends to its executor.
        token: What a client must show; None: nothing.
        python: The workers' Python; default one with a few packages, of which none is Clearwell.
        options: More of Spark's configuration, for the Connect server.
        environment: Variables that all its processes get; default the AWS_* of this one, which open a bucket.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        memory: str = "1g",
        token: str | None = None,
        python: Path | None = None,
        options: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._count, self._memory, self._token, self._python = workers, memory, token, python
        self._options = dict(options or {})
        own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self._given = dict(own if environment is None else environment)
        self._services: dict[str, Service] = {}
        self._ports: dict[str, int] = {}
        self.folder = Path()

    @property
    def url(self) -> str:
        """The address for ``--engine``; pyspark sends a token without TLS to ``localhost`` alone."""
        if self._token:
            return f"sc://localhost:{self._ports['connect']}/;token={self._token}"
        return f"sc://127.0.0.1:{self._ports['connect']}"

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self._ports['master']}"

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that live."""
        return [s.pid for name, s in self._services.items() if name.startswith("worker") and s.lives]

    @property
    def server(self) -> int:
        """The process id of the Connect server, which is Spark's driver too."""
        return self._services["connect"].pid

    @property
    def executors(self) -> list[int]:
        """The process ids of the executors that live: where tasks run."""
        found: list[int] = []
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(worker).children(recursive=True):
                    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                        if any(_EXECUTOR in word for word in child.cmdline()):
                            found.append(child.pid)
        return found

    def kill_executor(self) -> int:
        """Kill one executor, as a machine that fails does; its process id."""
        victim = self.executors[0]
        os.kill(victim, signal.SIGKILL)
        return victim

    def kill_worker(self) -> int:
        """Kill one worker; its executor ends with it."""
        victim = self.workers[0]
        os.kill(victim, signal.SIGKILL)
        return victim

    def kill_server(self) -> int:
        """Kill the Connect server; :meth:`start_server` starts a fresh one, at another address."""
        victim = self.server
        os.kill(victim, signal.SIGKILL)
        self._services["connect"].wait()
        return victim

    def start_server(self) -> None:
        """Start a Connect server on this cluster and wait for it and for the executors it gets."""
        options = {
            **local_conf(
                cores=max(self._count, 1), scratch=str(self.folder / "spill"), token=self._token or ""
            ),
            **(s3_conf(self._given) if self._given.get("AWS_ENDPOINT_URL") else {}),
            "spark.master": self.master,
            "spark.executor.memory": self._memory,
            "spark.executor.cores": "1",
            "spark.executor.extraClassPath": ":".join(map(str, jvm.jars(self._given))),
            "spark.executor.extraJavaOptions": " ".join(jvm.SMALL),
            **self._options,
        }
        # Its own default: a server that takes many sessions keeps their code apart.
        options.pop("spark.sql.artifact.isolation.enabled", None)
        if not self._token:
            options.pop("spark.connect.authenticate.token", None)
        file = self.folder / "connect.properties"
        file.touch(mode=0o600)
        file.write_text(properties(options))
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        words = ["--properties-file", str(file), "--class", server, "spark-internal"]
        self._run("connect", "org.apache.spark.deploy.SparkSubmit", *words)
        self._ports["connect"] = self._port_of("connect", r"Connect server started at: \S*?:(\d+)")
        if not comes_true(lambda: len(self.executors) == len(self.workers), 60):
            raise self._services["connect"].died("its executors did not start")

    def add_worker(self) -> None:
        """Start one more worker, and wait for its executor."""
        number = sum(name.startswith("worker") for name in self._services)
        before = len(self.executors)
        self._start_worker(f"worker{number}")
        self._said(f"worker{number}", "Successfully registered with master")
        assert comes_true(lambda: len(self.executors) > before, 60), "its executor did not start"

    def mend(self) -> None:
        """Start again what was killed, and wait until all of it is as it was at first."""
        for name, service in list(self._services.items()):
            if name.startswith("worker") and not service.lives:
                self._start_worker(name)
                self._said(name, "Successfully registered with master")
        if not self._services["connect"].lives:
            self.start_server()
        assert comes_true(lambda: len(self.executors) == self._count, 60), "an executor did not start"

    def start(self) -> None:
        """Start everything, in its order."""
        # It would take work at a fixed port from whoever asks.
        closed = "-Dspark.master.rest.enabled=false"
        self._run("master", closed, "org.apache.spark.deploy.master.Master", *_at("127.0.0.1"))
        self._ports["master"] = self._port_of(
            "master", r"Starting Spark master at spark://127\.0\.0\.1:(\d+)"
        )
        for number in range(self._count):
            self._start_worker(f"worker{number}")
        for number in range(self._count):
            self._said(f"worker{number}", "Successfully registered with master")
        self.start_server()

    def stop(self) -> None:
        """End all of it by force, the server first: nobody takes work for a cluster that ends."""
        for service in reversed(self._services.values()):
            service.stop()
        self._services.clear()

    def wait(self) -> None:
        """Return when the Connect server has ended by itself."""
        self._services["connect"].wait()

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="clearwell-cluster-"))
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_worker(self, name: str) -> None:
        work = ["--cores", "1", "--memory", self._memory, "--work-dir", str(self.folder / name)]
        self._run(name, "org.apache.spark.deploy.worker.Worker", *_at("127.0.0.1"), *work, self.master)

    def _run(self, name: str, *command: str) -> None:
        log = self.folder / f"{name}.log"
        log.unlink(missing_ok=True)  # of an earlier one
        self._services[name] = Service(
            jvm.command(command, heap="1g" if name == "connect" else _HEAP, environment=self._given),
            environment=self._environment(),
            folder=self.folder,
            log=log,
            remove=[self.folder],
        )

    def _environment(self) -> dict[str, str]:
        """Nothing of the developer's own but what opens the bucket; credentials are seen here alone."""
        python = self._python or _make_python(self.folder / "python")
        return {
            **self._given,
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "JAVA_HOME": str(jvm.home(self.folder / "java")),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "PYSPARK_PYTHON": str(python),
            "SPARK_HOME": str(jvm.SPARK_HOME),
            "SPARK_LOCAL_DIRS": str(self.folder / "spill"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SCALA_VERSION": "2.13",  # a worker cannot tell it from the layout of pyspark's package
        }

    def _said(self, name: str, pattern: str) -> re.Match[str]:
        """What a process's log says, once it does."""
        service = self._services[name]
        found: list[re.Match[str]] = []

        def look() -> bool:
            found.extend(re.finditer(pattern, service.log.read_text(errors="replace")))
            return bool(found)

        service.wait_for(pattern, look, 90)
        return found[-1]

    def _port_of(self, name: str, pattern: str) -> int:
        return int(self._said(name, pattern)[1])


def _at(host: str) -> list[str]:
    """A free port for the work and one for the page."""
    return ["--host", host, "--port", "0", "--webui-port", "0"]


def _make_python(folder: Path) -> Path:
    """An environment with what workers must have, and no more: pyspark itself is brought by Spark."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, symlinks=True, with_pip=False)
        ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        own = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
        ours = Path(sysconfig.get_path("purelib"))
        for package in _GIVEN:
            for found in (ours / package, ours / f"{package}.libs", ours / f"{package}.py"):
                if found.exists():
                    (own / found.name).symlink_to(found)
    return python


def main() -> None:
    """Run a cluster until Ctrl-C."""
    with suppress(KeyboardInterrupt), Cluster() as cluster:
        sys.stdout.write(
            f"a Spark cluster of two workers takes sessions at {cluster.url}\n"
            f"  in another shell: clearwell run --engine {cluster.url}\n"
            "  it ends with Ctrl-C, and leaves nothing behind\n"
        )
        sys.stdout.flush()
        cluster.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
