"""The invented reports from raw bytes to a release: whatever was planted has ended where it should."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clearwell
from tests.checker import assert_every_version_balances, file_id, query, replay
from tests.maintenance import DATA, FORMS, PERSONAL, key, planted, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Sample

pytestmark = pytest.mark.slow

HOLDS_PERSONAL_DATA = (
    "bronze/maintenance_",
    "silver/maintenance_",
    "quarantine/bronze_maintenance_",
    "quarantine/silver_maintenance_",
    # The decisions on these tables name their files with the least and the greatest value of each column.
    "control/intents/bronze_maintenance_",
    "control/intents/silver_maintenance_",
)


@cache
def ids() -> dict[str, str]:
    """What the lake calls each raw file."""
    return {file_id(DATA / form.path): form.path for form in FORMS}


def rejected(sample: Sample, zone: str) -> dict[tuple[str, int], list[str]]:
    """The reasons of every record of a report in quarantine."""
    found: dict[tuple[str, int], list[str]] = {}
    for form in FORMS:
        folder = sample.lake / "quarantine" / f"{zone}_maintenance_{form.name}"
        files = replay(folder).files if folder.is_dir() else []
        for identity, number, reasons in query(files, "SELECT _file_id, _record_no, reasons FROM t"):
            found[ids()[identity], number] = reasons
    return found


def held(sample: Sample, zone: str) -> set[tuple[str, int]]:
    """The records in the four tables of a zone."""
    found: list[tuple[str, int]] = []
    for form in FORMS:
        files = replay(sample.lake / zone / f"maintenance_{form.name}").files
        found += [(ids()[i], n) for i, n in query(files, "SELECT _file_id, _record_no FROM t")]
    assert len(found) == len(set(found))
    return set(found)


def released(sample: Sample) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test split."""
    dataset = clearwell.open_dataset("maintenance_reports", lake=sample.lake)
    dataset.verify()
    return dataset.split("train").to_pandas(), dataset.split("test").to_pandas()


@cache
def pieces() -> set[str]:
    """What may be found nowhere: each planted piece, and the last name of each person, in lower case."""
    said = [e for e in key() if e["kind"] in PERSONAL]
    last_names = {e["text"].split()[-1].lower() for e in said if e["kind"].startswith("name")}
    return {e["text"].lower() for e in said} | last_names


def contents(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder as text: its bytes, and the values of a table, in lower case."""
    for file in (file for file in sorted(folder.rglob("*")) if file.is_file()):
        yield file, file.read_bytes().decode("utf-8", "replace").lower()
        if file.suffix == ".parquet":
            yield file, str(pq.read_table(file, partitioning=None).to_pylist()).lower()
        elif file.suffix == ".arrow":
            with pa.memory_map(str(file)) as mapped:
                yield file, str(pa.ipc.open_file(mapped).read_all().to_pylist()).lower()


def test_a_record_that_cannot_be_read_is_kept_with_its_bytes(ran: Sample) -> None:
    (foreign,), (wide,) = planted("wrong_encoding"), planted("too_many_fields")
    assert rejected(ran, "bronze") == {foreign: ["utf8"], wide: ["csv_fields"]}
    files = replay(ran.lake / "quarantine" / "bronze_maintenance_newark").files
    rows = query(files, "SELECT raw_bytes FROM t WHERE list_contains(reasons, 'utf8')")
    lines = (DATA / "maintenance/newark.csv").read_bytes()
    assert [b"Crew\x92s write-up" in row[0] and row[0] in lines for row in rows] == [True]


def test_a_report_without_text_or_date_is_kept_out_with_its_reason(ran: Sample) -> None:
    found = rejected(ran, "silver")
    assert {place for place, reasons in found.items() if reasons == ["text_present"]} == planted("text_blank")
    undated = {place for place, reasons in found.items() if reasons == ["report_date_present"]}
    assert undated == planted("date_unreadable")
    assert len(found) == 5


def test_every_delivered_report_is_in_exactly_one_place(ran: Sample) -> None:
    everything = set(records())
    assert held(ran, "bronze") | rejected(ran, "bronze").keys() == everything
    assert held(ran, "bronze").isdisjoint(rejected(ran, "bronze"))
    assert held(ran, "silver") | rejected(ran, "silver").keys() == held(ran, "bronze")
    assert held(ran, "silver").isdisjoint(rejected(ran, "silver"))
    for form in FORMS:
        for zone in ("bronze", "silver"):
            assert_every_version_balances(ran.lake, zone, f"maintenance_{form.name}")


def test_the_release_holds_every_labelled_report(ran: Sample) -> None:
    train, test = released(ran)
    expected = [records()[place] for place in held(ran, "silver") if records()[place].label]
    assert len(train) + len(test) == len(expected) == 419
    labels = pd.concat([train, test]).groupby(["office", "label"]).size().to_dict()
    assert labels == pd.Series([(r.form.name, r.label) for r in expected]).value_counts().to_dict()


def test_no_text_is_on_both_sides_of_the_split(ran: Sample) -> None:
    train, test = released(ran)
    assert set(train["text_group"]).isdisjoint(test["text_group"])
    assert len(set(train["text_group"]) | set(test["text_group"])) == 419 - 22 - 12
    assert 0.15 < len(test) / 419 < 0.25
    assert set(test["label"]) == set(train["label"]) == {"Yes", "No", "Maybe"}


def test_repeats_and_contradictions_are_counted(ran: Sample) -> None:
    both = pd.concat(released(ran))
    flags = ("is_repeat", "is_near_repeat", "has_conflict")
    assert [int(both[flag].sum()) for flag in flags] == [22, 12, 12]
    assert not (both["is_repeat"] & both["is_near_repeat"]).any()


def test_no_planted_personal_data_is_in_any_file_of_the_release(ran: Sample) -> None:
    found = list(contents(ran.lake / "releases" / "maintenance_reports"))
    assert {file.suffix for file, _ in found} >= {".parquet", ".arrow", ".json"}
    assert any("[phone]" in text for _, text in found)
    leaks = [(file.name, piece) for file, text in found for piece in pieces() if piece in text]
    assert leaks == []


def test_no_planted_personal_data_leaves_the_tables_that_hold_it(ran: Sample) -> None:
    # Not e-mail addresses and numbers alone: names of persons must be on no page and in no log either.
    elsewhere = [
        (file, text)
        for folder in (ran.lake, ran.root / "dagster_home")
        for file, text in contents(folder)
        if not file.relative_to(folder).as_posix().startswith(HOLDS_PERSONAL_DATA)
    ]
    assert len(elsewhere) > 50
    leaks = {
        (file.relative_to(ran.root).as_posix(), piece)
        for file, text in elsewhere
        for piece in pieces()
        if piece in text
    }
    assert leaks == set()
    summary = (ran.root / "summary.txt").read_text().lower()
    assert not any(piece in summary for piece in pieces())


def test_the_personal_data_is_where_it_is_expected(ran: Sample) -> None:
    """Or the two tests above would find nothing in anything."""
    silver = [
        text for form in FORMS for _, text in contents(ran.lake / "silver" / f"maintenance_{form.name}")
    ]
    assert sum(any(piece in text for text in silver) for piece in pieces()) == len(pieces())
