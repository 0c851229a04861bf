"""The spark engine reads and writes buckets as it does folders; a bucket that refuses it is told as that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import obstore
import pyarrow as pa
import pytest
from obstore.store import from_url
from pyspark.sql import functions as F

from clearwell.engines.spark.engine import SparkEngine
from clearwell.errors import StoreError, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.s3 import S3Server, S3Space

pytestmark = [pytest.mark.slow, pytest.mark.spark]

MEMORY = 3 << 30


@pytest.fixture(scope="module")
def engine(s3_server: S3Server) -> Iterator[SparkEngine]:
    with SparkEngine(memory=MEMORY, s3=True) as engine:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in s3_server.environment.items():
                patch.setenv(name, value)
            engine.session()
        yield engine


def opened(address: str) -> Any:
    """The folder of a bucket, for another library: it takes URLs, and our addresses are none."""
    return from_url(quote(address, safe=":/"))


def listed(url: str) -> list[str]:
    """The files in a folder of a bucket, by another library."""
    return sorted(entry["path"] for entry in obstore.list(opened(url)).collect() if entry["size"])


@pytest.mark.parametrize("partition_by", [(), ("odd",)])
@pytest.mark.parametrize("name", ["plain", "a b", "per%cent", "p=a%2Fb", "st*r [a] {b}", "größe"])
def test_what_was_written_is_there_is_named_by_the_mark_and_reads_back(
    engine, s3: S3Space, name, partition_by
):
    target = f"{s3.url('lake')}/{name}/out"
    frame = engine.session().range(100, numPartitions=2).withColumn("odd", F.col("id") % 2)
    engine.write_parquet(frame, target, partition_by=partition_by)
    files = [path for path in listed(target) if path.endswith(".parquet")]
    assert len(files) == 2 * (2 if partition_by else 1)
    mark = json.loads(bytes(obstore.get(opened(target), "_SUCCESS").bytes()))
    assert mark["committer"] == "magic"  # nothing was copied
    assert {file.rpartition("/out/")[2] for file in mark["filenames"]} == set(files)
    assert not [path for path in listed(target) if "__magic" in path or "_temporary" in path]
    back = engine.read_parquet([f"{target}/{path}" for path in files], pa.schema([("id", pa.int64())]))
    assert back.agg(F.sum("id"), F.count("*")).collect()[0][:] == (4950, 100)


def test_two_works_have_ids_of_their_own(engine, s3: S3Space):
    ids = set()
    for name in ("one", "two"):
        target = f"{s3.url('lake')}/{name}"
        engine.write_parquet(engine.session().range(3), target)
        ids.add(json.loads(bytes(obstore.get(opened(target), "_SUCCESS").bytes()))["jobId"])
    assert len(ids) == 2


def test_a_bucket_that_is_not_there_is_named(engine):
    with pytest.raises(StoreError, match="no such bucket") as caught:
        engine.write_parquet(engine.session().range(3), "s3://no-such-bucket/out")
    assert caught.value.place == "s3://no-such-bucket/out"


@pytest.mark.variants
@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-0123456789"}, StoreError, "access was refused"),
        ({"AWS_SECRET_ACCESS_KEY": None, "AWS_ACCESS_KEY_ID": None}, StoreError, "no credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, StoreUnreachable, "does not answer"),
    ],
)
def test_what_a_bucket_lacks_is_told_in_bounded_time(s3: S3Space, monkeypatch, changed, kind, words):
    target = f"{s3.url('lake')}/out"
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with SparkEngine(memory=MEMORY, s3=True, deadline_seconds=240) as engine:
        frame = engine.session().range(3)
        with pytest.raises(StoreError, match=words) as caught:
            engine.write_parquet(frame, target)
    assert type(caught.value) is kind
    assert "AWS_" in str(caught.value.hint) or kind is StoreUnreachable
    assert "wrong-0123456789" not in str(caught.value)


def test_no_key_is_an_argument_or_in_a_file(engine, s3_server: S3Server):
    from pathlib import Path

    from clearwell.engines.local import die_with_parent

    secret = s3_server.environment["AWS_SECRET_ACCESS_KEY"].encode()
    for pid in die_with_parent.session_members(engine.pid):
        assert secret not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for name in ("spark.properties", "java.arguments"):
        assert secret not in (Path(engine.scratch) / name).read_bytes()
