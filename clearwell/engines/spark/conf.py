"""The configuration of a local Spark: as data, except for what only the run knows.

Each setting that is not obvious has a comment. Only the token is secret; the credentials of a bucket stay in
the environment, where Amazon's library looks for them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.settings import s3_service

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["committers", "local_conf", "properties", "s3_conf"]

_BINDING = "org.apache.spark.internal.io.cloud"
_S3A = "org.apache.hadoop.fs.s3a"


def local_conf(*, cores: int, scratch: str, token: str) -> dict[str, str]:
    """A Connect server on a free port of loopback, with Delta, that accepts only clients with ``token``."""
    return {
        "spark.master": f"local[{cores}]",
        "spark.app.name": "clearwell",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",  # the system chooses a free one
        "spark.connect.authenticate.token": token,
        "spark.connect.session.manager.defaultSessionTimeout": "7d",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.ui.retainedExecutions": "10",
        "spark.local.dir": scratch,
        "spark.sql.warehouse.dir": f"{scratch}/warehouse",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.shuffle.partitions": str(4 * cores),  # coalesced where they hold little
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "2",  # of 50: a third of the CPU of a small merge
        **committers(),
        # For frames that a user writes without Clearwell, so without the option.
        "spark.hadoop.spark.sql.sources.writeJobUUID": f"{uuid4()}",
    }


def committers() -> dict[str, str]:
    """Committers whose success marker names every file that was really committed.

    On a disk that is Hadoop's manifest committer. It needs the job's id from its settings before Spark 4.2
    puts it there: the writer passes one as an option (``clearwell.engines.files.parquet``).
    """
    return {
        "spark.sql.sources.commitProtocolClass": f"{_BINDING}.PathOutputCommitProtocol",
        "spark.sql.parquet.output.committer.class": f"{_BINDING}.BindingParquetOutputCommitter",
        "spark.hadoop.mapreduce.outputcommitter.factory.scheme.file": (
            "org.apache.hadoop.mapreduce.lib.output.committer.manifest.ManifestCommitterFactory"
        ),
    }


def s3_conf(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Buckets, addressed by ``s3://``, at the service that ``environment`` names.

    The magic committer uploads to the final place of a file and completes it on commit: no byte is copied.
    """
    service = s3_service(environment)
    told = {
        "spark.hadoop.fs.s3.impl": f"{_S3A}.S3AFileSystem",
        "spark.hadoop.fs.AbstractFileSystem.s3.impl": f"{_S3A}.S3A",
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
        ),
        "spark.hadoop.fs.s3a.committer.name": "magic",
        "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
        "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": f"{_S3A}.commit.S3ACommitterFactory",
        "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": f"{_S3A}.commit.S3ACommitterFactory",
        # By default a service that does not answer is retried for minutes.
        "spark.hadoop.fs.s3a.attempts.maximum": "3",
        "spark.hadoop.fs.s3a.retry.limit": "3",
        "spark.hadoop.fs.s3a.connection.establish.timeout": "5s",
        "spark.hadoop.fs.s3a.connection.timeout": "30s",
    }
    if service.endpoint:
        told["spark.hadoop.fs.s3a.endpoint"] = service.endpoint
        told["spark.hadoop.fs.s3a.path.style.access"] = "true"
        told["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(service.endpoint.startswith("https")).lower()
    if service.region:
        told["spark.hadoop.fs.s3a.endpoint.region"] = service.region
    return told


def properties(conf: Mapping[str, str]) -> str:
    """The text of a properties file, as Java reads it."""
    return "".join(f"{key}={_escaped(value)}\n" for key, value in conf.items())


def _escaped(value: str) -> str:
    """Plain ASCII, without characters that Java would interpret."""
    text = value.replace("\\", "\\\\")
    units = (f"\\{text}" if text.startswith(" ") else text).encode("utf-16-be", "surrogatepass")
    pairs = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    return "".join(chr(unit) if 0x20 <= unit < 0x7F else f"\\u{unit:04x}" for unit in pairs)
