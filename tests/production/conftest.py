"""Dagster as on a server: PostgreSQL, web server and daemon, each a process of its own on loopback."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.cli.init import project_files
from tests.components.shop import make_shop, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0

WORKSPACE = project_files("shop")["dagster_home/workspace.yaml"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, look: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What ``look`` finds, once it finds something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if found := look():
                return found
        time.sleep(0.5)
    pytest.fail(f"{what} did not come within {patience:g} s")


@dataclass(frozen=True)
class Database:
    """A PostgreSQL server of the test's own."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://dagster@127.0.0.1:{self.port}/postgres"


@contextmanager
def database() -> Iterator[Database]:
    """A server with a new, empty cluster; PostgreSQL refuses to run as root, so it does not."""
    tools = _postgres_tools()
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="clearwell-postgres-"))
    data = folder / "data"
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    port = free_port()
    try:
        make = [tools / "initdb", "--pgdata", data, "--username", "dagster", "--auth", "trust", "--no-sync"]
        subprocess.run(make, user=user, cwd=folder, check=True, capture_output=True)
        serve = [tools / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(serve, user=user, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for("PostgreSQL", lambda: _answers(port), 60)
            yield Database(port, folder)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    import psycopg2

    try:
        psycopg2.connect(host="127.0.0.1", port=port, user="dagster", dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _postgres_tools() -> Path:
    """The folder of PostgreSQL's programs; Debian keeps them out of PATH."""
    found = [Path(place).resolve().parent for place in filter(None, [shutil.which("initdb")])]
    found += [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    for folder in found:
        if (folder / "postgres").exists():
            return folder
    if os.environ.get("CLEARWELL_CI"):
        pytest.fail("continuous integration needs PostgreSQL: Debian's package postgresql")
    pytest.skip("PostgreSQL is not installed: Debian's package postgresql")


@dataclass
class Instance:
    """A project on Dagster's production configuration, and its web server and daemon."""

    root: Path
    environment: dict[str, str]
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return Path(self.environment["DAGSTER_HOME"])

    def start(self) -> None:
        workspace = write(self.home / "workspace.yaml", WORKSPACE)
        bind = ["--host", "127.0.0.1", "--port", str(self.port)]
        for module, arguments in (("clearwell.cli.webserver", bind), ("dagster._daemon", ["run"])):
            command = [sys.executable, "-m", module, *arguments, "--workspace", str(workspace)]
            with (self.home / f"{module}.log").open("wb") as log:
                process = subprocess.Popen(
                    command,
                    cwd=self.root,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.processes.append(process)
        wait_for("the web server", lambda: self._lives() and self.ask("{ version }"))

    def _lives(self) -> bool:
        for process in self.processes:
            if process.poll() is not None:
                said = "\n".join(file.read_text()[-2_000:] for file in self.home.glob("*.log"))
                pytest.fail(f"it ended with {process.returncode}:\n{said}")
        return True

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):  # what it has started: code servers, runs
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What Dagster's GraphQL says."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = json.load(answer)
        assert "errors" not in said, said
        return said["data"]

    def runs(self, **wanted: str) -> list[dict[str, Any]]:
        """The runs whose tags are ``wanted`` (`_` for `/`), the newest first."""
        said = self.ask("""{ runsOrError(limit: 100) { ... on Runs { results {
            runId status jobName tags { key value } } } } }""")
        found = said["runsOrError"]["results"]
        for run in found:
            run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
        return [run for run in found if all(run["tags"].get(k) == v for k, v in wanted.items())]

    def run(self, run_id: str) -> dict[str, Any]:
        return next(run for run in self.runs() if run["runId"] == run_id)

    def status(self, run_id: str, *wanted: str) -> str:
        """Wait until a run has one of the ``wanted`` states."""
        return wait_for(f"run {run_id} {wanted}", lambda: (s := self.run(run_id)["status"]) in wanted and s)

    def launch(self, *assets: str) -> str:
        """Start a run of ``assets`` as the pages do; its id."""
        mutation = """
            mutation Launch($params: ExecutionParams!) {
              launchPipelineExecution(executionParams: $params) {
                __typename
                ... on LaunchRunSuccess { run { runId } }
                ... on PythonError { message }
              }
            }"""
        selector = {
            "pipelineName": "clearwell_lake",
            "repositoryName": "__repository__",
            "repositoryLocationName": "shop",
            "assetSelection": [{"path": [asset]} for asset in assets],
        }
        said = self.ask(mutation, params={"selector": selector, "mode": "default"})["launchPipelineExecution"]
        assert said["__typename"] == "LaunchRunSuccess", said
        return said["run"]["runId"]


@contextmanager
def instance(root: Path, data: Database, *, runs_at_once: int = 8, **variables: str) -> Iterator[Instance]:
    """The shop on ``dagster.production.yaml``, served until the block ends."""
    served = configured(root, data, runs_at_once=runs_at_once, **variables)
    try:
        served.start()
        yield served
    finally:
        served.stop()


def configured(root: Path, data: Database, *, runs_at_once: int = 8, **variables: str) -> Instance:
    """The shop on ``dagster.production.yaml``, before it is served."""
    make_shop(root)
    home = root / "dagster_home"
    home.mkdir()
    config = (ROOT / "dagster_home" / "dagster.production.yaml").read_text()
    assert "max_concurrent_runs: 8" in config
    (home / "dagster.yaml").write_text(
        config.replace("max_concurrent_runs: 8", f"max_concurrent_runs: {runs_at_once}")
    )
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": data.url,
        "DAGSTER_COMPUTE_LOGS": str(home / "logs"),
        "CLEARWELL_LAKE": str(root / "lake"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        **variables,
    }
    return Instance(root, environment, free_port())
