"""The third path to files: a version of a Delta table of another writer, by Spark's own reader.

Clearwell's own tables are never read this way. Sail's reader is never used: it reads wrong values from
statistics, and duplicate rows where the log was compacted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.errors import EngineError
from clearwell.names import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    from clearwell.engines.files.parquet import Dialect

__all__ = ["read"]


def read(session: SparkSession, dialect: Dialect, path: str, version: int, schema: pa.Schema) -> DataFrame:
    """Version ``version`` of the table at ``path``, with exactly the columns of ``schema``.

    Spark orders NaN above all numbers, but the bounds that other writers put in a log exclude it: ``x > 5``
    would skip a file that contains NaN. So filters do not see plain float columns here. (Making Delta
    distrust all bounds does not work: it then refuses tables with deletion vectors.)

    Raises:
        EngineError: Delta Lake is not installed on the engine.
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
    return frame.select(*(_unbounded(F.col(quoted(f.name)), f.type).alias(f.name) for f in schema))


def _unbounded(column: Column, kind: pa.DataType) -> Column:
    """The same values, computed, so that their bounds do not decide which files a filter reads."""
    from pyarrow import types
    from pyspark.sql import functions as F

    if types.is_floating(kind):
        return column * F.lit(1.0).cast("double" if types.is_float64(kind) else "float")
    if types.is_struct(kind):
        for field in kind.fields:
            inner = column.getField(field.name)
            if (held := _unbounded(inner, field.type)) is not inner:
                column = column.withField(quoted(field.name), held)
    return column
