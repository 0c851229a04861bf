"""An engine that dies or hangs ends the work at once with EngineLost, and none outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import LongType

from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.errors import EngineLost
from tests.unit.engines.processes import Owner, has_ended


def run_function(engine: EmbeddedEngine, function) -> None:
    engine.session().range(1).select(F.udf(function, LongType())("id")).collect()


def sleep(_):
    time.sleep(60)
    return 0


def signal_soon(engine: EmbeddedEngine, number: int) -> None:
    engine.session()
    assert engine.pid is not None
    threading.Timer(0.5, os.kill, [engine.pid, number]).start()


def test_a_killed_engine_is_lost_and_says_how():
    with EmbeddedEngine() as engine:
        signal_soon(engine, signal.SIGKILL)
        with pytest.raises(EngineLost) as caught, engine.work("cleanse birds"):
            run_function(engine, sleep)
        assert caught.value.fact == "cleanse birds: the engine was lost: it was killed by SIGKILL"
        with pytest.raises(EngineLost, match="count birds"), engine.work("count birds"):
            pass
        with pytest.raises(EngineLost):
            engine.session()


def test_a_stopped_engine_is_ended_at_the_deadline():
    with EmbeddedEngine(deadline_seconds=2) as engine:
        signal_soon(engine, signal.SIGSTOP)
        pid = engine.pid
        with pytest.raises(EngineLost, match="no answer within the deadline of 2 s"), engine.work("cleanse"):
            run_function(engine, sleep)
        assert pid is not None
        assert has_ended(pid)


def test_a_stopped_engine_can_be_closed():
    engine = EmbeddedEngine()
    engine.session()
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    engine.close()
    assert has_ended(pid)


def test_a_function_that_ends_its_process_loses_the_engine_and_its_last_words_are_told():
    def leave(_):
        os.write(1, b"no birds today\n")
        os._exit(3)

    with EmbeddedEngine() as engine, pytest.raises(EngineLost) as caught, engine.work("cleanse birds"):
        run_function(engine, leave)
    assert "it exited with code 3; its last output: no birds today" in caught.value.fact
    assert "Python function" in str(caught.value.hint)


def test_closing_does_not_wait_for_a_function_that_still_runs():
    engine = EmbeddedEngine()
    engine.session()

    def work():
        with pytest.raises(EngineLost), engine.work("cleanse birds"):
            run_function(engine, sleep)

    running = threading.Thread(target=work)
    running.start()
    time.sleep(1)
    engine.close()
    running.join(30)
    assert not running.is_alive()


def test_what_a_function_started_ends_with_the_engine():
    def start_another(_):
        return subprocess.Popen(["sleep", "600"]).pid

    with EmbeddedEngine() as engine:
        frame = engine.session().range(1).select(F.udf(start_another, LongType())("id").alias("pid"))
        pid = frame.collect()[0]["pid"]
    assert has_ended(pid)


OPEN = """
    import os, subprocess, sys, threading, time
    from clearwell.engines.sail.engine import EmbeddedEngine
    engine = EmbeddedEngine()
    session = engine.session()
"""
TELL = """
    print(engine.pid, flush=True)
"""


def test_an_engine_ends_when_its_owner_is_killed():
    with Owner(OPEN + TELL + "    time.sleep(60)") as owner:
        owner.process.kill()
        assert has_ended(owner.engine)


def test_an_engine_ends_when_the_whole_group_of_its_owner_is_killed():
    with Owner(OPEN + TELL + "    time.sleep(60)") as owner:
        os.killpg(owner.process.pid, signal.SIGKILL)
        assert has_ended(owner.engine)


def test_an_engine_ends_with_its_owner_though_a_function_holds_its_interpreter():
    program = """
    import ctypes
    from pyspark.sql import functions as F
    # PyDLL calls keep the lock: no Python code of the engine's process can run meanwhile.
    hold = F.udf(lambda _: ctypes.PyDLL(None).sleep(60), "long")
    threading.Thread(target=session.range(1).select(hold("id")).collect, daemon=True).start()
    time.sleep(2)
    """
    with Owner(OPEN + program + TELL + "    time.sleep(60)") as owner:
        owner.process.kill()
        assert has_ended(owner.engine)


def test_an_engine_ends_with_its_owner_though_a_copy_of_the_owner_lives_on():
    program = """
    copy = os.fork()
    if copy == 0:
        time.sleep(600)
        os._exit(0)
    """
    with Owner(OPEN + program + TELL + "    print(copy, flush=True); time.sleep(60)") as owner:
        copy = int(owner.line())
        owner.process.kill()
        try:
            assert has_ended(owner.engine)
            os.kill(copy, 0)  # it lives
        finally:
            os.kill(copy, signal.SIGKILL)


def test_an_engine_outlives_the_thread_that_started_it():
    program = """
    import os, threading, time
    from clearwell.engines.sail.engine import EmbeddedEngine
    engine = EmbeddedEngine()
    starter = threading.Thread(target=engine.session)
    starter.start(); starter.join()
    time.sleep(0.5)
    print(engine.pid, flush=True)
    print(engine.session().range(7).count(), flush=True)
    """
    with Owner(program) as owner:
        code, output, errors = owner.end()
    assert (code, output, errors) == (0, "7\n", "")


@pytest.mark.variants
@pytest.mark.parametrize("last", ["os.kill(engine.pid, 9)", "os.kill(engine.pid, 19)", "pass"])
def test_a_program_that_never_closes_its_engine_ends_quietly(last):
    with Owner(f"{OPEN}{TELL}    {last}") as owner:
        code, _, errors = owner.end()
        assert (code, errors) == (0, "")
        assert has_ended(owner.engine)


@pytest.mark.full
def test_ctrl_c_reaches_the_owner_alone():
    program = """
    from pyspark.sql import functions as F
    slow = F.udf(lambda _: time.sleep(60), "long")
    print(engine.pid, flush=True)
    try:
        with engine, engine.work("cleanse birds"):
            print("asked", flush=True)
            session.range(1).select(slow("id")).collect()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    """
    with Owner(OPEN + program) as owner:
        assert owner.line() == "asked"
        time.sleep(1)
        os.killpg(owner.process.pid, signal.SIGINT)
        code, output, errors = owner.end()
        assert (code, output, errors) == (0, "interrupted\n", "")
        assert has_ended(owner.engine)
