"""Types that the guard derives are those that the engine gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Window, types
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines.sail.engine import EmbeddedEngine

COLUMNS = {
    "id": (pa.int64(), types.LongType()),
    "name": (pa.string(), types.StringType()),
    "price": (pa.decimal128(12, 2), types.DecimalType(12, 2)),
    "rate": (pa.float64(), types.DoubleType()),
    "paid": (pa.bool_(), types.BooleanType()),
    "day": (pa.date32(), types.DateType()),
    "tags": (pa.list_(pa.string()), types.ArrayType(types.StringType())),
}
DERIVED: dict[str, Callable[[DataFrame], DataFrame]] = {
    "as read": lambda frame: frame,
    "filtered": lambda frame: frame.where("id > 1").orderBy("day").limit(5).dropDuplicates(["name"]),
    "selected": lambda frame: frame.select(
        "day", F.col("ID").alias("key"), frame["tags"], F.lit(1).alias("one")
    ),
    "replaced": lambda frame: frame.withColumn("Name", F.col("id") * 2).withColumn(
        "more", F.upper(F.col("day").cast("string"))
    ),
    "conditions": lambda frame: frame.select(
        (F.col("id").isNull() | ~F.col("name").rlike("a") & F.col("id").isin(1, 2)).alias("a"),
        F.isnan("rate").alias("b"),
        F.col("price").eqNullSafe(F.col("price")).alias("c"),
    ),
    "texts": lambda frame: frame.select(
        F.trim(F.lower(F.regexp_replace("name", "a", "b"))).alias("a"),
        F.concat("name", F.lit("-"), F.upper("name")).alias("b"),
        F.length("name").alias("c"),
    ),
    "choices": lambda frame: frame.select(
        F.coalesce("name", F.lit("none")).alias("a"),
        F.when(F.col("paid"), F.col("day")).otherwise(F.to_date(F.lit("2026-01-02"))).alias("b"),
        F.when(F.col("paid"), F.col("price")).alias("c"),
    ),
    "numbers": lambda frame: frame.select(
        (F.col("id") + 1).alias("a"), (F.col("rate") / 2).alias("b"), (F.col("id") / 2).alias("c")
    ),
    "casts": lambda frame: frame.select(
        *(F.col("id").cast(kind).alias(kind) for kind in ("string", "int", "bigint", "double", "boolean")),
        F.col("name").cast("date").alias("date"),
    ),
    "windows": lambda frame: frame.select(
        F.row_number().over(Window.partitionBy("name").orderBy("id")).alias("a"),
        F.lag("day").over(Window.partitionBy("name").orderBy("id")).alias("b"),
        F.max("price").over(Window.partitionBy("name")).alias("c"),
        F.count("*").over(Window.partitionBy("name")).alias("d"),
    ),
    "dropped": lambda frame: frame.drop("NAME", "absent").toDF("a", "b", "c", "d", "e", "f"),
    "joined": lambda frame: frame.join(frame.select("name", F.lit(2).alias("two")), ["name"], "left"),
    "joined by a condition": lambda frame: frame.join(frame.toDF(*"abcdefg"), F.col("id") == F.col("a")),
    "kept": lambda frame: frame.join(
        frame.select(F.col("name").alias("n")), F.col("name") == F.col("n"), "left_anti"
    ),
    "united": lambda frame: frame.union(frame.where("paid")),
}
ASKED: dict[str, Callable[[DataFrame], DataFrame]] = {
    "a part of a column": lambda frame: frame.select(F.struct("id").alias("s")).select("s.id"),
    "a name that two columns have": lambda frame: frame.join(frame, "id").select(F.col("name")),
    "decimals": lambda frame: frame.select((F.col("price") + 1).alias("a")),
    "a column by an expression": lambda frame: frame.select("id", F.col("id") + 1),
}


@pytest.fixture(scope="module")
def frame(engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """A file that is read with a stated schema, as Clearwell reads the files of its tables."""
    spark: SparkSession = engine.session()
    path: Path = tmp_path_factory.mktemp("known") / "rows.parquet"
    pq.write_table(pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()]).empty_table(), path)
    stated = types.StructType([types.StructField(name, kind) for name, (_, kind) in COLUMNS.items()])
    return spark.read.schema(stated).parquet(str(path))


def derived(frame: DataFrame) -> list[tuple[str, str]] | None:
    """The columns that the guard derives, as it does for an input of other relations."""
    client: Any = frame.sparkSession.client
    (guard,) = [hook for hook in client._session_hooks if type(hook).__name__ == "_Guard"]
    made: Any = frame
    plan = guard._guarded(made._plan.to_proto(client))
    found = guard._questions.columns(plan.root)
    return [(field.name, field.dataType.simpleString()) for field in found.fields] if found else None


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived_is_what_the_engine_says(frame: DataFrame, engine: EmbeddedEngine, name: str) -> None:
    with engine.work("the test"):
        made = DERIVED[name](frame)
        assert derived(made) == made.dtypes


@pytest.mark.parametrize("name", ASKED)
def test_what_does_not_follow_is_left_to_the_engine(
    frame: DataFrame, engine: EmbeddedEngine, name: str
) -> None:
    with engine.work("the test"):
        assert derived(ASKED[name](frame)) is None
