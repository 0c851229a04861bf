"""A run uses the engine of each step, and the decision of every table says which one that was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clearwell.components.running.launch import run_project
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.flow import run as module
from clearwell.names import TableName
from clearwell.tables import Lake

if TYPE_CHECKING:
    import pytest

    from clearwell.settings import Settings


def test_each_step_runs_on_its_engine_and_says_so(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def open_engine(settings: Settings) -> Any:
        engine = EmbeddedEngine(memory=None, deadline_seconds=60)
        engine.name = settings.engine  # each is a process of its own
        opened.append(engine)
        return engine

    monkeypatch.setattr(module, "open_engine", open_engine)
    report = run_project(
        replace(shop, engines={"curate": "second"}), selection="bronze_orders, silver_orders, gold_totals"
    )
    assert report.success, report.failures
    assert [engine.name for engine in opened] == ["embedded", "second"]
    control = Lake(shop.lake).control
    made_by = {
        table: intent.engine
        for table in ("bronze_orders", "silver_orders", "gold_totals")
        if (intent := control.intent(TableName.parse(table), 1))
    }
    assert made_by == {"bronze_orders": "arrow", "silver_orders": "embedded", "gold_totals": "second"}
