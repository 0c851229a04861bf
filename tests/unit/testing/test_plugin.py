"""The plugin costs little to load, and nothing else of Clearwell needs pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def loaded_by(code: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(said.stdout.split())


def test_loading_the_fixtures_loads_neither_engine_nor_suites_nor_dagster() -> None:
    loaded = loaded_by("import clearwell.testing")
    assert "pytest" in loaded
    assert loaded & {"pyspark", "grpc", "great_expectations", "dagster"} == set()


@pytest.mark.full
def test_nothing_else_needs_pytest() -> None:
    everything = (
        "import clearwell.cli.app, clearwell.definitions, clearwell.flow.check.project, clearwell.quality"
    )
    loaded = loaded_by(everything)
    assert "dagster" in loaded
    assert "pytest" not in loaded
