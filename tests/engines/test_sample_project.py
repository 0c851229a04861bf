"""The sample project on every engine: the same rows in each table and release, and nothing made twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.stores import Store
from tests.end_to_end.conftest import copy_sample
from tests.engines.sample import contents, released, splits_of, tables_of
from tests.services.lent import spark_address

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.end_to_end.conftest import Sample
    from tests.services.cluster import Cluster
    from tests.services.s3 import S3Space

pytestmark = pytest.mark.slow


@pytest.mark.full
@pytest.mark.promise("spark")
def test_it_has_the_same_content_as_on_the_embedded_engine(
    spark_engine: Engine, embedded_sample: Sample, tmp_path: Path
) -> None:
    sample = replace(copy_sample(tmp_path / "sample"), spark=spark_address(spark_engine))
    sample.clearwell("run", "--engine", "spark")
    tables = tables_of(embedded_sample.lake)
    assert len(tables) >= 20
    assert tables_of(sample.lake) == tables
    assert contents(str(sample.lake), tables) == contents(str(embedded_sample.lake), tables)
    assert released(sample.lake) == released(embedded_sample.lake)
    again = sample.clearwell("run", "--engine", "spark")
    assert "built" not in again.partition("checks")[0]


@pytest.mark.full
@pytest.mark.promise("sc://host:port")
def test_a_lake_that_a_cluster_made_in_a_bucket_has_the_same_content_and_is_verified_there(
    cluster: Cluster, embedded_sample: Sample, s3: S3Space, tmp_path: Path
) -> None:
    sample = copy_sample(tmp_path / "sample")
    address = s3.url("lake")
    options = ("--lake", address)
    sample.clearwell("run", "+strike_risk", "--engine", cluster.url, *options)
    bucket = Store(tmp_path / "nothing", {"all": address})
    made = {file.path.partition("/_delta_log/")[0] for file in bucket.list("all")}
    tables = [table for table in tables_of(embedded_sample.lake) if f"all/{table}" in made]
    assert {"bronze/wildlife_strikes", "silver/wildlife_strikes"} < set(tables)
    assert contents(address, tables) == contents(str(embedded_sample.lake), tables)
    splits = released(embedded_sample.lake)["strike_risk"]
    assert splits_of(json.loads(bucket.get("all/releases/strike_risk/v1/manifest.json") or b"")) == splits
    assert not (sample.lake / "bronze").exists()
    again = sample.clearwell("run", "+strike_risk", *options)
    assert "built" not in again.partition("checks")[0]

    hidden = tuple(f"all/{zone}/" for zone in ("silver", "gold", "quarantine"))
    bucket.delete([file.path for file in bucket.list("all") if file.path.startswith(hidden)])
    before = sorted((file.path, file.size) for file in bucket.list("all"))
    for engine in ("embedded", cluster.url):
        told_equal(sample, "--engine", engine, *options)
        assert sorted((file.path, file.size) for file in bucket.list("all")) == before, engine
    told_equal(sample, "--scratch", f"{address}/elsewhere", *options)
    assert sorted((file.path, file.size) for file in bucket.list("all")) == before


def told_equal(sample: Sample, *options: str) -> None:
    """`clearwell verify strike_risk` says that it is equal."""
    found = sample.json("verify", "strike_risk", *options)
    assert found["equal"]
    assert all(split["fingerprint"] == split["fingerprint_now"] for split in found["splits"])
    assert all(table["as_recorded"] for table in found["tables"])
