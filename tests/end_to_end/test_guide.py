"""docs/guide.md is followed from its first line to its last, in the project that its first command makes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import ROOT
from tests.services.command import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
FOLLOWED = pytest.mark.full
"""It takes 40 CPU seconds; tests/end_to_end/test_docs.py reads every command in `make test` too."""

GUIDE = (ROOT / "docs" / "guide.md").read_text()
BLOCK = re.compile(
    r"(?:^`(?P<path>[\w./-]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
PROGRAMS = {"dg": ["-m", "dagster_dg_cli.cli"], "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider"]}
EARLIER = (1, 1)
"""When a file was written: one that is written just now waits for the next run."""


@dataclass
class Reader:
    """Somebody who types and writes what the guide says."""

    folder: Path
    said: dict[str, list[str]] = field(default_factory=dict)

    def follow(self, block: re.Match[str]) -> None:
        """Write the file that a block is, or type its commands."""
        if block["kind"] != "bash":
            file = self.folder / block["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block["text"])
            os.utime(file, EARLIER)
            return
        for line in block["text"].splitlines():
            if words := shlex.split(line, comments=True):
                self.type(*words)

    def type(self, program: str, *arguments: str) -> None:
        """One command, which must do something and end well."""
        if program == "cd":
            self.folder = self.folder.joinpath(*arguments).resolve(strict=True)
            return
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if program == "clearwell":
            done = run_command(arguments, cwd=self.folder, environment=environment)
        else:
            command = [sys.executable, *PROGRAMS[program], *arguments]
            environment["DAGSTER_HOME"] = str(self.folder / "dagster_home")
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
            )
        line = shlex.join([program, *arguments])
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), line
        self.said.setdefault(line, []).append(done.stdout)


def blocks() -> Iterator[re.Match[str]]:
    """What a reader does; blocks of text show what came of it."""
    return (block for block in BLOCK.finditer(GUIDE) if block["kind"] != "text")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has reached the end."""
    reader = Reader(tmp_path_factory.mktemp("guide"))
    for block in blocks():
        reader.follow(block)
    return reader


def test_every_block_is_a_file_with_its_path_or_commands() -> None:
    assert GUIDE.count("\n```") == 2 * len(list(BLOCK.finditer(GUIDE)))
    assert [b["text"] for b in blocks() if (b["kind"] == "bash") == (b["path"] is not None)] == []


@FOLLOWED
def test_its_pipelines_are_built_beside_those_of_the_new_project(reader: Reader) -> None:
    tables = {file.parent.name for file in reader.folder.glob("lake/*/*/_delta_log")}
    assert {"orders", "waits", "guests", "stock", "visits"} <= tables
    (releases,) = reader.said["clearwell releases"]
    assert {line.split()[0] for line in releases.splitlines()} == {"name", "slow_orders", "returning"}


@FOLLOWED
def test_its_bad_record_is_in_quarantine_and_no_value_of_a_guest_is_shown(reader: Reader) -> None:
    (quarantined,) = reader.said["clearwell quarantine bronze_guests"]
    assert "type_visits" in quarantined
    assert "Ada Meier" in (reader.folder / "raw/guests/2026-03.csv").read_text()
    shown = "".join(text for texts in reader.said.values() for text in texts)
    assert [name for name in ("Ada Meier", "Mia Lang", "Basel", "Thun") if name in shown] == []


@FOLLOWED
def test_a_file_that_is_taken_back_leaves_its_tables_and_comes_again(reader: Reader) -> None:
    without, *_ = reader.said["clearwell run bronze_stock+"]
    again = reader.said["clearwell run"][3]
    rows = [
        {line.split()[0]: line.split()[2] for line in said.splitlines() if " built " in line}
        for said in (without, again)
    ]
    assert [found["silver_stock"] for found in rows] == ["2", "3"]


@FOLLOWED
def test_its_last_run_leaves_nothing_to_do(reader: Reader) -> None:
    again = run_command(["run"], cwd=reader.folder, environment={**os.environ, "PYTHONPATH": str(ROOT)})
    assert again.stdout.startswith("unchanged 8 tables, 2 releases")
