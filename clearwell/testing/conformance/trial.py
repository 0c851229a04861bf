"""What a question may use of an engine, as in a pipeline: tables are Parquet files."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines import Engine

__all__ = ["Trial"]


@dataclass(frozen=True)
class Trial:
    """What a question may use: an engine, and a folder that the engine can read and write."""

    engine: Engine
    folder: Path

    @property
    def session(self) -> SparkSession:
        """The engine's session."""
        return self.engine.session()

    def frame(self, rows: pa.Table) -> DataFrame:
        """``rows`` as a frame, through a file as Clearwell writes it: without misleading statistics."""
        return self.engine.read_parquet([self.write(rows)], rows.schema)

    def write(self, rows: pa.Table, name: str = "") -> str:
        """Write ``rows`` into one Parquet file of the folder; returns its path."""
        file = self.folder / f"{name or uuid4().hex}.parquet"
        pq.write_table(rows, file, write_statistics=False)
        return str(file)

    def sql(self, query: str, **tables: pa.Table) -> DataFrame:
        """The frame of ``query``, in which ``tables`` have their names."""
        for name, rows in tables.items():
            self.frame(rows).createOrReplaceTempView(name)
        return self.session.sql(query)

    @contextmanager
    def zone(self, name: str) -> Generator[None]:
        """Set another time zone in the session. Ask and collect within: frames are computed lazily."""
        conf = self.session.conf
        conf.set("spark.sql.session.timeZone", name)
        try:
            yield
        finally:
            conf.set("spark.sql.session.timeZone", "UTC")
