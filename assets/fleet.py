"""Fleet: the registered aircraft, one row a tail number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["clean"]


def clean(planes: DataFrame) -> DataFrame:
    """Bronze planes -> one row an aircraft.

    ``year`` becomes ``build_year``: in flights the same name means the year of the flight, and a join on
    it would find rows.
    """
    return planes.select(
        F.upper(F.trim("tailnum")).alias("tailnum"),
        F.col("year").alias("build_year"),
        "type",
        "manufacturer",
        "model",
        "engines",
        "seats",
        "speed",
        "engine",
        *PROVENANCE,
    )
