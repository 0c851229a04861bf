"""A frame that was read from a table is known wherever it comes up again: by its number, not by its files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F
from pyspark.sql.connect import proto as pb

from clearwell.lineage import Origins
from clearwell.lineage.plan import PlanWalk
from clearwell.names import TableName
from clearwell.tables import Lake
from tests.unit.lineage.told import lines, told
from tests.unit.tables.writing import NAME, write

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame

    from tests.unit.lineage.conftest import Desk


@pytest.mark.parametrize("rows", [[], [1, 2, 3]])
def test_a_table_is_known_with_rows_and_without(desk: Desk, tmp_path: Path, rows: list[int]) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, rows)
    snapshot = lake.existing(NAME)
    frame = snapshot.read(desk.engine)
    desk.origins.add(frame, str(NAME), snapshot.schema.names)
    made = frame.alias("x").where("x.id > 1").select("x.id", F.upper("text").alias("t"))
    assert desk.told(made) == lines(
        "id = bronze_readings.id\nt ~ bronze_readings.text\nrows FILTER bronze_readings.id"
    )


def test_rows_after_a_batch_are_the_table_and_no_filter(desk: Desk) -> None:
    rows = desk.session.createDataFrame([(1, 1), (2, 2)], "id int, _batch_id bigint")
    later = rows.where(rows["_batch_id"] > 1)
    desk.origins.add(later, "bronze_x", later.columns)
    assert desk.told(later.select("id")) == lines("id = bronze_x.id")


def test_the_same_frame_twice_in_one_plan_is_one_table(desk: Desk) -> None:
    left = desk.u.groupBy("a").agg(F.count("*").alias("c"))
    joined = desk.u.join(left, "a").unionByName(desk.u.withColumn("c", F.lit(0)))
    assert desk.told(joined) == lines("a = u.a\nz = u.z\nc .\nrows GROUP_BY u.a\nrows JOIN u.a")


def test_a_dropped_column_is_that_of_its_own_frame(desk: Desk) -> None:
    joined = desk.t.select("a", "b").join(desk.u, desk.t["a"] == desk.u["a"])
    both = "b = t.b\nz = u.z\nrows JOIN t.a u.a"
    assert desk.told(joined.drop(desk.u["a"])) == lines(f"a = t.a\n{both}")
    assert desk.told(joined.drop(desk.t["a"])) == lines(f"a = u.a\n{both}")


def test_a_view_is_followed_to_the_frame_that_it_was_made_of(desk: Desk) -> None:
    desk.t.select("a", "b").createOrReplaceTempView("seen")
    assert desk.told(desk.session.sql("select a + 1 as q from seen where b > 'x'")) == lines(
        "q ~ t.a\nrows FILTER t.b"
    )
    assert desk.told(desk.session.table("seen")) == lines("a = t.a\nb = t.b")


def test_a_view_keeps_what_the_names_in_it_meant_when_it_was_made(desk: Desk) -> None:
    desk.t.select("a").createOrReplaceTempView("moving")
    desk.session.sql("select a + 1 as a from moving").createOrReplaceTempView("moving")
    assert desk.told(desk.session.sql("select a from moving")) == lines("a ~ t.a")


def test_a_view_made_in_sql_is_followed_too(desk: Desk) -> None:
    desk.session.sql("create or replace temp view made (p, q) as select a, upper(z) from {u}", u=desk.u)
    assert desk.told(desk.session.sql("select q, p from made")) == lines("q ~ u.z\np = u.a")


def test_a_view_in_a_chain_of_views_is_walked_once(desk: Desk) -> None:
    desk.u.createOrReplaceTempView("v0")
    for number in range(1, 12):
        query = f"select l.a, r.z from v{number - 1} l join v{number - 1} r on l.a = r.a"
        desk.session.sql(query).createOrReplaceTempView(f"v{number}")
    assert desk.told(desk.session.table("v11")) == lines("a = u.a\nz = u.z\nrows JOIN u.a")


def test_views_of_other_frames_in_another_session_are_not_mixed_up(desk: Desk) -> None:
    other = Origins()
    desk.t.createOrReplaceTempView("ours")
    assert "ours" in desk.origins.views
    assert other.views == {}


def test_a_view_that_nobody_saw_made_is_missing(desk: Desk) -> None:
    unseen = desk.u
    client = desk.session.client
    watched, client.execute_command = client.execute_command, type(client).execute_command.__get__(client)
    try:
        unseen.createOrReplaceTempView("unseen")
    finally:
        client.execute_command = watched
    found = desk.lineage(desk.session.table("unseen"))
    assert told(found.edges) == lines("a !\nz !")
    assert found.reasons == ("it reads a table by name that is not one of its inputs",)


def test_watching_ends_with_its_block(desk: Desk) -> None:
    client = desk.session.client
    before = client.execute_command
    origins = Origins()
    with pytest.raises(RuntimeError), origins.watch(desk.session):
        raise RuntimeError
    assert client.execute_command == before


def test_a_checkpoint_is_followed_to_the_frame_that_was_kept(desk: Desk) -> None:
    """Sail keeps no checkpoints, so what its answer would be is put here in place of it."""
    frame = desk.t.select(F.upper("b").alias("q"))
    command = pb.Command()
    command.checkpoint_command.relation.CopyFrom(_plan(frame, desk))
    answer = SimpleNamespace(_plan=SimpleNamespace(_relation_id="kept-1"))
    desk.origins._keep(command, {"checkpoint_command_result": answer})
    kept = pb.Relation(cached_remote_relation=pb.CachedRemoteRelation(relation_id="kept-1"))
    (column,) = PlanWalk(desk.origins, lambda _: []).columns(kept)
    assert (column.name, list(column.sources.touched)) == ("q", [("t", "b")])
    other = pb.Relation(cached_remote_relation=pb.CachedRemoteRelation(relation_id="other"))
    (unknown,) = PlanWalk(desk.origins, lambda _: ["p"]).columns(other)
    assert unknown.sources.hidden


def test_files_that_a_transform_reads_by_itself_are_missing(desk: Desk, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, [1, 2])
    file = lake.existing(TableName.parse("bronze_readings")).files[0].absolute
    found = desk.lineage(desk.session.read.parquet(f"file://{file}").select("id"))
    assert told(found.edges) == lines("id !")
    assert found.reasons == ("files that the transform reads itself",)


def _plan(frame: DataFrame, desk: Desk) -> pb.Relation:
    return frame._plan.plan(desk.session.client)
