"""A report is written when the lake has changed, whole, and says what a listing says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from clearwell.errors import ProjectError
from clearwell.flow.publish import publish
from clearwell.flow.report import report
from clearwell.model import Outcome
from tests.unit.flow.publishing import project, rows, write


@pytest.fixture
def run(tmp_path: Path) -> Any:
    run = project(tmp_path)
    write(run.lake, rows(50))
    return run


def test_the_report_weighs_the_whole_lake(run: Any) -> None:
    publish(run, run.project.datasets["late_flights"])
    result = report(run, run.project.reports["storage_cost"])
    assert [path.name for path in result.paths] == [
        "storage-cost.md",
        "storage-cost.html",
        "storage-cost.json",
    ]
    weighed = [
        Path(folder, file).stat().st_size
        for folder, _, files in os.walk(run.lake.root)
        for file in files
        if Path(folder).name != "reports"
    ]
    assert (result.outcome, result.bytes, result.files) == (Outcome.BUILT, sum(weighed), len(weighed))
    document = json.loads(result.json.read_text())
    names = [table["name"] for table in document["tables"]]
    assert {"gold_delays", "history_builds", "history_checks"} <= set(names)
    assert names.index("gold_delays") < names.index("history_builds")
    assert [release["name"] for release in document["releases"]] == ["late_flights"]
    assert document["total"]["cost_per_month"] == result.cost_per_month
    assert "USD a month" in result.summary
    assert sorted(p.name for p in result.markdown.parent.iterdir()) == [
        "storage-cost.html",
        "storage-cost.json",
        "storage-cost.md",
    ]


def test_nothing_new_and_the_report_stays(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    first = report(run, spec)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.paths}
    second = report(run, spec)
    assert second.outcome is Outcome.UNCHANGED
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in second.paths} == before
    write(run.lake, rows(60))
    third = report(run, spec)
    assert third.outcome is Outcome.BUILT
    assert third.bytes > second.bytes
    third.html.unlink()
    assert report(run, spec).outcome is Outcome.BUILT
    third.json.write_text("{")
    assert report(run, spec).outcome is Outcome.BUILT


def test_another_price_is_another_report(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    report(run, spec)
    sheet = run.project.root / spec.prices
    sheet.write_text(sheet.read_text().replace("0.023", "0.046"))
    assert report(run, spec).outcome is Outcome.BUILT


def test_a_missing_price_sheet_is_named(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    (run.project.root / spec.prices).unlink()
    with pytest.raises(ProjectError, match=r"prices\.yaml"):
        report(run, spec)
