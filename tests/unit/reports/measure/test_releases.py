"""Releases are told as their manifests say, and the label is counted as DuckDB counts it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from clearwell.flow.publish import publish
from clearwell.reports.formats import percent
from clearwell.reports.measure.releases import release_section
from tests.unit.publishing.project import project, rows, write
from tests.unit.reports.lakes import overview

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Any:
    run = project(tmp_path)
    for count in (50, 61):
        write(run.lake, rows(count))
        publish(run, run.project.datasets["late_flights"])
    return run


def shares(folder: Path, split: str) -> tuple[int, int]:
    """How often the label is true, and how often it is known."""
    files = [str(file) for file in (folder / "data").glob(f"{split}*.parquet")]
    assert files
    query = f"SELECT count(*) FILTER (is_late), count(is_late) FROM read_parquet({files!r})"
    return duckdb.sql(query).fetchall()[0]


def test_the_newest_comes_first_with_all_that_its_manifest_says(run: Any) -> None:
    newest, first = overview(run.lake).releases
    assert [(r.version, r.is_current) for r in (newest, first)] == [(2, True), (1, False)]
    folder = run.lake.root / "releases" / "late_flights" / "v2"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert newest.fingerprint == manifest["fingerprint"]
    assert newest.created == manifest["created"]
    assert newest.rows == sum(newest.splits.values()) == 61
    assert newest.bytes == sum(f["bytes"] for split in manifest["splits"] for f in split["files"])
    assert newest.inputs == ("gold_delays version 2",)
    assert newest.positive == {split: shares(folder, split) for split in ("train", "test")}
    assert first.positive == {}


def test_the_section_shows_rows_by_split_and_the_share_of_the_label(run: Any) -> None:
    found = overview(run.lake)
    table = release_section(found.releases).tables[0]
    cells = dict(zip(table.head, table.rows[0], strict=True))
    assert cells["version"] == "v2 (current)"
    newest = found.releases[0]
    parts = [(s, newest.splits[s], percent(*newest.positive[s])) for s in ("train", "test")]
    said = ", ".join(f"{split} {rows} ({share})" for split, rows, share in parts)
    assert (cells["label"], cells["by split (label true)"]) == ("is_late", said)
    assert cells["fingerprint"] == found.releases[0].fingerprint[:12]
    (tile,) = [f for f in found.page("").figures if f.label == "Newest release"]
    assert tile.value == "late_flights v2"


def test_a_manifest_that_cannot_be_read_is_told_and_the_others_are_shown(run: Any) -> None:
    (run.lake.root / "releases" / "late_flights" / "v2" / "manifest.json").write_text("{")
    newest, first = overview(run.lake).releases
    assert newest.problem
    assert first.problem is None
    (tile,) = [f for f in overview(run.lake).page("").figures if f.label == "Newest release"]
    assert tile.value == "late_flights v1"


def test_a_lake_without_releases_says_so(tmp_path: Path) -> None:
    run = project(tmp_path)
    write(run.lake, rows(5))
    found = overview(run.lake)
    assert found.releases == ()
    assert release_section(found.releases).tables[0].empty == "nothing has been released yet"
    assert [f.value for f in found.page("").figures if f.label == "Newest release"] == ["none"]
