"""The doctor finds what would keep a run from working, and says what to do."""

from __future__ import annotations

import importlib.metadata
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from clearwell.cli.doctor import command as module
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
    monkeypatch.setattr(module, "_ask", lambda settings: f"{settings.told_engine()} counted")
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
    assert "next: choose another with --lake PATH" in ran.out


def test_a_lake_that_cannot_be_made_is_found(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    (healthy / "occupied").write_text("a file, no folder")
    ran = clearwell("doctor", "--json", "--lake", str(healthy / "occupied" / "lake"))
    assert findings(ran)["lake"]["state"] == "error"
    assert ran.code == 1


def test_looking_makes_no_lake(healthy: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("doctor")
    assert not (healthy / "lake").exists()


def test_each_engine_of_a_profile_is_asked_and_no_token_is_shown(
    healthy: Path, clearwell: Callable[..., Ran]
) -> None:
    with (healthy / "pyproject.toml").open("a") as file:
        file.write(
            '[tool.clearwell.profiles.big]\nengine = "sc://far.example:15002/;token=hunter2"\n'
            'engines = { ingest = "embedded", cleanse = "embedded", curate = "sc://o:1/;token=hunter2" }\n'
        )
    ran = clearwell("doctor", "--json", "--profile", "big")
    found = findings(ran)
    assert set(found) >= {"engine", "engine of ingest, cleanse", "engine of curate"}
    assert found["engine of ingest, cleanse"]["found"] == "embedded counted"
    assert "hunter2" not in ran.out + ran.err


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


def test_what_spark_needs_is_told_and_is_no_fault_where_it_is_not_used(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    jars = findings(clearwell("doctor", "--json"))["jars"]
    assert jars["state"] == "ok"
    assert "8 of 8 are not in" in jars["found"]
    assert "only --engine spark needs it" in jars["found"]
    jars = findings(clearwell("doctor", "--json", "--engine", "spark"))["jars"]
    assert (jars["state"], "12.8 MiB" in jars["hint"]) == ("warning", True)


def test_a_jar_that_is_not_whole_is_named_for_the_engine_that_needs_it(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from clearwell.engines.spark.jars import delta_jars

    folder = tmp_path / "cache/jars"
    folder.mkdir(parents=True)
    for jar in delta_jars():
        (folder / jar.name).symlink_to(jar)
    half = folder / "delta-storage-4.4.0.jar"
    whole = half.read_bytes()
    half.unlink()
    half.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    ran = clearwell("doctor", "--json", "--engine", "spark")
    jars = findings(ran)["jars"]
    assert (ran.code, jars["state"]) == (1, "error")
    assert f"{half} has 56,931 of 113,863 bytes" in jars["found"]
    assert "remove it" in jars["hint"]


def test_jars_for_buckets_are_looked_at_where_a_part_of_the_lake_is_in_one(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    assert "jars for s3" not in findings(clearwell("doctor", "--json"))
    monkeypatch.setenv("CLEARWELL_PLACES", '{ gold = "s3://bucket/gold" }')
    assert "3 of 3 are not in" in findings(clearwell("doctor", "--json"))["jars for s3"]["found"]


def test_versions_that_do_not_fit_are_an_error_for_spark_alone(
    healthy: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.engines.spark import compatibility

    bad = {"python": "3.12.3", "pyspark": "4.2.0", "delta-spark": "4.4.1", "pandas": "2.3.3"}
    monkeypatch.setattr(compatibility, "installed_set", lambda: bad)
    assert findings(clearwell("doctor", "--json"))["spark"]["state"] == "ok"
    ran = clearwell("doctor", "--json", "--engine", "spark")
    assert (ran.code, findings(ran)["spark"]["state"]) == (1, "error")
    assert findings(ran)["spark"]["hint"] == "pip install 'delta-spark==4.4.0'"
