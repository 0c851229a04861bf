"""Wildlife strikes: typed, repeats marked, airports matched by name, and which strikes were costly.

Drops no strike: one that repeats another word for word stays and is marked, for without an id nobody
can tell a double report from two birds; an airport that no list knows stays and says so. The damage
`None` is a category. `B` and `C` are in no document that came with the data, and kept as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["clean", "risk"]

_STAR = r"\s*\*$"
_AIRPORT = r"\s+ARPT$"


def clean(wildlife_strikes: DataFrame) -> DataFrame:
    """Bronze strikes -> the same rows, typed.

    ``is_repeat`` marks a row whose every value stands in an earlier record. ``has_star`` says that the
    operator's name ended in ``*``, which is cut off. Costs are in dollars; ``cost_parts`` is what
    ``cost_total`` must be. ``speed_knots`` is indicated air speed, NULL where nobody noted it.
    """
    delivered = [name for name in wildlife_strikes.columns if name not in PROVENANCE]
    earlier = Window.partitionBy(*delivered).orderBy("_file_id", "_record_no")
    operator = F.trim("Aircraft_Airline_Operator")
    return wildlife_strikes.select(
        F.col("Flight_Date").alias("strike_date"),
        F.trim("Airport_Name").alias("airport_name"),
        F.trim("Origin_State").alias("state"),
        F.regexp_replace(operator, _STAR, "").alias("operator"),
        operator.endswith("*").alias("has_star"),
        F.trim("Aircraft_Make_Model").alias("aircraft"),
        F.trim("Phase_of_flight").alias("phase"),
        F.trim("Time_of_day").alias("time_of_day"),
        F.trim("Wildlife_Species").alias("species"),
        F.trim("Wildlife_Size").alias("wildlife_size"),
        F.col("Speed_IAS_in_knots").alias("speed_knots"),
        F.trim("Effect_Amount_of_damage").alias("damage"),
        F.col("Cost_Other").alias("cost_other"),
        F.col("Cost_Repair").alias("cost_repair"),
        F.col("Cost_Total_$").alias("cost_total"),
        (F.col("Cost_Other") + F.col("Cost_Repair")).alias("cost_parts"),
        (F.row_number().over(earlier) > 1).alias("is_repeat"),
        *PROVENANCE,
    )


def risk(silver_wildlife_strikes: DataFrame, silver_airports: DataFrame) -> DataFrame:
    """Every strike with its airport's code, where a list knows the airport, and whether it was costly.

    ``is_costly`` is the label: any damage, or any cost. ``damage`` and the costs are the answer itself:
    they are here for analysis, not for training. ``airport_match`` says how the airport was found: by its
    ``name``, whatever the case, by the ``short name`` that is left without a trailing ARPT, or not at all
    (NULL). A name that two airports share finds neither.
    """
    airports = (
        silver_airports.groupBy(F.lower("name").alias("name"))
        .agg(F.count(F.lit(1)).alias("owners"), F.min("faa").alias("faa"), F.min("alt").alias("airport_alt"))
        .where("owners = 1")
        .drop("owners")
    )
    named = airports.select("name", "faa", "airport_alt")
    short = airports.select(
        F.col("name").alias("short_name"),
        F.col("faa").alias("short_faa"),
        F.col("airport_alt").alias("short_alt"),
    )
    return (
        silver_wildlife_strikes.withColumn("name", F.lower("airport_name"))
        .withColumn("short_name", F.lower(F.regexp_replace("airport_name", _AIRPORT, "")))
        .join(named, ["name"], "left")
        .join(short, ["short_name"], "left")
        .select(
            "strike_date",
            "state",
            "airport_name",
            F.coalesce("faa", "short_faa").alias("faa"),
            F.coalesce("airport_alt", "short_alt").alias("airport_alt"),
            F.when(F.col("faa").isNotNull(), "name")
            .when(F.col("short_faa").isNotNull(), "short name")
            .alias("airport_match"),
            "operator",
            "aircraft",
            "phase",
            "time_of_day",
            "species",
            "wildlife_size",
            "speed_knots",
            "is_repeat",
            "damage",
            "cost_other",
            "cost_repair",
            "cost_total",
            ((F.col("damage") != "None") | (F.col("cost_total") > 0)).alias("is_costly"),
            *PROVENANCE,
        )
    )
