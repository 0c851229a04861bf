"""Reports of four forms come to one shape, and what was planted in them is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

from assets.maintenance import reports
from clearwell.names import PROVENANCE
from tests.maintenance import FORMS, PERSONAL, Record, key, planted, records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROOT = Path(__file__).parents[3]
STAGES = {"takeoff", "climb", "cruise", "descent", "approach", "landing", "taxi", "ground", "maintenance"}
NAMES = [f"silver_maintenance_{form.name}" for form in FORMS]

Place = tuple[str, int]


def by_place(frame: pd.DataFrame) -> dict[Place, dict[str, Any]]:
    """Rows by file and record."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {(f"maintenance/{row['_file_id']}", row["_record_no"]): row for row in rows}


@pytest.fixture(scope="module")
def cleaned(silver: dict[str, DataFrame]) -> dict[Place, dict[str, Any]]:
    """Silver reports of all offices."""
    return by_place(pd.concat([silver[name].toPandas() for name in NAMES]))


@pytest.fixture(scope="module")
def corpus(silver: dict[str, DataFrame]) -> pd.DataFrame:
    """Gold reports, without those that silver's suite keeps out."""
    kept = [silver[name].where("text IS NOT NULL AND report_date IS NOT NULL") for name in NAMES]
    return reports(*kept, silver["silver_planes"], silver["silver_airports"]).toPandas()


@pytest.fixture(scope="module")
def gold(corpus: pd.DataFrame) -> dict[Place, dict[str, Any]]:
    """Gold reports, by file and record."""
    return by_place(corpus)


def sound() -> dict[Place, Record]:
    """The records that bronze accepts."""
    return {place: record for place, record in records().items() if record.is_readable}


def taken() -> dict[Place, Record]:
    """The records that gold must hold."""
    return {
        place: record
        for place, record in sound().items()
        if record.meant and record.is_dated and record.label
    }


def test_the_four_forms_come_to_one_shape(silver: dict[str, DataFrame]) -> None:
    shapes = {tuple(silver[name].dtypes) for name in NAMES}
    assert len(shapes) == 1
    (columns,) = shapes
    assert tuple(name for name, _ in columns[-len(PROVENANCE) :]) == PROVENANCE


def test_every_sound_record_stays_with_its_number(cleaned: dict[Place, dict[str, Any]]) -> None:
    assert cleaned.keys() == sound().keys()
    assert len(cleaned) == 428
    for place, record in sound().items():
        assert cleaned[place]["report_id"] == record["id"]
        assert (cleaned[place]["office"], cleaned[place]["hazard"]) == (record.form.name, record.form.hazard)


def test_texts_are_put_together_again(cleaned: dict[Place, dict[str, Any]]) -> None:
    for place, record in sound().items():
        assert cleaned[place]["text"] == (record.meant or None)
    for entry in key():
        if entry["kind"] in {"broken_word", *PERSONAL} and not entry["kind"].endswith("_of_form"):
            assert entry["text"] in cleaned[entry["file"], entry["record"]]["text"]


def test_dates_of_four_writings_are_dates(cleaned: dict[Place, dict[str, Any]]) -> None:
    formats = {"newark": "%Y-%m-%d", "kennedy": "%d%b%Y", "laguardia": "%m/%d/%Y", "teterboro": "%Y-%m-%d"}
    unread = set()
    for place, record in sound().items():
        if not record.is_dated:
            unread.add(place)
            assert cleaned[place]["report_date"] is None
            continue
        day = record["day"].split(" ")[0]
        assert cleaned[place]["report_date"] == pd.to_datetime(day, format=formats[record.form.name]).date()
    assert unread == planted("date_unreadable")


def test_stages_have_common_words(cleaned: dict[Place, dict[str, Any]]) -> None:
    stages = {place: row["stage"] for place, row in cleaned.items()}
    missing = {place for place, stage in stages.items() if stage is None}
    assert missing == planted("stage_null", "stage_empty", "stage_blank")
    assert {place for place, stage in stages.items() if stage not in {None, *STAGES}} == planted(
        "stage_unknown"
    )
    assert set(stages.values()) == {None, *STAGES, "hover", "xx"}
    ground = {"On ground", "GND", "ramp"}
    for place, record in sound().items():
        if record["stage"].strip() in ground:
            assert stages[place] == "ground"


def test_labels_are_three_words_or_nothing(cleaned: dict[Place, dict[str, Any]]) -> None:
    for place, record in sound().items():
        assert cleaned[place]["label"] == (record.label or None)
    assert {row["label"] for row in cleaned.values()} == {"Yes", "No", "Maybe", None}
    assert all(cleaned[place]["label"] == "No" for place in planted("label_padded"))


def test_tail_numbers_and_airports_are_tidied_but_not_guessed(
    cleaned: dict[Place, dict[str, Any]], gold: dict[Place, dict[str, Any]]
) -> None:
    for place, record in sound().items():
        tidy = record["plane"].upper().replace("-", "").strip()
        assert cleaned[place]["tailnum"] == (tidy or None)
        assert cleaned[place]["airport"] == record["airport"][-3:]
    assert {p for p, row in gold.items() if not row["has_plane"]} == (
        planted("tail_missing", "tail_unknown") & gold.keys()
    )
    assert {p for p, row in gold.items() if not row["has_airport"]} == planted(
        "airport_unknown"
    ) & gold.keys()
    assert all(row["manufacturer"] for row in gold.values() if row["has_plane"])


def test_who_entered_a_report_stays_in_silver(
    cleaned: dict[Place, dict[str, Any]], corpus: pd.DataFrame
) -> None:
    entered = {place for place, row in cleaned.items() if row["entered_by"]}
    assert entered == planted("name_of_form", "email_of_form", "employee_of_form")
    assert "entered_by" not in corpus.columns
    assert "text_hash" not in corpus.columns


def test_gold_holds_the_labelled_reports_once(
    gold: dict[Place, dict[str, Any]], corpus: pd.DataFrame
) -> None:
    assert len(corpus) == len(gold) == 419
    assert gold.keys() == taken().keys()
    assert list(corpus.columns[-len(PROVENANCE) :]) == list(PROVENANCE)


def test_repeats_are_those_of_the_key(gold: dict[Place, dict[str, Any]]) -> None:
    pairs = [
        ((e["file"], e["record"]), tuple(e["of"]))
        for e in key()
        if e["kind"] in {"repeat", "repeat_elsewhere", "contradiction"}
    ]
    marked = {place for place, row in gold.items() if row["is_repeat"]}
    assert len(marked) == len(pairs) == 22
    for copy, original in pairs:
        assert len(marked & {copy, original}) == 1
        assert gold[copy]["text_group"] == gold[original]["text_group"]
        if copy[0] == original[0]:
            assert copy in marked


def test_contradictions_are_marked_on_both_sides_and_within_a_hazard_alone(
    gold: dict[Place, dict[str, Any]],
) -> None:
    sides = {tuple(e["of"]) for e in key() if e["kind"] == "contradiction"} | planted("contradiction")
    assert {place for place, row in gold.items() if row["has_conflict"]} == sides
    elsewhere = [
        (gold[e["file"], e["record"]], gold[tuple(e["of"])]) for e in key() if e["kind"] == "repeat_elsewhere"
    ]
    assert any(one["label"] != other["label"] for one, other in elsewhere)


def test_near_repeats_of_letters_are_marked_and_reworded_ones_are_not(
    gold: dict[Place, dict[str, Any]],
) -> None:
    assert {p for p, row in gold.items() if row["is_near_repeat"]} == planted("near_repeat")
    for entry in key():
        if entry["kind"] in {"near_repeat", "near_repeat_reworded"}:
            same = (
                gold[entry["file"], entry["record"]]["text_group"] == gold[tuple(entry["of"])]["text_group"]
            )
            assert same == (entry["kind"] == "near_repeat")


def test_no_personal_data_is_in_any_column(corpus: pd.DataFrame) -> None:
    columns = corpus.drop(columns=list(PROVENANCE)).astype(str)
    everything = "\n".join(columns.drop(columns="text_group").agg("|".join, axis=1)).lower()
    for entry in key():
        if entry["kind"] in PERSONAL:
            assert entry["text"].lower() not in everything
            assert entry["text"].split()[-1].lower() not in everything


def test_masks_are_where_personal_data_was_and_nowhere_else(gold: dict[Place, dict[str, Any]]) -> None:
    places = planted("name", "phone", "email", "ssn", "employee")
    assert {place for place, row in gold.items() if row["is_masked"]} == places & gold.keys()
    for place, row in gold.items():
        if place not in places:
            assert row["text"] == records()[place].meant


def test_the_pipelines_call_texts_and_their_writers_personal() -> None:
    documents = list(yaml.safe_load_all((ROOT / "pipelines/maintenance/defs.yaml").read_text()))
    personal = {d["attributes"]["name"]: set(d["attributes"].get("personal", [])) for d in documents[:-1]}
    for form in FORMS:
        columns = {form.text, "text", "entered_by", *({"EnteredBy"} if form.name == "teterboro" else ())}
        assert personal[f"maintenance_{form.name}"] == columns
    assert personal["maintenance_reports"] == {"text"}
