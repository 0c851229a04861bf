"""The embedded engine: one session, the same answers on any machine, and nothing left behind."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
import threading
import time

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from clearwell.engines import Capability, require
from clearwell.engines.local import engine as local
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.engines.sail.process import SailProcess
from clearwell.engines.scratch import Scratch
from clearwell.errors import EngineError, ProjectError
from tests.unit.engines.processes import has_ended


def test_it_starts_with_its_first_use_and_ends_with_its_block():
    with EmbeddedEngine() as engine:
        assert engine.pid is None
        assert engine.session() is engine.session()
        pid = engine.pid
        assert pid is not None
    assert engine.pid is None
    assert has_ended(pid)


def test_closed_twice_is_closed_and_used_afterwards_is_an_error():
    engine = EmbeddedEngine()
    engine.session()
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="is closed"):
        engine.session()
    with pytest.raises(EngineError, match="count: the engine embedded is closed"), engine.work("count"):
        pass


def test_an_engine_that_never_started_can_be_closed():
    EmbeddedEngine().close()


def test_two_engines_of_one_program_do_not_meet(engine):
    engine.session().range(1).createOrReplaceTempView("birds")
    with EmbeddedEngine() as other:
        assert other.pid != engine.pid
        assert not other.session().catalog.tableExists("birds")
    assert engine.session().table("birds").count() == 1


def test_when_one_engine_is_closed_functions_of_spark_find_the_other():
    with EmbeddedEngine() as later:
        with EmbeddedEngine() as earlier:
            earlier.session()
            later.session()
        frame = later.session().range(1).select(F.udf(lambda n: n + 1, "long")("id"))
        assert frame.collect()[0][0] == 1


def test_one_engine_answers_many_threads(engine):
    answers = {}

    def count(n):
        with engine.work("count"):
            answers[n] = engine.session().range(n).count()

    threads = [threading.Thread(target=count, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {n: n for n in range(8)}


def test_functions_of_spark_find_the_session(engine):
    engine.session()
    assert SparkSession.getActiveSession() is not None
    assert engine.session().range(2).select(F.sum("id")).collect()[0][0] == 1


def test_of_two_engines_the_one_asked_last_is_found(engine):
    with EmbeddedEngine() as other:
        for asked in (engine, other, engine):
            assert asked.session() is SparkSession.getActiveSession()
    with EmbeddedEngine() as later:  # one that has ended is not found
        assert later.session() is SparkSession.getActiveSession()
    engine.session()


def test_an_engine_that_works_is_found_and_afterwards_what_was_found_before(engine, tmp_path):
    kind, ours = type(engine.session()), engine.session()
    server = SailProcess(2 * 2**30, str(tmp_path))  # the user's own: an engine answers its own run alone
    own = kind.Builder().remote(f"sc://127.0.0.1:{server.port()}").create()
    try:
        kind._active_session.session = own
        with engine.work("a checkpoint"):
            assert SparkSession.getActiveSession() is ours
        assert SparkSession.getActiveSession() is own
        with EmbeddedEngine() as other, engine.work("a step"):
            with other.work("a step of another engine"):
                assert other.session() is SparkSession.getActiveSession()
            assert SparkSession.getActiveSession() is ours
        assert SparkSession.getActiveSession() is own
        with engine.work("a step in which it ends"):
            own.stop()
        assert SparkSession.getActiveSession() is ours
    finally:
        own.stop()
        server.kill("the test is over")


def test_time_is_utc_whatever_the_machine_says(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    with EmbeddedEngine() as engine:
        session = engine.session()
        in_python = F.udf(lambda _: time.localtime(0).tm_hour, "int")("id")
        row = session.range(1).select(F.hour(F.timestamp_seconds("id")), in_python).collect()[0]
        assert session.conf.get("spark.sql.session.timeZone") == "UTC"
    assert tuple(row) == (0, 0)


def test_a_bad_cast_is_an_error_and_not_null(engine):
    with pytest.raises(EngineError, match="cast"), engine.work("cast"):
        engine.session().sql("select cast(concat('a', id) as int) from range(1)").collect()


def test_modules_of_the_project_are_found_by_the_functions_that_use_them(tmp_path, monkeypatch):
    (tmp_path / "wings_of_the_project.py").write_text("def twice(n):\n    return 2 * n\n")
    monkeypatch.syspath_prepend(tmp_path)
    from wings_of_the_project import twice  # pyright: ignore[reportMissingImports]

    with EmbeddedEngine() as engine:
        assert engine.session().range(3).select(F.udf(twice, "long")("id")).collect()[2][0] == 4
    del sys.modules["wings_of_the_project"]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("grpc_proxy", "http://127.0.0.1:9")
    with EmbeddedEngine() as engine:
        assert engine.session().range(3).count() == 3


def test_settings_of_sail_in_the_environment_do_not_lift_the_memory_limit(monkeypatch):
    monkeypatch.setenv("SAIL_RUNTIME__MEMORY_POOL__TYPE", "unbounded")
    everything = "select size(collect_list(concat(repeat('x', 200), id))) from range(5000000)"
    small = EmbeddedEngine(memory=600 * 2**20)
    with small as engine, pytest.raises(EngineError) as caught, engine.work("collect"):
        engine.session().sql(everything).collect()
    assert "memory pool" in caught.value.fact


def test_a_server_that_cannot_start_says_why(monkeypatch, tmp_path):
    (tmp_path / "pysail.py").write_text("raise ImportError('no sail today')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with EmbeddedEngine() as engine, pytest.raises(EngineError, match="no sail today"):
        engine.session()


def test_packages_that_are_not_installed_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(local, "find_spec", lambda name: None if name == "pysail" else name)
    with EmbeddedEngine() as engine, pytest.raises(EngineError, match="not installed: pysail") as caught:
        engine.session()
    assert caught.value.hint == "pip install 'clearwell[pipelines]'"


def test_work_within_work_has_the_name_of_the_outer(engine):
    with pytest.raises(EngineError) as caught, engine.work("outer"), engine.work("inner"):
        engine.session().sql("select nofn(1)").collect()
    assert caught.value.fact == "outer: unknown function: nofn"


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), ProjectError("mine"), KeyboardInterrupt()])
def test_errors_that_are_not_the_engines_pass_through_work_unchanged(engine, error):
    with pytest.raises(type(error)) as caught, engine.work("cleanse birds"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("capability", list(Capability))
def test_what_it_lacks_names_an_engine_that_has_it(engine, capability):
    with pytest.raises(EngineError, match="embedded does not support") as caught:
        require(engine, capability, place="assets/birds.py:3")
    assert caught.value.place == "assets/birds.py:3"
    assert "--engine spark" in str(caught.value.hint)


def test_spill_is_private_while_the_engine_lives_and_gone_when_it_is_closed(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with EmbeddedEngine() as engine:
        engine.session()
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        Scratch().remove()  # another engine's start
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_spill_of_a_killed_run_is_swept_by_the_next(tmp_path):
    left = tmp_path / "clearwell-engine-left"
    left.mkdir()
    (left / "alive").touch()
    (left / "spilled").write_bytes(b"x")
    others = tmp_path / "clearwell-engine-not-ours"
    others.mkdir()
    scratch = Scratch(str(tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted([others, scratch.path])
    with (scratch.path / "alive").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    scratch.remove()
    assert not os.path.exists(scratch.path)
