"""What a lake holds is listed without an engine, for people and for programs, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.engines import open_engine
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


def take_in(project: Path, *, full_refresh: bool = False) -> None:
    """Ingest the project's raw files: two records are good, and one says "many" for a number."""
    settings = load_settings(project)
    with open_engine(settings) as engine:
        run = Run(load_project(settings), Lake(settings.lake), engine, full_refresh)
        ingest(run, run.project.tables["birds"])


@pytest.fixture
def lake(project: Path) -> Path:
    take_in(project)
    return project / "lake"


def files_below(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def test_a_file_is_shown_with_what_it_delivered_and_what_became_of_it(
    lake: Path, clearwell: Callable[..., Ran]
) -> None:
    shown = clearwell("show", "bronze_birds", "--json").json
    (file,) = shown["files"]
    assert file["path"] == "raw/week1.csv"
    counts = [file[key] for key in ("delivered", "accepted", "quarantined", "blocked")]
    assert counts == [3, 2, 1, 0]
    assert file["balanced"] is True
    types = {column["name"]: column["type"] for column in shown["columns"]}
    assert (types["name"], types["seen"], types["_ingested_at"]) == ("string", "int", "timestamp")


def test_a_file_that_was_refused_is_shown_as_blocked_and_the_reason_with_it(
    lake: Path, project: Path, clearwell: Callable[..., Ran]
) -> None:
    (project / "raw/week1.csv").write_text("name,seen\nheron,4\n")
    take_in(project)
    shown = clearwell("show", "bronze_birds", "--json").json
    assert sum(file["blocked"] for file in shown["files"]) == 1
    assert all(file["balanced"] for file in shown["files"])
    (block,) = clearwell("quarantine", "bronze_birds", "--blocked", "--json").json["blocked"]
    assert "was taken before with other content" in block["reason"]
    assert "was taken before with other content" in clearwell("quarantine", "bronze_birds", "--blocked").out
    assert "blocked:" in clearwell("show", "bronze_birds").out


def test_a_rejected_record_is_shown_with_file_number_text_and_reason(
    lake: Path, clearwell: Callable[..., Ran]
) -> None:
    shown = clearwell("quarantine", "bronze_birds", "--json").json
    (row,) = shown["rows"]
    assert shown["total"] == 1
    assert (row["file"], row["_record_no"], row["raw"]) == ("raw/week1.csv", 2, "swan,many")
    assert row["reasons"]
    text = clearwell("quarantine", "quarantine_bronze_birds").out
    assert "swan,many" in text


def test_a_limit_shows_fewer_rows_and_says_how_many_there_are(
    lake: Path, clearwell: Callable[..., Ran]
) -> None:
    ran = clearwell("quarantine", "bronze_birds", "--limit", "0")
    assert "0 of 1 rows; --limit 1 shows all" in ran.out


@pytest.mark.parametrize("command", ["show", "quarantine"])
@pytest.mark.parametrize("name", ["bronze_brids", "birds", "quarantine"])
def test_a_table_that_is_not_there_is_an_error_with_a_hint(
    lake: Path, command: str, name: str, clearwell: Callable[..., Ran]
) -> None:
    ran = clearwell(command, name, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "no table" in ran.err
    assert "next: " in ran.err


def test_a_lake_can_be_looked_at_without_a_project_around_it(
    lake: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    clearwell: Callable[..., Ran],
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert clearwell("tables", "--lake", str(lake), "--json").json


def test_where_no_lake_is_the_next_step_is_said(project: Path, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("tables", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "no lake here" in ran.err
    assert "clearwell run" in ran.err


def test_before_the_first_release_the_list_is_empty(lake: Path, clearwell: Callable[..., Ran]) -> None:
    assert clearwell("releases", "--json").json == []
    assert "nothing is released yet" in clearwell("releases").out


def test_looking_changes_nothing(lake: Path, clearwell: Callable[..., Ran]) -> None:
    before = files_below(lake)
    for arguments in (["tables"], ["show", "bronze_birds"], ["quarantine", "bronze_birds"], ["releases"]):
        assert clearwell(*arguments).code == 0
    assert clearwell("maintain", "--dry-run").code == 0
    assert files_below(lake) == before


def test_maintenance_says_what_it_did_and_keeps_every_row(
    lake: Path, project: Path, clearwell: Callable[..., Ran]
) -> None:
    for week in (2, 3):
        (project / f"raw/week{week}.csv").write_text(f"name,seen\nheron,{week}\n")
        take_in(project)
    done = clearwell("maintain", "--retention-hours", "0", "--json").json
    assert done["dry_run"] is False
    assert {table["table"] for table in done["tables"]} >= {"bronze_birds"}
    rows = {row["name"]: row["rows"] for row in clearwell("tables", "--json").json}
    assert rows["bronze_birds"] == 4


def test_maintenance_says_that_old_events_go(project: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("run", "bronze_birds")
    old = project / "lake/lineage/openlineage/2020-01-01.ndjson"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_text("{}\n")
    assert ", 1 days of OpenLineage events" in clearwell("maintain", "--dry-run").out
    assert old.exists()
    assert ", 1 days of OpenLineage events" in clearwell("maintain").out
    assert not old.exists()
    assert "OpenLineage" not in clearwell("maintain").out
