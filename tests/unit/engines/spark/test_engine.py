"""The spark engine serves who has its token, in UTC, and tells a fault in one line; overflows are faults."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import functions as F
from pyspark.sql.connect.session import SparkSession as ConnectSession

from clearwell.engines.local import die_with_parent
from clearwell.engines.spark.conf import local_conf, properties, s3_conf
from clearwell.engines.spark.engine import _channels
from clearwell.engines.spark.process import server_environment
from clearwell.errors import EngineError
from tests.unit.engines import feathers

if TYPE_CHECKING:
    from clearwell.engines.spark.engine import SparkEngine


@pytest.fixture
def engine(spark_engine: SparkEngine) -> SparkEngine:
    spark_engine.session()
    return spark_engine


def processes(engine: SparkEngine) -> list[int]:
    assert engine.pid is not None
    return die_with_parent.session_members(engine.pid)


def ask(port: int, token: str) -> str:
    """What a client with this token is told, if it is served."""
    session = ConnectSession.Builder().channelBuilder(_channels(port, token)).create()
    try:
        return session.version
    finally:
        with suppress(Exception):
            session.stop()


@pytest.mark.slow
def test_only_who_has_the_token_is_served_and_on_loopback_alone(engine):
    port = engine._process.port()
    for wrong in ("", "wrong", engine._process.token[:-1]):
        with pytest.raises(PySparkException, match="UNAUTHENTICATED"):
            ask(port, wrong)
    assert ask(port, engine._process.token) == engine.session().version
    listening = {c.laddr for c in psutil.Process(engine.pid).net_connections("inet") if c.status == "LISTEN"}
    assert port in {address.port for address in listening}
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


@pytest.mark.slow
def test_no_argument_or_readable_file_tells_the_token(engine):
    token = engine._process.token
    engine.session().range(1).select(F.udf(lambda n: n, "long")("id")).collect()  # so that workers are there
    assert len(processes(engine)) > 1
    for pid in processes(engine):
        for name in ("cmdline", "environ"):
            assert token.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    folder = Path(engine.scratch or "")
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "spark.properties").stat().st_mode & 0o077 == 0
    assert token in (folder / "spark.properties").read_text()


@pytest.mark.slow
def test_times_are_utc_and_overflows_are_errors(engine):
    session = engine.session()
    assert session.sql("select current_timezone()").collect()[0][0] == "UTC"
    assert session.conf.get("spark.sql.ansi.enabled") == "true"
    zone = F.udf(lambda _: __import__("time").tzname[0], "string")
    assert session.range(1).select(zone("id")).collect()[0][0] == "UTC"
    hashed = F.udf(lambda _: hash("birds"), "long")
    assert {row[0] for row in session.range(4, numPartitions=4).select(hashed("id")).collect()} == {
        hash_without_seed("birds")
    }


def hash_without_seed(text: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", f"print(hash({text!r}))"],
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "fact", "hint"),
    [
        ("select span from range(1)", r"\[UNRESOLVED_COLUMN.*\] .*`span` cannot be resolved", "column names"),
        ("select flap(id) from range(1)", r"\[UNRESOLVED_ROUTINE\] .*`flap`", "name of the function"),
        ("select 9223372036854775807 + id from range(2)", r"\[ARITHMETIC_OVERFLOW\]", "wider type"),
        ("select cast(concat('x', id) as int) from range(1)", r"\[CAST_INVALID_INPUT\] .*'x0'", "try_"),
        ("select 1 / id from range(1)", r"\[DIVIDE_BY_ZERO\]", "try_"),
        ("selec 1", r"\[PARSE_SYNTAX_ERROR\]", "correct the transform"),
    ],
)
def test_a_wrong_query_is_one_line_and_a_next_step(engine, query, fact, hint):
    with pytest.raises(EngineError) as caught, engine.work("cleanse birds"):
        engine.session().sql(query).collect()
    assert re.match(rf"cleanse birds: {fact}", caught.value.fact)
    assert hint in str(caught.value.hint)
    assert "\n" not in caught.value.fact
    for noise in ("SQLSTATE", "bypass this error", "org.apache.spark", "--engine"):
        assert noise not in str(caught.value)


@pytest.mark.slow
def test_a_function_of_the_project_that_raises_is_told_with_its_line(engine):
    with pytest.raises(EngineError) as caught, engine.work("cleanse birds"):
        engine.session().range(1).select(F.udf(feathers.moult, "long")("id")).collect()
    assert caught.value.fact == "cleanse birds: LookupError: no feather 0"
    line = 1 + Path(feathers.__file__).read_text().splitlines().index(
        '    raise LookupError(f"no feather {number}")'
    )
    assert caught.value.place == f"{feathers.__file__}:{line}"


@pytest.mark.slow
def test_functions_import_clearwell_and_what_the_run_imports(engine):
    def names(_):
        import pyspark

        import clearwell.errors

        return f"{clearwell.errors.__file__} {pyspark.__file__}"

    import pyspark

    import clearwell.errors

    told = engine.session().range(1).select(F.udf(names, "string")("id")).collect()[0][0]
    assert told == f"{clearwell.errors.__file__} {pyspark.__file__}"


@pytest.mark.slow
@pytest.mark.parametrize("partition_by", [(), ("odd",)])
def test_what_was_written_is_named_by_the_mark_of_success(engine, tmp_path, partition_by):
    frame = engine.session().range(100, numPartitions=3).withColumn("odd", F.col("id") % 2)
    engine.write_parquet(frame, str(tmp_path / "out"), partition_by=partition_by)
    mark = json.loads((tmp_path / "out/_SUCCESS").read_text())
    files = {f"file:{path}" for path in (tmp_path / "out").rglob("*.parquet")}
    assert mark["success"] is True
    assert set(mark["filenames"]) == files
    assert len(files) == 3 * (2 if partition_by else 1)


@pytest.mark.slow
def test_a_frame_without_rows_leaves_a_mark_and_reads_as_no_rows(engine, tmp_path):
    engine.write_parquet(engine.session().range(0), str(tmp_path / "out"))
    files = [str(path) for path in (tmp_path / "out").rglob("*.parquet")]
    assert (tmp_path / "out/_SUCCESS").is_file()
    assert engine.read_parquet(files, pa.schema([("id", pa.int64())])).count() == 0


@pytest.mark.slow
def test_it_reads_and_writes_delta_as_delta_spark_does(engine, tmp_path):
    table = str(tmp_path / "birds")
    session = engine.session()
    session.range(5).write.format("delta").save(table)
    session.sql(
        f"merge into delta.`{table}` t using (select 3L as id) s on t.id = s.id when matched then delete"
    )
    assert engine.read_delta(table, 0, pa.schema([("id", pa.int64())])).count() == 5
    assert engine.read_delta(table, 1, pa.schema([("id", pa.int64())])).count() == 4


def test_settings_of_another_spark_do_not_come_along():
    parent = {
        "MASTER": "spark://elsewhere:7077",
        "SPARK_REMOTE": "sc://elsewhere",
        "SPARK_HOME": "/opt/spark",
        "SPARK_LOCAL_DIRS": "/full",
        "PYSPARK_PYTHON": "/usr/bin/python2",
        "HADOOP_CONF_DIR": "/etc/hadoop",
        "JAVA_HOME": "/opt/java8",
        "AWS_REGION": "eu-west-1",
        "SPARKLE": "kept",
    }
    seen = server_environment(parent)
    assert {name for name in parent if name in seen} == {"AWS_REGION", "SPARKLE", "PYSPARK_PYTHON"}
    assert seen["PYSPARK_PYTHON"] != "/usr/bin/python2"


def read_as_java_does(text: str) -> dict[str, str]:
    """A properties file by the rules of java.util.Properties, for what this one may hold."""
    assert text.isascii()
    found = {}
    for line in filter(None, text.split("\n")):
        key, _, value = line.partition("=")
        assert not value.startswith((" ", "\t", "\f"))  # it would be left out
        units = re.sub(r"\\u(....)|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else m[2], value)
        found[key] = units.encode("utf-16", "surrogatepass").decode("utf-16")
    return found


NAMES, VALUES = st.from_regex(r"[a-z.]+", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, VALUES))
def test_a_properties_file_holds_any_value(values):
    assert read_as_java_does(properties(values)) == values


def test_no_key_of_a_bucket_is_in_any_setting(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKCANARY0123456789")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-0123456789")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:8333")
    told = {**local_conf(cores=2, scratch="/scratch", token="t"), **s3_conf()}
    assert told["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:8333"
    assert told["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"
    assert "canary" not in str(told).lower()
