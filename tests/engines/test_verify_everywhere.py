"""What one engine published is made again by another, from bronze alone: here, on a cluster, in a bucket.

The sample project runs on the embedded engine; silver and gold are then removed, so that they cannot help.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.engines import open_engine
from clearwell.flow.contents import table_contents
from clearwell.settings import Settings
from clearwell.stores import Store
from clearwell.tables import Lake
from tests.end_to_end.conftest import Sample, copy_sample
from tests.unit.flow.verifying import change_cell, contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.cluster import Cluster
    from tests.services.s3 import S3Server, S3Space

pytestmark = pytest.mark.slow

RELEASES = ("late_flights", "late_flights_live", "maintenance_reports", "strike_risk")
HIDDEN = ("silver", "gold", "quarantine")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Releases that the embedded engine made; of the tables that they came from, bronze alone is left."""
    sample = copy_sample(tmp_path_factory.mktemp("published"))
    sample.clearwell("run", ",".join(f'+key:"{name}"' for name in RELEASES))
    for zone in HIDDEN:
        shutil.rmtree(sample.lake / zone)
    return sample


@pytest.fixture(scope="module")
def cluster(s3_server: S3Server) -> Iterator[Cluster]:
    """A cluster whose workers have no Clearwell, and may open the bucket."""
    from tests.services.cluster import Cluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.environment.items():
            patch.setenv(name, value)
        with Cluster() as cluster:
            yield cluster


def made_again(sample: Sample, release: str, *options: str) -> dict[str, Any]:
    """What `clearwell verify` says, which must be that it is equal."""
    found = sample.json("verify", release, *options)
    assert found["equal"], release
    assert all(split["fingerprint"] == split["fingerprint_now"] for split in found["splits"])
    assert all(table["as_recorded"] for table in found["tables"])
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_local_spark_makes_again_what_the_embedded_engine_published(published: Sample, release: str) -> None:
    before = contents(published.lake)
    assert made_again(published, release, "--engine", "spark")["engine"] == "spark"
    assert contents(published.lake) == before


@pytest.mark.parametrize("release", RELEASES)
def test_a_cluster_makes_it_again_on_a_shared_folder(
    published: Sample, cluster: Cluster, release: str
) -> None:
    before = contents(published.lake)
    assert made_again(published, release, "--engine", cluster.url)["engine"] == cluster.url
    assert contents(published.lake) == before
    assert not list(published.lake.glob("verify-*"))  # the scratch tables lay beside, and are gone


def test_spark_finds_a_changed_cell(published: Sample, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "sample")
    shutil.copytree(published.root, sample.root)
    file = max((sample.lake / "bronze" / "wildlife_strikes").rglob("*.parquet"))
    change_cell(file, "Speed_IAS_in_knots", 0, 1)
    found = sample.json("verify", "strike_risk", "--engine", "spark", code=1)
    assert "is the first that differs" in found["differs"]


def test_a_lake_in_a_bucket_is_verified_by_all(
    s3: S3Space, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "cache"))
    sample = copy_sample(tmp_path / "sample")
    address = s3.url("lake")
    sample.clearwell("run", "+late_flights", "--lake", address)
    bucket = Store(tmp_path / "nothing", {"all": address})
    hidden = tuple(f"all/{zone}/" for zone in HIDDEN)
    bucket.delete([file.path for file in bucket.list("all") if file.path.startswith(hidden)])
    before = sorted((file.path, file.size) for file in bucket.list("all"))
    assert any(path.startswith("all/releases/") for path, _ in before)
    for engine in ("embedded", "spark", cluster.url):
        made_again(sample, "late_flights", "--lake", address, "--engine", engine)
        assert sorted((file.path, file.size) for file in bucket.list("all")) == before, engine
    made_again(sample, "late_flights", "--lake", address, "--scratch", f"{address}/elsewhere")
    assert sorted((file.path, file.size) for file in bucket.list("all")) == before


def test_every_engine_gives_a_table_the_same_fingerprint(published: Sample, cluster: Cluster) -> None:
    lake = Lake(published.lake)
    bronze = [str(name) for name in lake.tables() if str(name).startswith("bronze_")]
    assert len(bronze) >= 9
    found: dict[str, set[str]] = {table: set() for table in bronze}
    for name in ("embedded", "spark", cluster.url):
        settings = Settings(project=published.root, lake=published.lake, engine=name)
        with open_engine(settings) as engine:
            for table in bronze:
                found[table].add(table_contents(lake, table, engine).fingerprint)
    assert all(len(fingerprints) == 1 for fingerprints in found.values())
