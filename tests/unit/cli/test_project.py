"""`clearwell check` finds what is wrong before anything runs; `clearwell preview` writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.test_lake import files_below, take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


def plant(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_project_passes(project: Path, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("check")
    assert (ran.code, ran.err) == (0, "")
    assert "no problem found" in ran.out
    assert clearwell("check", "--json").json == []


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "near"),
    [
        ("pipelines/birds/defs.yaml", "  silver:", "  sliver:", "pipelines/birds/defs.yaml:5", "silver"),
        ("pipelines/birds/defs.yaml", "birds:clean", "birds:cleen", "pipelines/birds/defs.yaml:6", "clean"),
        (
            "expectations/silver_birds.yaml",
            "severity:",
            "severty:",
            "expectations/silver_birds.yaml:5",
            "severity",
        ),
        (
            "expectations/silver_birds.yaml",
            "values_to_be_between",
            "values_to_be_betwen",
            "expectations/silver_birds.yaml",
            "expect_column_values_to_be_between",
        ),
    ],
)
def test_a_planted_typo_is_pointed_at_with_its_line_and_the_right_word(
    project: Path, clearwell: Callable[..., Ran], *, file: str, old: str, new: str, place: str, near: str
) -> None:
    plant(project / file, old, new)
    ran = clearwell("check")
    assert ran.code == 1
    assert any(line.startswith(f"{place}:") for line in ran.out.splitlines()), ran.out
    assert f"did you mean '{near}'?" in ran.out
    found = clearwell("check", "--json").json
    assert any(problem["place"].startswith(place) for problem in found)


def test_all_problems_are_found_at_once(project: Path, clearwell: Callable[..., Ran]) -> None:
    plant(project / "pipelines/birds/defs.yaml", "format: csv", "format: cvs")
    plant(project / "expectations/silver_birds.yaml", "severity:", "severty:")
    (project / "pipelines/more").mkdir()
    (project / "pipelines/more/defs.yaml").write_text("type: clearwell.components.Tabel\n")
    ran = clearwell("check")
    assert "pipelines/birds/defs.yaml:4" in ran.out
    assert "pipelines/more/defs.yaml:1" in ran.out


def test_a_transform_that_is_no_python_has_its_own_line(project: Path, clearwell: Callable[..., Ran]) -> None:
    (project / "steps/birds.py").write_text("def clean(birds):\n    return birds.where(\n")
    ran = clearwell("check")
    assert ran.code == 1
    assert "steps/birds.py:2: invalid Python" in ran.out


def test_a_transform_with_other_parameters_is_found(project: Path, clearwell: Callable[..., Ran]) -> None:
    (project / "steps/birds.py").write_text("def clean(birds, weather):\n    return birds\n")
    ran = clearwell("check")
    assert ran.code == 1
    assert (
        "pipelines/birds/defs.yaml:6: steps.birds:clean(birds, weather) does not take one DataFrame"
        in ran.out
    )


@pytest.mark.parametrize("name", ["steps.birds:clean", "silver_birds"])
def test_a_preview_shows_the_first_rows_and_writes_nothing(
    project: Path, clearwell: Callable[..., Ran], name: str
) -> None:
    take_in(project)
    before = files_below(project / "lake")
    (project / "steps/birds.py").write_text(
        "from pyspark.sql import functions as F\n\n"
        "def clean(birds):\n"
        "    return birds.select('name', (F.col('seen') * 2).alias('twice')).orderBy('name')\n"
    )
    ran = clearwell("preview", name, "--limit", "1", "--json")
    assert ran.json == [{"name": "duck", "twice": 10}]
    assert files_below(project / "lake") == before


def test_a_preview_leaves_out_provenance_says_so_and_shows_it_on_request(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    take_in(project)
    code = "def clean(birds):\n    return birds.selectExpr('*', 'float(0.1) AS tenth').orderBy('seen')\n"
    (project / "steps/birds.py").write_text(code)
    header, _, row, told = clearwell("preview", "silver_birds").out.splitlines()
    assert header.split() == ["name", "seen", "tenth"]
    assert row.split() == ["duck", "5", "0.1"]
    assert told == "left out: _file_id, _record_no, _batch_id, _ingested_at; --provenance shows them"
    (first, _) = clearwell("preview", "silver_birds", "--provenance", "--json").json
    assert (first["name"], first["tenth"], first["_record_no"]) == ("heron", 0.1, 1)
    assert list(clearwell("preview", "silver_birds", "--json").json[0]) == ["name", "seen", "tenth"]


def test_a_preview_before_the_first_run_says_what_is_missing(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    ran = clearwell("preview", "silver_birds")
    assert ran.code == 1
    assert "no lake here" in ran.err


def test_a_transform_that_nobody_uses_is_not_previewed(project: Path, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("preview", "steps.birds:cleen")
    assert ran.code == 1
    assert "did you mean 'steps.birds:clean'?" in ran.err


def test_code_that_fails_in_a_preview_is_named_with_its_line(
    project: Path, clearwell: Callable[..., Ran]
) -> None:
    take_in(project)
    (project / "steps/birds.py").write_text("def clean(birds):\n    return birds.no_such_method()\n")
    ran = clearwell("preview", "silver_birds")
    assert ran.code == 1
    assert "steps/birds.py:2" in ran.err
    assert "Traceback" not in ran.err
