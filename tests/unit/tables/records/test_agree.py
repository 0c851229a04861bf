"""A table and its records agree: what the records lack is written again, or the readers stop."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import TableError
from clearwell.names import TableName
from clearwell.tables import BUILDS, files_of, find_damage, quarantine_of
from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

BRONZE = TableName.parse("bronze_orders")
RECORDS = ("files/bronze_orders", "quarantine/bronze_orders")


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> SmallProject:
    """Two files, in two batches; records of both are rejected."""
    project = make_project(tmp_path / "project", mode="merge")
    for name, first in (("a.csv", 1), ("b.csv", 4)):
        project.deliver(name, first, 3, bad=1)
        run_steps(project, engine)
    return project


def log_of(project: SmallProject, path: str) -> list[Path]:
    return sorted((project.lake / path / "_delta_log").glob("*.json"))


def rows_of(project: SmallProject, path: str) -> int:
    """Rows of a table of records, as another reader counts them."""
    ((rows,),) = query(replay(project.lake / path).files, "SELECT count(*) FROM t")
    return rows


def assert_whole(project: SmallProject) -> None:
    files = replay(project.lake / "silver" / "orders").files
    assert query(files, "SELECT order_id FROM t ORDER BY 1") == [(i,) for i in range(1, 7)]
    assert_bronze_balances(project.lake, "orders", project.raw)


def read_records(project: SmallProject, path: str) -> None:
    """Read them as the pages do."""
    lake, (zone, _, owner) = project.open(), path.partition("/")
    snapshot = lake.existing(TableName.parse(owner))
    if zone == "files":
        files_of(lake, snapshot)
    else:
        list(quarantine_of(lake, snapshot))


@pytest.mark.parametrize("path", RECORDS)
@pytest.mark.parametrize("commits", [1, 2, None])
def test_records_that_are_lost_are_written_again(
    project: SmallProject, engine: Engine, path: str, commits: int | None
) -> None:
    """The newest commits are gone as after a power cut, or the whole table."""
    before = rows_of(project, path)
    if commits is None:
        shutil.rmtree(project.lake / path / "_delta_log")
    for commit in log_of(project, path)[-(commits or 1) :]:
        commit.unlink()
    with pytest.raises(TableError, match=r"lacks rows of it, up to batch 2") as error:
        read_records(project, path)
    assert f"clearwell run {path.partition('/')[2]}" in (error.value.hint or "")
    run_steps(project, engine)
    assert rows_of(project, path) == before
    read_records(project, path)
    assert_whole(project)


@pytest.mark.parametrize("path", [*RECORDS, "history/builds"])
@pytest.mark.parametrize("cut", ["", "{", None])
def test_a_commit_of_records_that_was_cut_is_repaired(
    project: SmallProject, engine: Engine, path: str, cut: str | None
) -> None:
    """Empty, cut within a line, or after one."""
    commit, before = log_of(project, path)[-1], rows_of(project, path)
    commit.write_text("".join(commit.read_text().splitlines(keepends=True)[:-1]) if cut is None else cut)
    name = TableName.parse(path.replace("/", "_", 1))
    with pytest.raises(TableError, match="its log cannot be read"):
        run_steps(project, engine)
    damage = find_damage(project.open(), name)
    assert damage is not None
    assert damage.lost.startswith("nothing")
    damage.repair()
    assert find_damage(project.open(), name) is None
    run_steps(project, engine)
    assert rows_of(project, path) == before
    assert_whole(project)


def test_a_ledger_without_intents_is_made_again_from_the_rows(project: SmallProject, engine: Engine) -> None:
    for path in ("files", "control"):
        shutil.rmtree(project.lake / path)
    for name in ("bronze_orders", "silver_orders"):
        facts: list[str] = []
        while damage := find_damage(project.open(), TableName.parse(name)):
            facts.append(damage.fact)
            damage.repair()
        assert len(facts) == 2
    lake = project.open()
    made = files_of(lake, lake.existing(BRONZE))
    assert [(f.delivered, f.accepted, f.quarantined, f.batch) for f in made] == [(4, 3, 1, 1), (4, 3, 1, 2)]
    run_steps(project, engine)
    assert_whole(project)
    project.deliver("c.csv", 7, 1)
    run_steps(project, engine)
    assert lake.existing(BRONZE).rows == 7


def test_a_quarantine_without_its_files_is_made_again_by_a_rebuild(
    project: SmallProject, engine: Engine
) -> None:
    shutil.rmtree(project.lake / "quarantine" / "bronze_orders")
    with pytest.raises(TableError, match="quarantine_bronze_orders lacks batch 1 of it") as error:
        run_steps(project, engine)
    assert "--full-refresh" in (error.value.hint or "")
    run_steps(project, engine, full_refresh=True)
    lake = project.open()
    found = [row for batch in quarantine_of(lake, lake.existing(BRONZE)) for row in batch.to_pylist()]
    assert [row["_record_no"] for row in found] == [4, 4]
    assert lake.existing(BRONZE).rows == 6


def test_the_history_is_completed(project: SmallProject, engine: Engine) -> None:
    before = rows_of(project, BUILDS.path)
    for commit in log_of(project, BUILDS.path)[-2:]:
        commit.unlink()
    run_steps(project, engine)
    assert rows_of(project, BUILDS.path) == before


def test_a_lake_of_an_earlier_version_without_marks_is_read(project: SmallProject, engine: Engine) -> None:
    """Its logs do not say which records there are."""
    for path in ("bronze/orders", "silver/orders"):
        for commit in log_of(project, path):
            lines = commit.read_text().splitlines(keepends=True)
            marks = ("clearwell.files", "clearwell.quarantine", "clearwell.commit")
            kept = [line for line in lines if not any(f'"{mark}"' in line for mark in marks)]
            commit.write_text("".join(kept).replace(',"clearwell.sealed":"true"', "").rstrip("\n"))
    run_steps(project, engine)
    assert_whole(project)
