"""The sample project from raw files to a release: its facts, counted by DuckDB and pandas."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import clearwell
from tests.checker import assert_bronze_balances, assert_every_version_balances, newest_version, query, replay
from tests.end_to_end.conftest import Sample, copy_sample, ran_sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ROWS = {
    "bronze_flights": 12_556,
    "bronze_weather": 989,
    "bronze_planes": 3_322,
    "bronze_airports": 1_458,
    "bronze_airlines": 16,
    "silver_flights": 12_556,
    "silver_weather": 988,
    "gold_flight_delays": 11_458,
    "bronze_wildlife_strikes": 10_000,
    "silver_wildlife_strikes": 10_000,
    "gold_strike_risk": 10_000,
    "bronze_maintenance_newark": 122,
    "bronze_maintenance_kennedy": 99,
    "bronze_maintenance_laguardia": 116,
    "bronze_maintenance_teterboro": 91,
    "silver_maintenance_newark": 120,
    "silver_maintenance_kennedy": 99,
    "silver_maintenance_laguardia": 115,
    "silver_maintenance_teterboro": 89,
    "gold_maintenance_reports": 419,
}
LEAKING = {"dep_delay", "dep_time", "arr_time", "air_time", "arr_delay"}


def one(sample: Sample, table: str, sql: str) -> tuple:
    zone, _, name = table.partition("_")
    return query(replay(sample.lake / zone / name).files, sql)[0]


def tables_at(lake: Path) -> dict[str, int]:
    """The version of every Delta table below a lake, Clearwell's own records included."""
    logs = sorted(lake.rglob("_delta_log"))
    return {str(log.parent.relative_to(lake)): newest_version(log.parent) for log in logs}


@pytest.mark.parametrize(("table", "rows"), ROWS.items())
def test_row_counts(ran: Sample, table: str, rows: int) -> None:
    assert one(ran, table, "SELECT count(*) FROM t") == (rows,)


@pytest.mark.promise("P1", "P2")
def test_every_delivered_record_is_in_exactly_one_place(ran: Sample) -> None:
    folders = {"flights": "flights", "weather": "weather", "wildlife_strikes": "wildlife"}
    for name, folder in folders.items():
        assert_bronze_balances(ran.lake, name, ran.root / "sample_data" / folder)
        assert_every_version_balances(ran.lake, "silver", name)


def test_the_impossible_wind_is_quarantined_with_its_reason(ran: Sample) -> None:
    rows = query(
        replay(ran.lake / "quarantine" / "silver_weather").files, "SELECT _record_no, reasons, raw FROM t"
    )
    assert [(number, reasons) for number, reasons, _ in rows] == [(100, ["wind_speed_plausible"])]
    assert json.loads(rows[0][2])["wind_speed"] == 1048.36058


def test_gold_holds_the_labelled_flights(ran: Sample) -> None:
    counts = one(
        ran,
        "gold_flight_delays",
        "SELECT count(*), count(*) FILTER (is_late), count(*) FILTER (has_weather) FROM t",
    )
    raw = pd.concat(
        pd.read_csv(f, na_values=["NA"]) for f in (ran.root / "sample_data" / "flights").glob("*.csv")
    )
    labelled = raw[raw.arr_delay.notna()]
    assert counts == (len(labelled), int((labelled.arr_delay > 15).sum()), 11_363)
    assert counts == (11_458, 2_377, 11_363)


def test_the_clock_2400_is_midnight_of_the_next_day(ran: Sample) -> None:
    raw = "bronze/flights"
    assert query(
        replay(ran.lake / raw).files,
        "SELECT count(*) FILTER (dep_time = 2400), count(*) FILTER (arr_time = 2400) FROM t",
    ) == [(1, 6)]
    (moved,) = query(
        replay(ran.lake / "silver" / "flights").files,
        "SELECT count(*) FILTER (dep_time = flight_date + INTERVAL 1 DAY) FROM t",
    )[0]
    assert moved == 1
    names = [str(file) for file in replay(ran.lake / raw).files]
    joined = f"""
        SELECT count(*) FILTER (s.arr_time::TIME = '00:00' AND s.arr_time::DATE > s.flight_date)
        FROM t s JOIN read_parquet({names!r}, hive_partitioning=false) b
        USING (_file_id, _record_no) WHERE b.arr_time = 2400
    """
    assert query(replay(ran.lake / "silver" / "flights").files, joined) == [(6,)]


def test_the_release_trains_on_february_and_tests_on_november(ran: Sample) -> None:
    dataset = clearwell.open_dataset("late_flights", lake=ran.lake)
    train, test = dataset.split("train").to_pandas(), dataset.split("test").to_pandas()
    assert (len(train), int(train.is_late.sum())) == (5_132, 1_350)
    assert (len(test), int(test.is_late.sum())) == (6_326, 1_027)
    assert str(max(train.flight_date)) == "2013-02-14"
    assert str(min(test.flight_date)) == "2013-10-31"
    assert LEAKING.isdisjoint(train.columns)
    assert dataset.split("train").to_polars().height == dataset.split("train").to_arrow().num_rows == 5_132
    dataset.verify()


def test_the_strikes_of_the_twentieth_century_train(ran: Sample) -> None:
    dataset = clearwell.open_dataset("strike_risk", lake=ran.lake)
    train, test = dataset.split("train").to_pandas(), dataset.split("test").to_pandas()
    assert (len(train), int(train.is_costly.sum())) == (8_278, 952)
    assert (len(test), int(test.is_costly.sum())) == (1_722, 164)
    assert str(max(train.strike_date)) < "2001-01-01" <= str(min(test.strike_date))
    assert {"damage", "cost_other", "cost_repair", "cost_total"}.isdisjoint(train.columns)
    assert int(pd.concat([train, test]).is_repeat.sum()) == 24
    dataset.verify()


@pytest.mark.promise("P3", "embedded")
def test_a_second_run_adds_no_row_and_no_version_anywhere(ran: Sample) -> None:
    ran.clearwell("run")  # the sample is a copy, so its raw files have other inodes and are read once more
    before = tables_at(ran.lake)
    assert before["history/builds"] > 0
    files = {f: f.read_bytes() for f in (ran.lake / "releases").rglob("*") if f.is_file()}
    ran.clearwell("run")
    assert tables_at(ran.lake) == before
    assert {f: f.read_bytes() for f in (ran.lake / "releases").rglob("*") if f.is_file()} == files


def test_the_summary_says_what_was_done_and_where_to_look(ran: Sample) -> None:
    summary = (ran.root / "summary.txt").read_text()
    for words in ("12,556", "silver_weather", "checks", "late_flights v1", "storage_cost", "next"):
        assert words in summary


def test_listings_are_one_json_document(ran: Sample) -> None:
    rows = {row["name"]: row for row in ran.json("tables")}
    assert {name: rows[name]["rows"] for name in ROWS} == ROWS
    assert set(rows["bronze_flights"]) >= {"name", "zone", "rows", "version", "bytes"}
    files = ran.json("show", "bronze_flights")["files"]
    assert [(f["delivered"], f["accepted"], f["quarantined"]) for f in files] == [
        (6_139, 6_139, 0),
        (6_417, 6_417, 0),
    ]
    rejected = ran.json("quarantine", "silver_weather")
    assert rejected["total"] == 1
    assert [row["reasons"] for row in rejected["rows"]] == [["wind_speed_plausible"]]
    assert ran.json("releases")[0]["name"] == "late_flights"
    assert ran.json("doctor")


@pytest.mark.promise("P2")
def test_the_report_balances(ran: Sample) -> None:
    report = json.loads((ran.lake / "reports" / "storage-cost.json").read_text())
    whole = Fraction(report["total"]["cost_per_month"])
    assert whole == Fraction(report["total"]["bytes"], 2**30) * Fraction("0.023")
    for shares in (report["zones"], report["owners"]):
        assert sum(Fraction(share["cost_per_month"]) for share in shares) == whole
        assert sum(share["bytes"] for share in shares) == report["total"]["bytes"]
    assert {share["name"] for share in report["owners"]} >= {"team:operations", "team:fleet", "the lake"}
    rejected = {entry["table"]: entry for entry in report["quarantine"]}["silver_weather"]
    assert (rejected["reasons"], rejected["rows"]) == ({"wind_speed_plausible": 1}, 1)
    for table, (*_, last) in report["growth"]["tables"].items():
        assert one(ran, table, "SELECT count(*) FROM t") == (last[2],), table
    (release,) = [r for r in report["published"] if r["dataset"] == "late_flights"]
    assert release["positive"] == {"train": [1_350, 5_132], "test": [1_027, 6_326]}
    failing = [(h["table"], h["name"]) for h in report["checks"]["histories"] if h["is_failing"]]
    assert ("silver_weather", "wind_speed_plausible") in failing
    assert (ran.lake / "reports" / "storage-cost.html").read_text().startswith("<!doctype html>")


@pytest.mark.full
def test_week_by_week_and_a_week_again_under_another_name(tmp_path: Path) -> None:
    sample = copy_sample(tmp_path)
    raw = sample.root / "sample_data"
    later = {kind: next((raw / kind).glob("2013-10-31*")) for kind in ("flights", "weather")}
    for kind, file in later.items():
        file.rename(tmp_path / f"{kind}-{file.name}")
    flow = ("run", "bronze_flights,silver_flights")
    sample.clearwell(*flow)
    assert one(sample, "silver_flights", "SELECT count(*) FROM t") == (6_139,)
    for kind, file in later.items():
        (tmp_path / f"{kind}-{file.name}").rename(file)
    sample.clearwell(*flow)
    assert one(sample, "silver_flights", "SELECT count(*) FROM t") == (12_556,)
    before = tables_at(sample.lake)
    first = next((raw / "flights").glob("2013-02-08*"))
    (raw / "flights" / "the first week again.csv").write_bytes(first.read_bytes())
    sample.clearwell(*flow)
    assert tables_at(sample.lake) == before
    assert one(sample, "bronze_flights", "SELECT count(*) FROM t") == (12_556,)


@pytest.mark.full
def test_a_lake_that_was_put_back_elsewhere_goes_on_from_there(ran: Sample, tmp_path: Path) -> None:
    copy = tmp_path / "restored"
    shutil.copytree(ran.lake, copy)
    before = tables_at(copy)
    elsewhere = Sample(copy_sample(tmp_path / "project").root, {"CLEARWELL_LAKE": str(copy)})
    for looks in (
        1,
        1,
    ):  # the copied files are read once, for their place on this disk is another; then they are known
        results = elsewhere.json("run")["results"]
        assert {result["outcome"] for result in results if "table" in result or "dataset" in result} == {
            "unchanged"
        }
        after = tables_at(copy)
        read_again = {name for name in after if after[name] != before[name]}
        assert read_again == {name for name in before if name.startswith("files/bronze_")}
        assert all(after[name] == before[name] + looks for name in read_again)
    clearwell.open_dataset("late_flights_live", lake=copy).verify()
    assert "raw_flights.arr_delay" in elsewhere.clearwell("lineage", "late_flights.is_late")


@pytest.mark.full
@pytest.mark.promise("P7")
def test_another_time_zone_locale_and_day_give_the_same_release(ran: Sample, tmp_path: Path) -> None:
    elsewhere = Sample(copy_sample(tmp_path).root, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"})
    names = ("late_flights", "strike_risk", "maintenance_reports")
    elsewhere.clearwell("run", ",".join(f"+{name}" for name in names))
    for name in names:
        releases = [sample.lake / "releases" / name / "v1" for sample in (ran, elsewhere)]
        manifests = [json.loads((release / "manifest.json").read_text()) for release in releases]
        assert manifests[0]["fingerprint"] == manifests[1]["fingerprint"]
        files = [{f.name: f.read_bytes() for f in (release / "data").iterdir()} for release in releases]
        assert files[0] == files[1]


@pytest.mark.full
def test_an_edited_transform_rebuilds_what_hangs_on_it_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    sample = ran_sample(tmp_path_factory)
    module = sample.root / "assets" / "weather.py"
    module.write_text(module.read_text() + "\n# edited\n")
    results = sample.json("run")["results"]
    built = {r.get("table") or r.get("dataset") or r["name"] for r in results if r["outcome"] == "built"}
    assert {"silver_weather", "gold_flight_delays", "late_flights"} <= built
    assert built.isdisjoint({"bronze_weather", "silver_flights", "silver_planes", "gold_reference_gaps"})
    before = tables_at(sample.lake)
    joined = {row["table"] for row in sample.json("maintain")["tables"] if row["joined"]}
    assert joined
    moved = {table for table, version in tables_at(sample.lake).items() if version != before[table]}
    results = sample.json("run")["results"]
    assert {r["outcome"] for r in results if "table" in r} == {"unchanged"}
    assert moved
