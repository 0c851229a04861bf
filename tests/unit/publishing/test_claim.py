"""Whatever is killed, run twice or woken late: one release for each thing made, and no way back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from clearwell.datasets.catalog import current_version, pointed_version, versions_in
from clearwell.datasets.manifest import Manifest
from clearwell.publishing.claim import adopt, claim, newest_release
from tests.unit.publishing.small import Release, draft

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def attempt(dataset: Path, name: str) -> Path:
    folder = dataset / f".attempt-{name}"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def dataset(lake: Path) -> Path:
    return lake / "releases" / "late_flights"


def test_releases_are_numbered_and_the_pointer_follows(dataset: Path, lake: Path) -> None:
    for batch in (1, 2, 3):
        held, ours = claim(dataset, attempt(dataset, str(batch)), draft(batch), seen=versions_in(dataset))
        assert (held.version, ours, current_version(lake, "late_flights")) == (batch, True, batch)
        assert Manifest.read(dataset / f"v{batch}") == held
    assert sorted(entry.name for entry in dataset.iterdir()) == [".lock", "current.json", "v1", "v2", "v3"]


def test_the_same_made_twice_is_one_release(dataset: Path) -> None:
    claim(dataset, attempt(dataset, "a"), draft(1), seen=())
    held, ours = claim(dataset, attempt(dataset, "b"), draft(1, created="later"), seen=())
    assert (held.version, ours, versions_in(dataset)) == (1, False, (1,))
    assert (dataset / ".attempt-b").is_dir()


def test_a_run_that_was_overtaken_in_its_sleep_is_dropped(dataset: Path, lake: Path) -> None:
    claim(dataset, attempt(dataset, "a"), draft(5), seen=())
    seen = versions_in(dataset)
    claim(dataset, attempt(dataset, "c"), draft(7), seen=seen)
    held, ours = claim(dataset, attempt(dataset, "b"), draft(6), seen=seen)
    assert (held.version, ours, versions_in(dataset)) == (2, False, (1, 2))


def test_a_table_that_was_made_anew_is_released_though_its_batches_start_again(dataset: Path) -> None:
    claim(dataset, attempt(dataset, "a"), draft(7), seen=())
    held, ours = claim(dataset, attempt(dataset, "b"), draft(1), seen=versions_in(dataset))
    assert (held.version, ours) == (2, True)


def test_settings_that_go_back_make_a_new_release(dataset: Path) -> None:
    for number, identity in enumerate(("a", "b", "a"), start=1):
        held, _ = claim(
            dataset, attempt(dataset, str(number)), draft(identity=identity), seen=versions_in(dataset)
        )
        assert held.version == number


def test_a_crash_before_the_pointer_is_healed_by_the_next_run(dataset: Path, lake: Path) -> None:
    claim(dataset, attempt(dataset, "a"), draft(1), seen=())
    claim(dataset, attempt(dataset, "b"), draft(2), seen=(1,))
    pointer = dataset / "current.json"
    pointer.write_text(json.dumps({"dataset": "late_flights", "version": 1}))
    found = adopt(dataset, draft(2).identity)
    assert found is not None
    assert (found[0].version, found[1], current_version(lake, "late_flights")) == (2, True, 2)
    found = adopt(dataset, draft(2).identity)
    assert found is not None
    assert found[1] is False
    assert adopt(dataset, draft(1).identity) is None
    pointer.write_text("{")
    assert adopt(dataset, draft(2).identity) is not None
    assert current_version(lake, "late_flights") == 2


def test_a_damaged_release_is_not_adopted_and_its_number_not_used_again(
    release: Release, dataset: Path, lake: Path
) -> None:
    folder = release(1)
    manifest = Manifest.read(folder)
    (folder / "data/train-00000.parquet").unlink()
    assert newest_release(dataset) is None
    assert adopt(dataset, manifest.identity) is None
    assert release(1).name == "v2"
    assert current_version(lake, "late_flights") == 2


def test_a_deleted_release_is_not_numbered_again(dataset: Path, lake: Path) -> None:
    claim(dataset, attempt(dataset, "a"), draft(1), seen=())
    claim(dataset, attempt(dataset, "b"), draft(2), seen=(1,))
    shutil.rmtree(dataset / "v2")
    assert adopt(dataset, draft(1).identity) is None
    held, _ = claim(dataset, attempt(dataset, "c"), draft(1), seen=(1,))
    assert (held.version, current_version(lake, "late_flights")) == (3, 3)


def test_a_number_taken_where_locks_do_not_hold_is_left_to_the_other(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.publishing import claim as module

    taken = False

    def versions(folder: Path) -> tuple[int, ...]:
        nonlocal taken
        found = versions_in(folder)
        if not taken:  # between the look and the rename, another has claimed v1
            taken = True
            (dataset / "v1").mkdir()
            (dataset / "v1" / "manifest.json").write_text(draft(9, version=1).to_json())
        return found

    monkeypatch.setattr(module, "versions_in", versions)
    held, ours = claim(dataset, attempt(dataset, "a"), draft(10), seen=())
    assert (held.version, ours, Manifest.read(dataset / "v1").inputs[0].batch) == (2, True, 9)


def test_the_same_made_by_another_between_look_and_rename_is_one_release(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.publishing import claim as module

    def versions(folder: Path) -> tuple[int, ...]:
        found = versions_in(folder)
        if not found:
            monkeypatch.setattr(module, "versions_in", versions_in)
            (dataset / "v1").mkdir()
            (dataset / "v1" / "manifest.json").write_text(draft(10, version=1).to_json())
        return found

    monkeypatch.setattr(module, "versions_in", versions)
    held, ours = claim(dataset, attempt(dataset, "a"), draft(10), seen=())
    assert (held.version, ours, versions_in(dataset)) == (1, False, (1,))


def publish_at_once(
    dataset: Path, seen: Collection[int]
) -> tuple[list[Manifest], list[tuple[Manifest, bool]]]:
    """The releases that 32 claims of the batches 1 to 4 in 8 threads leave, and what each claim came to."""

    def one(n: int) -> tuple[Manifest, bool]:
        return claim(dataset, attempt(dataset, str(n)), draft(1 + n % 4), seen=seen)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(32)))
    kept = [Manifest.read(dataset / f"v{version}") for version in versions_in(dataset)]
    assert [manifest.version for manifest in kept] == list(range(1, len(kept) + 1))
    assert sum(ours for _, ours in made) == len(kept)
    assert pointed_version(dataset) == len(kept)
    return kept, made


def test_many_at_once_make_one_release_for_each_thing(dataset: Path) -> None:
    # All that the others publish counts as seen: only a release of the same inputs stands for one's own.
    kept, made = publish_at_once(dataset, seen=range(1, 33))
    assert all(held.inputs[0].batch == 1 + n % 4 for n, (held, _) in enumerate(made))
    assert all(left.identity != right.identity for left, right in pairwise(kept))


def test_many_at_once_publish_no_earlier_inputs_after_later_ones(dataset: Path) -> None:
    kept, made = publish_at_once(dataset, seen=())
    batches = [manifest.inputs[0].batch for manifest in kept]
    assert batches == sorted(set(batches))
    assert batches[-1] == 4
    assert all(held.inputs[0].batch >= 1 + n % 4 for n, (held, _) in enumerate(made))


def test_a_process_that_dies_lets_go_of_the_lock(dataset: Path) -> None:
    dataset.mkdir(parents=True)
    code = (
        "import os, pathlib\nfrom clearwell.stores import locked\n"
        f"with locked(pathlib.Path({str(dataset)!r}) / '.lock', 'publishes'): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == -9
    held, ours = claim(dataset, attempt(dataset, "a"), draft(1), seen=())
    assert (held.version, ours) == (1, True)
