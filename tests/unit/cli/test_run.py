"""`clearwell run` ends with what came of it, where to look next, and an exit code that a script can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


def tables(clearwell: Callable[..., Ran]) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["rows"], row["version"]) for row in clearwell("tables", "--json").json}


def test_a_first_run_builds_and_says_so_and_a_second_changes_nothing(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    first = clearwell("run")
    assert first.code == 0, first.err
    assert "bronze_birds  built" in first.out
    assert "checks    2 passed, 0 failed" in first.out
    assert "clearwell quarantine bronze_birds" in first.out
    assert "INFO    bronze_birds: 2 accepted, 1 quarantined" in first.err
    before = tables(clearwell)
    second = clearwell("run", "--json")
    assert second.code == 0, second.err
    assert {result["outcome"] for result in second.json["results"]} == {"unchanged"}
    assert tables(clearwell) == before


def test_a_run_with_nothing_new_is_told_in_ten_lines(project: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("run")
    second = clearwell("run")
    assert second.code == 0, second.err
    assert second.out.splitlines()[0] == "unchanged 2 tables (--verbose: names)"
    assert "checks    2 passed, 0 failed" in second.out
    assert len(second.out.splitlines()) <= 10
    assert "nothing new" not in second.err
    everything = clearwell("run", "--verbose")
    assert "bronze_birds  unchanged" in everything.out
    assert "INFO    bronze_birds: nothing new" in everything.err


def test_what_has_changed_is_named_beside_the_number_of_what_has_not(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    clearwell("run")
    (project / "raw" / "week2.csv").write_text("name,seen\nteal,4\n")
    said = clearwell("run", "bronze_birds").out
    assert "bronze_birds  built" in said
    assert "unchanged" not in said
    clearwell("run", "silver_birds")
    said = clearwell("run", "silver_birds", "--full-refresh").out
    assert "silver_birds  built" in said


def test_files_that_are_in_no_table_are_told_one_line_each(
    project: Path, clearwell: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "far.csv"
    elsewhere.write_text("name,seen\ncoot,1\n")
    raw = project / "raw"
    (raw / "far.csv").symlink_to(elsewhere)
    (raw / "folder.csv").mkdir()
    for number in range(10):
        (raw / f"copy{number}.csv").write_bytes((raw / "week1.csv").read_bytes())
    said = clearwell("run", "bronze_birds").out
    assert "files     bronze_birds: raw/copy1.csv: same content as raw/copy0.csv, nothing to add\n" in said
    assert "          and 2 more, which --json lists\n" in said
    shown = clearwell("show", "bronze_birds")
    assert "left out: raw/copy1.csv: same content as raw/copy0.csv, nothing to add\n" in shown.out
    for file in raw.glob("copy*"):
        file.unlink()
    said = clearwell("run", "bronze_birds").out
    assert (
        "files     bronze_birds: raw/far.csv: skipped, a link out of the project: `links: follow` in " in said
    )
    assert "files     bronze_birds: raw/folder.csv: skipped, a folder\n" in said
    shown = clearwell("show", "bronze_birds")
    assert "copy1.csv" not in shown.out
    assert "left out: raw/folder.csv: skipped, a folder\n" in shown.out


def test_a_selection_runs_only_what_it_names(project: Path, clearwell: Callable[..., Ran]) -> None:
    report = clearwell("run", "bronze_birds", "--json").json
    assert [result["table"] for result in report["results"]] == ["bronze_birds"]


def test_a_selection_of_nothing_names_the_nearest(project: Path, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("run", "bronze_brids")
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean 'bronze_birds'?" in ran.err


def test_full_refresh_rebuilds_what_has_not_changed(project: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("run")
    report = clearwell("run", "--full-refresh", "--json").json
    assert {result["outcome"] for result in report["results"]} == {"built"}
    assert tables(clearwell)["silver_birds"][0] == 2


def test_a_transform_that_raises_fails_the_run_with_its_line_and_keeps_the_table(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    clearwell("run")
    before = tables(clearwell)
    (project / "steps/birds.py").write_text("def clean(birds):\n    return birds.no_such_method()\n")
    ran = clearwell("run")
    assert ran.code == 1
    assert "error: silver_birds: steps/birds.py:2:" in ran.err
    assert "Traceback" not in ran.err
    assert tables(clearwell) == before
    assert 'steps/birds.py", line 2' in clearwell("run", "--debug").err


def test_a_critical_check_that_fails_ends_the_run_with_1_and_shows_where_to_look(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    suite = project / "expectations/silver_birds.yaml"
    suite.write_text(suite.read_text().replace("min_value: 0", "min_value: 4").replace("warning", "critical"))
    ran = clearwell("run")
    assert ran.code == 1
    assert "silver_birds  blocked" in ran.out
    assert "critical: silver_birds some_were_seen, 1 of 2 rows" in ran.out
    assert "clearwell quarantine silver_birds --blocked" in ran.out
    (block,) = clearwell("quarantine", "silver_birds", "--blocked", "--json").json["blocked"]
    assert [check["name"] for check in block["checks"]] == ["some_were_seen"]


def test_failed_checks_are_told_the_worst_first_with_how_many_there_are_of_each(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    suite = project / "expectations/silver_birds.yaml"
    check = suite.read_text().partition("checks:\n")[2]
    info = check.replace("some_were_seen", "many_were_seen").replace("min_value: 0", "min_value: 100")
    critical = check.replace("min_value: 0", "min_value: 4").replace("warning", "critical")
    suite.write_text(f"checks:\n{info.replace('warning', 'info')}{critical}")
    out = clearwell("run").out
    assert "checks    1 passed, 2 failed: 1 critical, 1 info\n" in out
    assert out.index("critical: silver_birds some_were_seen") < out.index("info: silver_birds many_were_seen")


def test_a_file_that_is_refused_ends_the_run_with_1(project: Path, clearwell: Callable[..., Ran]) -> None:
    clearwell("run")
    (project / "raw/week1.csv").write_text("name,seen\nheron,4\n")
    ran = clearwell("run")
    assert ran.code == 1
    assert "clearwell quarantine bronze_birds --blocked" in ran.out


@pytest.mark.parametrize("engine", ["imbedded", "duckdb"])
def test_an_engine_that_is_none_is_an_error_with_the_choices(
    project: Path, clearwell: Callable[..., Ran], engine: str
) -> None:
    ran = clearwell("run", "--engine", engine)
    assert ran.code == 1
    assert "engines: embedded, spark" in ran.err
    assert "Traceback" not in ran.err


def test_the_lake_is_where_the_option_says(project: Path, clearwell: Callable[..., Ran]) -> None:
    assert clearwell("run", "bronze_birds", "--lake", "elsewhere").code == 0
    assert (project / "elsewhere/bronze/birds").is_dir()
    assert not (project / "lake").exists()
