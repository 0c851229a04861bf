"""The sample project with all of its lake in a bucket: the same rows and releases as in a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.checker import assert_bronze_balances, assert_every_version_balances, newest_version, query, replay
from tests.end_to_end.conftest import Sample, copy_sample
from tests.end_to_end.test_sample_project import ROWS
from tests.project import download
from tests.services.cache import cache_of_its_own

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Server

pytestmark = [pytest.mark.slow, pytest.mark.full]


@pytest.fixture(scope="module")
def url(s3_server: S3Server) -> str:
    return s3_server.space("sample").url("lake")


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory, s3_server: S3Server, url: str) -> Sample:
    """The sample project after one run on the bucket."""
    root = tmp_path_factory.mktemp("far")
    variables = {
        **s3_server.environment,
        "CLEARWELL_CACHE": cache_of_its_own(root / "cache"),
        "CLEARWELL_LAKE": url,
    }
    sample = replace(copy_sample(root), variables=variables)
    sample.clearwell("run")
    return sample


def copied(far: Sample, url: str, folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in far.variables.items():
            patch.setenv(name, value)
        download(url, folder)
    return folder


def versions(lake: Path) -> dict[str, int]:
    logs = sorted(lake.rglob("_delta_log"))
    return {str(log.parent.relative_to(lake)): newest_version(log.parent) for log in logs}


def content(lake: Path, table: str) -> list[tuple]:
    """All rows but for when they were taken, in the order of their values."""
    zone, _, name = table.partition("_")
    sql = "SELECT COLUMNS(lambda c: c <> '_ingested_at') FROM t ORDER BY ALL"
    return query(replay(lake / zone / name).files, sql)


def test_every_table_holds_what_it_holds_in_a_folder(
    ran: Sample, far: Sample, url: str, tmp_path: Path
) -> None:
    lake = copied(far, url, tmp_path / "lake")
    for table, rows in ROWS.items():
        found, expected = content(lake, table), content(ran.lake, table)
        assert len(found) == rows
        assert found == expected, table
    for name, folder in {"flights": "flights", "weather": "weather"}.items():
        assert_bronze_balances(lake, name, far.root / "sample_data" / folder)
        assert_every_version_balances(lake, "silver", name)


def test_the_releases_have_the_same_rows(ran: Sample, far: Sample, url: str, tmp_path: Path) -> None:
    lake = copied(far, url, tmp_path / "lake")
    manifests = sorted((ran.lake / "releases").glob("*/v1/manifest.json"))
    assert len(manifests) == 4
    for manifest in manifests:
        other = lake / manifest.relative_to(ran.lake)
        assert json.loads(other.read_text())["fingerprint"] == json.loads(manifest.read_text())["fingerprint"]


def test_nothing_of_it_lies_in_the_folder(far: Sample) -> None:
    files = [path.relative_to(far.lake) for path in far.lake.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in files} == {"reports", "lineage"}


def test_run_again_nothing_runs_and_every_command_finds_it(far: Sample, url: str, tmp_path: Path) -> None:
    before = versions(copied(far, url, tmp_path / "before"))
    far.clearwell("run")
    assert versions(copied(far, url, tmp_path / "after")) == before
    assert {t["name"]: t["rows"] for t in far.json("tables")}.items() >= ROWS.items()
    assert [r["name"] for r in far.json("releases")]
    rejected = far.json("quarantine", "silver_weather")
    assert rejected["total"] == 1
    assert "12,556" in far.clearwell("show", "bronze_flights")
    far.clearwell("maintain")
    far.clearwell("run")
    joined = versions(copied(far, url, tmp_path / "joined"))
    assert joined["bronze/flights"] == before["bronze/flights"]  # it has one file: nothing was joined
    assert joined["history/builds"] == before["history/builds"] + 1
    assert_bronze_balances(tmp_path / "joined", "flights", far.root / "sample_data" / "flights")
