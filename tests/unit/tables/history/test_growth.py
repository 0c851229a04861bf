"""The growth of a table is what a reader of each of its versions gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.tables import Lake, growth_of
from tests.unit.tables.writing import NAME, write

if TYPE_CHECKING:
    from clearwell.tables import Point


def as_read(lake: Lake, version: int) -> tuple[int, int]:
    """Rows and bytes of a version, as Delta's own reader has them."""
    files = DeltaTable(lake.table(NAME).root, version=version).file_uris()
    names = [file.removeprefix("file://") for file in files]
    rows = sum(pq.ParquetFile(name).metadata.num_rows for name in names)
    return rows, sum(Path(name).stat().st_size for name in names)


def assert_as_read(lake: Lake, points: tuple[Point, ...]) -> None:
    assert [(p.rows, p.bytes) for p in points] == [as_read(lake, p.version) for p in points]


@pytest.mark.promise("P4")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.tuples(st.sampled_from(["append", "replace"]), st.integers(0, 30)), max_size=6))
def test_each_version_is_what_its_readers_get(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[str, int]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for number, (mode, rows) in enumerate([("append", 3), *batches]):
        write(lake, range(100 * number, 100 * number + rows), mode=mode)
    points = growth_of(lake, lake.existing(NAME))
    assert [p.version for p in points] == list(range(len(batches) + 2))
    assert (points[0].rows, points[0].bytes) == (0, 0)
    assert list(points) == sorted(points, key=lambda p: p.at)
    assert_as_read(lake, points)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for number in range(6):
        write(lake, range(10 * number, 10 * number + number + 1), mode="replace" if number == 3 else "append")
    return lake


def entry(lake: Lake, version: int) -> Path:
    return Path(lake.table(NAME).root, "_delta_log", f"{version:020}.json")


def test_only_the_last_versions_are_replayed(lake: Lake) -> None:
    points = growth_of(lake, lake.existing(NAME), most=3)
    assert [p.version for p in points] == [4, 5, 6]
    assert_as_read(lake, points)


def test_a_version_in_the_past_has_the_growth_up_to_it(lake: Lake) -> None:
    snapshot = lake.table(NAME).snapshot(3)
    assert snapshot is not None
    assert [p.version for p in growth_of(lake, snapshot)] == [0, 1, 2, 3]


def test_a_log_whose_beginning_was_cleaned_away_is_replayed_from_what_is_left(lake: Lake) -> None:
    DeltaTable(lake.table(NAME).root, version=4).create_checkpoint()
    for version in range(4):
        entry(lake, version).unlink()
    points = growth_of(lake, lake.existing(NAME))
    assert [p.version for p in points] == [4, 5, 6]
    assert_as_read(lake, points)
    entry(lake, 4).unlink()
    assert growth_of(lake, lake.existing(NAME)) == points[-2:]


def test_a_version_that_is_only_a_checkpoint_is_one_point(lake: Lake) -> None:
    DeltaTable(lake.table(NAME).root).create_checkpoint()
    for version in range(7):
        entry(lake, version).unlink()
    (point,) = growth_of(lake, lake.existing(NAME))
    assert (point.version, point.rows, point.bytes) == (6, *as_read(lake, 6))


def test_the_time_is_that_of_the_commit_and_never_runs_back(lake: Lake) -> None:
    moments = [1_700_000_000_000, 1_700_000_060_000, 1_700_000_030_000]
    for version, at in enumerate(moments):
        actions = [json.loads(line) for line in entry(lake, version).read_text().splitlines()]
        for action in actions:
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = at
        entry(lake, version).write_text("\n".join(map(json.dumps, actions)))
    points = growth_of(lake, lake.existing(NAME))
    assert [int(p.at.timestamp()) for p in points[:3]] == [1_700_000_000, 1_700_000_060, 1_700_000_060]
