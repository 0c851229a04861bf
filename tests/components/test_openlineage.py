"""A run of the project tells OpenLineage: to a file, to a receiver, and to neither when nothing is new."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from clearwell.components.running.launch import run_project
from clearwell.settings import load_settings
from tests.components.shop import deliver
from tests.lineage_server import server
from tests.openlineage import Judge, restated

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.settings import Settings

KEY = "planted-api-key-0815"


@pytest.fixture(autouse=True)
def _no_receiver(monkeypatch: pytest.MonkeyPatch, shop: Settings) -> None:
    for name in ("OPENLINEAGE_URL", "OPENLINEAGE_API_KEY", "OPENLINEAGE_DISABLED", "OPENLINEAGE_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(shop.project / "dagster_home"))


def written(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_run_tells_of_each_table_and_release_and_the_next_one_of_nothing(shop: Settings) -> None:
    report = run_project(shop)
    assert report.success
    folder = shop.lake / "lineage"
    (file,) = folder.rglob("*.ndjson")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    ended = [event["job"]["name"] for event in events if event["eventType"] == "COMPLETE"]
    assert ended == [
        "shop.bronze_orders",
        "shop.silver_orders",
        "shop.silver_orders.audit",
        "shop.gold_totals",
        "shop.gold_totals.audit",
        "shop.daily_totals",
    ]
    judge = Judge(restated())
    assert [problem for event in events for problem in judge.problems(event)] == []
    parent = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events}
    assert parent == {report.run_id}
    before = written(shop.lake)
    assert run_project(shop).success
    assert written(shop.lake) == before


@pytest.mark.full
def test_a_receiver_gets_the_events_and_the_key_is_nowhere_else(
    shop: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with server() as receiver, caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
        monkeypatch.setenv("OPENLINEAGE_API_KEY", KEY)
        report = run_project(load_settings(shop.project))
        assert report.success
        told = len(receiver.events)
        assert run_project(load_settings(shop.project)).success
    assert told == len(receiver.events) == 12
    assert set(receiver.keys) == {f"Bearer {KEY}"}
    judge = Judge(restated())
    assert [problem for event in receiver.events for problem in judge.problems(event)] == []
    assert not (shop.lake / "lineage").exists()
    captured = capfd.readouterr()
    assert KEY not in captured.out + captured.err + caplog.text + repr(report) + repr(report.results)
    for name, content in written(shop.project).items():
        assert KEY.encode() not in content, name


@pytest.mark.full
def test_a_receiver_that_is_down_fails_no_run_and_loses_no_event(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with server() as receiver:
        pass
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
    with caplog.at_level(logging.WARNING, "clearwell"):
        assert run_project(load_settings(shop.project)).success
    (file,) = (shop.lake / "lineage").rglob("*.ndjson")
    assert file.name.startswith("undelivered-")
    assert len(file.read_text().splitlines()) == 12
    (warning,) = [text for r in caplog.records if "OpenLineage" in (text := r.getMessage())]
    assert warning.endswith(f"no answer (URLError); events are kept in {file}")


@pytest.mark.full
def test_a_blocked_batch_is_told_as_a_failure_once(shop: Settings) -> None:
    assert run_project(shop).success
    deliver(shop.project, "third.csv", "2026-01-03", [-5])
    assert not run_project(shop).success
    (file,) = (shop.lake / "lineage").rglob("*.ndjson")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    failed = [event for event in events if event["eventType"] == "FAIL"]
    assert [event["job"]["name"] for event in failed] == ["shop.silver_orders"]
    assert "amount_not_negative" in failed[0]["run"]["facets"]["errorMessage"]["message"]
    before = file.read_bytes()
    assert not run_project(shop).success
    assert file.read_bytes() == before
