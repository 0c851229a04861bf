"""A Spark that dies, hangs or grows too large ends its work with EngineLost, and none outlives its run."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time

import pytest
from pyspark.sql import functions as F

from clearwell.engines.local import die_with_parent
from clearwell.engines.spark import process as spark_process
from clearwell.engines.spark.engine import SparkEngine
from clearwell.errors import EngineError, EngineLost
from tests.unit.engines import feathers
from tests.unit.engines.processes import Owner, has_ended

MEMORY = 2 << 30

pytestmark = [pytest.mark.slow, pytest.mark.spark]


def hold(engine: SparkEngine) -> None:
    engine.session().range(2, numPartitions=2).select(F.udf(feathers.hold, "long")("id")).collect()


def wait_for_workers(engine: SparkEngine) -> list[int]:
    """All processes of the engine, once its Python workers are among them."""
    assert engine.pid is not None
    for _ in range(600):
        members = die_with_parent.session_members(engine.pid)
        if len(members) >= 4:  # Java, the daemon, and a worker for each task
            return members
        time.sleep(0.1)
    raise AssertionError("no Python worker was started")


def while_holding(engine: SparkEngine, do) -> tuple[EngineLost, list[int]]:
    """What ``hold`` raises when ``do`` is done in its midst, and the processes that there were."""
    engine.session()
    seen: list[int] = []

    def act():
        seen.extend(wait_for_workers(engine))
        do()

    acting = threading.Thread(target=act)
    acting.start()
    with pytest.raises(EngineLost) as caught, engine.work("cleanse birds"):
        hold(engine)
    acting.join(60)
    assert seen
    return caught.value, seen


def test_a_killed_spark_is_lost_at_once_with_its_workers_and_its_folder(monkeypatch, tmp_path):
    strange = tmp_path / "größe = a\\b: 'c' \"d\" #!"
    strange.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(strange))
    with SparkEngine(memory=MEMORY) as engine:
        error, processes = while_holding(engine, lambda: os.kill(engine.pid or 0, signal.SIGKILL))
        assert error.fact.startswith("cleanse birds: the engine was lost: it was killed by SIGKILL")
        assert all(has_ended(pid) for pid in processes)
        with pytest.raises(EngineLost):
            engine.session()
    engine.close()
    assert list(strange.iterdir()) == []


@pytest.mark.full
def test_a_stopped_spark_is_ended_at_the_deadline():
    with SparkEngine(memory=MEMORY) as engine:
        two = engine.session().range(2, numPartitions=2)
        two.select(F.udf(lambda n: n, "long")("id")).collect()  # its workers stay for the next function
        wait_for_workers(engine)
        engine._deadline_seconds = 5.0
        error, processes = while_holding(engine, lambda: os.kill(engine.pid or 0, signal.SIGSTOP))
        assert "no answer within the deadline of 5 s" in error.fact
        assert all(has_ended(pid) for pid in processes)


@pytest.mark.full
def test_closing_does_not_wait_for_a_function_that_still_runs():
    engine = SparkEngine(memory=MEMORY)
    _, processes = while_holding(engine, engine.close)
    assert all(has_ended(pid) for pid in processes)


def test_a_spark_without_memory_is_lost_and_says_what_to_do():
    with SparkEngine(memory=MEMORY) as engine:
        wide = engine.session().range(1).select(F.expr("repeat('x', 1500000000)").alias("a"))
        with pytest.raises(EngineLost) as caught, engine.work("cleanse"):
            wide.select(F.reverse("a"), F.concat("a", "a")).collect()
    assert "OutOfMemoryError" in caught.value.fact
    assert caught.value.hint == "raise engine_memory (now 2.0 GiB), or process less at once"


@pytest.mark.full
def test_functions_that_take_too_much_memory_end_the_engine_and_not_the_machine():
    def gobble(_):
        held = [bytearray(os.urandom(1 << 20)) * 64 for _ in range(100)]
        return len(held)

    with SparkEngine(memory=MEMORY) as engine, pytest.raises(EngineLost) as caught, engine.work("cleanse"):
        engine.session().range(1).select(F.udf(gobble, "long")("id")).collect()
    assert "it used more memory than its limit of 2.0 GiB" in caught.value.fact
    assert "engine_memory" in str(caught.value.hint)


def test_a_spark_that_cannot_start_says_why_in_its_own_words(monkeypatch):
    monkeypatch.setattr(spark_process, "_JVM", ("-XX:+NoSuchSwitch",))
    with SparkEngine(memory=MEMORY) as engine, pytest.raises(EngineError) as caught:
        engine.session()
    assert "Spark did not start: " in caught.value.fact
    assert "NoSuchSwitch" in caught.value.fact
    assert "clearwell doctor" in str(caught.value.hint)


def test_a_spark_in_too_little_memory_is_refused_before_anything_starts():
    with (
        SparkEngine(memory=512 << 20) as engine,
        pytest.raises(EngineError, match=r"cannot work in 512\.0 MiB"),
    ):
        engine.session()
    assert engine.pid is None


OPEN = f"""
    import os, threading, time
    from pyspark.sql import functions as F
    from clearwell.engines.local import die_with_parent
    from clearwell.engines.spark import process as spark_process
    from clearwell.engines.spark.engine import SparkEngine
    from tests.unit.engines import feathers
    engine = SparkEngine(memory={MEMORY})
    session = engine.session()
    print(engine.pid, flush=True)
    def hold():
        session.range(2, numPartitions=2).select(F.udf(feathers.hold, "long")("id")).collect()
    def tell():
        while len(members := die_with_parent.session_members(engine.pid)) < 4:
            time.sleep(0.1)
        print(*members, engine.scratch, flush=True)
    threading.Thread(target=tell, daemon=True).start()
"""


def test_nothing_outlives_an_owner_that_is_killed():
    with Owner(f"{OPEN}    hold()") as owner:
        *processes, scratch = owner.line().split()
        owner.process.kill()
        assert all(has_ended(int(pid)) for pid in processes)
    from clearwell.engines.scratch import Scratch

    Scratch().remove()  # the next start
    assert not os.path.exists(scratch)


@pytest.mark.full
def test_ctrl_c_reaches_the_owner_alone_and_nothing_outlives_it():
    program = """
    try:
        with engine, engine.work("cleanse birds"):
            hold()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    """
    with Owner(OPEN + program) as owner:
        *processes, scratch = owner.line().split()
        os.killpg(owner.process.pid, signal.SIGINT)
        code, output, errors = owner.end()
        assert (code, output, errors) == (0, "interrupted\n", "")
        assert all(has_ended(int(pid)) for pid in processes)
        assert not os.path.exists(scratch)


@pytest.mark.full
def test_a_program_that_never_closes_its_spark_ends_quietly():
    with Owner(f"{OPEN}    print(session.range(7).count(), flush=True)") as owner:
        code, output, errors = owner.end()
        assert (code, output, errors) == (0, "7\n", "")
        assert has_ended(owner.engine)
