"""Every byte of a lake is in one category, and together they are what a listing has."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from clearwell.errors import TableError
from clearwell.names import TableName
from clearwell.reports import CATEGORIES, LakeStorage, Usage, measure
from clearwell.tables import Lake, maintain, pending_attempts
from tests.unit.tables.writing import NAME, stage, write

FILES = TableName.parse("files_bronze_readings")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def listed(lake: Lake) -> Usage:
    """Another way to count: everything but the reports."""
    sizes = [
        os.lstat(Path(folder, file)).st_size
        for folder, _, files in os.walk(lake.root)
        for file in files
        if not Path(folder).is_relative_to(lake.root / "reports")
    ]
    return Usage(sum(sizes), len(sizes))


def parts(storage: LakeStorage) -> Usage:
    folders = [part.total for part in (*storage.tables, *storage.releases)]
    return sum([*folders, *storage.others.values()], Usage())


def readings(storage: LakeStorage) -> dict[str, Usage]:
    (table,) = [table for table in storage.tables if table.name == str(NAME)]
    return dict(table.usage)


def test_each_file_is_in_the_category_it_belongs_to(lake: Lake) -> None:
    write(lake, range(100))
    old = lake.existing(NAME)
    write(lake, range(50), mode="replace")
    live = lake.existing(NAME)
    waiting = stage(lake, range(7))
    over = Path(live.root, "attempt=deadbeef", "part-00000.parquet")
    over.parent.mkdir()
    over.write_bytes(b"12345")
    (lake.root / "note.txt").write_text("who put this here?")
    (lake.root / "reports").mkdir()
    (lake.root / "reports" / "storage-cost.md").write_text("not weighed")

    storage = measure(lake, pending=pending_attempts(lake))
    usage = readings(storage)
    assert usage["live"] == Usage(live.bytes, 1)
    assert usage["tombstoned"] == Usage(old.bytes, 1)
    assert usage["staged"] == Usage(waiting.accepted[0].size, 1)
    assert usage["orphan"] == Usage(5, 1)
    log = [f.stat().st_size for f in Path(live.root, "_delta_log").rglob("*") if f.is_file()]
    assert usage["log"] == Usage(sum(log), len(log))
    assert storage.others["note.txt"] == Usage(18, 1)
    assert "reports" not in storage.others
    assert storage.total == listed(lake) == parts(storage)
    assert (storage.name, [t.rows for t in storage.tables if t.name == str(NAME)]) == ("lake", [50])

    assert readings(measure(lake))["staged"] == Usage()  # of whom nobody says that it is pending
    assert readings(measure(lake))["orphan"] == Usage(5 + waiting.accepted[0].size, 2)


def test_tombstones_are_known_from_a_checkpoint_alone(lake: Lake) -> None:
    write(lake, range(100))
    old = lake.existing(NAME).bytes
    write(lake, range(50), mode="replace")
    snapshot = lake.existing(NAME)
    snapshot.handle.create_checkpoint()
    for entry in Path(snapshot.root, "_delta_log").glob("*.json"):
        if entry.stem != f"{snapshot.version:020}":
            entry.unlink()
    assert readings(measure(lake))["tombstoned"] == Usage(old, 1)


def test_maintenance_frees_what_the_report_calls_spare(lake: Lake) -> None:
    for number in range(4):
        write(lake, range(10), mode="replace")
        assert readings(measure(lake))["tombstoned"].files == number
    maintain(lake, retention_hours=0)
    after = readings(measure(lake))
    assert after["tombstoned"] == after["orphan"] == after["staged"] == Usage()
    assert after["live"] == Usage(lake.existing(NAME).bytes, 1)


def test_a_table_before_its_first_commit_is_weighed(lake: Lake) -> None:
    intent = stage(lake, range(10))
    storage = measure(lake, pending=[intent.attempt])
    (table,) = storage.tables
    assert (table.name, table.version, table.rows, table.usage["staged"].files) == (str(NAME), None, 0, 1)
    assert storage.total == listed(lake)


def test_releases_are_weighed_by_version(lake: Lake) -> None:
    dataset = lake.root / "releases" / "late_flights"
    for version, size in ((1, 10), (2, 200)):
        (dataset / f"v{version}" / "data").mkdir(parents=True)
        (dataset / f"v{version}" / "data" / "x").write_bytes(b"x" * size)
    (dataset / ".attempt-1").mkdir()
    (dataset / ".attempt-1" / "y").write_bytes(b"y" * 3000)
    pointer = json.dumps({"version": 2})
    (dataset / "current.json").write_text(pointer)
    (release,) = measure(lake).releases
    assert (release.name, release.current_version, release.versions) == ("late_flights", 2, 2)
    assert (release.current, release.earlier) == (Usage(200, 1), Usage(10, 1))
    assert release.rest == Usage(3000 + len(pointer), 2)


@pytest.mark.parametrize(
    ("damage", "fact"),
    [
        (Path.unlink, "is live but does not exist"),
        (lambda path: path.write_bytes(b"short"), "in the log"),
    ],
    ids=["missing", "other length"],
)
def test_a_lake_that_does_not_add_up_is_an_error_not_a_line(lake: Lake, damage: object, fact: str) -> None:
    write(lake, range(10))
    damage(Path(lake.existing(NAME).files[0].absolute))  # type: ignore[operator]
    with pytest.raises(TableError, match=fact) as caught:
        measure(lake)
    assert caught.value.place == str(NAME)


def test_an_empty_lake_has_no_bytes(lake: Lake) -> None:
    storage = measure(lake)
    assert (storage.tables, storage.releases, storage.others, storage.total) == ((), (), {}, Usage())
    assert all(storage.category(name) == Usage() for name in CATEGORIES)


def test_files_that_end_while_we_look_are_no_error(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    write(lake, range(10))
    (lake.root / "fleeting").write_text("x")
    old = Path.lstat

    def gone(path: Path) -> os.stat_result:
        if path.name == "fleeting":
            path.unlink(missing_ok=True)
        return old(path)

    monkeypatch.setattr(Path, "lstat", gone)
    assert "fleeting" not in measure(lake).others
