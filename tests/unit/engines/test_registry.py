"""An engine is opened by its name; a wrong name says what is near."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clearwell.engines import open_engine
from clearwell.engines.connect.engine import ConnectEngine
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.engines.spark.engine import SparkEngine
from clearwell.errors import EngineError, ProjectError
from clearwell.settings import Settings


@pytest.fixture
def named(tmp_path):
    def settings(engine, **others):
        return Settings(project=tmp_path, lake=tmp_path / "lake", engine=engine, **others)

    return settings


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Installs a package with engines ``paddle`` (made by ``body``) and ``oar`` (not there)."""

    def install(body):
        (tmp_path / "paddle_engine.py").write_text(body)
        info = tmp_path / "paddle_engine-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paddle-engine\nVersion: 1\n")
        (info / "entry_points.txt").write_text(
            "[clearwell.engines]\npaddle = paddle_engine:open\noar = paddle_engine:missing\n"
        )
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    sys.modules.pop("paddle_engine", None)


def test_embedded_is_the_default_and_takes_its_settings(named):
    engine = open_engine(named("embedded", engine_memory=2**31, engine_deadline_seconds=5.0))
    assert isinstance(engine, EmbeddedEngine)
    assert (engine.name, engine.memory) == ("embedded", 2**31)


def test_an_address_is_an_engine_without_its_secrets_in_the_name(named):
    engine = open_engine(named("sc://spark.example:15002/;token=canary-0123"))
    assert isinstance(engine, ConnectEngine)
    assert engine.name == "sc://spark.example:15002"


def test_spark_is_an_engine_of_its_own_and_takes_its_settings(named):
    engine = open_engine(named("spark", engine_memory=2**31))
    assert isinstance(engine, SparkEngine)
    assert (engine.name, engine.memory, engine.lacks) == ("spark", 2**31, frozenset())
    assert engine.pid is None  # nothing has started yet


def test_spark_is_refused_for_a_store_that_it_cannot_reach(named):
    with pytest.raises(EngineError, match="gold is at gs://bucket/gold") as caught:
        open_engine(named("spark", places={"bronze": "s3://bucket/bronze", "gold": "gs://bucket/gold"}))
    assert "sc://host:port" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("wrong", "near"), [("embeded", "embedded"), ("sparc", "spark"), ("", "sc://host:port")]
)
def test_an_unknown_name_says_what_is_near(named, wrong, near):
    with pytest.raises(EngineError, match="no engine") as caught:
        open_engine(named(wrong))
    assert near in str(caught.value.hint)


def test_a_plugin_is_an_engine_like_any_other(named, plugin):
    plugin("def open(settings):\n    return ('paddle', settings.engine)\n")
    assert open_engine(named("paddle")) == ("paddle", "paddle")
    with pytest.raises(EngineError) as caught:
        open_engine(named("padle"))
    assert "'paddle'" in str(caught.value.hint)


def test_a_plugin_that_does_not_load_is_named(named, plugin):
    plugin("def open(settings):\n    raise RuntimeError('no water')\n")
    with pytest.raises(EngineError, match="RuntimeError: no water") as caught:
        open_engine(named("paddle"))
    assert caught.value.place == "paddle_engine:open"
    with pytest.raises(EngineError, match="AttributeError"):
        open_engine(named("oar"))


def test_a_plugins_own_clearwell_error_passes(named, plugin):
    plugin("from clearwell import errors\ndef open(settings):\n    raise errors.ProjectError('set a port')\n")
    with pytest.raises(ProjectError, match="set a port"):
        open_engine(named("paddle"))


def test_naming_an_engine_imports_no_engine():
    program = "import sys, clearwell.engines; print({'pyspark', 'grpc', 'pysail'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
