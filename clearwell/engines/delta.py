"""The third door: a version of a Delta table that others made, by Spark's own reader.

Our own tables never come this way. Sail's reader is never asked: it reads wrong values from statistics, and
rows twice where the log was compacted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines.parquet import Dialect

__all__ = ["read"]


def read(session: SparkSession, dialect: Dialect, path: str, version: int, schema: pa.Schema) -> DataFrame:
    """Version ``version`` of the table at ``path``, with exactly the columns of ``schema``.

    Raises:
        EngineError: Delta Lake is not installed there.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as F

    frame = session.read.format("delta").option("versionAsOf", version).load(dialect.target(path))
    try:
        frame.schema  # noqa: B018 - asks the engine
    except PySparkException as error:
        if error.getCondition() != "DATA_SOURCE_NOT_FOUND":
            raise
        raise EngineError(
            "this Spark has no Delta Lake",
            place=path,
            hint="start its server with delta-spark, or use --engine spark",
        ) from error
    return frame.select(*(F.col(f"`{name.replace('`', '``')}`") for name in schema.names))
