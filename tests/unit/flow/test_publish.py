"""A release is made once for each input and setting, whole or not at all, and of every row."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clearwell.datasets import open_dataset
from clearwell.errors import DatasetError, FilesGone, TableNotFound
from clearwell.flow import publish as publishing_step
from clearwell.flow.publish import publish
from clearwell.model import Edge, Outcome
from clearwell.publishing import claim as claiming
from clearwell.publishing.attempts import Leftover, leftover_attempts
from clearwell.tables import LINEAGE, lineage_of, maintain
from tests.unit.publishing.project import DATASET, load, project, rows, write


def late_flights(root: Path, dataset: str = DATASET) -> Any:
    run = project(root, dataset)
    return run, run.project.datasets["late_flights"]


def test_a_release_has_every_row_and_says_what_it_is_made_of(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(200), parts=3)
    result = publish(run, spec)
    assert (result.outcome, result.version, result.rows, result.reason) == (
        Outcome.BUILT,
        1,
        200,
        "first release",
    )
    assert result.splits == {"train": 100, "test": 100}
    dataset = open_dataset("late_flights", lake=run.lake.root)
    dataset.verify()
    assert dataset.path == result.path
    columns = ["day", "carrier", "wind", "is_late"]
    for split, early in (("train", True), ("test", False)):
        table = dataset.split(split).to_arrow()
        assert table.column_names == columns
        expected = [r for r in rows(200) if (str(r["day"]) < "2013-03-01") is early]
        assert sorted(map(str, table.to_pylist())) == sorted(
            str({c: r[c] for c in columns}) for r in expected
        )

    manifest = dataset.manifest
    snapshot = run.lake.existing("gold_delays")
    made_from = manifest.inputs[0]
    assert (made_from.table, made_from.version, made_from.generation, made_from.batch) == (
        "gold_delays",
        snapshot.version,
        1,
        1,
    )
    assert (manifest.code, manifest.label, manifest.excluded) == (
        "code of the transform",
        "is_late",
        ("dep_delay",),
    )
    assert [(check["name"], check["success"]) for check in manifest.checks] == [("day_is_there", True)]
    assert manifest.settings["split"]["test_from"] == "2013-03-01"
    assert manifest.fingerprint == result.fingerprint
    assert manifest.bytes == result.bytes
    assert sorted(p.name for p in result.path.parent.iterdir()) == [".lock", "current.json", "v1"]


def test_each_column_of_a_release_comes_from_the_table_as_it_is(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(20))
    result = publish(run, spec)
    expected = [Edge(c, "gold_delays", c, "IDENTITY") for c in ("carrier", "day", "is_late", "wind")]
    assert lineage_of(run.lake) == {"late_flights": tuple(expected)}
    assert result.lineage == tuple(expected)
    version = run.lake.existing(LINEAGE).version
    assert publish(run, spec).lineage == tuple(expected)
    write(run.lake, rows(30))
    assert publish(run, spec).version == 2
    assert run.lake.existing(LINEAGE).version == version  # the same columns, so nothing new to say
    run, spec = late_flights(tmp_path, DATASET.replace("[dep_delay]", "[dep_delay, wind]"))
    assert publish(run, spec).version == 3
    assert lineage_of(run.lake) == {"late_flights": tuple(e for e in expected if e.column != "wind")}


def test_a_release_that_died_before_its_lineage_was_recorded_gets_it_with_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(20))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing_step, "record_release", die)
    with pytest.raises(KeyboardInterrupt):
        publish(run, spec)
    monkeypatch.undo()
    assert lineage_of(run.lake) == {}
    assert publish(run, spec).outcome is Outcome.UNCHANGED
    assert len(lineage_of(run.lake)["late_flights"]) == 4


def test_groups_stay_together_and_the_share_that_came_of_it_is_told(tmp_path: Path) -> None:
    said = "split: {by: time, column: day, test_from: 2013-03-01}"
    run, spec = late_flights(
        tmp_path, DATASET.replace(said, "split: {by: group, column: carrier, test_share: 0.2}")
    )
    data = [{**row, "carrier": f"c{n % 50}"} for n, row in enumerate(rows(500))]
    write(run.lake, data)
    result = publish(run, spec)
    dataset = open_dataset("late_flights", lake=run.lake.root)
    groups = [set(dataset.split(name).to_arrow()["carrier"].to_pylist()) for name in ("train", "test")]
    assert (len(groups[0] | groups[1]), groups[0] & groups[1]) == (50, set())
    assert result.splits["test"] == 10 * len(groups[1])
    assert dataset.manifest.achieved == {"test_share": len(groups[1]) / 50}
    assert dataset.manifest.settings["split"] == {"by": "group", "column": "carrier", "test_share": 0.2}


def test_provenance_is_no_feature_and_stands_beside_the_data(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(60))
    publish(run, spec)
    dataset = open_dataset("late_flights", lake=run.lake.root)
    train = dataset.split("train").to_pandas()
    origin = pq.read_table(dataset.path / "lineage/train-00000.parquet").to_pandas()
    by_record = {row["_record_no"]: row for row in rows(60)}
    assert len(origin) == len(train) == 30
    for place, number in enumerate(origin["_record_no"]):
        assert train["day"][place] == by_record[number]["day"]
        assert train["carrier"][place] == by_record[number]["carrier"]


def test_nothing_new_nothing_made_and_a_compaction_is_nothing_new(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50), parts=5)
    publish(run, spec)
    before = {p: p.stat().st_mtime_ns for p in (run.lake.root / "releases").rglob("*")}
    assert publish(run, spec).outcome is Outcome.UNCHANGED
    run.full_refresh = True  # upstream nothing was rebuilt: the same input, the same settings
    assert publish(run, spec).outcome is Outcome.UNCHANGED
    version = run.lake.existing("gold_delays").version
    maintain(run.lake)
    assert run.lake.existing("gold_delays").version > version
    result = publish(run, spec)
    assert (result.outcome, result.version, result.recovered) == (Outcome.UNCHANGED, 1, False)
    assert {p: p.stat().st_mtime_ns for p in (run.lake.root / "releases").rglob("*")} == before


def test_new_rows_and_new_settings_make_a_new_release_and_keep_the_old(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50))
    publish(run, spec)
    write(run.lake, rows(20, start=50), mode="append")
    second = publish(run, spec)
    assert (second.version, second.rows, second.reason) == (2, 70, "new input or settings")
    run, spec = late_flights(tmp_path, DATASET.replace("2013-03-01", "2013-03-02"))
    third = publish(run, spec)
    assert (third.version, third.splits) == (3, {"train": 42, "test": 28})
    lake = run.lake.root
    assert [open_dataset("late_flights", version=v, lake=lake).manifest.rows for v in (1, 2, 3)] == [
        50,
        70,
        70,
    ]
    assert open_dataset("late_flights", lake=lake).version == 3


@pytest.mark.promise("P7")
def test_the_same_rows_make_the_same_files_whatever_their_order(tmp_path: Path) -> None:
    results: list[dict[str, str]] = []
    for name, order, parts in (("a", 1, 1), ("b", -1, 4)):
        run, spec = late_flights(tmp_path / name)
        write(run.lake, rows(300)[::order], parts=parts)
        manifest = open_dataset(publish(run, spec).path).manifest
        results.append({file.path: file.sha256 for file in manifest.files} | {"": manifest.fingerprint})
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("said", "change", "fact", "line"),
    [
        ("label: is_late", "label: is_latte", "has no column 'is_latte'", 15),
        ("exclude: [dep_delay]", "exclude: [dep_delai]", "has no column 'dep_delai'", 16),
        ("column: day", "column: dya", "has no column 'dya'", 17),
        ("label: is_late", "label: _batch_id", "'_batch_id' is a column of provenance", 15),
        ("exclude: [dep_delay]", "exclude: [dep_delay, day, carrier, wind]", "only the label remains", 15),
        (
            "by: time, column: day, test_from: 2013-03-01",
            "by: group, column: wind, test_share: 0.2",
            "rows cannot be grouped by it",
            17,
        ),
        (
            "by: time, column: day, test_from: 2013-03-01",
            "by: group, column: carrier, test_share: 0.000001",
            "the test split would be without rows: no value of carrier tests",
            11,
        ),
        ("2013-03-01", "7", "it cannot be split at 7", 17),
        ("2013-03-01", "2000-01-01", "the train split would be without rows", 11),
        ("2013-03-01", "2100-01-01", "the test split would be without rows", 11),
    ],
)
def test_settings_that_do_not_fit_the_table_are_refused_with_their_line(
    tmp_path: Path, said: str, change: str, fact: str, line: int
) -> None:
    run, spec = late_flights(tmp_path, DATASET.replace(said, change))
    write(run.lake, rows(20))
    with pytest.raises(DatasetError) as caught:
        publish(run, spec)
    assert fact in caught.value.fact
    assert caught.value.place is not None
    assert caught.value.place.endswith(f"defs.yaml:{line}")
    assert caught.value.hint
    assert not list((run.lake.root / "releases").glob("*/v*"))
    assert not list((run.lake.root / "releases").glob("*/.attempt*"))


@pytest.mark.parametrize(("column", "what"), [("is_late", "label"), ("day", "split column")])
def test_rows_that_do_not_fit_are_refused_not_dropped(tmp_path: Path, column: str, what: str) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, [*rows(20), {**rows(1)[0], column: None}])
    with pytest.raises(DatasetError, match=f"1 of 21 rows have no value in the {what} {column!r}"):
        publish(run, spec)


def test_no_table_and_an_empty_table_are_refused(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    with pytest.raises(TableNotFound, match="gold_delays"):
        publish(run, spec)
    write(run.lake, [])
    with pytest.raises(DatasetError, match="a release without rows"):
        publish(run, spec)


def test_a_data_file_that_is_gone_stops_the_release(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(20))
    Path(run.lake.existing("gold_delays").files[0].absolute).unlink()
    with pytest.raises(FilesGone, match="gold_delays: 1 of 1 data files are gone") as error:
        publish(run, spec)
    assert "clearwell run gold_delays --full-refresh" in (error.value.hint or "")


_KILLED_AT = ["make_training", "write_text", "rename", "replace"]
_RUN = """
import os, signal, sys, pathlib
from clearwell.flow import publish as module
from clearwell.publishing import claim
from tests.unit.publishing.project import load
root, at = pathlib.Path(sys.argv[1]), sys.argv[2]
run = load(root)
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if at == "make_training":
    def half(batches, recipe, folder, **given):
        (folder / "data").mkdir()
        (folder / "data" / "train-00000.parquet").write_bytes(b"half")
        die()
    module.make_training = half
else:
    old = getattr(pathlib.Path, at)
    def patched(self, *args, **given):
        if at == "write_text" and self.name != "manifest.json": return old(self, *args, **given)
        die()
    setattr(pathlib.Path, at, patched)
module.publish(run, run.project.datasets["late_flights"])
"""


@pytest.mark.variants
@pytest.mark.parametrize("at", _KILLED_AT)
def test_a_kill_at_each_step_leaves_nothing_half_made(tmp_path: Path, at: str) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50))
    publish(run, spec)
    write(run.lake, rows(70))
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(tmp_path), at], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    lake = run.lake.root
    assert open_dataset("late_flights", lake=lake).version == 1
    open_dataset("late_flights", lake=lake).verify()
    result = publish(run, spec)
    assert (result.version, result.recovered) == (2, at == "replace")
    assert result.outcome is (Outcome.UNCHANGED if at == "replace" else Outcome.BUILT)
    dataset = open_dataset("late_flights", lake=lake)
    dataset.verify()
    assert (dataset.version, dataset.manifest.rows) == (2, 70)
    for attempt in leftover_attempts(run.lake):
        attempt.remove()
    left = sorted(p.name for p in (lake / "releases/late_flights").iterdir())
    assert left == [".lock", "current.json", "v1", "v2"]


def test_an_attempt_of_a_living_run_is_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50))
    seen: list[list[Leftover]] = []
    old = claiming.newest_release
    monkeypatch.setattr(
        claiming, "newest_release", lambda d: seen.append(leftover_attempts(run.lake)) or old(d)
    )
    publish(run, spec)
    assert seen
    assert all(found == [] for found in seen)


def test_a_run_that_sleeps_while_another_publishes_later_data_does_not_go_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50))
    from clearwell.publishing import publisher as module

    old = module.claim
    overtaken: list[Any] = []

    def slow(*args: Any, **given: Any) -> Any:
        if not overtaken:
            overtaken.append(None)
            write(run.lake, rows(70))
            overtaken.append(publish(run, spec))
        return old(*args, **given)

    monkeypatch.setattr(module, "claim", slow)
    result = publish(run, spec)
    assert (overtaken[1].version, overtaken[1].rows) == (1, 70)
    assert (result.outcome, result.version, result.rows) == (Outcome.UNCHANGED, 1, 70)
    assert result.reason == "another run was first"
    assert [p.name for p in (run.lake.root / "releases/late_flights").glob("v*")] == ["v1"]


def _publish_once(root: str, gate: Any, results: Any) -> None:
    run = load(Path(root))
    gate.wait(60)
    result = publish(run, run.project.datasets["late_flights"])
    results.put((result.version, str(result.outcome)))


@pytest.mark.full
def test_runs_at_once_make_one_release(tmp_path: Path) -> None:
    run, _ = late_flights(tmp_path)
    write(run.lake, rows(500))
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_publish_once, args=(str(tmp_path), gate, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    made = [results.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    assert sorted(made) == [(1, "built"), (1, "unchanged"), (1, "unchanged")]
    assert sorted(p.name for p in (run.lake.root / "releases/late_flights").iterdir()) == [
        ".lock",
        "current.json",
        "v1",
    ]


def test_a_table_that_was_made_anew_is_released_again(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    for count in (50, 60):
        write(run.lake, rows(count))
        publish(run, spec)
    shutil.rmtree(run.lake.root / "gold")
    shutil.rmtree(run.lake.root / "control")
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(30))
    result = publish(run, spec)
    assert (result.version, result.rows) == (3, 30)


@pytest.mark.parametrize("whole", [True, False])
def test_a_release_that_is_gone_is_made_again_and_told(tmp_path: Path, whole: bool) -> None:
    """Its folder was deleted, or a file in it."""
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(50))
    made = publish(run, spec)
    folder = Path(str(made.path))
    for file in [folder] if whole else sorted((folder / "data").rglob("*.parquet")):
        shutil.rmtree(file) if whole else file.unlink()
    result = publish(run, spec)
    assert (result.outcome, result.version, result.reason) == (
        Outcome.BUILT,
        2,
        "v1 is gone, or lacks files",
    )
    open_dataset("late_flights", lake=run.lake.root).verify()
    assert publish(run, spec).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("pointer", [True, False], ids=["its folders", "the whole dataset"])
def test_a_number_never_names_other_rows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, pointer: bool
) -> None:
    """All releases are gone, as after a restore without them: the numbers go on, and that is told."""
    run, spec = late_flights(tmp_path)
    for size in (100, 200):
        write(run.lake, rows(size))
        numbered = publish(run, spec).version
    assert numbered == 2
    dataset = run.lake.root / "releases" / "late_flights"
    for folder in dataset.glob("v*") if pointer else [dataset]:
        shutil.rmtree(folder)
    again = publish(run, spec)
    assert (again.outcome, again.version) == (Outcome.BUILT, 3)
    assert "v2 is gone, or lacks files; it is released again" in caplog.text
    assert publish(run, spec).outcome is Outcome.UNCHANGED


def test_releases_in_two_places_have_different_numbers(tmp_path: Path) -> None:
    run, spec = late_flights(tmp_path)
    write(run.lake, rows(100))
    assert publish(run, spec).version == 1
    here = run.lake.root / "releases"
    here.rename(tmp_path / "elsewhere")
    assert publish(run, spec).version == 2
    here.rename(tmp_path / "second")
    (tmp_path / "elsewhere").rename(here)
    assert publish(run, spec).outcome is Outcome.UNCHANGED
