"""A table that cannot be read or written is mended by a command, and the next run makes up for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError

from clearwell.errors import TableError
from clearwell.names import TableName
from clearwell.tables import find_damage
from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

BRONZE, SILVER = TableName.parse("bronze_orders"), TableName.parse("silver_orders")


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> SmallProject:
    """Two files, in two batches."""
    project = make_project(tmp_path / "project", mode="merge")
    for name, first in (("a.csv", 1), ("b.csv", 4)):
        project.deliver(name, first, 3, bad=1)
        run_steps(project, engine)
    return project


def ids(project: SmallProject, zone: str = "silver") -> list[int]:
    files = replay(project.lake / zone / "orders").files
    return [i for (i,) in query(files, "SELECT order_id FROM t ORDER BY 1")]


def newest_commit(project: SmallProject, zone: str) -> Path:
    return max((project.lake / zone / "orders" / "_delta_log").glob("*.json"))


def mended(project: SmallProject, name: TableName) -> list[str]:
    """What was wrong, each mended in its turn."""
    lake, facts = project.open(), []
    while damage := find_damage(lake, name):
        facts.append(damage.fact)
        damage.repair()
    return facts


def test_a_sound_table_has_no_damage(project: SmallProject) -> None:
    lake = project.open()
    assert [find_damage(lake, name) for name in lake.tables()] == [None] * len(lake.tables())


@pytest.mark.parametrize("zone", ["bronze", "silver"])
@pytest.mark.parametrize("text", ["", '{"add":'])
def test_a_commit_that_was_cut_is_put_aside_and_its_batch_applied_again(
    project: SmallProject, engine: Engine, zone: str, text: str
) -> None:
    commit = newest_commit(project, zone)
    commit.write_text(text)
    with pytest.raises(TableError, match="its log cannot be read"):
        run_steps(project, engine)
    name = TableName.parse(f"{zone}_orders")
    damage = find_damage(project.open(), name)
    assert damage is not None
    assert "a batch that was decided will be applied again" in damage.lost
    damage.repair()
    assert not commit.exists()
    (aside,) = (project.lake / "control" / "repaired" / str(name)).rglob(commit.name)
    assert aside.read_text() == text
    assert mended(project, name) == []
    run_steps(project, engine)
    assert ids(project) == ids(project, "bronze") == [1, 2, 3, 4, 5, 6]
    assert_bronze_balances(project.lake, "orders", project.raw)


def test_what_an_external_commit_added_is_named_as_lost(project: SmallProject, engine: Engine) -> None:
    log = newest_commit(project, "silver")
    later = log.with_name(f"{int(log.stem) + 1:020}.json")
    later.write_text('{"add":{"path":"x.parquet","stats":"{\\"numRecords\\": 7}"}}\n{"add":\n')
    damage = find_damage(project.open(), SILVER)
    assert damage is not None
    assert f"version {later.stem.lstrip('0')}: damaged" in damage.lost
    damage.repair()
    assert ids(project) == [1, 2, 3, 4, 5, 6]


def test_staged_files_that_are_gone_cost_no_row(project: SmallProject, engine: Engine) -> None:
    class Killed(BaseException):
        pass

    def dies(step: str, table: str) -> None:
        if (step, table) == ("table", "bronze_orders"):
            raise Killed

    project.deliver("c.csv", 7, 3)
    with pytest.raises(Killed):
        run_steps(project, engine, on_step=dies)
    intent = project.open().control.intent(BRONZE, 3)
    assert intent is not None
    for file in intent.accepted:
        (project.lake / "bronze" / "orders" / file.path).unlink()
    with pytest.raises(TableError, match="staged files of the decided batch 3 are gone") as error:
        run_steps(project, engine)
    assert "clearwell repair bronze_orders" in (error.value.hint or "")
    (fact,) = mended(project, BRONZE)
    assert "decided batch 3" in fact
    run_steps(project, engine)
    assert ids(project) == [*range(1, 10)]
    assert_bronze_balances(project.lake, "orders", project.raw)


@pytest.mark.parametrize("zone", ["bronze", "silver"])
def test_a_table_whose_folder_was_deleted_is_built_again(
    project: SmallProject, engine: Engine, zone: str
) -> None:
    shutil.rmtree(project.lake / zone / "orders")
    with pytest.raises(TableError, match="there is neither the table nor its files") as error:
        run_steps(project, engine)
    assert f"clearwell repair {zone}_orders" in (error.value.hint or "")
    assert not (project.lake / zone / "orders").exists()
    (fact,) = mended(project, TableName.parse(f"{zone}_orders"))
    assert fact == "the table is gone, and 2 batches of it were decided"
    run_steps(project, engine)
    assert ids(project) == ids(project, "bronze") == [1, 2, 3, 4, 5, 6]
    assert_bronze_balances(project.lake, "orders", project.raw)
    project.deliver("c.csv", 7, 1)
    run_steps(project, engine)
    assert ids(project) == [1, 2, 3, 4, 5, 6, 7]


def test_lost_records_stop_the_run_before_it_writes_and_cost_no_row(
    project: SmallProject, engine: Engine
) -> None:
    versions = {zone: newest_commit(project, zone) for zone in ("bronze", "silver")}
    shutil.rmtree(project.lake / "control")
    for name in (BRONZE, SILVER):
        with pytest.raises(TableError, match=r"it holds batch 2, of which .*control has no record") as error:
            run_steps(project, engine)
        assert f"clearwell repair {name}" in (error.value.hint or "")
        assert {zone: newest_commit(project, zone) for zone in versions} == versions or name == SILVER
        assert len(mended(project, name)) == 1
    project.deliver("c.csv", 7, 1)
    run_steps(project, engine)
    assert ids(project) == ids(project, "bronze") == [1, 2, 3, 4, 5, 6, 7]
    assert_bronze_balances(project.lake, "orders", project.raw)


def test_a_type_that_its_protocol_lacks_is_mended_and_then_allowed(
    project: SmallProject, engine: Engine
) -> None:
    """As lakes have it in which an earlier version replaced a column by times without a zone."""
    root = str(project.lake / "bronze" / "orders")
    table = DeltaTable(root)
    changed = Schema.from_arrow(pa.schema([("day", pa.timestamp("us"))]))
    with pytest.raises(DeltaError, match="timestampNtz"):
        table.create_write_transaction([], "overwrite", changed)
    with pytest.raises(TableError, match="clearwell repair bronze_orders"):
        run_steps(project, engine)
    (fact,) = mended(project, BRONZE)
    assert "timestampNtz" in fact
    run_steps(project, engine)
    assert ids(project) == [1, 2, 3, 4, 5, 6]


def test_nothing_is_repaired_where_no_version_can_be_read(project: SmallProject) -> None:
    for commit in (project.lake / "silver" / "orders" / "_delta_log").glob("*.json"):
        commit.write_text("{")
    with pytest.raises(TableError, match="nor can any of the") as error:
        find_damage(project.open(), SILVER)
    assert "move the table's folder away" in (error.value.hint or "")
    shutil.move(project.lake / "silver" / "orders", project.root / "away")
    assert mended(project, SILVER) == ["the table is gone, and 2 batches of it were decided"]
