"""A run is killed at a step of the write path, files come, the transform is edited, and it runs again.

Nothing may be lost and nothing doubled, whatever the write mode. The runs are processes of their own and
die by SIGKILL; the judge is tests.checker, which knows no Clearwell.
"""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.checker import assert_bronze_balances, assert_every_version_balances, query, replay
from tests.faults.worker import run
from tests.project import EDITED, SmallProject, make_project
from tests.unit.tables.write.test_commit import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine

CASES = [("append", "bronze_orders"), ("merge", "silver_orders"), ("replace", "silver_orders")]


def orders(project: SmallProject, column: str) -> list[tuple]:
    return query(
        replay(project.on_disk() / "silver" / "orders").files, f"SELECT order_id, {column} FROM t ORDER BY 1"
    )


@pytest.fixture(scope="module")
def first_weeks(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A project of a write mode that has taken its first week, to be copied: made once for all steps."""

    @cache
    def make(mode: str) -> Path:
        project = make_project(tmp_path_factory.mktemp(mode) / "project", mode=mode)
        project.deliver("week1.csv", 1, 10, bad=2)
        ended = run(project, engine)
        assert ended.returncode == 0, ended.stderr
        return project.root

    return make


@pytest.mark.promise("P3")
@pytest.mark.parametrize(("mode", "table"), CASES)
@pytest.mark.parametrize("step", STEPS)
def test_a_run_killed_there_and_run_again(
    tmp_path: Path, engine: Engine, first_weeks: Callable[[str], Path], step: str, mode: str, table: str
) -> None:
    project = SmallProject(tmp_path / "project")
    shutil.copytree(first_weeks(mode), project.root)
    second = 6 if mode == "merge" else 11  # a merge is sent some orders again
    project.deliver("week2.csv", second, 10, bad=1)

    killed = run(project, engine, die=(step, table, 1))
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
