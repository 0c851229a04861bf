"""Every release of the sample project is made again from bronze alone; a changed cell of bronze is found."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

import clearwell
from tests.end_to_end.conftest import Sample
from tests.unit.reproduce.verifying import change_cell, contents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def moved(ran: Sample, tmp_path: Path) -> Sample:
    """A copy of the sample project after a run, its silver, gold and quarantine out of sight."""
    sample = Sample(tmp_path / "sample")
    shutil.copytree(ran.root, sample.root)
    for zone in ("silver", "gold", "quarantine"):
        shutil.move(sample.lake / zone, tmp_path / zone)
    return sample


def test_every_release_is_made_again(moved: Sample) -> None:
    before = contents(moved.lake)
    for info in clearwell.list_datasets(moved.lake):
        found = moved.json("verify", info.name)
        manifest = clearwell.open_dataset(info.name, lake=moved.lake).manifest
        assert found["equal"], info.name
        assert found["fingerprint"] == manifest.fingerprint
        assert {s["split"]: s["fingerprint_now"] for s in found["splits"]} == {
            s.name: s.fingerprint for s in manifest.splits
        }
        assert all(table["as_recorded"] for table in found["tables"])
    assert contents(moved.lake) == before  # nothing was written, and what is out of sight was not missed


def test_a_changed_cell_of_bronze_is_found(moved: Sample) -> None:
    """The distance of one flight of the November week, which tests."""
    for file in sorted((moved.lake / "bronze" / "flights").rglob("*.parquet")):
        rows = pq.read_table(file, columns=["month", "arr_delay", "distance"]).to_pylist()
        late = [n for n, row in enumerate(rows) if row["month"] == 11 and row["arr_delay"] is not None]
        if late:
            change_cell(file, "distance", late[0], rows[late[0]]["distance"] + 1)
            break
    told = moved.clearwell("verify", "late_flights", code=1)
    lines = {line.split()[0]: line.split()[-1] for line in told.splitlines() if line}
    assert (lines["train"], lines["test"]) == ("equal", "different")
    found = moved.json("verify", "late_flights_live@1", code=1)
    assert [split["equal"] for split in found["splits"]] == [False]
    assert "split 'live' is the first that differs" in found["differs"]
