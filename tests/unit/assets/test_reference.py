"""Weather, fleet and reference lists keep every row, under names that cannot be confused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.reference import gaps
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame


@pytest.mark.parametrize(
    ("table", "rows", "key"),
    [
        ("silver_weather", 989, ["origin", "time_hour"]),
        ("silver_planes", 3_322, ["tailnum"]),
        ("silver_airports", 1_458, ["faa"]),
        ("silver_airlines", 16, ["carrier"]),
    ],
)
def test_every_row_stays_and_has_a_key_and_provenance(
    silver: dict[str, DataFrame], table: str, rows: int, key: list[str]
) -> None:
    frame = silver[table].toPandas()
    assert len(frame) == rows
    assert not frame.duplicated(key).any()
    assert frame[key].notna().to_numpy().all()
    assert list(frame.columns[-len(PROVENANCE) :]) == list(PROVENANCE)


def test_an_hour_that_happens_twice_stays_twice(silver: dict[str, DataFrame]) -> None:
    one_o_clock = ["2013-11-03 05:00:00", "2013-11-03 06:00:00"]
    hours = silver["silver_weather"].toPandas()["time_hour"].astype(str)
    assert hours.isin(one_o_clock).sum() == 6


def test_the_year_of_building_is_not_called_year(silver: dict[str, DataFrame]) -> None:
    planes = silver["silver_planes"].toPandas()
    assert "year" not in planes.columns
    assert planes["build_year"].isna().sum() == 70
    assert planes["build_year"].min() == 1956
    assert planes["seats"].sum() == 512_639


def test_airports_without_a_time_zone_stay(silver: dict[str, DataFrame]) -> None:
    airports = silver["silver_airports"].toPandas()
    assert sorted(airports.loc[airports["tzone"].isna(), "faa"]) == ["EEN", "LRO", "YAK"]


def test_gaps_are_the_flights_that_the_lists_do_not_know(
    silver: dict[str, DataFrame], raw_flights: pd.DataFrame
) -> None:
    found = gaps(silver["silver_flights"], silver["silver_planes"], silver["silver_airports"]).toPandas()
    assert found["unknown_tailnum"].sum() == 1_836
    assert found["unknown_dest"].sum() == 264
    assert len(found) == 2_058
    assert set(found.loc[found["unknown_dest"], "dest"]) == {"SJU", "BQN", "STT", "PSE"}
    assert (
        found["tailnum"].isna().sum()
        == (raw_flights["tailnum"].isna() & raw_flights["dest"].isin(["SJU", "BQN", "STT", "PSE"])).sum()
    )
