"""Runs from the YAML to the report, in this process and with the embedded engine."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster._core.execution.plan.objects import ErrorSource

import clearwell
from clearwell.components.failing import reason_of
from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.instance import open_instance
from clearwell.components.running.launch import _select, run_project
from clearwell.components.running.location import JOB, load_definitions
from clearwell.components.running.resources import FULL_REFRESH, LAKE_TAG, PROCESS_TAG
from clearwell.errors import BatchBlocked, EngineError, ProjectError
from clearwell.flow.report import ReportResult
from clearwell.model import BuildResult, Outcome
from clearwell.project.load import load_project
from tests.components.shop import TABLE, deliver, make_shop, write

if TYPE_CHECKING:
    from clearwell.flow.run_result import RunResult
    from clearwell.settings import Settings

EVERYTHING = ["bronze_orders", "silver_orders", "gold_totals", "daily_totals", "storage_cost"]


def outcomes(report: RunResult) -> dict[str, str]:
    return {result.table: str(result.outcome) for result in report.results if isinstance(result, BuildResult)}


def built(report: RunResult) -> dict[str, BuildResult]:
    return {result.table: result for result in report.results if isinstance(result, BuildResult)}


def materialized(settings: Settings, run_id: str) -> dict[str, dg.AssetMaterialization]:
    with open_instance(settings.dagster_home) as instance:
        events = [
            record.event_log_entry.dagster_event for record in instance.get_records_for_run(run_id).records
        ]
    found = [e.step_materialization_data.materialization for e in events if e and e.is_step_materialization]
    return {m.asset_key.to_user_string(): m for m in found}


def checks(settings: Settings, run_id: str) -> dict[str, bool]:
    with open_instance(settings.dagster_home) as instance:
        records = instance.get_records_for_run(
            run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    evaluations: list[Any] = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]
    return {f"{e.asset_key.to_user_string()}:{e.check_name}": e.passed for e in evaluations}


OF_NEW_FILES = {f"bronze_orders:{kind}" for kind in ("missing_columns", "new_columns", "none_accepted")}
"""What is told of new files only."""


@dataclass(frozen=True)
class Twice:
    """A project that was run, and run again with nothing new; one order was too dear to be true."""

    settings: Settings
    first: RunResult
    second: RunResult


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    settings = make_shop(tmp_path_factory.mktemp("twice") / "shop")
    deliver(settings.project, "third.csv", "2026-01-02", [7, 31337.5])
    return Twice(settings, run_project(settings), run_project(settings))


def test_a_run_goes_from_raw_files_to_the_report(twice: Twice) -> None:
    report = twice.first
    assert report.success, report.failures
    assert (report.failures, report.skipped) == ((), ())
    assert outcomes(report) == dict.fromkeys(("bronze_orders", "silver_orders", "gold_totals"), "built")
    assert set(materialized(twice.settings, report.run_id)) == set(EVERYTHING)
    assert checks(twice.settings, report.run_id) == {
        "bronze_orders:files_readable": True,
        **dict.fromkeys(OF_NEW_FILES, True),
        "silver_orders:amount_plausible": False,
        "silver_orders:amount_not_negative": True,
        "silver_orders:enough_orders": True,
        "silver_orders:column_lineage": True,
        "gold_totals:column_lineage": True,
    }


def test_a_second_run_builds_nothing_and_still_tells_what_is_there(twice: Twice) -> None:
    settings, first, second = twice.settings, twice.first, twice.second
    assert second.success, second.failures
    assert set(outcomes(second).values()) == {"unchanged"}
    still = {
        name: passed for name, passed in checks(settings, first.run_id).items() if name not in OF_NEW_FILES
    }
    assert checks(settings, second.run_id) == still
    before, after = materialized(settings, first.run_id), materialized(settings, second.run_id)
    for name in ("bronze_orders", "silver_orders", "gold_totals", "daily_totals"):
        assert after[name].metadata["outcome"].value == "unchanged"
        assert after[name].tags["dagster/data_version"] == before[name].tags["dagster/data_version"]
        assert after[name].metadata["dagster/row_count"] == before[name].metadata["dagster/row_count"]


@pytest.mark.full
def test_what_a_step_says_is_a_part_of_its_run(twice: Twice) -> None:
    with open_instance(twice.settings.dagster_home) as instance:
        records = instance.get_records_for_run(twice.first.run_id).records
    said = [r.event_log_entry.user_message for r in records if r.event_log_entry.dagster_event is None]
    assert any(text.startswith("silver_orders: ") for text in said)


def test_a_row_that_failed_is_shown_with_its_file_and_record(twice: Twice) -> None:
    with open_instance(twice.settings.dagster_home) as instance:
        records = instance.get_records_for_run(twice.first.run_id).records
    events = [record.event_log_entry.dagster_event for record in records]
    judged = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    found = [e.asset_check_evaluation_data for e in events if e and e.event_type is judged]
    (failed,) = [evaluation for evaluation in found if not evaluation.passed]
    assert str(failed.metadata["failing rows"].value).splitlines()[2:] == [
        "| `raw/third.csv` | 2 | `31337.5` |"
    ]


def test_a_run_says_which_lake_it_works_on_and_who_it_is(twice: Twice) -> None:
    with open_instance(twice.settings.dagster_home) as instance:
        run = instance.get_run_by_id(twice.first.run_id)
    assert run is not None
    assert run.tags[LAKE_TAG] == str(twice.settings.lake)
    assert PROCESS_TAG in run.tags
    assert FULL_REFRESH not in run.tags


def test_the_pages_and_the_sensors_see_a_run_of_the_command_line(twice: Twice) -> None:
    """They leave out a run that has no origin, and look for the latest runs of a job by the hidden tag."""
    with open_instance(twice.settings.dagster_home) as instance:
        run = instance.get_run_by_id(twice.first.run_id)
        of_job = dg.RunsFilter(
            job_name=JOB, tags={".dagster/repository": "__repository__@clearwell.definitions"}
        )
        latest = instance.get_runs(of_job)
    assert run is not None
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "clearwell.definitions"
    assert [found.run_id for found in latest] == [twice.second.run_id, twice.first.run_id]


def test_a_blocked_batch_fails_its_step_and_skips_what_hangs_on_it(shop: Settings) -> None:
    assert run_project(shop).success
    deliver(shop.project, "third.csv", "2026-01-03", [7, -1])
    for _ in range(2):  # and it stays so until data or code change
        report = run_project(shop)
        assert not report.success
        assert [(f.name, type(f.error)) for f in report.failures] == [("silver_orders", BatchBlocked)]
        assert set(report.skipped) == {"gold_totals", "daily_totals"}
        assert isinstance(report.results[-1], ReportResult)  # just then it is needed
        assert (report.results[-1].blocked, report.results[-1].failing_checks > 0) == (1, True)
        assert "amount_not_negative" in report.results[-1].html.read_text()
        assert built(report)["silver_orders"].outcome is Outcome.BLOCKED
        assert set(materialized(shop, report.run_id)) == {"bronze_orders", "storage_cost"}
        assert list(checks(shop, report.run_id).items())[-1] == ("silver_orders:amount_not_negative", False)


def test_a_file_that_cannot_be_taken_fails_the_run_and_good_data_flows_on(shop: Settings) -> None:
    strict = TABLE.replace("    settle_seconds: 0", "    settle_seconds: 0\n    drift: {new_column: reject}")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", strict)
    assert run_project(shop, selection="bronze_orders").success
    write(shop.project / "raw" / "wrong.csv", "order_id,day,amount,surprise\n1,2026-01-03,4,5\n")
    report = run_project(shop)
    assert not report.success
    assert report.failures == ()
    assert built(report)["bronze_orders"].blocked == 1
    assert built(report)["silver_orders"].rows == 6
    assert set(materialized(shop, report.run_id)) == set(EVERYTHING)
    assert checks(shop, report.run_id)["bronze_orders:files_readable"] is False


def test_a_file_without_one_accepted_record_fails_the_run_and_no_step(shop: Settings) -> None:
    write(shop.project / "raw" / "wrong.csv", "order_id,day,amount\n1,2026-01-03,a lot\n")
    report = run_project(shop, selection="bronze_orders")
    assert not report.success
    assert report.failures == ()
    assert checks(shop, report.run_id)["bronze_orders:none_accepted"] is False
    assert run_project(shop, selection="bronze_orders").success


def test_a_selection_runs_no_more_than_it_names(shop: Settings) -> None:
    report = run_project(shop, selection="bronze_orders, +silver_orders")
    assert report.success, report.failures
    assert list(outcomes(report)) == ["bronze_orders", "silver_orders"]
    assert set(materialized(shop, report.run_id)) == {"bronze_orders", "silver_orders"}


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ("+daily_totals", {"bronze_orders", "silver_orders", "gold_totals", "daily_totals"}),
        ("1+daily_totals", {"gold_totals", "daily_totals"}),
        ("bronze_orders+ and not gold_totals+", {"bronze_orders", "silver_orders"}),
        ('key:"silver_orders"', {"silver_orders"}),
    ],
)
def test_a_selection_is_in_dagsters_syntax_with_bare_names(
    shop: Settings, selection: str, selected: set[str]
) -> None:
    definitions = load_definitions(load_project(shop))
    with quiet_dagster():  # as every run has it
        keys = _select(definitions, selection)
    assert {key.to_user_string() for key in keys} == selected


@pytest.mark.parametrize(
    ("selection", "hint"),
    [
        ("silver_order", "did you mean 'silver_orders'?"),
        ("bronze_orders, silvr_orders+", "did you mean 'silver_orders'?"),
        ("raw_orders", "orders'?"),
        ("((", "its assets are bronze_orders"),
        ("", "its assets are"),
        ("group:nowhere", "its assets are"),
    ],
)
def test_a_selection_of_nothing_says_what_there_is(shop: Settings, selection: str, hint: str) -> None:
    with pytest.raises(ProjectError, match="selects no asset") as caught:
        run_project(shop, selection=selection)
    assert hint in (caught.value.hint or "")


def test_an_engine_that_is_not_there_is_told_before_anything_runs(shop: Settings) -> None:
    with pytest.raises(EngineError, match="no engine 'embeded'"):
        run_project(shop, engine="embeded")
    assert not shop.lake.exists()


@pytest.mark.full
def test_full_refresh_rebuilds(shop: Settings) -> None:
    run_project(shop, selection="bronze_orders")
    report = run_project(shop, selection="bronze_orders", full_refresh=True)
    assert outcomes(report) == {"bronze_orders": "built"}
    assert built(report)["bronze_orders"].generation == 2


def test_a_run_of_the_table_s_job_by_dagster_does_what_the_command_line_does(shop: Settings) -> None:
    """As the pages, the sensor and the schedule start it; the launchpad can set the tag of a full refresh."""
    run_project(shop, selection="bronze_orders")
    job = load_definitions(load_project(shop)).resolve_job_def("bronze_orders_and_on")
    with quiet_dagster(), dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, tags={FULL_REFRESH: "true"})
        run = instance.get_run_by_id(result.run_id)
    assert result.success
    assert run is not None
    assert PROCESS_TAG in run.tags
    generations = {
        event.asset_key.to_user_string(): event.materialization.metadata["generation"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key and "generation" in event.materialization.metadata
    }
    assert generations == {"bronze_orders": 2, "silver_orders": 1, "gold_totals": 1}


def test_a_transform_that_raises_fails_its_step_with_its_own_line(shop: Settings) -> None:
    code = shop.project / "assets" / "shop.py"
    code.write_text(code.read_text().replace("return orders.select", "return orders.slect"))
    report = run_project(shop)
    (failure,) = report.failures
    assert failure.name == "silver_orders"
    assert isinstance(failure.error, ProjectError)
    assert (failure.error.place or "").startswith(str(code))
    assert "slect" in failure.trace
    with open_instance(shop.dagster_home) as instance:
        records = instance.get_records_for_run(report.run_id).records
    entries = [record.event_log_entry for record in records]
    assert len([entry for entry in entries if "Traceback" in entry.user_message]) == 1
    (event,) = [e.dagster_event for e in entries if e.dagster_event and e.dagster_event.is_step_failure]
    data = event.step_failure_data
    assert data.error_source is ErrorSource.USER_CODE_ERROR  # then the pages show the cause's stack alone
    assert (data.error.cause.stack, data.error.cause.cause) == ([], None)
    assert reason_of(data.error).startswith(f"{code}:")
    assert set(report.skipped) == set(EVERYTHING) - {"bronze_orders", "silver_orders", "storage_cost"}


def test_a_fault_that_is_nobody_s_intent_is_told_too(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("clearwell.flow.ingest.discover", broken)
    (failure,) = run_project(shop).failures
    assert (failure.name, failure.error) == ("bronze_orders", None)
    assert failure.reason == "RuntimeError: out of cheese"


def test_a_terminal_shows_what_the_flow_says_and_nothing_of_dagster_s(
    shop: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, logger="clearwell"):
        run_project(shop, selection="bronze_orders")
    assert any("bronze_orders" in record.getMessage() for record in caplog.records)
    assert "".join(capfd.readouterr()) == ""


def test_a_run_that_was_killed_is_ended_by_the_next_one(shop: Settings) -> None:
    code = f"""
import os, signal
from pathlib import Path
from clearwell.components.running.launch import run_project
from clearwell.settings import Settings
import clearwell.flow.ingest
clearwell.flow.ingest.discover = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
run_project(Settings(Path({str(shop.project)!r}), Path({str(shop.lake)!r})), selection="bronze_orders")
"""
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(clearwell.__file__).parents[1], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    report = run_project(shop, selection="bronze_orders")
    assert report.success
    with open_instance(shop.dagster_home) as instance:
        runs = {run.run_id: run.status for run in instance.get_runs()}
    assert runs.pop(report.run_id) is dg.DagsterRunStatus.SUCCESS
    assert list(runs.values()) == [dg.DagsterRunStatus.FAILURE]
