"""The order of files outlives restores, repairs and new names: the same row of a key stays."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.names import TableName
from clearwell.tables import find_damage
from tests.project import SmallProject, make_project, run_steps
from tests.unit.flow.test_delivery_order import PARTITIONS, TRANSFORM, declare, put, silver

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

ARRIVED = ("m", "k", "h")
"""Not in the order of their names; the last one wins."""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.write_transform(TRANSFORM)
    declare(project)
    return project


def deliver_one_by_one(project: SmallProject, engine: Engine) -> None:
    for number, name in enumerate(ARRIVED):
        put(project, f"{name}.csv", "k,status", f"1,{name}")
        run_steps(project, engine)
        if not number:
            shutil.copytree(project.lake, project.root.parent / "copy")
    assert silver(project, "status") == [("h",)]


def run_and_repair(project: SmallProject, engine: Engine, *names: str) -> None:
    """Do what a run's error says, until it succeeds."""
    for name in names:
        with pytest.raises(Exception, match=rf"clearwell repair {name}"):
            run_steps(project, engine)
        while damage := find_damage(project.open(), TableName.parse(name)):
            damage.repair()
    run_steps(project, engine)


def test_when_bronze_was_restored(project: SmallProject, engine: Engine) -> None:
    deliver_one_by_one(project, engine)
    shutil.rmtree(project.lake / "bronze")
    shutil.copytree(project.root.parent / "copy" / "bronze", project.lake / "bronze")
    run_and_repair(project, engine, "bronze_orders")
    assert silver(project, "status") == [("h",)]
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "status") == [("h",)]


@pytest.mark.parametrize("with_ledger", [False, True])
def test_when_bronze_is_gone(project: SmallProject, engine: Engine, with_ledger: bool) -> None:
    deliver_one_by_one(project, engine)
    shutil.rmtree(project.lake / "bronze")
    if with_ledger:
        shutil.rmtree(project.lake / "files" / "bronze_orders")
    run_and_repair(project, engine, "bronze_orders")
    assert silver(project, "status") == [("h",)]


def test_when_the_ledger_is_made_again_from_rows(project: SmallProject, engine: Engine) -> None:
    """Files of one run come by name, also when the ledger knew them only by their hashes for a while."""
    for name in "abcdefgh":
        put(project, f"{name}.csv", "k,status", f"1,{name}")
    run_steps(project, engine)
    put(project, "A.csv", "k,status", "1,A")
    run_steps(project, engine)
    assert silver(project, "status") == [("A",)]
    shutil.rmtree(project.lake / "control")
    shutil.rmtree(project.lake / "files" / "bronze_orders")
    names = ("bronze_orders", "silver_orders")
    for _ in range(4):
        for name in names:
            while damage := find_damage(project.open(), TableName.parse(name)):
                damage.repair()
        run_steps(project, engine)
    assert silver(project, "status") == [("A",)]
    (project.raw / "A.csv").unlink()
    shutil.rmtree(project.lake)
    run_steps(project, engine)
    assert silver(project, "status") == [("h",)]


@pytest.mark.parametrize("write", ["{mode: merge, key: [k]}", PARTITIONS])
def test_a_file_that_gets_another_name_gets_another_place(
    project: SmallProject, engine: Engine, write: str
) -> None:
    declare(project, "order: name", write=write)
    put(project, "1.csv", "k,status", "1,one")
    put(project, "2.csv", "k,status", "1,two")
    run_steps(project, engine)
    assert silver(project, "status") == [("two",)]
    (project.raw / "1.csv").rename(project.raw / "3.csv")
    _, built = run_steps(project, engine)
    assert "moved to another place in its order" in built.reason
    assert silver(project, "status") == [("one",)]
    _, built = run_steps(project, engine)
    assert built.reason != "built"
    put(project, "4.csv", "k,status", "2,four")
    _, built = run_steps(project, engine)
    assert "new rows" in built.reason
    assert silver(project, "status") == [("four",), ("one",)]
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "status") == [("four",), ("one",)]


def test_a_file_that_moves_to_another_day(project: SmallProject, engine: Engine) -> None:
    declare(project, 'order: "{day}"', path="raw/{day}/*.csv")
    put(project, "01/x.csv", "k,status", "1,x")
    put(project, "02/y.csv", "k,status", "1,y")
    run_steps(project, engine)
    assert silver(project, "status") == [("y",)]
    (project.raw / "03").mkdir()
    (project.raw / "01" / "x.csv").rename(project.raw / "03" / "x.csv")
    run_steps(project, engine)
    assert silver(project, "status") == [("x",)]


def test_a_name_that_changes_no_place_builds_nothing(project: SmallProject, engine: Engine) -> None:
    declare(project, "order: name")
    put(project, "1.csv", "k,status", "1,one")
    put(project, "3.csv", "k,status", "1,three")
    run_steps(project, engine)
    (project.raw / "3.csv").rename(project.raw / "2.csv")
    _, after = run_steps(project, engine)
    assert after.outcome == "unchanged"
