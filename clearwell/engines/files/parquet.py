"""The two paths between an engine and files: read exactly these, write exactly this.

Engines interpret paths differently, and both Spark and Sail can fail on statistics: Sail reads [1, NaN, 1]
back as [1, 1, 1] where a file has statistics of such a column. So paths are spelled for each engine, and
files are written without statistics of float, double and wide decimal columns. Sail has that switch for all
columns only. Refused: columns that Parquet or a Delta table cannot hold.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from clearwell.engines.files.statistics import EXACT_DIGITS
from clearwell.errors import EngineError, TableError
from clearwell.names import is_url, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

__all__ = ["SAIL", "SPARK", "Dialect", "read", "write"]


class Dialect(ABC):
    """How one family of engines addresses files and configures its writer."""

    @abstractmethod
    def source(self, path: str) -> str:
        """``path`` for the reader, with special characters escaped."""

    @abstractmethod
    def target(self, path: str) -> str:
        """``path`` for the writer."""

    @abstractmethod
    def options(self, schema: StructType, untold: Collection[str] = ()) -> dict[str, str]:
        """The writer's options about statistics."""

    def job_options(self) -> dict[str, str]:
        """The writer's options that are unique to each write."""
        return {}


class _Sail(Dialect):
    """Sail takes URLs. It partly decodes a plain path: one with ``%`` silently reads as empty."""

    def source(self, path: str) -> str:
        scheme, separator, rest = path.rpartition("://")
        return f"{scheme or 'file'}://{quote(rest if separator else path)}"

    def target(self, path: str) -> str:
        return self.source(path)

    def options(self, schema: StructType, untold: Collection[str] = ()) -> dict[str, str]:  # noqa: ARG002, for all
        # Level 1 is pyarrow's default: 25 % less CPU of a write than Sail's level 3, for 3 % more bytes.
        return {"statistics_enabled": "none", "compression": "zstd(1)"}


class _Spark(Dialect):
    """Spark takes paths without decoding them, and treats those it reads as patterns."""

    def source(self, path: str) -> str:
        return re.sub(r"([\\{}\[\]*?])", r"\\\1", self.target(path))

    def target(self, path: str) -> str:
        return path if is_url(path) else f"file://{path}"

    def options(self, schema: StructType, untold: Collection[str] = ()) -> dict[str, str]:
        switch, leaves = "parquet.column.statistics.enabled", list(_unsafe_leaves(schema, untold))
        if any(dotted for _, dotted in leaves):
            return {switch: "false"}  # for all: a dot in a name would count as a separator
        return {f"{switch}#{leaf}": "false" for leaf, _ in leaves}

    def job_options(self) -> dict[str, str]:
        # Committers separate concurrent jobs by it. Spark 4.2 sets it too late for them.
        return {"spark.sql.sources.writeJobUUID": str(uuid4())}


SAIL: Dialect = _Sail()
SPARK: Dialect = _Spark()


def read(session: SparkSession, dialect: Dialect, paths: Sequence[str], schema: pa.Schema) -> DataFrame:
    """Exactly these files as one frame with exactly the columns of ``schema``.

    Raises:
        TableError: a file is missing, or a path is given twice.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.pandas.types import from_arrow_schema

    _require_files(paths)
    # A file may lack a column that the table declares NOT NULL; engines optimize `IS NULL` away by that flag.
    columns = from_arrow_schema(schema).toNullable()
    if not paths:
        return session.createDataFrame([], columns)
    frame = session.read.schema(columns).parquet(*(dialect.source(path) for path in paths))
    return frame.select(*(F.col(quoted(name)) for name in columns.names))


def write(
    frame: DataFrame, dialect: Dialect, path: str, partition_by: Sequence[str], untold: Collection[str]
) -> None:
    """Write ``frame`` into the new folder ``path``; raises EngineError for columns that no table can hold."""
    schema = frame.schema
    _require_storable(schema)
    writer = frame.write.mode("error").options(**dialect.options(schema, untold), **dialect.job_options())
    if partition_by:
        writer = writer.partitionBy(*partition_by)
    writer.parquet(dialect.target(path))


def _require_files(paths: Sequence[str]) -> None:
    """Sail reads a missing path as an empty frame."""
    again = [path for path, times in Counter(paths).items() if times > 1]
    if again:
        raise TableError(f"{len(again)} files are listed twice, so their rows would repeat", place=again[0])
    from clearwell.stores import file_sizes  # imports pyarrow: only when an engine reads

    missing = [path for path, size in zip(paths, file_sizes(paths), strict=True) if size is None]
    if missing:
        raise TableError(
            f"{len(missing)} of {len(paths)} data files are missing",
            place=missing[0],
            hint="something other than `clearwell maintain` removed them: restore them, or rebuild the table",
        )


def _require_storable(schema: StructType) -> None:
    repeated = [name for name, times in Counter(name.lower() for name in schema.names).items() if times > 1]
    if repeated:
        raise EngineError(
            f"the column {repeated[0]!r} exists twice (table columns are case-insensitive)",
            hint="rename or drop one of them in the transform",
        )
    for field in schema.fields:
        if bad := _unstorable(field.dataType):
            raise EngineError(
                f"the column {field.name!r} is {bad}, which a table cannot hold",
                hint=f"cast it in the transform, as in F.col({field.name!r}).cast('string')",
            )


def _unstorable(kind: DataType) -> str | None:
    """The name of a type in ``kind`` that no table can hold, or None."""
    from pyspark.sql import types

    if isinstance(kind, types.NullType):
        return "of type void (NULL without a type)"
    if isinstance(kind, types.DayTimeIntervalType | types.YearMonthIntervalType | types.CalendarIntervalType):
        return f"an {kind.simpleString()}"
    return next((bad for _, part in _parts(kind) if (bad := _unstorable(part))), None)


def _unsafe_leaves(schema: StructType, untold: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Parquet's names of the columns that get no statistics: ``untold`` ones, and those that mislead.

    Each with whether a name in it contains a dot.
    """
    hidden = {name.casefold() for name in untold}
    for field in schema.fields:
        if field.name.casefold() in hidden or _parts(field.dataType) or not _is_exact(field.dataType):
            yield from _leaves(field.dataType, field.name, dotted="." in field.name)


def _leaves(kind: DataType, path: str, *, dotted: bool) -> Iterator[tuple[str, bool]]:
    from pyspark.sql.types import StructType

    parts, named = _parts(kind), isinstance(kind, StructType)
    for name, part in parts:
        yield from _leaves(part, f"{path}.{name}", dotted=dotted or (named and "." in name))
    if not parts:
        yield path, dotted


def _is_exact(kind: DataType) -> bool:
    """Whether statistics of such a column reproduce its values exactly; the types as in a table's log."""
    from pyspark.sql import types

    if isinstance(kind, types.DecimalType):
        return kind.precision <= EXACT_DIGITS
    whole = types.IntegralType, types.StringType, types.DateType
    return isinstance(kind, (*whole, types.TimestampType, types.TimestampNTZType))


def _parts(kind: DataType) -> list[tuple[str, DataType]]:
    """The types inside ``kind``, under the names that Spark gives them in Parquet."""
    from pyspark.sql import types

    if isinstance(kind, types.StructType):
        return [(field.name, field.dataType) for field in kind.fields]
    if isinstance(kind, types.ArrayType):
        return [("list.element", kind.elementType)]
    if isinstance(kind, types.MapType):
        return [("key_value.key", kind.keyType), ("key_value.value", kind.valueType)]
    return []
