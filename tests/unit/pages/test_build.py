"""Pages say what the lake says, the same at every time, and never a value of a row."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import BatchBlocked
from clearwell.flow.publish import publish
from clearwell.pages.build import render_pages
from clearwell.project.load import load_project
from clearwell.tables import Lake, Table
from tests.project import make_project, run_steps
from tests.unit.publishing import project as publishing
from tests.unit.reports.reading import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.project import SmallProject

SUITE = """
    checks:
      - name: amount_sane
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 7777}
        severity: critical
        why: Larger amounts are test orders.
      - name: amount_usual
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: warning
      - name: greatest_amount
        expectation: expect_column_max_to_be_between
        kwargs: {column: amount, max_value: 95}
        severity: critical
      - name: enough_orders
        expectation: expect_table_row_count_to_be_between
        kwargs: {min_value: 1}
        severity: info
    """


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.write_suite(SUITE)
    project.write_yaml(suite="silver_orders")
    project.deliver("a.csv", 41, 50, day="2026-05-17", bad=2)
    project.deliver("b.csv", 101, 3)
    return project


def pages_of(project: SmallProject) -> dict[str, str]:
    return render_pages(load_project(project.settings), Lake(project.lake))


def silver(project: SmallProject) -> str:
    return Reader(pages_of(project)["tables/silver_orders.html"]).text


def test_a_built_lake_has_a_page_of_each_table_and_each_link_leads_somewhere(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    pages = pages_of(project)
    assert list(pages) == [
        "lineage.html",
        "index.html",
        "tables/bronze_orders.html",
        "tables/silver_orders.html",
    ]
    for path, text in pages.items():
        for link in Reader(text).links:
            file = (
                link.partition("#")[0].removeprefix("../")
                if path.startswith("tables/")
                else link.partition("#")[0]
            )
            within = f"tables/{file}" if path.startswith("tables/") and not link.startswith("../") else file
            assert not file or within in pages, f"{path} leads to {link}"
    text = silver(project)
    assert "Rows 50 " in text
    assert "50 rows (append), 3 quarantined" in text or "50 rows (replace), 3 quarantined" in text
    assert "amount_usual fails: 3 of 53 rows fail" in text
    assert "amount_usual 3 " in text
    assert "enough_orders passes: observed 50" in text
    assert "raw/a.csv 50 50 0 0" in text
    bronze = Reader(pages["tables/bronze_orders.html"]).text
    assert "raw/a.csv 52 50 2 0" in bronze
    assert "Quarantine (2)" in bronze


def test_columns_say_where_they_come_from_and_the_lineage_page_knows_it(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    pages = pages_of(project)
    assert "order_id of bronze_orders, as it is" in silver(project)
    assert '"bronze_orders"' in pages["lineage.html"]
    assert '"edges":[]' not in pages["lineage.html"]
    assert "column_lineage passes: 0 of 7 columns fail" in silver(project)


def test_no_value_of_a_row_is_in_any_page(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.deliver("c.csv", 97, 1)
    with pytest.raises(BatchBlocked, match=r"97\.5"):  # the reason on record quotes what was observed
        run_steps(project, engine)
    # The greatest amounts, blocked and accepted; one in quarantine; a date; the text that is no number.
    for name, text in pages_of(project).items():
        shown = re.sub(r"sha256-\S+", "", text)
        for value in ("97.5", "90.5", "102.5", "2026-05-17", "a lot"):
            assert value not in shown, f"{value} in {name}"


def test_of_a_personal_column_only_the_name_is_told(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    open_text = silver(project)
    assert "7777" in open_text
    file = project.root / "pipelines" / "orders" / "defs.yaml"
    file.write_text(file.read_text().replace("name: orders", "name: orders\n  personal: [amount]"))
    text = silver(project)
    assert "amount personal" in text
    assert "7777" not in text
    assert "amount_sane" in text
    assert "observed 50" in text


def test_a_first_batch_that_was_blocked_has_a_page(project: SmallProject, engine: Engine) -> None:
    project.deliver("c.csv", 8000, 2)
    with pytest.raises(BatchBlocked):
        run_steps(project, engine)
    text = silver(project)
    assert "New data was rejected: 55 records are kept out. There is no published table yet." in text
    assert "amount_sane: 2 of 55 rows fail" in text
    assert "not built yet" in text
    assert "raw/c.csv 2 0 0 2" in text or "2 0 0 2" in text


def test_a_blocked_batch_is_told_with_its_results_and_gone_when_it_is_mended(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    bad = project.deliver("c.csv", 8000, 2)
    with pytest.raises(BatchBlocked):
        run_steps(project, engine)
    text = silver(project)
    assert "The published table is unchanged." in text
    assert "amount_sane fails: 2 of 2 rows fail" in text
    assert "passed in 1 of the last 2 batches" in text
    assert "new data rejected" in Reader(pages_of(project)["index.html"]).text
    project.write_suite(SUITE.replace("7777", "9999"))
    run_steps(project, engine)
    assert bad.is_file()
    assert "New data was rejected" not in silver(project)


def test_the_same_lake_gives_the_same_pages_and_is_not_touched(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    files = {file: file.stat().st_mtime_ns for file in project.lake.rglob("*") if file.is_file()}
    first = pages_of(project)
    assert first == pages_of(project)
    assert {file: file.stat().st_mtime_ns for file in project.lake.rglob("*") if file.is_file()} == files


def test_history_is_read_once_however_many_tables_there_are(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_steps(project, engine)
    opened: Counter[str] = Counter()
    snapshot = Table.snapshot

    def counted(table: Table, version: int | None = None) -> Any:
        opened[str(table.name)] += 1
        return snapshot(table, version)

    monkeypatch.setattr(Table, "snapshot", counted)
    pages_of(project)
    history = {name: n for name, n in opened.items() if name.startswith("history_")}
    assert history == {"history_builds": 1, "history_checks": 1, "history_lineage": 1}


@pytest.mark.full
def test_only_the_last_batches_are_shown(tmp_path: Path) -> None:
    run = publishing.project(tmp_path)
    for n in range(33):
        publishing.write(run.lake, publishing.rows(3 + n))
    page = Reader(render_pages(run.project, run.lake)["tables/gold_delays.html"])
    assert "Rows accepted by the last 30 batches, at most 35" in page.text
    assert any(text.startswith("batch 4, ") for text in page.texts)
    assert not any(text.startswith("batch 3, ") for text in page.texts)


def test_an_empty_lake_has_pages_that_say_what_to_do(tmp_path: Path) -> None:
    run = publishing.project(tmp_path)
    pages = render_pages(run.project, run.lake)
    assert {"tables/bronze_flights.html", "tables/gold_delays.html"} <= set(pages)
    assert "not built yet: clearwell run builds it" in Reader(pages["tables/gold_delays.html"]).text
    assert '"edges":[]' in pages["lineage.html"]
    assert not (tmp_path / "lake").exists()


def test_a_release_stands_in_the_lineage_with_its_columns_and_its_label(tmp_path: Path) -> None:
    run = publishing.project(tmp_path)
    publishing.write(run.lake, publishing.rows(50))
    publish(run, run.project.datasets["late_flights"])
    pages = render_pages(run.project, run.lake)
    assert "../lineage.html#late_flights" in Reader(pages["tables/gold_delays.html"]).links
    assert '"late_flights",' in pages["lineage.html"]


def test_a_table_that_the_project_no_longer_makes_keeps_its_page(tmp_path: Path) -> None:
    run = publishing.project(tmp_path)
    publishing.write(run.lake, publishing.rows(5))
    defs = tmp_path / "pipelines" / "ops" / "defs.yaml"
    parts = defs.read_text().split("---\n")
    defs.write_text(
        "---\n".join(part for part in parts if "gold_delays" not in part and "name: delays" not in part)
    )
    run = publishing.load(tmp_path)
    page = Reader(render_pages(run.project, run.lake)["tables/gold_delays.html"])
    assert "Rows 5 " in page.text
    assert "No suite judges this table." not in page.text
    assert "day_is_there passes: 0 of 5 rows fail" in page.text
    assert "Gone: not in the project: the lake keeps its rows" in page.text


def test_a_table_that_the_lake_has_lost_is_marked_with_the_day_that_its_page_tells(tmp_path: Path) -> None:
    run = publishing.project(tmp_path)
    publishing.write(run.lake, publishing.rows(5))
    whole = render_pages(run.project, run.lake)
    assert "gone" not in Reader(whole["tables/gold_delays.html"]).text.lower()
    shutil.rmtree(run.lake.root / "gold" / "delays")
    first = render_pages(run.project, Lake(run.lake.root), before={"gold_delays": ""}, day="2026-11-30")
    again = render_pages(
        run.project,
        Lake(run.lake.root),
        before={"gold_delays": first["tables/gold_delays.html"], "silver_left": ""},
        day="2026-12-01",
    )
    lost = "since 2026-11-30: not in the lake, which had it: clearwell run makes it again"
    assert f"Gone {lost}" in Reader(again["tables/gold_delays.html"]).text
    assert f"gone {lost}" in Reader(again["index.html"]).text
    left = Reader(again["tables/silver_left.html"]).text
    assert "Gone since 2026-12-01: not in the project, and not in the lake" in left
    assert "not built yet" not in left
