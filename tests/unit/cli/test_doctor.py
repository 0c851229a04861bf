"""The doctor finds what would keep a run from working, and says what to do."""

from __future__ import annotations

import importlib.metadata
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from clearwell.cli import doctor as module
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


@pytest.fixture
def healthy(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with all that it needs, and an engine that answers without being started."""
    (project / "dagster_home").mkdir()
    (project / "dagster_home/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setattr(module, "_ask", lambda settings: f"{settings.engine} counted")
    return project


def findings(ran: Ran) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in ran.json["findings"]}


def test_a_healthy_machine_ends_with_0(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("doctor", "--json")
    assert [f for f in ran.json["findings"] if f["state"] == "error"] == []
    assert (ran.code, ran.json["healthy"]) == (0, True)
    assert {"python", "byte code", "lake", "dagster home", "java", "engine"} <= set(findings(ran))


def test_what_is_wrong_is_named_with_the_next_step(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    (healthy / "occupied").write_text("a file, no folder")
    ran = clearwell("doctor", "--lake", str(healthy / "occupied" / "lake"))
    assert ran.code == 1
    assert "cannot be written" in ran.out
    assert "next: name another with --lake PATH" in ran.out


def test_a_lake_that_cannot_be_made_is_found(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    (healthy / "occupied").write_text("a file, no folder")
    ran = clearwell("doctor", "--json", "--lake", str(healthy / "occupied" / "lake"))
    assert findings(ran)["lake"]["state"] == "error"
    assert ran.code == 1


def test_looking_makes_no_lake(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("doctor")
    assert not (healthy / "lake").exists()


def test_an_engine_that_does_not_answer_is_found(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> str:
        raise EngineError("it does not start", hint="look at its log")

    monkeypatch.setattr(module, "_ask", refuse)
    engine = findings(clearwell("doctor", "--json"))["engine"]
    assert (engine["state"], engine["hint"]) == ("error", "look at its log")
    assert "it does not start" in engine["found"]


def test_the_running_python_is_reported(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    python = findings(clearwell("doctor", "--json"))["python"]
    assert python["found"].startswith(".".join(map(str, sys.version_info[:3])))


def test_packages_are_held_against_the_ranges_that_clearwell_declares(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = SimpleNamespace(
        metadata={"Requires-Python": ">=3.11"},
        requires=[
            "no-such-package>=1",
            "click>=99 ; extra == 'pipelines'",
            "pytest>=1 ; extra == 'dev'",
            "pyarrow",
        ],
    )
    real = importlib.metadata.distribution
    monkeypatch.setattr(
        importlib.metadata, "distribution", lambda name: declared if name == "clearwell" else real(name)
    )
    ran = clearwell("doctor", "--json")
    state = {name: finding["state"] for name, finding in findings(ran).items()}
    assert (state["python"], state["pyarrow"]) == ("ok", "ok")
    assert (state["no-such-package"], state["click"]) == ("error", "error")
    assert "pytest" not in state
    assert findings(ran)["click"]["hint"] == "pip install 'click>=99'"
    assert ran.code == 1
