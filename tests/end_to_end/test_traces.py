"""Three traces of the sample project: a row in quarantine, a record that was merged, a gold row."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import Sample, copy_sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

FLIGHTS = "sample_data/flights/2013-02-08_2013-02-14.csv"
WEATHER = "sample_data/weather/2013-02-08_2013-02-14.jsonl"


def flight(sample: Sample, number: int) -> tuple[str, dict[str, str]]:
    """A record of the February file as text, and by its columns; counted by Python's csv."""
    with (sample.root / FLIGHTS).open(newline="") as file:
        lines = file.read().splitlines()
    return lines[number], dict(zip(lines[0].split(","), next(csv.reader([lines[number]])), strict=True))


def test_a_row_in_quarantine_is_traced_to_the_broken_sensor(ran: Sample) -> None:
    found = ran.json("trace", "silver_weather", "--key", "EWR,2013-02-12T08:00:00Z")
    assert [(step["table"], step["state"]) for step in found["steps"]] == [
        ("silver_weather", "quarantined"),
        ("bronze_weather", "current"),
    ]
    assert found["steps"][0]["reasons"] == ["wind_speed_plausible"]
    assert (found["raw"]["path"], found["raw"]["record_no"]) == (WEATHER, 100)
    line = (ran.root / WEATHER).read_text().splitlines()[99]
    assert found["raw"]["text"] == line
    assert json.loads(line)["wind_speed"] == 1048.36058


def test_a_gold_row_is_traced_through_its_join_and_forward_to_the_release(ran: Sample) -> None:
    text, record = flight(ran, 12)
    found = ran.json(
        "trace",
        "gold_flight_delays",
        "--key",
        "flight_date=2013-02-08",
        "--key",
        f"tailnum={record['tailnum']}",
    )
    assert [step["table"] for step in found["steps"]] == [
        "gold_flight_delays",
        "silver_flights",
        "bronze_flights",
    ]
    assert (found["raw"]["path"], found["raw"]["record_no"], found["raw"]["text"]) == (FLIGHTS, 12, text)
    assert found["raw"]["state"] == "as it was"
    assert {joined["table"] for joined in found["joined"]} == {
        "silver_weather",
        "silver_planes",
        "silver_airports",
    }
    (forward,) = ran.json("trace", "--file", FLIGHTS, "--record", "12")
    states = {stop["where"]: stop["state"] for stop in forward["stops"]}
    assert states["silver_flights"] == "row"
    assert states["gold_flight_delays"] == "row"
    assert states["late_flights v1"] == "released"
    (said,) = {stop["said"] for stop in forward["stops"] if stop["where"] == "late_flights v1"}
    assert said == "split train"


@pytest.mark.full
def test_a_merged_record_is_traced_to_the_one_that_took_its_place(tmp_path: Path) -> None:
    sample = copy_sample(tmp_path)
    for folder in ("weather", "fleet", "reference", "storage_cost", "wildlife", "maintenance"):
        for file in (sample.root / "pipelines" / folder).glob("defs.yaml"):
            file.unlink()
    defs = sample.root / "pipelines" / "flights" / "defs.yaml"
    defs.write_text(defs.read_text().split("\n---\n")[0] + "\n")
    sample.clearwell("run")
    header = (sample.root / FLIGHTS).read_text().partition("\n")[0]
    text, record = flight(sample, 12)
    corrected = text.replace(f",{record['arr_delay']},{record['carrier']},", f",99,{record['carrier']},")
    assert corrected != text
    (sample.root / "sample_data/flights/correction.csv").write_text(f"{header}\n{corrected}\n")
    sample.clearwell("run")

    (found,) = sample.json("trace", "--file", FLIGHTS, "--record", "12")
    stops = {stop["where"]: stop for stop in found["stops"]}
    assert stops["bronze_flights"]["state"] == "row"
    assert stops["silver_flights"]["state"] == "superseded"
    assert (
        "record 1 of sample_data/flights/correction.csv has the same key" in stops["silver_flights"]["said"]
    )
    assert stops["silver_flights"]["rows"][0]["values"]["arr_delay"] == 99
    back = sample.json(
        "trace", "silver_flights", "--key", f"2013-02-08,US,{record['flight']},JFK,2013-02-08T06:00"
    )
    assert back["raw"]["text"] == corrected


def test_bad_questions_are_answered_with_the_next_step(ran: Sample) -> None:
    for arguments in (
        ["silver_flights", "--key", "2013-02-08,US"],
        ["silver_flights", "--key", "carier=US"],
        ["silver_fligths", "--key", "carrier=US"],
        ["--file", FLIGHTS, "--record", "6140"],
        ["--file", "2013-02.csv", "--record", "1"],
    ):
        ran.clearwell("trace", *arguments, code=1)
    ran.clearwell("trace", "--file", FLIGHTS, code=2)
