"""A run is killed at a step of the write path, files come, the transform is edited, and it runs again.

Nothing may be lost and nothing doubled, whatever the write mode. The runs are processes of their own and
die by SIGKILL; the judge is tests.checker, which knows no Clearwell.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checker import assert_bronze_balances, assert_every_version_balances, query, replay
from tests.project import EDITED, SmallProject, make_project

if TYPE_CHECKING:
    from clearwell.engines import Engine

pytestmark = pytest.mark.slow

STEPS = [
    *(("stage", 1), ("staged", 1), ("intent", 1), ("decided", 1), ("quarantine", 1), ("files", 1)),
    *(("table", 1), ("commit", 1), ("committed", 1), ("history", 1)),
]
CASES = [("append", "bronze_orders"), ("merge", "silver_orders"), ("replace", "silver_orders")]


def run(project: SmallProject, engine: Engine, *options: str) -> subprocess.CompletedProcess[str]:
    address = f"sc://{engine.session().client._builder.endpoint}"
    command = [sys.executable, "-m", "tests.faults.worker", str(project.root), address, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=Path.cwd())


def orders(project: SmallProject, column: str) -> list[tuple]:
    return query(
        replay(project.on_disk() / "silver" / "orders").files, f"SELECT order_id, {column} FROM t ORDER BY 1"
    )


@pytest.mark.parametrize(("mode", "table"), CASES)
@pytest.mark.parametrize(("step", "nth"), STEPS)
def test_a_run_killed_there_and_run_again(
    tmp_path: Path, engine: Engine, step: str, nth: int, mode: str, table: str
) -> None:
    project = make_project(tmp_path / "project", mode=mode)
    project.deliver("week1.csv", 1, 10, bad=2)
    assert run(project, engine).returncode == 0
    second = 6 if mode == "merge" else 11  # a merge is sent some orders again
    project.deliver("week2.csv", second, 10, bad=1)

    killed = run(project, engine, "--die", step, table, str(nth))
    assert killed.returncode == -9, killed.stderr
    assert f"killed at {step} of {table}" in killed.stdout.splitlines()
    assert_every_version_balances(project.on_disk(), "bronze", "orders")
    assert len(orders(project, "amount")) == len(set(orders(project, "amount")))

    project.deliver("week3.csv", 21, 5, bad=1)
    project.write_transform(EDITED)
    again = run(project, engine)
    assert again.returncode == 0, again.stderr
    assert_bronze_balances(project.on_disk(), "orders", project.raw)
    if mode != "merge":  # there a later row takes an earlier one's place
        assert_every_version_balances(project.on_disk(), "silver", "orders")
    expected = sorted({*range(1, 11), *range(second, second + 10), *range(21, 26)})
    assert orders(project, "doubled") == [(i, 2 * (i + 0.5)) for i in expected]

    idle = run(project, engine)
    assert idle.returncode == 0
    assert [line.split()[1] for line in idle.stdout.splitlines()] == ["unchanged", "unchanged"]
