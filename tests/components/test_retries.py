"""A step is tried again when that can help, never when it cannot, and no try adds a row twice."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from deltalake import DeltaTable

from clearwell.components.running import resources
from clearwell.components.running.instance import open_instance
from clearwell.components.running.launch import run_project
from clearwell.components.steps import seconds_to_wait
from clearwell.errors import CommitConflict
from clearwell.flow import run as module
from clearwell.project.blocks import RetrySpec
from clearwell.tables import Lake
from tests.components.shop import TABLE, deliver, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.engines import Engine
    from clearwell.flow.run_result import RunResult
    from clearwell.settings import Settings

TABLES = "bronze_orders, silver_orders, gold_totals"


@pytest.fixture
def quick(shop: Settings) -> Settings:
    """The shop, with two tries more and no wait before them."""
    table = TABLE.replace("  watch: true", "  watch: true\n  retries: {max: 2, delay_seconds: 0}")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", table)
    return shop


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, int, Callable[[], None]], list[str]]:
    """Have something happen the first ``times`` times that the write path of a table comes to a step."""

    def plan(step: str, table: str, times: int, happen: Callable[[], None]) -> list[str]:
        happened: list[str] = []

        def on_step(now: str, of: str) -> None:
            if (now, of) == (step, table) and len(happened) < times:
                happened.append(now)
                happen()

        monkeypatch.setattr(resources, "lake_of", lambda settings: Lake(settings.lake, on_step=on_step))
        return happened

    return plan


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The engines that a run opens, in their order."""
    opened: list[Any] = []
    open_engine = module.open_engine

    def remember(settings: Settings) -> Engine:
        opened.append(open_engine(settings))
        return opened[-1]

    monkeypatch.setattr(module, "open_engine", remember)
    return opened


def rows(settings: Settings, table: str) -> int:
    """The rows of a table's live files, counted by DuckDB."""
    files = DeltaTable(settings.lake / table.replace("_", "/", 1)).file_uris()
    ((count,),) = duckdb.sql(f"SELECT count(*) FROM read_parquet({files!r})").fetchall()
    return count


def tries(settings: Settings, report: RunResult, step: str) -> list[str]:
    """What became of each try of a step, in their order."""
    with open_instance(settings.dagster_home) as instance:
        records = instance.get_records_for_run(report.run_id).records
    events = [record.event_log_entry.dagster_event for record in records]
    ends = ("STEP_SUCCESS", "STEP_FAILURE", "STEP_UP_FOR_RETRY")
    return [e.event_type_value for e in events if e and e.step_key == step and e.event_type_value in ends]


@pytest.mark.variants
@pytest.mark.own_engine
@pytest.mark.parametrize("step", ["stage", "staged"])
def test_a_step_that_loses_its_engine_gets_another_and_adds_its_rows_once(
    quick: Settings, engines: list[Any], at_step: Any, step: str
) -> None:
    def kill() -> None:
        engines[-1].session()
        os.kill(engines[-1].pid, signal.SIGKILL)

    killed = at_step(step, "silver_orders", 2, kill)
    report = run_project(quick, selection=TABLES)
    assert killed == [step, step]
    assert report.success, report.failures
    assert tries(quick, report, "silver_orders") == ["STEP_UP_FOR_RETRY", "STEP_UP_FOR_RETRY", "STEP_SUCCESS"]
    assert len(engines) == 3
    assert {table: rows(quick, table) for table in ("bronze_orders", "silver_orders", "gold_totals")} == {
        "bronze_orders": 6,
        "silver_orders": 6,
        "gold_totals": 2,
    }
    assert len(report.results) == 3
    assert all(engine.pid is None for engine in engines)  # none outlives the run


@pytest.mark.variants
@pytest.mark.parametrize("table", ["bronze_orders", "silver_orders"])
@pytest.mark.parametrize("step", ["decided", "committed"])
def test_a_try_that_others_disturb_after_its_decision_does_not_double_rows(
    quick: Settings, at_step: Any, table: str, step: str
) -> None:
    def conflict() -> None:
        raise CommitConflict("others were first", place=table, hint="run again")

    assert run_project(quick, selection=TABLES).success
    deliver(quick.project, "third.csv", "2026-01-03", [7, 8])
    happened = at_step(step, table, 1, conflict)
    report = run_project(quick, selection=TABLES)
    assert happened == [step]
    assert report.success, report.failures
    assert tries(quick, report, table) == ["STEP_UP_FOR_RETRY", "STEP_SUCCESS"]
    assert (rows(quick, "bronze_orders"), rows(quick, "silver_orders")) == (8, 8)


@pytest.mark.full
@pytest.mark.own_engine
def test_an_engine_that_is_lost_at_every_try_ends_the_step(
    quick: Settings, engines: list[Any], at_step: Any
) -> None:
    def kill() -> None:
        engines[-1].session()
        os.kill(engines[-1].pid, signal.SIGKILL)

    at_step("stage", "silver_orders", 99, kill)
    report = run_project(quick, selection=TABLES)
    (failure,) = report.failures
    assert failure.name == "silver_orders"
    assert "the engine was lost" in failure.reason
    assert tries(quick, report, "silver_orders") == ["STEP_UP_FOR_RETRY"] * 2 + ["STEP_FAILURE"]


@pytest.mark.variants
@pytest.mark.parametrize("wrong", ["data", "code", "nobody"])
def test_what_would_fail_again_is_not_tried_again(
    quick: Settings, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    if wrong == "data":
        deliver(quick.project, "third.csv", "2026-01-03", [-1])
    elif wrong == "code":
        code = quick.project / "assets" / "shop.py"
        code.write_text(code.read_text().replace("return orders.select", "return orders.slect"))
    else:

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("out of cheese")

        monkeypatch.setattr("clearwell.flow.cleanse.call_transform", broken)
    report = run_project(quick, selection=TABLES)
    assert [failure.name for failure in report.failures] == ["silver_orders"]
    assert tries(quick, report, "silver_orders") == ["STEP_FAILURE"]


@pytest.mark.variants
@pytest.mark.parametrize("most", [0, 1])
def test_the_yaml_says_how_often(quick: Settings, at_step: Any, most: int) -> None:
    def conflict() -> None:
        raise CommitConflict("others were first", place="silver_orders", hint="run again")

    yaml = quick.project / "pipelines" / "orders" / "defs.yaml"
    text = re.sub(r"\n  retries: .*", "", yaml.read_text()).rstrip()
    yaml.write_text(f"{text}\n  retries: {{max: {most}, delay_seconds: 0}}\n")
    at_step("stage", "silver_orders", 99, conflict)
    report = run_project(quick, selection=TABLES)
    assert not report.success
    assert tries(quick, report, "silver_orders") == ["STEP_UP_FOR_RETRY"] * most + ["STEP_FAILURE"]


def test_each_wait_is_twice_the_one_before() -> None:
    retries = RetrySpec(max=3, delay_seconds=10)
    assert [seconds_to_wait(retries, number) for number in range(3)] == [10, 20, 40]
