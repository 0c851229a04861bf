"""A report is written when the lake has changed, whole, and says what a listing says."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearwell.errors import ProjectError
from clearwell.flow.publish import publish
from clearwell.flow.report import report
from clearwell.model import Outcome
from clearwell.pages.gone import gone_since
from tests.unit.publishing.project import load, project, rows, write


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
        if not Path(folder).is_relative_to(run.lake.root / "reports")
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
        "index.html",
        "lineage.html",
        "storage-cost.html",
        "storage-cost.json",
        "storage-cost.md",
        "tables",
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


def test_nothing_is_drawn_when_nothing_is_new(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = run.project.reports["storage_cost"]
    report(run, spec)

    def never(*_: object) -> str:
        raise AssertionError("a page was rendered")

    monkeypatch.setattr("clearwell.flow.report.render_html", never)
    assert report(run, spec).outcome is Outcome.UNCHANGED
    monkeypatch.setattr("clearwell.flow.report.layout", lambda: "another layout")
    with pytest.raises(AssertionError, match="rendered"):
        report(run, spec)


def test_the_same_lake_gives_the_same_pages(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    first = report(run, spec)

    def said() -> dict[Path, str]:
        pages = {path: path.read_text() for path in first.html.parent.rglob("*.*") if path.is_file()}
        made.add(now := json.loads(pages[first.json])["made"])
        pages[first.json] = pages[first.json].replace(f'"made": "{now}"', "")
        return pages

    made: set[str] = set()
    before = said()
    first.json.unlink()
    assert report(run, spec).outcome is Outcome.BUILT
    after = said()
    for minute in map(_minute, made):  # a page that has not changed keeps the one of its first report
        before, after = (
            {path: text.replace(minute, "") for path, text in pages.items()} for pages in (before, after)
        )
    assert after == before


def _minute(made: str) -> str:
    return f"{made[:16].replace('T', ' ')} UTC"


def test_pages_are_written_only_when_they_changed(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    first = report(run, spec)
    folder = first.html.parent
    assert first.pages_written == first.pages == len([*folder.glob("tables/*"), *folder.glob("[il]*.html")])
    assert (folder / "tables" / "gold_delays.html").is_file()
    (folder / "tables" / "notes.html").write_text("of no table")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.html")}
    second = report(run, spec)
    assert (second.outcome, second.pages_written) == (Outcome.BUILT, 1)
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.html")}
    assert after == {path: at for path, at in before.items() if path.name != "notes.html"}


def test_the_page_of_a_table_that_is_gone_stays_and_keeps_the_day(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    page = report(run, spec).html.parent / "tables" / "gold_gone.html"
    page.write_text("of a table that is no more")
    assert report(run, spec).pages_written == 3  # it, the index, the lineage
    today = gone_since(page.read_text())
    assert today
    page.write_text(page.read_text().replace(today, "2026-01-02"))
    assert report(run, spec).pages_written == 1  # the index
    assert gone_since(page.read_text()) == "2026-01-02"
    assert report(run, spec).outcome is Outcome.UNCHANGED


def test_the_result_has_the_figures_that_people_watch(run: Any) -> None:
    publish(run, run.project.datasets["late_flights"])
    result = report(run, run.project.reports["storage_cost"])
    assert (result.rows, result.quarantined, result.releases) == (50, 0, 1)
    assert (result.checks, result.failing_checks, result.blocked) == (1, 0, 0)
    exact = [Decimal(cost) for cost in result.costs.values()]
    sheet = [Decimal(size) * Decimal("0.023") / 10**9 for size in result.categories.values()]
    assert exact == sheet


def test_another_owner_is_another_report(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    first = report(run, spec)
    owners = {share["name"]: share["bytes"] for share in json.loads(first.json.read_text())["owners"]}
    assert set(owners) == {"no owner named", "the lake"}
    assert sum(owners.values()) == first.bytes
    defs = run.project.root / "pipelines" / "ops" / "defs.yaml"
    defs.write_text(defs.read_text().replace("{name: delays,", '{name: delays, owners: ["team:ops"],'))
    again = load(run.project.root)
    result = report(again, again.project.reports["storage_cost"])
    assert result.outcome is Outcome.BUILT
    found = {share["name"]: share["bytes"] for share in json.loads(result.json.read_text())["owners"]}
    assert found == {"team:ops": owners["no owner named"], "the lake": owners["the lake"]}


def test_another_price_is_another_report(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    report(run, spec)
    sheet = run.project.root / spec.prices
    sheet.write_text(sheet.read_text().replace("0.023", "0.046"))
    assert report(run, spec).outcome is Outcome.BUILT


def test_the_sheet_of_the_profile_is_reckoned_with(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(run.lake, rows(70))
    own = report(run, run.project.reports["storage_cost"])
    root = run.project.root
    (root / "dear.yaml").write_text(
        (root / "prices.yaml")
        .read_text()
        .replace("price: 0.023", "price: 2.3")
        .replace("store: store", "store: dear")
        .replace("default: store", "default: store\nparts: {gold: store}")
        .replace("prices:", "prices:\n  - {store: store, price: 0, as_of: 2026-05-04, source: a gift}")
    )
    monkeypatch.setenv("CLEARWELL_PRICES", "dear.yaml")
    found = report(load(root), run.project.reports["storage_cost"])
    assert own.store == "store"
    assert Decimal(found.cost_per_month) == 0  # all of it lies in the store of the gift
    (root / "dear.yaml").write_text(
        (root / "dear.yaml").read_text().replace("default: store", "default: dear")
    )
    found = report(load(root), run.project.reports["storage_cost"])
    zones = {zone["name"]: zone for zone in json.loads(found.json.read_text())["zones"]}
    assert found.store == "dear, store"
    assert Decimal(zones["gold"]["cost_per_month"]) == 0
    rest = found.bytes - zones["gold"]["bytes"]
    assert Decimal(found.cost_per_month) == Decimal(rest) / 10**9 * Decimal("2.3")


def test_a_missing_price_sheet_is_named(run: Any) -> None:
    spec = run.project.reports["storage_cost"]
    (run.project.root / spec.prices).unlink()
    with pytest.raises(ProjectError, match=r"prices\.yaml"):
        report(run, spec)
