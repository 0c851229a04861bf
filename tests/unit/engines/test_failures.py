"""Whatever an engine says, the user reads one line, a place, a next step, and no secret."""

from __future__ import annotations

import re

import pytest
from pyspark.sql import functions as F

from clearwell.engines import failures
from clearwell.errors import EngineError
from clearwell.secret_values import learn


class Told(Exception):
    """Stands for an exception of any client library."""


TRACE = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "spark.py", line 704, in __call__
  File "/env/lib/python3.11/site-packages/pyspark/worker.py", line 3043, in <listcomp>
    return [udf_func(*row) for row in rows]
  File "/home/me/project/assets/flights.py", line 12, in clean
    raise ValueError("no such carrier")
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
    raise JSONDecodeError
ValueError: no such carrier
and a second line
\tat org.apache.spark.api.python.BasePythonRunner.compute(PythonRunner.scala:1)
"""


def test_the_users_own_exception_and_line_are_told():
    error = failures.refused("cleanse birds", Told(TRACE))
    assert error.fact == "cleanse birds: ValueError: no such carrier"
    assert error.place == "/home/me/project/assets/flights.py:12"


def test_a_line_of_code_that_was_sent_to_a_worker_is_told_by_its_place_in_the_project():
    sent = "/work0/app-1/0/./6966af64/clearwell-0278632cb265315b.zip/"
    trace = TRACE.replace("/home/me/project/", sent).replace("/usr/lib/python3.11/json/", f"{sent}clearwell/")
    assert failures.refused("cleanse birds", Told(trace)).place == "assets/flights.py:12"


@pytest.mark.parametrize(
    "said",
    [
        "ModuleNotFoundError: No module named 'pyarrow'",
        "PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.11",
    ],
)
def test_another_python_on_the_workers_names_what_it_must_be(said):
    error = failures.refused("cleanse birds", Told(TRACE.replace("ValueError: no such carrier", said)))
    assert error.fact == f"cleanse birds: {said}"
    assert "PYSPARK_PYTHON" in str(error.hint)


def test_an_unknown_column_is_told_by_its_name(engine):
    with pytest.raises(EngineError) as caught, engine.work("cleanse birds"):
        engine.session().range(1).select(F.col("wing.span")).collect()
    assert caught.value.fact == "cleanse birds: no column 'wing.span' in the frame"
    assert "column names" in str(caught.value.hint)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("query", ["select nofn(1)", "select explode(map('a', 1, 'b', 2))"])
def test_what_the_engine_cannot_do_names_an_engine_that_can(engine, query):
    with pytest.raises(EngineError, match="cleanse birds") as caught, engine.work("cleanse birds"):
        engine.session().sql(query).collect()
    assert "--engine spark" in str(caught.value.hint)
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (
            "java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not found",
            "hadoop-aws",
        ),
        ("java.io.IOException: Stream is corrupted", "correct the transform or its data"),
    ],
)
def test_what_java_says_comes_from_spark_so_no_other_engine_is_named(said, step):
    error = failures.refused("read flights", Told(f"(java.lang.RuntimeException) {said}\n\tat a.b.C"))
    assert error.fact == f"read flights: (java.lang.RuntimeException) {said}"
    assert step in str(error.hint)
    assert "--engine" not in str(error.hint)


def test_a_function_that_raises_is_told_with_its_line(engine):
    def measure(_):
        raise LookupError("no wing")

    with pytest.raises(EngineError) as caught, engine.work("cleanse birds"):
        engine.session().range(1).select(F.udf(measure, "long")("id")).collect()
    assert caught.value.fact == "cleanse birds: LookupError: no wing"
    assert re.fullmatch(r".*test_failures\.py:\d+", str(caught.value.place))


def test_a_division_by_zero_is_an_error_and_not_null(engine):
    with pytest.raises(EngineError, match=r"(?i)divi.* by zero"), engine.work("cleanse birds"):
        engine.session().sql("select 1 / id from range(1)").collect()


def test_a_long_message_is_cut():
    error = failures.refused("cleanse birds", Told("x" * 100_000 + "\nsecond line"))
    assert len(str(error)) < 1_000
    assert "second" not in str(error)


def test_a_silent_exception_still_says_something():
    assert failures.refused("cleanse birds", Told("\n")).fact == "cleanse birds: no message"


@pytest.mark.promise("P5")
def test_secrets_of_the_environment_and_of_the_address_are_not_told(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    learn("t0ken-value")
    error = failures.refused("read", Told("no wJalrXUtnFEMI, no t0ken-value"))
    assert error.fact == "read: no ***, no ***"
    lost = failures.lost("read", "it fell", words="key wJalrXUtnFEMI", hint="again")
    assert "wJalr" not in str(lost)


def test_a_want_of_memory_names_the_setting():
    error = failures.refused("sort", Told("Failed to allocate additional 3 MB ... memory pool: fair"))
    assert "engine_memory" in str(error.hint)
