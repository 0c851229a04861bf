"""What the tab key offers, by click's own protocol; and that nothing heavy is loaded for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
BROKEN = "type: [not closed\n"
OTHERS = """\
type: clearwell.components.Curated
attributes: {name: totals, inputs: [silver_birds], transform: "steps.birds:totals"}
---
type: clearwell.components.Dataset
attributes: {name: rare_birds, from: gold_totals}
---
type: dagster.FunctionComponent
attributes: {execution: {name: x}}
---
- 1
"""


@pytest.fixture
def lake(project: Path) -> Path:
    """The project with more YAML, and a lake with a table in each zone."""
    for name, text in (("others", OTHERS), ("broken", BROKEN)):
        (project / "pipelines" / name).mkdir()
        (project / "pipelines" / name / "defs.yaml").write_text(text)
    made = project / "lake"
    for table in ("bronze/birds", "silver/birds", "quarantine/silver_birds", "files/bronze_birds"):
        (made / table / "_delta_log").mkdir(parents=True)
    (made / "gold" / "unfinished").mkdir(parents=True)
    return made


def offered(*words: str, cwd: Path | None = None) -> list[str]:
    """What is offered for the last word, as the script of bash asks for it."""
    asked = {
        "_CLEARWELL_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["clearwell", *words]),
        "COMP_CWORD": str(len(words)),
    }
    command = [sys.executable, "-m", "clearwell.cli"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    said = subprocess.run(
        command,
        env={**os.environ, **asked, "PYTHONPATH": path},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stderr == ""
    return [line.partition(",")[2] for line in said.stdout.splitlines() if line]


def test_commands_and_options_are_offered() -> None:
    assert offered("q") == ["quarantine"]
    assert "init" in offered("")
    assert offered("quarantine", "x", "--bl") == ["--blocked"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]
    assert offered("schema", "pr") == ["prices"]


def test_tables_are_those_of_the_lake(lake: Path) -> None:
    assert offered("show", "") == ["bronze_birds", "silver_birds"]
    assert offered("quarantine", "sil") == ["silver_birds"]
    assert offered("show", "qu") == ["quarantine_silver_birds"]
    assert offered("show", "gold") == []


def test_what_can_be_traced_is_a_table_or_a_release(lake: Path) -> None:
    for made in ("rare_birds/v1", "rare_birds/.attempt-1", ".trash"):
        (lake / "releases" / made).mkdir(parents=True)
    assert offered("lineage", "") == ["bronze_birds", "silver_birds", "rare_birds"]
    assert offered("trace", "ra") == ["rare_birds"]
    assert offered("verify", "") == ["rare_birds"]
    assert offered("fingerprint", "") == ["bronze_birds", "silver_birds"]


def test_the_lake_may_be_named(lake: Path, tmp_path: Path) -> None:
    other = tmp_path / "other lake"
    (other / "gold" / "totals" / "_delta_log").mkdir(parents=True)
    assert offered("show", "--lake", f"'{other}'", "") == ["gold_totals"]
    outside = tmp_path.parent
    assert offered("show", "--lake", str(lake), "bro", cwd=outside) == ["bronze_birds"]


def test_a_run_can_be_told_what_the_yaml_makes(lake: Path) -> None:
    assert offered("run", "") == ["bronze_birds", "gold_totals", "rare_birds", "silver_birds"]
    assert offered("run", "+go") == ["+gold_totals"]
    assert offered("run", "bronze_birds,++si") == ["bronze_birds,++silver_birds"]
    assert offered("run", "--engine", "s") == ["sc://"]


def test_a_preview_is_of_a_transform_or_its_table(lake: Path) -> None:
    assert offered("preview", "") == [
        "gold_totals",
        "silver_birds",
        "steps.birds:clean",
        "steps.birds:totals",
    ]
    assert offered("preview", "steps.birds:t") == ["steps.birds:totals"]


def test_outside_of_a_project_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    for words in (("show", ""), ("run", ""), ("preview", "")):
        assert offered(*words, cwd=tmp_path) == []


def test_a_project_that_cannot_be_read_says_nothing(lake: Path) -> None:
    (lake.parent / "pyproject.toml").write_text("[tool.clearwell]\nlaek = 1\n")
    assert offered("show", "") == []
    assert offered("run", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(shell: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "clearwell.cli", "completion", shell],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert f"_CLEARWELL_COMPLETE={shell}_complete" in said.stdout
    assert said.stderr == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="this machine has no bash")
def test_bash_completes_by_the_script(lake: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "clearwell"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m clearwell.cli "$@"\n')
    program.chmod(0o755)
    typed = """
        eval "$(clearwell completion bash)"
        COMP_WORDS=(clearwell show si); COMP_CWORD=2
        _clearwell_completion clearwell
        echo "${COMPREPLY[@]}"
    """
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run(
        ["bash", "-c", typed], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert (said.stdout.strip(), said.stderr) == ("silver_birds", "")


def test_a_completion_loads_nothing_heavy(lake: Path) -> None:
    code = """
import os, sys
os.environ |= {"COMP_WORDS": "clearwell preview st", "COMP_CWORD": "2"}
os.environ["_CLEARWELL_COMPLETE"] = "bash_complete"
from clearwell.cli import main
try:
    main([])
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert "steps.birds:clean" in ran.stdout
    heavy = {"dagster", "pyspark", "pyarrow", "deltalake", "pandas", "pydantic", "great_expectations", "rich"}
    assert heavy & set(ran.stderr.split()) == set()
