"""An engine that an object store refuses is not told to correct its transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.engines import open_engine
from clearwell.engines.connect.store_refusals import refused_by_store
from clearwell.errors import StoreError, StoreUnreachable
from clearwell.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.s3 import S3Space

SAILS = {
    "Generic S3 error: an error occurred while loading credentials": "no credentials",
    "request forbidden: IMDS is disabled or the caller has insufficient permissions.": "no credentials",
    "Server returned non-2xx status code: 403 Forbidden: ": "access was refused",
    "Connection refused (os error 111)": "does not answer",
    "operation timed out": "does not answer",
    "failed to lookup address information: Name or service not known": "does not answer",
}
S3A = "org.apache.hadoop.fs.s3a."
MODEL = "software.amazon.awssdk.services.s3.model."
SPARKS = {
    f"{S3A}auth.NoAuthWithAWSException: No AWS Credentials provided by EnvironmentVariable": "no credentials",
    f"{MODEL}NoSuchBucketException: none (Status Code: 404)": "no such bucket",
    f"{MODEL}S3Exception: null (Status Code: 403)": "access was refused",
    f"{S3A}impl: java.net.UnknownHostException: nowhere": "does not answer",
}


@pytest.mark.parametrize(("text", "said"), {**SAILS, **SPARKS}.items())
def test_what_engines_say_of_stores_is_understood(text: str, said: str) -> None:
    error = refused_by_store("write s3://bucket/lake/gold/x", RuntimeError(text))
    assert error is not None
    assert said in error.fact
    assert error.place == "s3://bucket/lake/gold/x"
    assert isinstance(error, StoreUnreachable) == (said == "does not answer")


@pytest.mark.parametrize(
    "text",
    [
        "[DIVIDE_BY_ZERO] Division by zero.",
        "Futures timed out after [300 seconds]",
        "Traceback (most recent call last):\nConnectionRefusedError: Connection refused (os error 111)",
        "UDF failed: 403 Forbidden",
    ],
)
def test_what_others_do_wrong_is_not_the_stores_fault(text: str) -> None:
    assert refused_by_store("write s3://bucket/x", RuntimeError(text)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda patch: patch.setenv("AWS_SECRET_ACCESS_KEY", "another"), "access was refused"),
        (lambda patch: patch.delenv("AWS_SECRET_ACCESS_KEY"), "no credentials"),
        (lambda patch: patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), "does not answer"),
    ],
)
def test_an_engine_without_what_opens_the_store_says_so(
    s3: S3Space,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch], None],
    said: str,
) -> None:
    url = s3.url("out")
    with open_engine(Settings(project=tmp_path, lake=tmp_path / "lake")) as engine:
        with monkeypatch.context() as patch:
            change(patch)
            frame = engine.session().createDataFrame(pa.table({"n": [1]}))
        with pytest.raises(StoreError, match=said) as error:
            engine.write_parquet(frame, url)
    assert error.value.place == url
    assert s3.environment["AWS_SECRET_ACCESS_KEY"] not in str(error.value)
