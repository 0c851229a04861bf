"""The power fails at each step of a run: what was forced to the disk by then is enough to go on from.

A disk may have kept more than that. Here it has kept nothing else, which is the worst that it can do.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.stores import durable
from clearwell.tables import Lake
from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.engines import Engine


class Disk:
    """What the disk below ``root`` holds for certain: each file as it was when it was forced last."""

    def __init__(self, root: Path, shadow: Path) -> None:
        self._root = root
        self._shadow = shadow
        self._folders: set[Path] = set()

    def forced(self, handle: int) -> None:
        """Stands in for fsync."""
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        if path.is_dir():
            self._folders.add(path)
        elif path.is_relative_to(self._root):
            target = self._shadow / path.relative_to(self._root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target.with_suffix(".new"))
            target.with_suffix(".new").replace(target)  # earlier copies by link keep what they have

    def copy(self, target: Path) -> None:
        """What a machine finds after the power cut: files whose folders were forced, too."""
        for file in sorted(f for f in self._shadow.rglob("*") if f.is_file()):
            path = file.relative_to(self._shadow)
            folders = [self._root / folder for folder in path.parents]
            if all(folder in self._folders for folder in folders):
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                os.link(file, target / path)


@pytest.fixture
def cut(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[tuple[str, SmallProject]]]:
    """Runs a project twice, and gives what a power cut at each step of the second run leaves."""

    def run(mode: str) -> list[tuple[str, SmallProject]]:
        project = make_project(tmp_path / "project", mode=mode)
        disk = Disk(project.lake, tmp_path / "shadow")
        monkeypatch.setattr(durable.os, "fsync", disk.forced)
        left: list[tuple[str, SmallProject]] = []

        def fails(step: str, table: str) -> None:
            if not armed:
                return
            at = SmallProject(tmp_path / f"after-{len(left)}")
            shutil.copytree(project.root, at.root, ignore=shutil.ignore_patterns("lake"))
            disk.copy(at.lake)
            left.append((f"{step} of {table}", at))

        armed = False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                SmallProject,
                "open",
                lambda self, on_step=None: Lake(self.lake, durable=True, on_step=on_step),
            )
            project.deliver("a.csv", 1, 3, bad=1)
            run_steps(project, engine, on_step=fails)
            armed = True
            file = project.deliver("b.csv", 3, 3, bad=1)
            lines = file.read_text().splitlines()  # with a column that the table lacks
            file.write_text("\n".join([f"{lines[0]},note", *(f"{line},new" for line in lines[1:])]))
            run_steps(project, engine, on_step=fails)
            fails("the end", "the run")
        return left

    return run


@pytest.mark.promise("P3")
@pytest.mark.variants
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_the_power_fails_at_a_step(
    cut: Callable[[str], list[tuple[str, SmallProject]]], engine: Engine, mode: str
) -> None:
    left = cut(mode)
    assert len(left) > 20
    for step, project in left:
        before = replay(project.lake / "bronze" / "orders").files
        assert query(before, "SELECT count(*) FROM t") in ([(3,)], [(6,)]), step
        results = run_steps(project, engine)
        assert_bronze_balances(project.lake, "orders", project.raw)
        bronze = replay(project.lake / "bronze" / "orders").files
        assert query(bronze, "SELECT count(note) FROM t") == [(3,)], step
        files = replay(project.lake / "silver" / "orders").files
        expected = [(i,) for i in range(1, 6)] if mode == "merge" else [(i,) for i in (1, 2, 3, 3, 4, 5)]
        assert query(files, "SELECT order_id FROM t ORDER BY 1") == expected, step
        if step == "the end of the run":
            assert [str(result.outcome) for result in results] == ["unchanged", "unchanged"]


def test_without_force_a_power_cut_costs_commits(
    cut: Callable[[str], list[tuple[str, SmallProject]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is needed, and this test sees it: nothing else in a run forces anything."""
    monkeypatch.setattr("clearwell.stores.local.force", lambda *_, **__: None)
    (_, project) = cut("merge")[-1]
    assert not project.lake.exists() or not any(project.lake.rglob("*.json"))
