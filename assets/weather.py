"""Weather: hourly observations at the three airports, by the hour in UTC.

Keeps no local hour: when clocks go back it names two hours, and whoever removes duplicates by it
destroys good rows. Judges no value: that is the suite's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["clean"]


def clean(weather: DataFrame) -> DataFrame:
    """Bronze weather -> one row an airport and hour.

    Degrees Fahrenheit, percent, degrees from north, miles an hour, inches, millibars and miles.
    """
    return weather.select(
        "origin",
        "time_hour",
        "temp",
        "dewp",
        "humid",
        "wind_dir",
        "wind_speed",
        "wind_gust",
        "precip",
        "pressure",
        "visib",
        *PROVENANCE,
    )
