"""A run that publishes to a bucket and is killed leaves nothing that readers see, or a complete release."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from clearwell import open_dataset
from clearwell.flow.maintain import maintain_lake, pinned_versions
from clearwell.flow.publish import publish
from clearwell.model import Outcome
from clearwell.publishing.attempts import leftover_attempts
from tests.faults.publisher import KILLED_AT, publish_and_die, publish_once
from tests.services.forks import FORKS, Forked, run_forked
from tests.unit.publishing.project import project, rows, write
from tests.unit.publishing.storing import objects, put

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.flow.run import Run
    from tests.services.s3 import S3Space


@pytest.fixture
def lake(s3: S3Space, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of which the releases of the project lie below; all else is on the disk."""
    monkeypatch.setenv("CLEARWELL_PLACES", f'{{ releases = "{s3.url()}/releases" }}')
    return s3.url()


@pytest.fixture
def run(lake: str, tmp_path: Path) -> Run:
    return project(tmp_path)


@pytest.mark.parametrize("at", KILLED_AT)
def test_a_kill_at_each_step_leaves_nothing_half_made(run: Run, lake: str, tmp_path: Path, at: str) -> None:
    spec = run.project.datasets["late_flights"]
    write(run.lake, rows(50))
    publish(run, spec)
    write(run.lake, rows(70))
    done = run_forked(publish_and_die, tmp_path, at)
    assert done.returncode == -signal.SIGKILL, done.stderr
    seen = open_dataset("late_flights", lake=lake)
    assert seen.version == (2 if at == "pointer" else 1)
    seen.verify()
    for version in range(1, 3 if KILLED_AT[at] else 2):
        open_dataset("late_flights", version=version, lake=lake).verify()
    assert len(pinned_versions(run.lake)["gold_delays"]) == (2 if KILLED_AT[at] else 1)

    result = publish(run, spec)
    assert (result.version, result.path) == (2, f"{lake}/releases/late_flights/v2")
    assert result.recovered == (at == "manifest")
    assert result.outcome is (Outcome.UNCHANGED if KILLED_AT[at] else Outcome.BUILT)
    dataset = open_dataset("late_flights", lake=lake)
    dataset.verify()
    assert (dataset.version, dataset.manifest.rows) == (2, 70)

    assert maintain_lake(run.lake, retention_hours=168, dry_run=True).unfinished_releases > 0
    assert maintain_lake(run.lake, retention_hours=168).unfinished_releases > 0
    assert maintain_lake(run.lake, retention_hours=168).unfinished_releases == 0
    kept = {
        f"v{version}/{path}"
        for version in (1, 2)
        for manifest in [open_dataset("late_flights", version=version, lake=lake).manifest]
        for path in ["manifest.json", *(file.path for file in manifest.files)]
    }
    assert set(objects(f"{lake}/releases/late_flights")) == {"current.json", *kept}
    assert list((run.lake.root / "releases/late_flights").iterdir()) == []


def test_an_attempt_of_a_living_run_is_no_leftover(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from clearwell.publishing import upload as module

    write(run.lake, rows(50))
    seen: list[Any] = []
    old = module.RemotePlace.put_new

    def look(self: module.RemotePlace, key: str, data: bytes) -> bool:
        if key.endswith("manifest.json"):  # all is uploaded by then
            seen.append(leftover_attempts(run.lake))
        return old(self, key, data)

    monkeypatch.setattr(module.RemotePlace, "put_new", look)
    publish(run, run.project.datasets["late_flights"])
    assert seen == [[]]


def test_an_attempt_of_another_machine_is_left_alone_for_a_week(
    run: Run, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.publishing import attempts as module

    write(run.lake, rows(50))
    publish(run, run.project.datasets["late_flights"])
    key = "b" * 32
    put(f"{lake}/releases/late_flights/v2/{key}/data/train-00000.parquet", b"half")
    put(
        f"{lake}/releases/late_flights/.attempt-{key}.json",
        b'{"host": "a machine of others", "pid": 1, "started": 1.0}',
    )
    assert leftover_attempts(run.lake) == []
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 8 * 24 * 3600)
    (left,) = leftover_attempts(run.lake)
    assert left.files == (f"releases/late_flights/v2/{key}/data/train-00000.parquet",)
    left.remove()
    assert not [path for path in objects(f"{lake}/releases") if key in path]
    open_dataset("late_flights", lake=lake).verify()


def test_a_run_that_sleeps_while_another_publishes_later_data_does_not_go_back(
    run: Run, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.publishing import upload as module

    spec = run.project.datasets["late_flights"]
    write(run.lake, rows(50))
    old = module.RemotePublisher.claim
    overtaken: list[Any] = []

    def slow(self: module.RemotePublisher, *args: Any, **given: Any) -> Any:
        if not overtaken:
            overtaken.append(None)
            write(run.lake, rows(70))
            overtaken.append(publish(run, spec))
        return old(self, *args, **given)

    monkeypatch.setattr(module.RemotePublisher, "claim", slow)
    result = publish(run, spec)
    assert (overtaken[1].version, overtaken[1].rows) == (1, 70)
    assert (result.outcome, result.version, result.rows) == (Outcome.UNCHANGED, 1, 70)
    assert {path.partition("/")[0] for path in objects(f"{lake}/releases/late_flights")} == {
        "current.json",
        "v1",
    }


@pytest.mark.parametrize("same", [True, False])
def test_two_publishers_at_once_make_one_release_of_the_same_and_two_of_others(
    run: Run, lake: str, tmp_path: Path, same: bool
) -> None:
    write(run.lake, rows(50))
    start = FORKS.Barrier(2)
    workers = [Forked(publish_once, tmp_path, excluded, start) for excluded in ([], [] if same else ["wind"])]
    said = sorted(json.loads(worker.end().stdout) for worker in workers)
    assert said == ([[1, "built"], [1, "unchanged"]] if same else [[1, "built"], [2, "built"]])
    for version in {version for version, _ in said}:
        open_dataset("late_flights", version=version, lake=lake).verify()
    named = {path for path in objects(f"{lake}/releases/late_flights") if path.endswith("manifest.json")}
    assert named == {f"v{version}/manifest.json" for version, _ in said}
