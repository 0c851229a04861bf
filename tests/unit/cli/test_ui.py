"""Dagster's pages: on this machine only, once a project, and never on a port that is taken."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.cli import ui as module
from clearwell.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.cli.ran import Ran


class Replaced(Exception):
    """This process would have become another."""


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[dict[str, Any]]:
    """What this process would have become; a project whose Dagster home is there."""
    seen: dict[str, Any] = {}
    servers: list[subprocess.Popen[bytes]] = []

    class Remembered(subprocess.Popen):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            servers.append(self)

    def execve(file: str, command: list[str], environment: dict[str, str]) -> None:
        seen.update(file=file, command=command, environment=environment, folder=Path.cwd())
        raise Replaced

    monkeypatch.setattr(module.os, "execve", execve)
    (project / "dagster_home").mkdir()
    monkeypatch.setattr(module.subprocess, "Popen", Remembered)
    (project / "dagster_home/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    yield seen
    for server in servers:  # they follow a process that does not end here
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((module.HOST, 0))
        return probe.getsockname()[1]


def test_it_opens_this_project_on_its_lake_on_loopback(
    became: dict[str, Any], project: Path, clearwell: Callable[..., Ran]
) -> None:
    port = free_port()
    ran = clearwell("ui", "--port", str(port), "--lake", "elsewhere")
    assert f"http://127.0.0.1:{port}" in ran.err
    assert became["command"][0] == sys.executable
    assert became["command"][3:9] == [
        "-m",
        "clearwell.cli.webserver.dev",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    assert became["folder"] == project
    assert became["environment"]["DAGSTER_HOME"] == str(project / "dagster_home")
    assert became["environment"]["CLEARWELL_LAKE"] == str(project / "elsewhere")
    pages = became["environment"]["CLEARWELL_PAGES_URL"]
    assert f"{pages}  the lake's report" in ran.err
    assert load_settings(project, pages_url=pages).pages_url == pages


def test_what_it_starts_has_the_same_profile(
    became: dict[str, Any], project: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write(
            '[tool.clearwell.profiles.hybrid]\nplaces = { gold = "s3://bucket/gold" }\n'
            'engines = { curate = "spark" }\nprices = "pipelines/prices/cloud.yaml"\n'
        )
    clearwell("ui", "--port", str(free_port()), "--profile", "hybrid", "--lake", "elsewhere")
    for name, text in became["environment"].items():
        monkeypatch.setenv(name, text)
    started = load_settings(project)
    assert started.lake == project / "elsewhere"
    assert started.places == {"gold": "s3://bucket/gold"}
    assert (started.profile, started.engine_of("curate")) == ("hybrid", "spark")
    assert started.prices == project / "pipelines/prices/cloud.yaml"


def test_a_port_that_is_taken_is_a_clear_error(became: dict[str, Any], clearwell: Callable[..., Ran]) -> None:
    with socket.socket() as taken:
        taken.bind((module.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = clearwell("ui", "--port", str(port))
    assert ran.code == 1
    assert f"port {port} is not free" in ran.err
    assert f"--port {port + 1}" in ran.err
    assert became == {}


def test_pages_that_are_open_already_are_named(became: dict[str, Any], clearwell: Callable[..., Ran]) -> None:
    first = free_port()
    clearwell("ui", "--port", str(first))  # holds the lock: it would run on, as Dagster
    ran = clearwell("ui", "--port", str(free_port()))
    assert ran.code == 1
    assert f"the pages are already open at http://127.0.0.1:{first}" in ran.err


def test_dagsters_home_is_made_where_there_is_none(
    became: dict[str, Any], project: Path, clearwell: Callable[..., Ran]
) -> None:
    (project / "dagster_home/dagster.yaml").unlink()
    clearwell("ui", "--port", str(free_port()))
    assert (project / "dagster_home/dagster.yaml").is_file()
    assert became["command"]


def test_the_name_of_the_code_location_comes_from_the_project_where_it_has_one(project: Path) -> None:
    settings = load_settings(project)
    assert "clearwell.definitions" in module.dagster_command(settings, 3000)
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.dg.project]\nroot_module = 'pipelines'\n")
    assert "clearwell.definitions" not in module.dagster_command(settings, 3000)
