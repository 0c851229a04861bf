"""A small project on disk, and the command line called as a user calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.cli import main
from tests.unit.cli.ran import Ran
from tests.unit.trace.tracing import Shop, make_shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine

DEFS = """\
type: clearwell.components.Table
attributes:
  name: birds
  source: {path: "raw/*.csv", format: csv, columns: {seen: int}, settle_seconds: 0}
  silver:
    transform: "steps.birds:clean"
    expectations: silver_birds
"""
SUITE = """\
checks:
  - name: some_were_seen
    expectation: expect_column_values_to_be_between
    kwargs: {column: seen, min_value: 0}
    severity: warning
    why: Nobody sees less than nothing.
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one table, and the working directory in it."""
    files = {
        "pyproject.toml": "[tool.clearwell]\n",
        "pipelines/birds/defs.yaml": DEFS,
        "expectations/silver_birds.yaml": SUITE,
        "steps/birds.py": "def clean(birds):\n    return birds\n",
        "raw/week1.csv": "name,seen\nheron,3\nswan,many\nduck,5\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for variable in ("CLEARWELL_LAKE", "CLEARWELL_ENGINE", "DAGSTER_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Shop:
    """A project whose records ended in every place; its tests leave it as it was."""
    return make_shop(tmp_path_factory.mktemp("shop") / "project", engine)


@pytest.fixture
def clearwell(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `clearwell ARGUMENTS...` in this process."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(arguments)
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
