"""What `clearwell ui` and a server start is Dagster's own web server, with the guard around it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dagster_webserver.cli
import pytest
from dagster._cli import dev as dagster_dev

from clearwell.cli.webserver import __main__ as server
from clearwell.cli.webserver import dev
from clearwell.errors import ProjectError
from tests.services.dagster_home import copy_databases
from tests.unit.cli.webserver.asking import JSON, ask

if TYPE_CHECKING:
    from pathlib import Path

CHANGE = "mutation { setNuxSeen }"  # that the welcome was seen: the least of Dagster's mutations


@pytest.fixture
def outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, bytes]]:
    """What the application that Dagster would serve answers, on an instance without a code location."""
    asked = {
        "query": ("GET", f"/graphql?query={quote('{ version }')}", None),
        "page": ("GET", "/runs", None),
        "change": ("POST", "/graphql", json.dumps({"query": CHANGE}).encode()),
        "change by a link": ("GET", f"/graphql?query={quote(CHANGE)}", None),
    }
    found: dict[str, tuple[int, bytes]] = {}

    def run(app: Any, **_: Any) -> None:
        for name, (method, address, body) in asked.items():
            start, *rest = ask(app, method, address, body=body, **(JSON if body else {}))
            found[name] = (start["status"], b"".join(part.get("body", b"") for part in rest))
        start, *rest = ask(app, "GET", "/runs", host="example.org")
        found["page at another name"] = (start["status"], rest[0]["body"])

    copy_databases(tmp_path)
    made = "create_app_from_workspace_process_context"
    monkeypatch.setattr(dagster_webserver.cli, made, getattr(dagster_webserver.cli, made))
    monkeypatch.setattr(dagster_webserver.cli.uvicorn, "run", run)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["dagster-webserver", "--empty-workspace", "--port", "3000"])
    with pytest.raises(SystemExit) as ended:
        server.main()
    assert ended.value.code == 0
    return found


def test_dagsters_pages_work_and_a_link_changes_nothing(outcomes: dict[str, tuple[int, bytes]]) -> None:
    assert outcomes["query"][0] == 200
    assert b"version" in outcomes["query"][1]
    assert (outcomes["page"][0], outcomes["change"][0]) == (200, 200)
    assert outcomes["change by a link"][0] == 403
    assert outcomes["page at another name"][0] == 403


def test_a_public_address_that_is_none_is_told_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLEARWELL_DAGSTER_URL", "pages.example.org")
    with pytest.raises(ProjectError, match="the address of Dagster's pages is not a web address"):
        server.main()


def test_the_server_that_the_pages_start_is_the_guarded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def serve(prog_name: str) -> None:
        for module in ("dagster_webserver", "dagster._daemon", "dagster_unknown"):
            dagster_dev.open_ipc_subprocess([sys.executable, "-m", module, "--port", "1"], pass_fds=[])

    def popen(command: list[str], **_: Any) -> None:
        started.append(command[2:])

    monkeypatch.setattr(dagster_dev, "open_ipc_subprocess", dagster_dev.open_ipc_subprocess)
    monkeypatch.setattr(dagster_dev, "dev_command", serve)
    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(KeyError, match="dagster_unknown"):
        dev.main()
    assert started == [["clearwell.cli.webserver", "--port", "1"], ["dagster._daemon", "--port", "1"]]
