"""The tables of a project and of its lake are listed side by side, by their logs alone."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cli.test_lake import take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran

GOLD = """\
type: clearwell.components.Curated
attributes: {name: counts, inputs: [silver_birds], transform: "steps.birds:clean"}
"""


@pytest.fixture
def lake(project: Path) -> Path:
    take_in(project)
    return project / "lake"


@pytest.fixture
def listed(clearwell: Callable[..., Ran]) -> Callable[..., dict[str, dict[str, Any]]]:
    """`clearwell tables --json`, by name, in its order."""
    return lambda *options: {row["name"]: row for row in clearwell("tables", "--json", *options).json}


def read_no_data(path: object, *_: object, **__: object) -> None:
    raise AssertionError(f"{path} was opened")


def test_a_table_is_listed_with_rows_size_and_age_and_how_to_see_what_was_rejected(
    lake: Path, clearwell: Callable[..., Ran]
) -> None:
    header, bronze, silver, *steps = clearwell("tables").out.splitlines()
    assert header.split() == ["name", "rows", "size", "changed", "quarantined", "state"]
    name, rows, _, unit, *age = bronze.split()
    assert (name, rows, unit, " ".join(age)) == ("bronze_birds", "2", "KiB", "just now 1")
    assert silver.split() == ["silver_birds", "-", "-", "-", "-", "not", "built"]
    assert steps == [
        "why rows are quarantined: clearwell quarantine bronze_birds",
        "what is not built: clearwell run",
    ]


def test_programs_get_exact_numbers_and_the_full_time(
    lake: Path, listed: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    bronze = listed()["bronze_birds"]
    log = max((lake / "bronze/birds/_delta_log").glob("*.json")).read_text()
    (info,) = [json.loads(line)["commitInfo"] for line in log.splitlines() if "commitInfo" in line]
    size = sum(file.stat().st_size for file in (lake / "bronze/birds").glob("attempt=*/**/*.parquet"))
    assert bronze == {
        "name": "bronze_birds",
        "zone": "bronze",
        "rows": 2,
        "version": 1,
        "bytes": size,
        "changed": datetime.fromtimestamp(info["timestamp"] / 1000, UTC).isoformat(),
        "quarantined": 1,
        "blocked": 0,
        "state": "built",
    }


def test_own_records_are_listed_only_on_request(
    lake: Path, listed: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    assert list(listed()) == ["bronze_birds", "silver_birds"]
    records = {"quarantine_bronze_birds", "files_bronze_birds", "history_builds"}
    assert records <= {name for name, row in listed("--all").items() if row["state"] == "built"}


def test_what_is_not_built_and_what_is_not_in_the_project_is_marked(
    lake: Path, project: Path, listed: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    (project / "pipelines/counts").mkdir()
    (project / "pipelines/counts/defs.yaml").write_text(GOLD)
    shutil.copytree(lake / "bronze/birds", lake / "bronze/former")
    assert {name: row["state"] for name, row in listed().items()} == {
        "bronze_birds": "built",
        "bronze_former": "not in the project",
        "silver_birds": "not built",
        "gold_counts": "not built",
    }


def test_a_lake_of_no_project_here_is_listed_without_marks(
    lake: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    listed: Callable[..., dict[str, dict[str, Any]]],
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert {n: row["state"] for n, row in listed("--lake", str(lake)).items()} == {"bronze_birds": "built"}


def test_rows_that_are_kept_out_are_counted_with_the_command_that_says_why(
    lake: Path, project: Path, clearwell: Callable[..., Ran]
) -> None:
    (project / "raw/week1.csv").write_text("name,seen\nheron,4\n")
    take_in(project)
    shown = clearwell("tables").out
    assert "blocked" in shown.splitlines()[0]
    assert "why rows are blocked: clearwell quarantine bronze_birds --blocked" in shown


def test_what_is_listed_is_read_from_logs(
    lake: Path, listed: Callable[..., dict[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearwell.tables.read.datafiles.parquet_file", read_no_data)
    assert listed("--all")["bronze_birds"]["quarantined"] == 1


def test_the_count_of_rejected_rows_stays_right_after_maintenance_a_refresh_and_a_retraction(
    project: Path, clearwell: Callable[..., Ran], listed: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    take_in(project)
    (project / "raw/week2.csv").write_text("name,seen\ncoot,few\nrail,none\nswan,2\n")
    take_in(project)

    def counted() -> int:
        total = clearwell("quarantine", "bronze_birds", "--json").json["total"]
        assert listed()["bronze_birds"]["quarantined"] == total
        return total

    assert counted() == 3
    take_in(project, full_refresh=True)
    assert counted() == 3
    assert clearwell("maintain", "--retention-hours", "0").code == 0
    assert counted() == 3
    assert clearwell("retract", "bronze_birds", "week1.csv", "--reason", "counted twice").code == 0
    assert counted() == 2


def test_a_table_is_as_old_as_its_rows_whatever_was_compacted_since(
    project: Path, clearwell: Callable[..., Ran], listed: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    take_in(project)
    (project / "raw/week2.csv").write_text("name,seen\nswan,2\n")
    take_in(project)
    before = listed()["bronze_birds"]
    assert clearwell("maintain", "--retention-hours", "0").code == 0
    after = listed()["bronze_birds"]
    assert after["version"] > before["version"]
    assert after["changed"] == before["changed"]
