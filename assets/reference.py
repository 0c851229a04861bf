"""Reference lists: airports, airlines, and the flights for which the lists have no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["clean_airlines", "clean_airports", "gaps"]


def clean_airports(airports: DataFrame) -> DataFrame:
    """Bronze airports -> one row an airport.

    ``alt`` is in feet, ``tz`` in hours from UTC; ``tzone`` is the time zone's name.
    """
    return airports.select(
        F.upper(F.trim("faa")).alias("faa"),
        F.trim("name").alias("name"),
        "lat",
        "lon",
        "alt",
        "tz",
        "dst",
        "tzone",
        *PROVENANCE,
    )


def clean_airlines(airlines: DataFrame) -> DataFrame:
    """Bronze airlines -> one row a carrier."""
    return airlines.select(
        F.upper(F.trim("carrier")).alias("carrier"),
        F.trim("name").alias("name"),
        *PROVENANCE,
    )


def gaps(silver_flights: DataFrame, silver_planes: DataFrame, silver_airports: DataFrame) -> DataFrame:
    """Flights, cancelled ones too, whose tail number or destination is in no list: the fleet office's work.

    A flight without a tail number is no gap: nothing was there to look up.
    """
    planes = silver_planes.select("tailnum", F.lit(True).alias("has_plane"))
    airports = silver_airports.select(F.col("faa").alias("dest"), F.lit(True).alias("has_airport"))
    return (
        silver_flights.join(planes, ["tailnum"], "left")
        .join(airports, ["dest"], "left")
        .select(
            "flight_date",
            "carrier",
            "flight",
            "origin",
            "sched_dep_time",
            "tailnum",
            "dest",
            (F.col("tailnum").isNotNull() & F.col("has_plane").isNull()).alias("unknown_tailnum"),
            F.col("has_airport").isNull().alias("unknown_dest"),
            *PROVENANCE,
        )
        .where("unknown_tailnum OR unknown_dest")
    )
