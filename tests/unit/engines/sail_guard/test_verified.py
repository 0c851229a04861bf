"""A function that was never compared is refused by name, or warned of once; the session's own are not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F
from pyspark.sql import types

from clearwell.engines import open_engine
from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.verified import Trust, kind_of
from clearwell.errors import EngineError, ProjectError
from clearwell.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

UNLISTED = "make_interval"


@pytest.fixture(scope="module")
def spark(engine: EmbeddedEngine) -> SparkSession:
    return engine.session()


@pytest.mark.parametrize("text", [False, True])
def test_a_function_that_is_not_on_the_list_is_refused_with_the_way_out(
    engine: EmbeddedEngine, spark: SparkSession, text: bool
) -> None:
    column = F.expr(f"{UNLISTED}(1)") if text else F.call_function(UNLISTED, F.lit(1))
    frame = spark.range(1).select(column.cast("string"))
    with pytest.raises(EngineError, match=UNLISTED) as caught, engine.work("the test"):
        frame.toArrow()
    assert "verified-functions" in caught.value.fact
    assert caught.value.hint is not None
    assert 'unverified_functions = "warn"' in caught.value.hint
    assert "--engine spark" in caught.value.hint
    assert text or "test_verified.py:" in (caught.value.place or "")


def test_a_query_is_held_against_the_same_list(engine: EmbeddedEngine, spark: SparkSession) -> None:
    with pytest.raises(EngineError, match=UNLISTED), engine.work("the test"):
        spark.sql(f"select {UNLISTED}(1)").toArrow()


def test_a_function_of_the_session_is_its_own(spark: SparkSession) -> None:
    spark.udf.register("our_own_length", lambda text: len(text or ""), "int")
    frame = spark.createDataFrame([("abc",)], "a string")
    frame.createOrReplaceTempView("texts")
    assert frame.select(F.call_function("our_own_length", F.col("a"))).collect()[0][0] == 3
    assert spark.sql("select our_own_length(a) from texts").collect()[0][0] == 3


def test_kinds_that_differ_are_refused_and_others_of_the_function_are_not(
    engine: EmbeddedEngine, spark: SparkSession
) -> None:
    rows = spark.createDataFrame([(1.0, 2)], "x double, n int")
    assert rows.select(F.call_function("mod", "n", "n").alias("r")).toArrow()["r"].to_pylist() == [0]
    with pytest.raises(EngineError, match=r"mod\(float, int\)"), engine.work("the test"):
        rows.select(F.call_function("mod", F.col("x").cast("float"), F.col("n"))).toArrow()


def test_kinds_that_were_never_asked_are_refused_with_the_way_out(
    engine: EmbeddedEngine, spark: SparkSession
) -> None:
    rows = spark.createDataFrame([(b"a", 1.0)], "b binary, x double")
    with pytest.raises(EngineError, match=r"was not compared") as caught, engine.work("the test"):
        rows.select(F.concat_ws("-", F.array("x"))).toArrow()
    assert 'unverified_functions = "warn"' in (caught.value.hint or "")


CALLS = [
    ("coalesce", ["int"] * 5, True),
    ("coalesce", ["int", "int", "int", "binary"], False),
    ("when", ["boolean", "string", "boolean", "string", "string"], True),
    ("map", ["string", "int", "string", "double"], True),
    ("substring", ["string", "int", "int", "int"], False),
    ("upper", ["void"], True),
    ("size", ["array<void>"], True),
    ("max", ["interval year to month"], True),
]


@pytest.mark.parametrize(("name", "kinds", "trusted"), CALLS)
def test_a_call_of_many_arguments_is_as_right_as_its_parts(
    name: str, kinds: list[str], trusted: bool
) -> None:
    found = tuple(types._parse_datatype_string(kind) for kind in kinds)
    site = Site(name, (), found)
    if trusted:
        Trust().require_kinds(site)
    else:
        with pytest.raises(Refused, match="was not compared with Spark's"):
            Trust().require_kinds(site)


@pytest.mark.parametrize("kinds", [["string", "int"], ["string", "string", "int", "string"]])
def test_what_differs_is_refused_where_what_was_not_asked_is_warned_of(kinds: list[str]) -> None:
    found = tuple(types._parse_datatype_string(kind) for kind in kinds)
    with pytest.raises(Refused, match="was seen to differ from Spark's"):
        Trust(warn=True).require_kinds(Site("coalesce", (), found))


def test_a_text_is_no_interval_of_whole_days(engine: EmbeddedEngine, spark: SparkSession) -> None:
    """The guard's word for such an interval is a word that a text may have."""
    with pytest.raises(EngineError, match=r"nullif\(string, int\)"), engine.work("the test"):
        spark.sql("select nullif('an interval of whole days', id_) from values (1) t(id_)").toArrow()


def test_a_warning_comes_once_for_each_name(caplog: pytest.LogCaptureFixture) -> None:
    trust = Trust(warn=True)
    with caplog.at_level(logging.WARNING, logger="clearwell"):
        for name in (UNLISTED, "upper", UNLISTED, UNLISTED, "another"):
            trust.require(name)
        for _ in range(2):
            trust.require_kinds(Site("+", (), (types.BinaryType(), types.DoubleType())))
    told = [record.getMessage().split(" was ")[0] for record in caplog.records]
    assert told == [UNLISTED, "another", "+(binary, double)"]


@pytest.mark.own_engine
def test_the_setting_warns_and_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(project=tmp_path, lake=tmp_path / "lake", unverified_functions="warn")
    with open_engine(settings) as engine, caplog.at_level(logging.WARNING, logger="clearwell"):
        rows = engine.session().range(1).select(F.call_function(UNLISTED, F.lit(1)).cast("string"))
        assert rows.count() == 1
    assert f"{UNLISTED} was not compared with Spark's" in caplog.text


def test_the_setting_is_refuse_or_warn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.clearwell]\nlake = "lake"\n')
    monkeypatch.chdir(tmp_path)
    assert load_settings().unverified_functions == "refuse"
    project.write_text('[tool.clearwell]\nlake = "lake"\nunverified_functions = "warm"\n')
    with pytest.raises(ProjectError, match="unverified_functions") as caught:
        load_settings()
    assert "warn" in (caught.value.hint or "")


def test_types_are_the_kinds_of_the_list(spark: SparkSession) -> None:
    kinds = "a boolean, b decimal(5,2), c array<date>, d array<array<int>>, e map<string,int>, f array<float>"
    found = [kind_of(field.dataType) for field in spark.createDataFrame([], kinds).schema]
    assert found == ["boolean", "decimal", "array<string>", "array<array>", "map", "array<double>"]
    assert kind_of(None) == ""
