"""Flights: clock integers to local timestamps, what is known of each before its departure, which were late.

Drops no flight while cleansing: cancelled ones, unknown tail numbers and unknown destinations stay.
Invents no time: an arrival whose day is not known is NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["FEATURES", "LATE_MINUTES", "clean", "delays", "features"]

LATE_MINUTES = 15
"""A flight is late when it arrives more than this many minutes behind schedule (the U.S. Bureau of
Transportation Statistics already calls one of exactly 15 late)."""

_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
_PLANE = ("build_year", "manufacturer", "engines", "seats")
_FLAGS = ("has_weather", "has_plane", "has_airport")

FEATURES = (
    "flight_date",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "sched_dep_time",
    "sched_arr_time",
    "time_hour",
    "distance",
    *_PLANE,
    *_WEATHER,
    *_FLAGS,
)
"""What a model may know of a flight before its departure, in the order of the columns."""


def clean(flights: DataFrame) -> DataFrame:
    """Bronze flights -> one row a scheduled departure.

    The four clock times become timestamps without zone: departures in New York's local time, arrivals
    in the destination's. Their dates are not in the source:

    - a scheduled arrival earlier on the clock than its departure is on the next day, for from New York
      no flight goes west faster than the clock, nor takes a day;
    - an actual time is on the day that schedule and delay lead to, so 2400 is 00:00 of the next day;
    - a diverted flight has an arrival but no delay, hence no known day: NULL.
    """
    date = F.make_date("year", "month", "day")
    midnight = date.cast("timestamp_ntz")
    overnight = (F.col("sched_arr_time") < F.col("sched_dep_time")).cast("int")
    sched_dep_time = midnight + _clock(F.col("sched_dep_time"))
    sched_arr_time = midnight + F.make_dt_interval(days=overnight) + _clock(F.col("sched_arr_time"))
    return flights.select(
        date.alias("flight_date"),
        F.upper(F.trim("carrier")).alias("carrier"),
        "flight",
        F.upper(F.trim("tailnum")).alias("tailnum"),
        "origin",
        "dest",
        sched_dep_time.alias("sched_dep_time"),
        _actual(sched_dep_time, "dep_delay", "dep_time").alias("dep_time"),
        "dep_delay",
        sched_arr_time.alias("sched_arr_time"),
        _actual(sched_arr_time, "arr_delay", "arr_time").alias("arr_time"),
        "arr_delay",
        "air_time",
        "distance",
        "time_hour",
        F.col("dep_time").isNull().alias("is_cancelled"),
        *PROVENANCE,
    )


def delays(
    silver_flights: DataFrame, silver_weather: DataFrame, silver_planes: DataFrame, silver_airports: DataFrame
) -> DataFrame:
    """Flights that arrived where they were bound, with weather at departure, aircraft and the label.

    ``is_late`` is the label. ``dep_time``, ``dep_delay``, ``arr_time``, ``arr_delay`` and ``air_time`` are
    known only after departure and would give it away: they are here for analysis, not for training.
    What the other tables do not know is NULL, and ``has_weather``, ``has_plane`` and ``has_airport`` say so.
    """
    arrived = silver_flights.where(F.col("arr_delay").isNotNull())
    return _known_before_departure(arrived, silver_weather, silver_planes, silver_airports).select(
        *FEATURES,
        "dep_time",
        "dep_delay",
        "arr_time",
        "arr_delay",
        "air_time",
        (F.col("arr_delay") > LATE_MINUTES).alias("is_late"),
        *PROVENANCE,
    )


def features(
    silver_flights: DataFrame, silver_weather: DataFrame, silver_planes: DataFrame, silver_airports: DataFrame
) -> DataFrame:
    """Every scheduled flight with what is known before its departure: what a model is asked with.

    Cancelled flights and those that have not arrived are here too. The columns are those that ``delays``
    has of them, made by the same code, so a model sees of a flight what it would have learned from it.
    """
    return _known_before_departure(silver_flights, silver_weather, silver_planes, silver_airports).select(
        *FEATURES, *PROVENANCE
    )


def _known_before_departure(
    flights: DataFrame, weather: DataFrame, planes: DataFrame, airports: DataFrame
) -> DataFrame:
    """Flights with the weather at their departure, their aircraft, and flags of what is known."""
    weather = weather.select("origin", "time_hour", *_WEATHER, F.lit(True).alias("has_weather"))
    planes = planes.select("tailnum", *_PLANE, F.lit(True).alias("has_plane"))
    airports = airports.select(F.col("faa").alias("dest"), F.lit(True).alias("has_airport"))
    return (
        flights.join(weather, ["origin", "time_hour"], "left")
        .join(planes, ["tailnum"], "left")
        .join(airports, ["dest"], "left")
        .select(
            *flights.columns,
            *_PLANE,
            *_WEATHER,
            *(F.coalesce(flag, F.lit(False)).alias(flag) for flag in _FLAGS),
        )
    )


def _clock(clock: Column) -> Column:
    """517 -> 5 hours and 17 minutes."""
    return F.make_dt_interval(hours=(clock / 100).cast("int"), mins=clock % 100)


def _actual(scheduled: Column, delay: str, clock: str) -> Column:
    """The clock's time on the day that ``scheduled`` plus ``delay`` minutes falls on."""
    day = F.to_date(scheduled + F.make_dt_interval(mins=F.col(delay)))
    return day.cast("timestamp_ntz") + _clock(F.col(clock) % 2400)
