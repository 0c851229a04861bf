"""A run that publishes to a bucket and is killed leaves nothing that readers see, or a complete release."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell import open_dataset
from clearwell.flow.maintain import maintain_lake, pinned_versions
from clearwell.flow.publish import publish
from clearwell.model import Outcome
from clearwell.publishing.attempts import leftover_attempts
from tests.unit.publishing.project import load, project, rows, write
from tests.unit.publishing.storing import objects, put

if TYPE_CHECKING:
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


# What a publisher does last before it is killed, and whether its release is complete by then.
KILLED_AT = {
    "make_training": False,  # half of the data is written on this machine
    "first upload": False,
    "all uploads": False,
    "manifest": True,
    "pointer": True,
}
_RUN = """
import os, signal, sys, pathlib
from clearwell.flow import publish as module
from clearwell.publishing import upload
from tests.unit.publishing.project import load
run, at = load(pathlib.Path(sys.argv[1])), sys.argv[2]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if at == "make_training":
    def half(batches, recipe, folder, **given):
        (folder / "data").mkdir()
        (folder / "data" / "train-00000.parquet").write_bytes(b"half")
        die()
    module.make_training = half
elif at == "first upload":
    old = upload.upload
    def one(file, url):
        old(file, url)
        die()
    upload.upload = one
elif at == "all uploads":
    upload.RemotePlace.put_new = die
elif at == "manifest":
    upload.RemotePublisher._point = die
else:
    upload.RemotePublisher.forget = die
module.publish(run, run.project.datasets["late_flights"])
"""


@pytest.mark.parametrize("at", KILLED_AT)
def test_a_kill_at_each_step_leaves_nothing_half_made(run: Run, lake: str, tmp_path: Path, at: str) -> None:
    spec = run.project.datasets["late_flights"]
    write(run.lake, rows(50))
    publish(run, spec)
    write(run.lake, rows(70))
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(tmp_path), at], capture_output=True, timeout=120, check=False
    )
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


def _publish_once(root: str, exclude: list[str], gate: Any, results: Any) -> None:
    run = load(Path(root))
    spec = run.project.datasets["late_flights"]
    gate.wait(60)
    result = publish(run, spec.model_copy(update={"exclude": (*spec.exclude, *exclude)}))
    results.put((result.version, str(result.outcome)))


@pytest.mark.parametrize("same", [True, False])
def test_two_publishers_at_once_make_one_release_of_the_same_and_two_of_others(
    run: Run, lake: str, tmp_path: Path, same: bool
) -> None:
    write(run.lake, rows(50))
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_publish_once, args=(str(tmp_path), excluded, gate, results))
        for excluded in ([], [] if same else ["wind"])
    ]
    for worker in workers:
        worker.start()
    said = sorted(results.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(60)
    assert said == ([(1, "built"), (1, "unchanged")] if same else [(1, "built"), (2, "built")])
    for version in {version for version, _ in said}:
        open_dataset("late_flights", version=version, lake=lake).verify()
    named = {path for path in objects(f"{lake}/releases/late_flights") if path.endswith("manifest.json")}
    assert named == {f"v{version}/manifest.json" for version, _ in said}
