"""Flights keep their rows, get dates for their clock times, and a label."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from assets.flights import LATE_MINUTES, delays
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cleaned(silver: dict[str, DataFrame]) -> pd.DataFrame:
    """Silver flights."""
    return silver["silver_flights"].toPandas()


@pytest.fixture(scope="module")
def labelled(silver: dict[str, DataFrame]) -> pd.DataFrame:
    """Gold flight delays."""
    names = ("silver_flights", "silver_weather", "silver_planes", "silver_airports")
    return delays(*(silver[name] for name in names)).toPandas()


def minutes(clock: pd.Series) -> pd.Series:
    """Clock integers as minutes after midnight."""
    return clock // 100 * 60 + clock % 100


@pytest.mark.parametrize("name", ["flights", "weather", "airports", "airlines"])
def test_every_column_of_the_files_is_typed(sources: dict[str, dict[str, Any]], name: str) -> None:
    files = sorted(ROOT.glob(sources[name]["path"]))
    assert files
    for file in files:
        first = file.read_text(encoding="ascii").partition("\n")[0]
        columns = list(json.loads(first)) if file.suffix == ".jsonl" else first.split(",")
        assert columns == list(sources[name]["columns"])


def test_no_flight_is_dropped_and_none_is_there_twice(
    cleaned: pd.DataFrame, raw_flights: pd.DataFrame
) -> None:
    assert len(cleaned) == len(raw_flights) == 12_556
    assert not cleaned.duplicated(["flight_date", "carrier", "flight", "origin", "sched_dep_time"]).any()
    assert not cleaned.duplicated(["_file_id", "_record_no"]).any()
    assert list(cleaned.columns[-len(PROVENANCE) :]) == list(PROVENANCE)
    assert cleaned["is_cancelled"].sum() == raw_flights["dep_time"].isna().sum() == 1_056


def test_clock_integers_become_times_of_day(cleaned: pd.DataFrame, raw_flights: pd.DataFrame) -> None:
    for column in ("sched_dep_time", "dep_time", "sched_arr_time"):
        expected = (minutes(raw_flights[column].dropna()) % 1_440).tolist()
        found = cleaned.sort_values(["_file_id", "_record_no"])[column].dropna()
        assert (found.dt.hour * 60 + found.dt.minute).tolist() == expected


def test_schedule_and_delay_lead_to_the_actual_time(cleaned: pd.DataFrame) -> None:
    for scheduled, delay, actual in (
        ("sched_dep_time", "dep_delay", "dep_time"),
        ("sched_arr_time", "arr_delay", "arr_time"),
    ):
        flown = cleaned[cleaned[delay].notna()]
        assert (flown[scheduled] + pd.to_timedelta(flown[delay], unit="m") == flown[actual]).all()
        assert cleaned.loc[cleaned[delay].isna(), actual].isna().all()


def test_scheduled_departures_agree_with_the_utc_hour(cleaned: pd.DataFrame) -> None:
    utc = cleaned["time_hour"].dt.tz_localize("UTC")
    local = utc.dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert (cleaned["sched_dep_time"].dt.floor("h") == local).all()
    assert (cleaned["sched_dep_time"].dt.date == cleaned["flight_date"]).all()


def test_2400_is_midnight_of_the_next_day(cleaned: pd.DataFrame, raw_flights: pd.DataFrame) -> None:
    def at_midnight(column: str) -> pd.DataFrame:
        moments = cleaned[column].dropna()
        return cleaned.loc[moments.index[moments == moments.dt.floor("D")]]

    departures, arrivals = at_midnight("dep_time"), at_midnight("arr_time")
    assert len(departures) == (raw_flights["dep_time"] == 2400).sum() == 1
    assert len(arrivals) == (raw_flights["arr_time"] == 2400).sum() == 6
    for column, rows in (("dep_time", departures), ("arr_time", arrivals)):
        assert (rows[column].dt.date > rows["flight_date"]).all()


def test_a_flight_past_midnight_arrives_on_the_next_day(cleaned: pd.DataFrame) -> None:
    row = cleaned[(cleaned["flight"] == 11) & (cleaned["dep_time"] == datetime(2013, 2, 12))]
    assert row["arr_time"].tolist() == [datetime(2013, 2, 12, 2, 51)]
    assert row["sched_arr_time"].tolist() == [datetime(2013, 2, 12, 0, 35)]


def test_no_flight_lands_before_it_left_nor_a_day_later(cleaned: pd.DataFrame) -> None:
    flown = cleaned.dropna(subset=["arr_time"])
    elapsed = (flown["arr_time"] - flown["dep_time"]).dt.total_seconds() / 60
    assert elapsed.between(1, 1_439).all()


def test_arrivals_of_an_unknown_day_are_null(cleaned: pd.DataFrame, raw_flights: pd.DataFrame) -> None:
    diverted = raw_flights["arr_time"].notna() & raw_flights["arr_delay"].isna()
    assert diverted.sum() == 23
    assert cleaned["arr_time"].notna().sum() == raw_flights["arr_time"].notna().sum() - 23


def test_every_flight_that_arrived_is_labelled_once(
    labelled: pd.DataFrame, raw_flights: pd.DataFrame
) -> None:
    assert len(labelled) == raw_flights["arr_delay"].notna().sum() == 11_458
    assert not labelled.duplicated(["_file_id", "_record_no"]).any()
    assert labelled["is_late"].sum() == (raw_flights["arr_delay"] > LATE_MINUTES).sum() == 2_377
    assert labelled["is_late"].dtype == bool
    weeks = labelled.groupby("_file_id")["is_late"].agg(["size", "sum"])
    assert weeks.to_numpy().tolist() == [[5_132, 1_350], [6_326, 1_027]]


def test_flights_without_weather_stay_and_say_so(labelled: pd.DataFrame) -> None:
    assert labelled["has_weather"].sum() == 11_363
    assert labelled.loc[~labelled["has_weather"], "temp"].isna().all()
    assert labelled.loc[labelled["has_weather"], "temp"].notna().all()


def test_unknown_planes_and_airports_stay_and_say_so(
    labelled: pd.DataFrame, raw_flights: pd.DataFrame
) -> None:
    arrived = raw_flights[raw_flights["arr_delay"].notna()]
    planes = pd.read_parquet(ROOT / "sample_data/fleet/planes.parquet")["tailnum"]
    airports = pd.read_csv(ROOT / "sample_data/reference/airports.csv")["faa"]
    assert (~labelled["has_plane"]).sum() == (~arrived["tailnum"].isin(planes)).sum() == 1_707
    assert (~labelled["has_airport"]).sum() == (~arrived["dest"].isin(airports)).sum() == 246
    assert labelled.loc[~labelled["has_plane"], "seats"].isna().all()


def test_the_columns_that_give_the_label_away_are_there_to_be_excluded(labelled: pd.DataFrame) -> None:
    assert {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"} <= set(labelled.columns)
    assert list(labelled.columns[-len(PROVENANCE) :]) == list(PROVENANCE)


def test_quarantining_the_wrong_wind_takes_nothing_from_any_flight(silver: dict[str, DataFrame]) -> None:
    kept = silver["silver_weather"].where("wind_speed <= 120")
    gold = delays(silver["silver_flights"], kept, silver["silver_planes"], silver["silver_airports"])
    assert kept.count() == 988
    assert gold.where("has_weather").count() == 11_363
