"""Deleting rows is a batch: once, after any crash, seen downstream, with books that balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.names import TableName
from clearwell.tables import Lake, delete_rows
from tests.checker import assert_every_version_balances, query, replay
from tests.project import SmallProject, make_project, run_steps
from tests.unit.tables.write.test_commit import Killed, dying_lake

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

BRONZE = TableName.parse("bronze_orders")


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 5, bad=1)
    project.deliver("b.csv", 6, 5)
    run_steps(project, engine)
    return project


def ids(project: SmallProject, zone: str) -> list[int]:
    sql = "SELECT order_id FROM t ORDER BY 1"
    return [i for (i,) in query(replay(project.on_disk() / zone / "orders").files, sql)]


def delete(lake: Lake, engine: Engine, predicate: str) -> int:
    return delete_rows(lake, BRONZE, predicate, engine=engine, recheck=lambda *_: True)


def test_deleted_rows_are_gone_and_stay_gone_downstream(project: SmallProject, engine: Engine) -> None:
    assert delete(project.open(), engine, "order_id IN (2, 7) OR amount > 1000") == 2
    assert ids(project, "bronze") == [1, 3, 4, 5, 6, 8, 9, 10]
    assert_every_version_balances(project.on_disk(), "bronze", "orders")
    run_steps(project, engine)
    assert ids(project, "silver") == [1, 3, 4, 5, 6, 8, 9, 10]


def test_a_predicate_that_is_null_keeps_the_row_and_no_match_is_no_batch(
    project: SmallProject, engine: Engine
) -> None:
    lake = project.open()
    before = lake.existing(BRONZE).version
    assert delete(lake, engine, "order_id > CAST(NULL AS BIGINT)") == 0
    assert lake.existing(BRONZE).version == before


@pytest.mark.variants
@pytest.mark.parametrize("step", ["intent", "decided", "files", "commit", "committed", "history"])
def test_a_crash_while_deleting(project: SmallProject, engine: Engine, step: str) -> None:
    with pytest.raises(Killed):
        delete(dying_lake(project.lake, step, places=project.places), engine, "order_id = 3")
    assert_every_version_balances(project.on_disk(), "bronze", "orders")
    run_steps(project, engine)
    delete(project.open(), engine, "order_id = 3")
    assert ids(project, "bronze") == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert_every_version_balances(project.on_disk(), "bronze", "orders")
