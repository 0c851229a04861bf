"""What one engine published is made again by another, from bronze alone: here, on a cluster, in a bucket.

The sample project runs on the embedded engine; silver and gold are then removed, so that they cannot help.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from clearwell.engines import open_engine
from clearwell.fingerprint.rows import fingerprint_rows
from clearwell.project.load import load_project
from clearwell.reproduce.fingerprints import table_contents
from clearwell.reproduce.on_engine import fingerprint_frame
from clearwell.reproduce.stored import open_release
from clearwell.reproduce.verify import verify
from clearwell.settings import Settings
from clearwell.tables import Lake
from tests.end_to_end.conftest import Sample, ran_sample
from tests.services.lent import spark_address
from tests.unit.reproduce.test_on_engine import tables
from tests.unit.reproduce.verifying import change_cell, contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from clearwell.engines import Engine
    from tests.services.cluster import Cluster

pytestmark = pytest.mark.slow

RELEASES = ("late_flights", "late_flights_live", "maintenance_reports", "strike_risk")
HIDDEN = ("silver", "gold", "quarantine")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Releases that the embedded engine made; of the tables that they came from, bronze alone is left."""
    sample = ran_sample(tmp_path_factory)
    for zone in HIDDEN:
        shutil.rmtree(sample.lake / zone)
    return sample


@pytest.fixture(scope="module")
def connect(published: Sample, cluster: Cluster) -> Iterator[Engine]:
    """A session of the cluster."""
    with open_engine(settings_of(published, cluster.url)) as engine:
        yield engine


def settings_of(sample: Sample, engine: str) -> Settings:
    return Settings(project=sample.root, lake=sample.lake, engine=engine)


def made_again(sample: Sample, release: str, engine: Engine) -> None:
    """Verify a release in this process: it is equal, and nothing but the scratch place was written."""
    before = contents(sample.lake)
    lake = Lake(sample.lake)
    project = load_project(settings_of(sample, engine.name))
    found = verify(project, lake, open_release(lake, release), engine)
    assert found.equal, found.differs
    assert found.engine == engine.name
    assert [split.fingerprint for split in found.splits] == [s.fingerprint_now for s in found.splits]
    assert all(table.as_recorded for table in found.tables)
    assert contents(sample.lake) == before
    assert not list(sample.lake.glob("verify-*"))


@pytest.mark.variants
@pytest.mark.promise("P7", "spark")
@pytest.mark.parametrize("release", RELEASES)
def test_local_spark_makes_again_what_the_embedded_engine_published(
    published: Sample, spark_engine: Engine, release: str
) -> None:
    made_again(published, release, spark_engine)


@pytest.mark.promise("sc://host:port")
def test_a_cluster_makes_it_again_on_a_shared_folder(published: Sample, connect: Engine) -> None:
    made_again(published, "late_flights_live", connect)


@given(table=tables())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sparks_fingerprint_is_the_readers_for_every_type(
    spark_engine: Engine, tmp_path: Path, table: pa.Table
) -> None:
    path = str(tmp_path / "rows.parquet")
    pq.write_table(table, path, write_statistics=False)
    found = fingerprint_frame(spark_engine.read_parquet([path], table.schema), spark_engine, table.schema)
    assert str(found) == fingerprint_rows(table.schema, table.to_batches())


def test_spark_finds_a_changed_cell(published: Sample, spark_engine: Engine, tmp_path: Path) -> None:
    """By the command, as a user meets it; before the change, it was equal (see above)."""
    lent = spark_address(spark_engine)
    sample = Sample(tmp_path / "sample", spark=lent)
    shutil.copytree(published.root, sample.root)
    file = min((sample.lake / "bronze" / "flights").rglob("*.parquet"))
    rows = pq.read_table(file, columns=["month", "arr_delay", "distance"]).to_pylist()
    at = next(n for n, row in enumerate(rows) if row["month"] == 2 and row["arr_delay"] is not None)
    change_cell(file, "distance", at, rows[at]["distance"] + 1)  # it arrived, in the week that trains
    found = sample.json("verify", "late_flights", "--engine", "spark", code=1)
    assert [split["equal"] for split in found["splits"]] == [False, True]
    assert "split 'train' is the first that differs" in found["differs"]


def test_every_engine_gives_a_table_the_same_fingerprint(
    published: Sample, engine: Engine, spark_engine: Engine, connect: Engine
) -> None:
    lake = Lake(published.lake)
    bronze = [str(name) for name in lake.tables() if str(name).startswith("bronze_")]
    assert len(bronze) >= 9
    for table in bronze:
        found = {table_contents(lake, table, other).fingerprint for other in (engine, spark_engine, connect)}
        assert len(found) == 1, table
