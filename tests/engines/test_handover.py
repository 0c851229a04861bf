"""A table goes to users of delta-spark and back: what each commits, all read, and no row is there twice."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from clearwell.errors import TableError
from clearwell.names import TableName
from clearwell.tables import Intent, Lake, apply_batch, commits_of_others, decide, schema_json, stage_frame

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

NAME = TableName.parse("silver_orders")
ROWS = 60
MERGE = """
    MERGE INTO {table} t USING (SELECT id, 'merged' AS text FROM RANGE(30, 90)) s ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET t.text = s.text
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def publish(lake: Lake, engine: Engine, number: int, *, mode: str = "append") -> None:
    """Stage a batch by ``engine`` and bring it in: ids from ``number * ROWS``, every third value NaN."""
    frame = (
        engine.session()
        .range(ROWS)
        .selectExpr(
            f"id + {number * ROWS} AS id",
            f"concat('{engine.name[:5]} ', cast(id AS string)) AS text",
            "cast(if(id % 3 = 0, double('NaN'), id / 2D) AS double) AS value",
            "cast(id AS decimal(30, 4)) AS amount",
        )
    )
    snapshot = lake.table(NAME).snapshot()
    batch = (snapshot.batch if snapshot else 0) + 1
    attempt = lake.begin(NAME, batch)
    staged = stage_frame(lake, NAME, attempt, frame, engine, required=("id",))
    intent = Intent(
        table=str(NAME),
        batch=batch,
        generation=snapshot.generation if snapshot else batch,
        mode=mode,
        attempt=attempt.id,
        schema=schema_json(staged.schema_with(("id",))),
        planned_version=snapshot.version if snapshot else 0,
        key=("id",) if mode == "merge" else (),
        required=("id",),
        accepted=staged.accepted,
        returned=staged.returned,
        code="code",
    )
    apply_batch(lake, decide(lake, intent), engine=engine, recheck=lambda *_: True)


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows, in the order of their ids; NaN equals NaN."""
    return sorted(
        (row["id"], row["text"], "NaN" if math.isnan(row["value"]) else row["value"], row["amount"])
        for row in rows
    )


def by_every_reader(lake: Lake, engine: Engine, spark_engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    root = lake.table(NAME).root
    snapshot = lake.existing(NAME)
    files = [file.absolute for file in snapshot.files]
    columns = ["id", "text", "value", "amount"]
    with engine.work("reading"), spark_engine.work("reading"):
        return {
            "ours": told(snapshot.to_arrow().to_pylist()),
            "embedded": told(snapshot.read(engine).toArrow().to_pylist()),
            "spark": told(snapshot.read(spark_engine).toArrow().to_pylist()),
            "delta in spark": told(
                spark_engine.session().read.format("delta").load(f"file://{root}").toArrow().to_pylist()
            ),
            "delta-rs": told(DeltaTable(root).to_pyarrow_table().to_pylist()),
            "polars": told(pl.read_delta(root).to_arrow().to_pylist()),
            "duckdb": told(
                pa.table(duckdb.read_parquet(files).select(*columns).to_arrow_table()).to_pylist()
            ),
        }


def require_equal(found: dict[str, list[tuple[Any, ...]]], count: int) -> None:
    first = found["delta in spark"]
    assert len(first) == len({row[0] for row in first}) == count
    assert {reader for reader, rows in found.items() if rows != first} == set()


@pytest.mark.full
def test_ten_commits_in_turns_then_sparks_own(lake: Lake, engine: Engine, spark_engine: Engine) -> None:
    for number in range(10):
        publish(lake, spark_engine if number % 2 else engine, number)
    require_equal(by_every_reader(lake, engine, spark_engine), 10 * ROWS)

    table, session = f"delta.`{lake.table(NAME).root}`", spark_engine.session()
    for statement, count in (
        (
            MERGE.format(table=table),
            10 * ROWS,
        ),
        (f"DELETE FROM {table} WHERE id % 10 = 0", 9 * ROWS),
        (f"OPTIMIZE {table}", 9 * ROWS),
    ):
        with spark_engine.work("a user of Spark"):
            session.sql(statement).count()
        require_equal(by_every_reader(lake, engine, spark_engine), count)
    assert [commit.operation for commit in commits_of_others(lake.existing(NAME))] == ["MERGE", "DELETE"]

    publish(lake, engine, 1, mode="merge")  # six of these ids were deleted, the others are replaced
    found = by_every_reader(lake, engine, spark_engine)
    require_equal(found, 9 * ROWS + 6)
    assert lake.existing(NAME).batch == 11


@pytest.mark.full
def test_deleted_beside_the_files_and_back(lake: Lake, engine: Engine, spark_engine: Engine) -> None:
    for number in range(3):
        publish(lake, engine, number)
    table, session = f"delta.`{lake.table(NAME).root}`", spark_engine.session()

    def ask(statement: str) -> None:
        with spark_engine.work("a user of Spark"):
            session.sql(statement).count()

    ask(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
    ask(f"DELETE FROM {table} WHERE id % 7 = 0")
    snapshot = lake.existing(NAME)
    left = [i for i in range(3 * ROWS) if i % 7]
    assert snapshot.rows == len(left)
    with engine.work("reading"), spark_engine.work("reading"):
        for rows in (
            snapshot.to_arrow(),
            snapshot.read(engine).toArrow(),
            snapshot.read(spark_engine).toArrow(),
        ):
            assert sorted(rows["id"].to_pylist()) == left

    publish(lake, engine, 3)  # what only adds files may come in
    with pytest.raises(TableError, match="REORG TABLE"):
        publish(lake, engine, 1, mode="merge")

    ask(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')")
    ask(f"REORG TABLE {table} APPLY (PURGE)")
    pending = lake.control.intent(NAME, 5)
    assert pending is not None
    apply_batch(lake, replace(pending), engine=engine, recheck=lambda *_: True)  # as the next run does
    ids = lake.existing(NAME).to_arrow()["id"].to_pylist()
    assert sorted(ids) == sorted({*left, *range(ROWS, 2 * ROWS), *range(3 * ROWS, 4 * ROWS)})


@pytest.mark.promise("P6")
def test_no_nan_of_other_writers_is_lost_to_a_filter(
    lake: Lake, engine: Engine, spark_engine: Engine
) -> None:
    rows = [{"n": n, "x": x, "of": {"x": x, "n": n}} for n, x in enumerate([1.0, math.nan, 1.0, -0.0])]
    kinds = pa.schema(
        {"n": pa.int64(), "x": pa.float64(), "of": pa.struct({"x": pa.float32(), "n": pa.int64()})}
    )
    root = lake.table(NAME).root
    write_deltalake(root, pa.Table.from_pylist(rows, schema=kinds))

    def require_found(left: int) -> None:
        snapshot = lake.existing(NAME)
        for reader in (engine, spark_engine):
            with reader.work("reading"):
                frame = snapshot.read(reader)
                assert frame.where("x > 5").count() == 1
                assert frame.where("of.x > 5").count() == 1
                assert repr(frame.toArrow().sort_by("n").to_pylist()) == repr(rows[:left])

    require_found(4)
    table, session = f"delta.`{root}`", spark_engine.session()
    with spark_engine.work("a user of Spark"):
        session.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')").count()
        session.sql(f"DELETE FROM {table} WHERE n = 3").count()
    require_found(3)
