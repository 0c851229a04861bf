"""An engine takes its share of the machine, and a query that wants more ends cleanly."""

from __future__ import annotations

import os

import pytest
from pyspark.sql import functions as F

from clearwell.engines.memory import machine_memory
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.errors import EngineError, EngineLost

SMALL = 600 * 2**20


@pytest.fixture
def groups(tmp_path):
    """Writes a tree of control groups; the process is in /user/job of it."""
    own = tmp_path / "self"

    def write(line, limits):
        own.write_text(f"{line}\n")
        for path, limit in limits.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(f"{limit}\n")
        return machine_memory(tmp_path, own)

    return write


def machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("line", "limits", "expected"),
    [
        ("0::/user/job", {"user/job/memory.max": 2**20}, 2**20),
        ("0::/user/job", {"user/job/memory.max": "max", "user/memory.max": 2**21}, 2**21),
        ("0::/../host/job", {"memory.max": 2**22}, 2**22),
        ("0::/", {"memory.max": "max"}, None),
        ("5:memory:/user/job", {"memory/user/job/memory.limit_in_bytes": 2**20}, 2**20),
        ("5:memory:/", {"memory/memory.limit_in_bytes": 2**63 - 4096}, None),
        ("5:cpu:/user", {"cpu/user/memory.limit_in_bytes": 1}, None),
    ],
)
def test_the_least_limit_of_all_control_groups_above_counts(groups, line, limits, expected):
    assert groups(line, limits) == (expected or machine())


def test_without_control_groups_the_machine_counts(tmp_path):
    assert machine_memory(tmp_path, tmp_path / "none") == machine()


def test_by_default_an_engine_takes_half():
    assert EmbeddedEngine().memory == machine_memory() // 2


def test_too_little_memory_is_refused_before_anything_starts():
    with EmbeddedEngine(memory=2**20) as engine, pytest.raises(EngineError, match=r"cannot work in 1\.0 MiB"):
        engine.session()


def test_a_query_over_the_pool_is_refused_and_the_engine_lives():
    with EmbeddedEngine(memory=SMALL) as engine:
        with pytest.raises(EngineError, match="memory pool") as caught, engine.work("collect"):
            engine.session().sql(
                "select size(collect_list(concat(repeat('x', 200), id))) from range(5000000)"
            ).collect()
        assert not isinstance(caught.value, EngineLost)
        assert "engine_memory" in str(caught.value.hint)
        assert engine.session().range(3).count() == 3


def test_one_huge_allocation_ends_the_engine_and_not_the_machine():
    with EmbeddedEngine(memory=SMALL) as engine, pytest.raises(EngineLost) as caught, engine.work("repeat"):
        engine.session().sql("select length(repeat('abcdefgh', int(200000000 + id))) from range(8)").collect()
    assert caught.value.hint == "raise engine_memory (now 600.0 MiB), or process less at once"


def test_a_function_that_takes_ever_more_memory_ends_the_engine():
    def hoard(_):
        taken = []
        while True:
            taken.append(bytearray(b"x" * 10_000_000))

    with EmbeddedEngine(memory=SMALL) as engine, pytest.raises(EngineLost) as caught, engine.work("hoard"):
        engine.session().range(1).select(F.udf(hoard, "long")("id")).collect()
    assert "it used more memory than its limit of 600.0 MiB" in caught.value.fact
