"""Dagster's home: made when missing, left alone when there; runs that were killed are ended."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import psutil
import pytest
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema

import clearwell
from clearwell.cli.init import project_files
from clearwell.components.running.instance import end_dead_runs, make_home, open_instance
from clearwell.components.running.resources import PROCESS_TAG
from clearwell.errors import ProjectError
from clearwell.tables.control_records import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).parents[2] / "dagster_home"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(tmp_path / "home") as opened:
        yield opened


def tag(process: Process) -> str:
    return f"{process.host}:{process.pid}:{process.started}"


def start(instance: dg.DagsterInstance, process: str | None) -> str:
    @dg.op
    def nothing() -> None: ...

    @dg.job
    def idle() -> None:
        nothing()

    run = instance.create_run_for_job(
        idle, status=dg.DagsterRunStatus.STARTED, tags={PROCESS_TAG: process} if process else {}
    )
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_a_run_of_a_dead_process_is_ended_and_others_go_on(instance: dg.DagsterInstance) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = Process.current()
    started = Process(here.host, child.pid, psutil.Process(child.pid).create_time())
    runs = {
        "dead": start(instance, tag(started)),
        "alive": start(instance, tag(here)),
        "of another host": start(instance, f"elsewhere:{child.pid}:1.0"),
        "of nobody": start(instance, None),
        "of a later process of that number": start(instance, f"{here.host}:{here.pid}:1.0"),
    }
    child.communicate(b"\n")
    assert end_dead_runs(instance) == 2
    failed = {name for name, run in runs.items() if status(instance, run) is dg.DagsterRunStatus.FAILURE}
    assert failed == {"dead", "of a later process of that number"}


def test_a_home_is_made_from_the_configuration_of_one_machine(tmp_path: Path) -> None:
    make_home(tmp_path / "home")
    made = (tmp_path / "home" / "dagster.yaml").read_text()
    assert made == (files("clearwell.components") / "dagster.yaml").read_text()


@pytest.mark.full
def test_runs_that_start_at_once_share_a_new_home(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from clearwell.components.running.instance import open_instance
open_instance(Path({str(tmp_path / "home")!r})).dispose()
"""
    here = Path(clearwell.__file__).parents[1]
    opening = [subprocess.Popen([sys.executable, "-c", code], cwd=here) for _ in range(3)]
    assert [process.wait() for process in opening] == [0, 0, 0]


def test_a_home_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    make_home(tmp_path)
    assert (tmp_path / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


def test_a_configuration_that_dagster_refuses_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetri: {enabled: false}\n")
    with pytest.raises(ProjectError, match="telemetri") as caught:
        open_instance(tmp_path)
    assert caught.value.place == str(tmp_path / "dagster.yaml")


def test_a_variable_that_the_configuration_wants_is_named(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((HOME / "dagster.production.yaml").read_text())
    with pytest.raises(ProjectError, match="the environment variable DAGSTER_POSTGRES_URL is not set"):
        open_instance(tmp_path)


def test_a_storage_that_is_not_installed_is_told(tmp_path: Path) -> None:
    storage = "run_storage: {module: dagster_oracle.storage, class: Storage, config: {}}"
    (tmp_path / "dagster.yaml").write_text(storage)
    with pytest.raises(ProjectError, match="dagster_oracle") as caught:
        open_instance(tmp_path)
    assert "pip install" in str(caught.value.hint)


def test_a_database_that_is_down_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", f"postgresql://dagster:hunter2@127.0.0.1:{port}/dagster")
    monkeypatch.setenv("DAGSTER_COMPUTE_LOGS", str(tmp_path / "logs"))
    (tmp_path / "dagster.yaml").write_text((HOME / "dagster.production.yaml").read_text())
    with pytest.raises(ProjectError, match="database does not answer") as caught:
        open_instance(tmp_path)
    assert "hunter2" not in str(caught.value)
    assert caplog.records == []


def test_the_home_of_this_project_is_the_one_that_others_get() -> None:
    made = project_files("my_lake")
    for name in ("dagster.yaml", "dagster.production.yaml"):
        assert (HOME / name).read_text() == made[f"dagster_home/{name}"]


@pytest.mark.parametrize("name", ["dagster.yaml", "dagster.production.yaml"])
def test_each_configuration_is_what_dagster_takes(name: str) -> None:
    config = yaml.safe_load((HOME / name).read_text())
    checked = validate_config(dagster_instance_config_schema(), config)
    assert checked.success, checked.errors
    assert config["telemetry"] == {"enabled": False}
    assert config["nux"] == {"enabled": False}


def test_what_steps_say_is_a_part_of_the_run(instance: dg.DagsterInstance) -> None:
    assert instance.managed_python_loggers == ["clearwell"]


@pytest.mark.parametrize("password", ["hun@ter-two", "hun/ter-two", "hun:ter-two", "hun#ter-two"])
def test_a_password_that_is_not_encoded_is_told_without_being_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    (tmp_path / "dagster.yaml").write_text((HOME / "dagster.production.yaml").read_text())
    monkeypatch.setenv("DAGSTER_COMPUTE_LOGS", str(tmp_path / "logs"))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", f"postgresql://jane:{password}@127.0.0.1:1/records")
    with pytest.raises(ProjectError, match="a character of its password is not encoded") as caught:
        open_instance(tmp_path)
    assert caught.value.place == "DAGSTER_POSTGRES_URL"
    assert "ter-two" not in f"{caught.value} {caught.value.__cause__}"
