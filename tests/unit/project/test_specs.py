"""What the YAML's models take, and what they refuse with which words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from clearwell.project import specs
from clearwell.project.specs import CuratedSpec, DatasetSpec, ReportsSpec, SplitSpec, TableSpec, WriteSpec

SOURCE = {"path": "raw/*.csv", "format": "csv"}
MODELS = [
    m for m in vars(specs).values() if isinstance(m, type) and issubclass(m, BaseModel) and m is not BaseModel
]


def refusal(model: type[BaseModel], value: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    return str(raised.value)


def curated(**more: Any) -> dict[str, Any]:
    return {"name": "late", "inputs": ["silver_flights"], "transform": "assets.flights:late", **more}


def dataset(**more: Any) -> dict[str, Any]:
    split = {"by": "time", "column": "day", "test_from": "2013-10-31"}
    return {"name": "late", "from": "gold_late", "label": "is_late", "split": split, **more}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_field_says_what_it_is_for(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_no_model_takes_a_key_that_it_does_not_know(model: type[BaseModel]) -> None:
    assert "Extra inputs are not permitted" in refusal(model, {"no_such_key": 1})


def test_a_table_needs_only_a_name_and_a_source() -> None:
    spec = TableSpec.model_validate({"name": "flights", "source": SOURCE})
    assert str(spec.bronze_table) == "bronze_flights"
    assert spec.silver_table is None
    assert spec.watch is False


def test_a_silver_table_is_appended_to_unless_the_yaml_says_otherwise() -> None:
    spec = TableSpec.model_validate({"name": "flights", "source": SOURCE, "silver": {"transform": "a:b"}})
    assert str(spec.silver_table) == "silver_flights"
    assert spec.silver is not None
    assert spec.silver.write == WriteSpec(mode="append")


def test_a_source_becomes_what_the_sources_layer_takes() -> None:
    table = {"name": "f", "source": {**SOURCE, "nulls": ["NA"], "drift": {"new_column": "reject"}}}
    source = TableSpec.model_validate(table).source.to_spec(place="defs.yaml:3")
    assert (source.path, source.format, source.nulls) == ("raw/*.csv", "csv", ("NA",))
    assert (source.new_column, source.missing_column) == ("reject", "null")
    assert source.place == "defs.yaml:3"


def test_an_unquoted_null_for_missing_columns_means_null() -> None:
    source = {**SOURCE, "drift": {"missing_column": None}}
    assert TableSpec.model_validate({"name": "f", "source": source}).source.drift.missing_column == "null"


@pytest.mark.parametrize("name", ["Flights", "2013", "flight delays", "a-b", "", "x" * 64])
def test_a_name_that_cannot_name_a_table_is_refused(name: str) -> None:
    assert "is not a valid name for a" in refusal(TableSpec, {"name": name, "source": SOURCE})


@pytest.mark.parametrize("owner", ["operations", "team:", "me@here", "team: ops"])
def test_an_owner_that_dagster_would_not_take_is_refused(owner: str) -> None:
    assert "is not an owner" in refusal(TableSpec, {"name": "f", "source": SOURCE, "owners": [owner]})


@pytest.mark.parametrize("transform", ["assets.flights", "assets/flights.py:clean", "a:b:c", ":clean", "a."])
def test_a_transform_is_a_module_and_a_function(transform: str) -> None:
    assert "is not a transform" in refusal(CuratedSpec, curated(transform=transform))


@pytest.mark.parametrize("pattern", ["", "/etc/*.sql", "../other/q.sql", "assets/../../q.sql"])
def test_a_transform_reads_files_of_its_project_alone(pattern: str) -> None:
    assert "is not a path within the project" in refusal(CuratedSpec, curated(reads=[pattern]))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ({"mode": "merge"}, "mode merge needs 'key'"),
        ({"mode": "replace_partitions"}, "mode replace_partitions needs 'partition_by'"),
        ({"mode": "append", "key": ["id"]}, "mode append does not take 'key'"),
        ({"mode": "replace", "key": ["id"]}, "mode replace does not take 'key'"),
        (
            {"mode": "merge", "key": ["id"], "partition_by": ["day"]},
            "mode merge does not take 'partition_by'",
        ),
        ({"mode": "merge", "key": ["id", "id"]}, "'id' is listed twice"),
        ({"mode": "upsert"}, "should be 'append', 'merge', 'replace' or 'replace_partitions'"),
    ],
)
def test_a_write_that_contradicts_itself_is_refused(write: dict[str, Any], said: str) -> None:
    assert said in refusal(WriteSpec, write)


@given(
    mode=st.sampled_from(["append", "merge", "replace", "replace_partitions"]),
    key=st.lists(st.sampled_from(["a", "b"]), unique=True),
    partition_by=st.lists(st.sampled_from(["a", "b"]), unique=True),
)
def test_a_write_is_taken_exactly_when_each_mode_has_its_own_option_and_no_other(
    mode: str, key: list[str], partition_by: list[str]
) -> None:
    fits = bool(key) == (mode == "merge") and bool(partition_by) == (mode == "replace_partitions")
    try:
        WriteSpec.model_validate({"mode": mode, "key": key, "partition_by": partition_by})
        taken = True
    except ValidationError:
        taken = False
    assert taken == fits


def test_a_curated_table_is_never_appended_to_and_the_refusal_says_why() -> None:
    said = refusal(CuratedSpec, curated(write={"mode": "append"}))
    assert "fully recomputed from its inputs" in said


@pytest.mark.parametrize("name", ["flights", "quarantine_silver_flights", "history_builds", "silver_"])
def test_only_bronze_silver_and_gold_tables_can_be_inputs(name: str) -> None:
    assert refusal(CuratedSpec, curated(inputs=[name]))


def test_a_curated_table_without_inputs_is_refused() -> None:
    assert "at least 1 item" in refusal(CuratedSpec, curated(inputs=[]))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (date(2013, 10, 31), date(2013, 10, 31)),
        ("2013-10-31", date(2013, 10, 31)),
        ("2013-10-31T06:00:00", datetime(2013, 10, 31, 6)),
        (datetime(2013, 10, 31, 0, 0), datetime(2013, 10, 31, 0, 0)),
        (20131031, 20131031),
        ("autumn", "autumn"),
    ],
)
def test_the_beginning_of_the_test_split_keeps_its_type(written: Any, meant: Any) -> None:
    split = SplitSpec.model_validate({"by": "time", "column": "day", "test_from": written})
    assert split.test_from == meant
    assert type(split.test_from) is type(meant)


@pytest.mark.parametrize(
    ("split", "fact", "hint"),
    [
        ({"by": "time"}, "a split by time needs 'test_from'", "add test_from: 2013-10-31"),
        ({"by": "group"}, "a split by group needs 'test_share'", "add test_share: 0.2"),
        (
            {"by": "group", "test_share": 0.2, "test_from": "2013-10-31"},
            "a split by group does not take 'test_from'",
            "remove it, or use by: time",
        ),
        (
            {"by": "time", "test_from": "2013-10-31", "test_share": 0.2},
            "a split by time does not take 'test_share'",
            "remove it, or use by: group",
        ),
        ({"by": "group", "test_share": 1.0}, "less than 1", ""),
        ({"by": "group", "test_share": 0}, "greater than 0", ""),
        ({"by": "chance", "test_share": 0.2}, "'time' or 'group'", ""),
    ],
)
def test_a_split_takes_the_options_of_its_kind_alone(split: dict[str, Any], fact: str, hint: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SplitSpec.model_validate({"column": "day", **split})
    (error,) = raised.value.errors()
    assert fact in error["msg"]
    assert hint in str(error.get("ctx", {}).get("hint", ""))


def test_a_split_is_dumped_as_it_was_said() -> None:
    """What it does not say is no setting: a release of before stays one of the same settings."""
    for said in (
        {"by": "time", "column": "day", "test_from": "2013-10-31"},
        {"by": "group", "column": "unit", "test_share": 0.2},
    ):
        assert SplitSpec.model_validate(said).model_dump(mode="json") == said


def test_a_dataset_is_written_with_from_and_read_as_from_table() -> None:
    spec = DatasetSpec.model_validate(dataset())
    assert (spec.from_table, spec.kind, spec.formats) == ("gold_late", "training", ("parquet", "arrow"))


def test_a_dataset_cannot_exclude_its_own_label() -> None:
    assert "the label 'is_late' is excluded" in refusal(DatasetSpec, dataset(exclude=["is_late"]))


def test_a_schedule_is_cron() -> None:
    assert ReportsSpec.model_validate({"name": "cost", "prices": "prices.yaml"}).prices == "prices.yaml"
    assert "is not a schedule" in refusal(CuratedSpec, curated(schedule="every day"))
    assert CuratedSpec.model_validate(curated(schedule="0 6 * * *")).schedule == "0 6 * * *"


def test_a_spec_cannot_be_changed_after_it_was_read() -> None:
    spec = CuratedSpec.model_validate(curated())
    with pytest.raises(ValidationError):
        spec.name = "other"  # type: ignore[misc]
