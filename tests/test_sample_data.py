"""What is promised of the files in sample_data/, counted with Python's csv and json, without Clearwell."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

DATA = Path(__file__).parents[1] / "sample_data"
FEBRUARY, NOVEMBER = "2013-02-08_2013-02-14", "2013-10-31_2013-11-06"
WEEKS = (FEBRUARY, NOVEMBER)
MAINTENANCE = ("newark.csv", "kennedy.csv", "laguardia.csv", "teterboro.csv", "KEY.json")
SCRIPTS = ("rebuild.py", "write_maintenance.py", "maintenance_forms.py", "maintenance_words.py")


def read_csv(path: str) -> list[dict[str, str]]:
    """The records of a CSV file, every value as text."""
    with (DATA / path).open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def flights(week: str) -> list[dict[str, str]]:
    """One weekly delivery of flights."""
    return read_csv(f"flights/{week}.csv")


def weather(week: str) -> list[dict[str, Any]]:
    """One weekly delivery of weather; a number is kept as the text that the file has."""
    lines = (DATA / f"weather/{week}.jsonl").read_text(encoding="ascii").splitlines()
    return [json.loads(line, parse_float=str, parse_int=str) for line in lines]


def known_planes() -> set[str]:
    """The tail numbers of the fleet."""
    return set(pq.read_table(DATA / "fleet/planes.parquet").column("tailnum").to_pylist())


def known_airports() -> set[str]:
    """The codes of the airports."""
    return {row["faa"] for row in read_csv("reference/airports.csv")}


def run_rebuild(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the copy of the sample data in ``folder``."""
    command = [sys.executable, "-B", str(folder / "rebuild.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_files_have_the_promised_hashes() -> None:
    promised = dict(line.split("  ")[::-1] for line in (DATA / "SHA256SUMS").read_text().splitlines())
    shipped = [f for f in DATA.rglob("*") if f.suffix in {".csv", ".json", ".jsonl", ".parquet"}]
    found = {f.relative_to(DATA).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in shipped}
    assert found == promised


@pytest.mark.parametrize(
    ("path", "size"),
    [
        (f"flights/{FEBRUARY}.csv", 559_155),
        (f"flights/{NOVEMBER}.csv", 593_557),
        (f"weather/{FEBRUARY}.jsonl", 130_555),
        (f"weather/{NOVEMBER}.jsonl", 125_413),
        ("fleet/planes.parquet", 25_933),
        ("reference/airports.csv", 104_302),
        ("reference/airlines.csv", 386),
        ("wildlife/birdstrikes.csv", 1_223_329),
        *((f"maintenance/{name}", (DATA / "maintenance" / name).stat().st_size) for name in MAINTENANCE),
    ],
)
def test_readme_lists_every_file_with_its_bytes(path: str, size: int) -> None:
    assert (DATA / path).stat().st_size == size
    digest = hashlib.sha256((DATA / path).read_bytes()).hexdigest()
    row = next(line for line in (DATA / "README.md").read_text().splitlines() if f"`{path}`" in line)
    assert f" {size:,} " in row
    assert f"`{digest[:16]}…`" in row


def test_check_finds_a_changed_and_a_missing_file(tmp_path: Path) -> None:
    for file in ("rebuild.py", "SHA256SUMS", "reference/airports.csv", "reference/airlines.csv"):
        copy = tmp_path / file
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((DATA / file).read_bytes())
    changed = tmp_path / "reference/airlines.csv"
    changed.write_bytes(changed.read_bytes().replace(b"\n", b"\r\n"))
    result = run_rebuild(tmp_path, "--check")
    assert result.returncode == 1
    assert "different reference/airlines.csv" in result.stdout
    assert "ok        reference/airports.csv" in result.stdout
    assert "missing   fleet/planes.parquet" in result.stdout


def test_check_accepts_what_is_shipped() -> None:
    result = run_rebuild(DATA, "--check")
    assert (result.returncode, result.stdout.count("ok ")) == (0, 13 + 5)
    assert "ok        maintenance/KEY.json, made again" in result.stdout


def npm_archive(folder: Path, *, version: str = "3.2.1") -> Path:
    """An archive as `npm pack` makes it, with the shipped strikes."""
    about = folder / "package.json"
    about.write_text(json.dumps({"name": "vega-datasets", "version": version}))
    archive = folder / f"vega-datasets-{version}.tgz"
    with tarfile.open(archive, "w:gz") as package:
        package.add(about, "package/package.json")
        package.add(DATA / "wildlife/birdstrikes.csv", "package/data/birdstrikes.csv")
    return archive


def test_rebuild_makes_the_same_files_from_the_packages(tmp_path: Path) -> None:
    for file in (*SCRIPTS, "SHA256SUMS", "fleet/planes.parquet"):  # Parquet bytes differ by pyarrow
        copy = tmp_path / file
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((DATA / file).read_bytes())
    result = run_rebuild(tmp_path, "--strikes", str(npm_archive(tmp_path)))
    assert (result.returncode, result.stderr) == (0, "")
    assert "ok        fleet/planes.parquet" in result.stdout
    assert result.stdout.count("written ") == 12
    assert run_rebuild(tmp_path, "--check").returncode == 0


def test_rebuild_takes_no_other_version_and_no_other_archive(tmp_path: Path) -> None:
    newer = run_rebuild(DATA, "--strikes", str(npm_archive(tmp_path, version="3.3.0")))
    assert newer.returncode == 1
    assert "vega-datasets is 3.3.0, not 3.2.1\n  next: npm pack vega-datasets@3.2.1" in newer.stderr
    other = run_rebuild(DATA, "--strikes", str(DATA / "README.md"))
    assert other.returncode == 1
    assert "README.md is not the archive of vega-datasets" in other.stderr


@pytest.mark.parametrize(
    ("week", "rows", "cancelled", "no_arrival", "no_tail", "distance", "arr_delay", "late", "carriers"),
    [
        (FEBRUARY, 6_139, 987, 1_007, 378, 6_119_080, 51_740, 1_350, 15),
        (NOVEMBER, 6_417, 69, 91, 21, 6_701_128, 275, 1_027, 16),
    ],
)
def test_flights_of_a_week(
    week: str,
    rows: int,
    cancelled: int,
    no_arrival: int,
    no_tail: int,
    distance: int,
    arr_delay: int,
    late: int,
    carriers: int,
) -> None:
    records = flights(week)
    delays = [int(r["arr_delay"]) for r in records if r["arr_delay"] != "NA"]
    assert len(records) == rows
    assert sum(r["dep_time"] == "NA" for r in records) == cancelled
    assert len(records) - len(delays) == no_arrival
    assert sum(r["tailnum"] == "NA" for r in records) == no_tail
    assert sum(int(r["distance"]) for r in records) == distance
    assert sum(delays) == arr_delay
    assert sum(delay > 15 for delay in delays) == late
    assert len({r["carrier"] for r in records}) == carriers


@pytest.mark.parametrize("week", WEEKS)
def test_a_week_is_one_by_local_date_and_has_no_empty_field(week: str) -> None:
    first, last = week.split("_")
    dates = {f"{r['year']}-{int(r['month']):02}-{int(r['day']):02}" for r in flights(week)}
    assert len(dates) == 7
    assert (min(dates), max(dates)) == (first, last)
    assert not any(value == "" for r in flights(week) for value in r.values())


def test_the_utc_date_is_not_the_flight_date() -> None:
    hours = [r["time_hour"] for r in flights(FEBRUARY)]
    assert (min(hours), max(hours)) == ("2013-02-08T10:00:00Z", "2013-02-15T04:00:00Z")


def test_no_flight_is_there_twice() -> None:
    key = ("year", "month", "day", "carrier", "flight", "origin", "sched_dep_time")
    counts = Counter(tuple(r[column] for column in key) for week in WEEKS for r in flights(week))
    assert max(counts.values()) == 1


def test_midnight_is_2400() -> None:
    records = [list(flights(week)) for week in WEEKS]
    assert [sum(r["dep_time"] == "2400" for r in week) for week in records] == [1, 0]
    assert [sum(r["arr_time"] == "2400" for r in week) for week in records] == [5, 1]
    assert not any("0" in (r["dep_time"], r["arr_time"]) for week in records for r in week)


def test_some_scheduled_arrivals_are_earlier_on_the_clock_than_the_departure() -> None:
    earlier = [sum(int(r["sched_arr_time"]) < int(r["sched_dep_time"]) for r in flights(w)) for w in WEEKS]
    assert earlier == [81, 86]


def test_clock_times_agree_with_the_delays() -> None:
    def minutes(clock: str) -> int:
        return int(clock) // 100 * 60 + int(clock) % 100

    for record in (r for week in WEEKS for r in flights(week)):
        for scheduled, actual, delay in (
            ("sched_dep_time", "dep_time", "dep_delay"),
            ("sched_arr_time", "arr_time", "arr_delay"),
        ):
            if record[delay] != "NA":
                expected = (minutes(record[scheduled]) + int(record[delay])) % 1_440
                assert minutes(record[actual]) % 1_440 == expected


def test_some_tail_numbers_and_destinations_are_in_no_list() -> None:
    planes, airports = known_planes(), known_airports()
    unknown = [sum(r["tailnum"] != "NA" and r["tailnum"] not in planes for r in flights(w)) for w in WEEKS]
    assert unknown == [920, 916]
    lost = [[r["dest"] for r in flights(w) if r["dest"] not in airports] for w in WEEKS]
    assert [len(week) for week in lost] == [147, 117]
    assert {dest for week in lost for dest in week} == {"SJU", "BQN", "STT", "PSE"}


def test_weather_is_missing_for_some_flights_of_november() -> None:
    missing, labelled = [], []
    for week in WEEKS:
        hours = {(r["origin"], r["time_hour"]) for r in weather(week)}
        found = [(r["origin"], r["time_hour"]) in hours for r in flights(week)]
        missing.append(found.count(False))
        labelled.append(sum(f for f, r in zip(found, flights(week), strict=True) if r["arr_delay"] != "NA"))
    assert missing == [0, 95]
    assert labelled == [5_132, 6_231]


@pytest.mark.parametrize(
    ("week", "rows", "local_repeats", "gusts", "pressures", "precip"),
    [(FEBRUARY, 504, 0, 388, 96, 4.57), (NOVEMBER, 485, 3, 409, 29, 0.44)],
)
def test_weather_of_a_week(
    week: str, rows: int, local_repeats: int, gusts: int, pressures: int, precip: float
) -> None:
    records = weather(week)
    local = {tuple(r[c] for c in ("origin", "year", "month", "day", "hour")) for r in records}
    assert len(records) == rows
    assert rows - len(local) == local_repeats
    assert len({(r["origin"], r["time_hour"]) for r in records}) == rows
    assert sum(r["wind_gust"] is None for r in records) == gusts
    assert sum(r["pressure"] is None for r in records) == pressures
    assert sum(float(r["precip"]) for r in records) == pytest.approx(precip)


def test_one_wind_speed_is_impossible_and_meets_no_flight() -> None:
    speeds = {(r["origin"], r["time_hour"]): r["wind_speed"] for w in WEEKS for r in weather(w)}
    wrong = [key for key, speed in speeds.items() if float(speed) > 120]
    assert wrong == [("EWR", "2013-02-12T08:00:00Z")]
    assert speeds[wrong[0]] == "1048.36058"
    assert not any((r["origin"], r["time_hour"]) == wrong[0] for r in flights(FEBRUARY))


def test_numbers_keep_the_digits_of_their_source() -> None:
    assert sum(r["wind_speed"] == "10.357019999999999" for w in WEEKS for r in weather(w)) > 0


def test_fleet() -> None:
    planes = pq.read_table(DATA / "fleet/planes.parquet")
    assert planes.num_rows == len(known_planes()) == 3_322
    assert sum(planes.column("seats").to_pylist()) == 512_639
    assert {c: planes.column(c).null_count for c in planes.column_names if planes.column(c).null_count} == {
        "year": 70,
        "speed": 3_299,
    }
    assert min(year for year in planes.column("year").to_pylist() if year) == 1956


def test_reference() -> None:
    airports = read_csv("reference/airports.csv")
    assert len(airports) == len(known_airports()) == 1_458
    assert [r["faa"] for r in airports if r["tzone"] == "NA"] == ["EEN", "LRO", "YAK"]
    assert min(int(r["alt"]) for r in airports) == -54
    assert [r["faa"] for r in airports if float(r["lon"]) > 0] == ["DVT", "EEN", "MYF", "SYA"]
    carriers = {r["carrier"] for r in read_csv("reference/airlines.csv")}
    assert len(carriers) == 16
    assert carriers == {r["carrier"] for week in WEEKS for r in flights(week)}


def test_strikes() -> None:
    strikes = read_csv("wildlife/birdstrikes.csv")
    assert len(strikes) == 10_000
    assert len({tuple(r.values()) for r in strikes}) == 9_976
    assert Counter(r["Effect Amount of damage"] for r in strikes) == {
        "None": 8_939, "Minor": 549, "Substantial": 311, "Medium": 186, "C": 14, "B": 1,
    }  # fmt: skip
    assert sum(r["Speed IAS in knots"] == "" for r in strikes) == 2_836
    dates = [r["Flight Date"] for r in strikes]
    assert (min(dates), max(dates)) == ("1990-01-08", "2002-07-25")
    assert sum(r["Aircraft Airline Operator"].endswith("*") for r in strikes) == 1_084


def test_the_codes_of_damage_in_no_document_are_dear_and_of_the_military() -> None:
    coded = [r for r in read_csv("wildlife/birdstrikes.csv") if r["Effect Amount of damage"] in {"B", "C"}]
    assert {r["Aircraft Airline Operator"] for r in coded} == {"MILITARY"}
    assert min(int(r["Cost Total $"]) for r in coded) == 20_439


def test_costs_of_strikes_add_up() -> None:
    names = ("Cost Other", "Cost Repair", "Cost Total $")
    costs = [[int(r[name]) for name in names] for r in read_csv("wildlife/birdstrikes.csv")]
    assert all(other + repair == total for other, repair, total in costs)
    assert [sum(column) for column in zip(*costs, strict=True)] == [4_242_411, 36_302_865, 40_545_276]


def test_some_airports_of_strikes_are_in_the_list_by_another_spelling() -> None:
    owners = Counter(row["name"].lower() for row in read_csv("reference/airports.csv"))
    names = Counter(r["Airport Name"] for r in read_csv("wildlife/birdstrikes.csv"))
    whole = [name for name in names if owners[name.lower()] == 1]
    short = [name for name in names if owners[name.removesuffix(" ARPT").lower()] == 1]
    assert (len(names), len(whole), len({*whole, *short})) == (50, 15, 22)
    assert sum(names[name] for name in whole) == 2_957
    assert sum(names[name] for name in {*whole, *short}) == 4_075
