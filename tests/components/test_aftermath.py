"""A run in which a step failed still writes its report; one that had not selected it does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.launch import run_project
from clearwell.components.running.location import load_definitions
from clearwell.project.load import load_project
from tests.components.shop import deliver

if TYPE_CHECKING:
    from clearwell.settings import Settings


def reported(shop: Settings) -> dict[str, Any] | None:
    file = shop.lake / "reports" / "storage-cost.json"
    return json.loads(file.read_text()) if file.is_file() else None


def break_data(shop: Settings) -> None:
    deliver(shop.project, "bad.csv", "2026-01-03", [7, -1])


@pytest.mark.variants
@pytest.mark.parametrize("broken", ["data", "code"])
def test_a_failed_step_does_not_take_the_report_with_it(shop: Settings, broken: str) -> None:
    if broken == "data":
        break_data(shop)
    else:
        code = shop.project / "assets" / "shop.py"
        code.write_text(code.read_text().replace("def totals", "def totals_of_something_else"))
        code.write_text(code.read_text() + "\n\ndef totals(silver_orders):\n    raise ValueError('no')\n")
    report = run_project(shop)
    assert not report.success
    found = reported(shop)
    assert found is not None
    blocked = [held["table"] for held in found["checks"]["blocked"]]
    assert blocked == (["silver_orders"] if broken == "data" else [])
    assert "storage_cost" not in report.skipped


@pytest.mark.full
def test_it_is_so_when_dagster_starts_the_run(shop: Settings) -> None:
    break_data(shop)
    definitions = load_definitions(load_project(shop))
    with quiet_dagster(), dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        made = instance.get_latest_materialization_event(dg.AssetKey("storage_cost"))
    assert not result.success
    assert made is not None
    assert made.run_id == result.run_id  # else its page would say that it failed in this run
    assert reported(shop) is not None


def test_a_run_without_the_report_writes_none(shop: Settings) -> None:
    break_data(shop)
    assert not run_project(shop, selection="+silver_orders").success
    assert reported(shop) is None


@pytest.mark.full
def test_a_report_that_failed_itself_is_not_tried_again(shop: Settings) -> None:
    (shop.project / "pipelines" / "prices.yaml").write_text("currency: USD\n")
    report = run_project(shop)
    assert [failure.name for failure in report.failures] == ["storage_cost"]
    assert reported(shop) is None
