"""A disk that is full or read-only: one message that says so, at once, and nothing is lost.

The disks are file systems in memory of their own. Where this user may not mount one, a reason is given.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project
from tests.services.command import run_command

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    """A disk of 3 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        if os.environ.get("CLEARWELL_CI"):
            pytest.fail("continuous integration must run this as a user who may mount file systems")
        pytest.skip("only a user who may mount file systems can fill a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def project(disk: Path, tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project", mode="merge", places={})
    (project.root / "lake").symlink_to(disk)
    return project


def clearwell(project: SmallProject, *arguments: str) -> tuple[int, str]:
    """Run a command in the project: its exit code, and what it wrote."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(project.root / "dagster_home")}
    ended = run_command(arguments, cwd=project.root, environment=environment)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_full_disk(project: SmallProject, disk: Path) -> None:
    project.deliver("a.csv", 1, 10, bad=1)
    assert clearwell(project, "run")[0] == 0
    project.deliver("b.csv", 11, 10, bad=1)
    room = shutil.disk_usage(disk).free
    for left in (0, 4096, 20_000, 40_000, 60_000):  # it fills up at one step, and at a later one
        filler = disk / "filler"
        filler.write_bytes(b"x" * (room - left))
        code, said = clearwell(project, "run")
        assert code == 1
        assert "no space left on device" in said
        assert "make room there" in said
        assert "Debug source" not in said
        assert "bug" not in said
        filler.unlink()
        ids = query(replay(project.lake / "silver" / "orders").files, "SELECT order_id FROM t ORDER BY 1")
        assert ids == [(i,) for i in range(1, 11)]
    assert clearwell(project, "run")[0] == 0
    assert_bronze_balances(project.lake, "orders", project.raw)
    ids = query(replay(project.lake / "silver" / "orders").files, "SELECT order_id FROM t ORDER BY 1")
    assert ids == [(i,) for i in range(1, 21)]


def test_a_read_only_disk(project: SmallProject, disk: Path) -> None:
    project.deliver("a.csv", 1, 10)
    assert clearwell(project, "run")[0] == 0
    project.deliver("b.csv", 11, 10)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for command in (["run"], ["maintain"], ["maintain", "--dry-run"]):
        code, said = clearwell(project, *command)
        assert code == (0 if "--dry-run" in command else 1), said
        if code:
            assert "read-only file system" in said
            assert "mount it for writing" in said
        assert "Debug source" not in said
        assert "bug" not in said
    assert clearwell(project, "tables")[0] == 0
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert clearwell(project, "run")[0] == 0
    assert_bronze_balances(project.lake, "orders", project.raw)
