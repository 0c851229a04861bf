"""The sample project by its profile ``hybrid``: bronze and silver here, gold and releases in a bucket."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import obstore
import pytest
from obstore.store import from_url

import clearwell
from tests.end_to_end.conftest import Sample, copy_sample
from tests.unit.publishing.storing import put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Space

pytestmark = [pytest.mark.slow, pytest.mark.full]

PROFILE = ("--profile", "hybrid")


@pytest.fixture(autouse=True)
def opened(hybrid: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test itself may open the bucket too."""
    for name, value in hybrid.variables.items():
        monkeypatch.setenv(name, value)


def in_bucket() -> dict[str, Any]:
    """Every object of the bucket with its tag, which changes when it is written anew."""
    return {meta["path"]: meta["e_tag"] for page in obstore.list(from_url("s3://lake")) for meta in page}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_each_part_lies_where_the_profile_says(hybrid: Sample) -> None:
    assert {path.partition("/")[0] for path in in_bucket()} == {"gold", "releases"}
    for part in ("bronze", "silver", "quarantine", "files", "history", "control", "reports"):
        assert files_in(hybrid.lake / part), part
    for part in ("gold", "releases"):
        assert files_in(hybrid.lake / part) == []
    uris = {table["name"]: table["zone"] for table in hybrid.json("tables", *PROFILE)}
    assert sum(zone == "gold" for zone in uris.values()) == 5
    assert sum(zone == "silver" for zone in uris.values()) == 10


def test_what_is_released_is_what_a_lake_on_the_disk_releases(hybrid: Sample, ran: Sample) -> None:
    released = {info.name: info for info in clearwell.list_datasets("s3://lake")}
    assert sorted(released) == ["late_flights", "late_flights_live", "maintenance_reports", "strike_risk"]
    for name in released:
        there = clearwell.open_dataset(name, lake="s3://lake")
        here = clearwell.open_dataset(name, lake=ran.lake)
        there.verify()
        assert there.manifest.fingerprint == here.manifest.fingerprint
        assert {f.sha256 for f in there.manifest.files if f.format != "lineage"} == {
            f.sha256 for f in here.manifest.files if f.format != "lineage"
        }
    live = clearwell.open_dataset("s3://lake/releases/late_flights_live/v1")
    asked = live.to_arrow(list(live.key)).slice(100, 5)
    assert live.lookup(asked).select(list(live.key)).to_pylist() == asked.to_pylist()


def test_the_summary_says_where_the_releases_are_and_how_to_go_on(hybrid: Sample) -> None:
    summary = (hybrid.root / "summary.txt").read_text()
    assert "s3://lake/releases/late_flights/v1" in summary
    assert "tables --profile hybrid" in summary


def test_a_run_with_nothing_new_writes_nothing_into_the_bucket(hybrid: Sample) -> None:
    before = in_bucket()
    results = hybrid.json("run", *PROFILE)["results"]
    outcomes = {result["outcome"] for result in results if "table" in result or "dataset" in result}
    assert outcomes == {"unchanged"}
    assert in_bucket() == before


def test_a_row_of_the_bucket_is_traced_to_its_raw_record_on_the_disk(hybrid: Sample) -> None:
    live = clearwell.open_dataset("late_flights_live", lake="s3://lake")
    key = live.to_arrow(list(live.key)).slice(7, 1).to_pylist()[0]
    said = hybrid.clearwell(
        "trace", "late_flights_live", *(f"--key={name}={value}" for name, value in key.items()), *PROFILE
    )
    assert "sample_data/flights/" in said
    assert "gold_flight_features" in said
    assert "raw_flights.arr_delay" in hybrid.clearwell("lineage", "late_flights.is_late", *PROFILE)


def test_the_report_weighs_all_of_it_at_the_prices_of_the_profile(hybrid: Sample) -> None:
    report = json.loads((hybrid.lake / "reports" / "storage-cost.json").read_text())
    zones = {zone["name"]: zone["bytes"] for zone in report["zones"]}
    listed = {
        part: sum(meta["size"] for page in obstore.list(from_url("s3://lake"), f"{part}/") for meta in page)
        for part in ("gold", "releases")
    }
    assert {part: zones[part] for part in listed} == listed
    assert report["store"] == "own-disks, s3-standard-us-east-1"
    rest = report["total"]["bytes"] - sum(listed.values())
    with localcontext(prec=200):
        expected = (sum(listed.values()) * Decimal("0.023") + rest * Decimal("0.000121")) / 2**30
    assert Decimal(report["total"]["cost_per_month"]) == expected
    assert [store["store"] for store in report["carbon"]["stores"]] == ["own-disks", "s3-standard-us-east-1"]
    assert zones["bronze"] == sum(path.stat().st_size for path in files_in(hybrid.lake / "bronze"))
    assert {release["dataset"] for release in report["published"]} == {
        "late_flights",
        "late_flights_live",
        "maintenance_reports",
        "strike_risk",
    }


def test_the_lake_without_a_profile_is_another_one_and_stays_as_it_was(hybrid: Sample) -> None:
    before = in_bucket()
    results = hybrid.json("run")["results"]
    outcomes = {result["outcome"] for result in results if "table" in result or "dataset" in result}
    assert outcomes == {"unchanged"}
    assert in_bucket() == before


def test_a_profile_on_the_lake_of_another_is_refused_before_anything_is_written(hybrid: Sample) -> None:
    before = in_bucket()
    shared = {**hybrid.variables, "CLEARWELL_PLACES": '{ gold = "s3://lake/other/gold" }'}
    done = Sample(hybrid.root, shared).finished("run", "gold_flight_features")
    assert done.returncode == 1
    assert "at s3://lake/other/gold/flight_features there is neither the table nor its files" in done.stderr
    assert "needs a `lake` of its own" in done.stderr
    assert in_bucket() == before


def test_wrong_credentials_end_a_run_by_one_clear_error_and_change_nothing(
    hybrid: Sample, tmp_path: Path
) -> None:
    before = in_bucket()
    sample = Sample(copy_sample(tmp_path).root, {**hybrid.variables, "AWS_SECRET_ACCESS_KEY": "hunter2"})
    for arguments in (("run", "gold_flight_features"), ("tables",), ("releases",), ("maintain",)):
        done = sample.finished(*arguments, *PROFILE)
        assert done.returncode == 1
        assert "access was refused" in done.stderr
        assert "AWS_ACCESS_KEY_ID" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert in_bucket() == before


def test_maintenance_and_a_lost_disk(hybrid: Sample, tmp_path: Path) -> None:
    """What is in the bucket does not hang on the disk: readers of releases go on without it."""
    hybrid.clearwell("maintain", *PROFILE)
    gone = tmp_path / "lake"
    shutil.move(hybrid.lake, gone)
    try:
        clearwell.open_dataset("late_flights", lake="s3://lake").verify()
    finally:
        shutil.move(gone, hybrid.lake)


def test_a_pilot_on_a_disk_goes_on_in_a_bucket(ran: Sample, s3: S3Space, tmp_path: Path) -> None:
    """Gold and releases are copied there as they are; the next run finds nothing new and reads them there."""
    sample = copy_sample(tmp_path / "project")
    shutil.copytree(ran.lake, sample.lake)
    for part in ("gold", "releases"):
        for file in files_in(sample.lake / part):
            put(f"{s3.url()}/{file.relative_to(sample.lake).as_posix()}", file.read_bytes())
        shutil.rmtree(sample.lake / part)
    places = ", ".join(f'{part} = "{s3.url()}/{part}"' for part in ("gold", "releases"))
    grown = Sample(
        sample.root,
        {
            **s3.environment,
            "CLEARWELL_PLACES": f"{{ {places} }}",
        },
    )
    results = grown.json("run")["results"]
    outcomes = {result["outcome"] for result in results if "table" in result or "dataset" in result}
    assert outcomes == {"unchanged"}
    for name in ("late_flights", "late_flights_live"):
        clearwell.open_dataset(name, lake=s3.url()).verify()
    assert grown.json("releases")[0]["path"].startswith(s3.url())


def test_the_steps_of_a_profile_run_on_its_engines_and_release_the_same(ran: Sample, tmp_path: Path) -> None:
    """On premise: Spark makes gold, the embedded engine all before it."""
    sample = copy_sample(tmp_path)
    sample.clearwell("run", "+late_flights", "--profile", "on_premise")
    control = sample.lake / "control" / "intents"
    made_by = {
        table: {json.loads(intent.read_text())["engine"] for intent in (control / table).glob("*.json")}
        for table in ("bronze_flights", "silver_flights", "silver_weather", "gold_flight_delays")
    }
    assert made_by == {
        "bronze_flights": {"arrow"},
        "silver_flights": {"embedded"},
        "silver_weather": {"embedded"},
        "gold_flight_delays": {"spark"},
    }
    made, known = (clearwell.open_dataset("late_flights", lake=s.lake).manifest for s in (sample, ran))
    assert made.fingerprint == known.fingerprint
