"""A table that cannot be read stops no other, and is mended by a command that says what it does first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.test_lake import take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


@pytest.fixture
def commit(project: Path) -> Path:
    """The newest commit of bronze_birds, cut short."""
    take_in(project)
    (project / "raw" / "week2.csv").write_text("name,seen\ncoot,1\n")
    take_in(project)
    commit = max((project / "lake" / "bronze" / "birds" / "_delta_log").glob("*.json"))
    commit.write_text(commit.read_text()[:40])
    return commit


def test_the_other_tables_are_listed(commit: Path, clearwell: Callable[..., Ran]) -> None:
    listed = clearwell("tables", "--all")
    assert listed.code == 1
    assert "files_bronze_birds" in listed.out
    assert "error: bronze_birds: its log cannot be read" in listed.err
    assert "next: clearwell repair bronze_birds" in listed.err
    (found,) = [row for row in clearwell("tables", "--json").json if row["name"] == "bronze_birds"]
    assert "its log cannot be read" in found["error"]
    assert found["state"] == "unreadable"


def test_the_other_tables_are_maintained(commit: Path, clearwell: Callable[..., Ran]) -> None:
    done = clearwell("maintain", "--json")
    assert done.code == 1
    assert "files_bronze_birds" in {table["table"] for table in done.json["tables"]}
    assert "bronze_birds" not in {table["table"] for table in done.json["tables"]}
    assert "its log cannot be read" in done.json["unreadable"][0]


def test_it_asks_first_and_says_what_it_would_do(commit: Path, clearwell: Callable[..., Ran]) -> None:
    told = clearwell("repair", "bronze_birds")
    assert told.code == 1
    wrong, lost, step, _, rest = told.out.splitlines()
    assert wrong.startswith("wrong   its log cannot be read")
    assert lost.startswith("lost    version")
    assert step.startswith("repair  move 1 commits after version")
    assert rest == "nothing was changed; do it by: clearwell repair bronze_birds --yes"
    assert commit.exists()
    assert clearwell("repair", "bronze_birds", "--json").json["damage"]["wrong"] == wrong[8:]


def test_it_is_repaired_after_a_yes_and_the_next_run_continues(
    project: Path, commit: Path, clearwell: Callable[..., Ran]
) -> None:
    done = clearwell("repair", "bronze_birds", "--yes")
    assert done.code == 0
    assert done.out.endswith("bronze_birds is repaired; now: clearwell run bronze_birds\n")
    take_in(project)
    rows = {row["name"]: row for row in clearwell("tables", "--json").json}
    assert rows["bronze_birds"]["rows"] == 3
    assert clearwell("repair", "bronze_birds").out == "bronze_birds: nothing to repair\n"


def test_a_name_that_is_none_is_told(project: Path, clearwell: Callable[..., Ran]) -> None:
    take_in(project)
    told = clearwell("repair", "birds")
    assert told.code == 1
    assert "'birds' is not a table's name" in told.err
