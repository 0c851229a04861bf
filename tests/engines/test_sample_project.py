"""The sample project on every engine: the same rows in each table and release, and nothing made twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import obstore
import pytest

from tests.end_to_end.conftest import copy_sample
from tests.engines.sample import contents, released, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Sample
    from tests.services.cluster import Cluster
    from tests.services.s3 import S3Space

pytestmark = pytest.mark.slow


@pytest.mark.full
@pytest.mark.promise("spark")
@pytest.mark.parametrize("engine_name", ["spark", "cluster"])
def test_it_has_the_same_content_as_on_the_embedded_engine(
    cluster: Cluster, embedded_sample: Sample, engine_name: str, tmp_path: Path
) -> None:
    sample = copy_sample(tmp_path / "sample")
    engine = cluster.url if engine_name == "cluster" else engine_name
    sample.clearwell("run", "--engine", engine)
    tables = tables_of(embedded_sample)
    assert tables_of(sample) == tables
    assert contents(str(sample.lake), tables) == contents(str(embedded_sample.lake), tables)
    assert released(sample.lake) == released(embedded_sample.lake)
    again = sample.clearwell("run", "--engine", engine)
    assert "built" not in again.partition("checks")[0]


def test_it_has_the_same_content_with_its_lake_in_a_bucket(
    cluster: Cluster, embedded_sample: Sample, s3: S3Space, tmp_path: Path
) -> None:
    sample = copy_sample(tmp_path / "sample")
    bucket = s3.url("lake")
    sample.clearwell("run", "--engine", cluster.url, "--lake", bucket)
    tables = tables_of(embedded_sample)
    assert contents(bucket, tables) == contents(str(embedded_sample.lake), tables)
    store = obstore.store.from_url(bucket, client_options={"allow_http": True})
    for name, splits in released(embedded_sample.lake).items():
        manifest = json.loads(bytes(obstore.get(store, f"releases/{name}/v1/manifest.json").bytes()))
        assert [(s["name"], s["rows"], s["fingerprint"]) for s in manifest["splits"]] == splits
    assert not (sample.lake / "bronze").exists()
    again = sample.clearwell("run", "--engine", cluster.url, "--lake", bucket)
    assert "built" not in again.partition("checks")[0]
