"""An alert says why a run failed, and no value of a personal column."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.running.alerts import ALERTS, alert_of
from clearwell.components.running.instance import open_instance
from clearwell.components.running.launch import run_project

if TYPE_CHECKING:
    from clearwell.settings import Settings


def test_an_alert_quotes_no_personal_value(shop: Settings) -> None:
    defs = shop.project / "pipelines" / "orders" / "defs.yaml"
    defs.write_text(defs.read_text().replace("  silver:\n", "  personal: [amount]\n  silver:\n", 1))
    code = shop.project / "assets" / "shop.py"
    raising = 'raise ValueError(str(orders.select("amount").collect()))'
    text = code.read_text()
    code.write_text(text.replace("    return orders.select", f"    {raising}\n    return orders.select", 1))
    report = run_project(shop)
    with open_instance(shop.dagster_home) as instance:
        run = instance.get_run_by_id(report.run_id)
        assert run is not None
        events = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event]
        (failed,) = [event for event in events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
        context = dg.build_run_status_sensor_context(ALERTS, failed, instance, run).for_run_failure()
        alert = alert_of(context, shop)
    (step,) = [step for step in alert.failed if step.asset == "silver_orders"]
    assert "(withheld)" in step.error
    assert "Row(" not in str(asdict(alert))
