"""What a model is asked with is what it was trained on: the live release beside the training one."""

from __future__ import annotations

import pyarrow as pa
import pytest

import clearwell
from clearwell.errors import DatasetError
from tests.end_to_end.conftest import Sample, ran_sample

pytestmark = pytest.mark.slow

KEY = ("flight_date", "carrier", "flight", "origin", "sched_dep_time")


def test_each_training_row_has_the_same_features_live(ran: Sample) -> None:
    training = clearwell.open_dataset("late_flights", lake=ran.lake)
    live = clearwell.open_dataset("late_flights_live", lake=ran.lake)
    assert live.kind == "inference"
    assert live.key == KEY
    assert live.features == training.features
    assert training.label == "is_late"
    assert "is_late" not in live.to_arrow().column_names
    seen = 0
    for name in training.splits:
        asked = training.split(name).to_arrow()
        found = live.lookup(asked.select(list(KEY)))
        for column in training.features:
            expected, got = asked.column(column), found.column(column)
            assert got.type == expected.type, column
            assert got.to_pylist() == expected.to_pylist(), column
        seen += found.num_rows
    assert seen == 11_458
    assert len(live) == 12_556
    assert {made_from.table for made_from in live.manifest.inputs} == {"gold_flight_features"}


def test_a_key_that_is_not_there_is_told_or_is_null(ran: Sample) -> None:
    live = clearwell.open_dataset("late_flights_live", lake=ran.lake)
    there = live.to_arrow().select(list(KEY)).slice(7, 1).to_pylist()[0]
    gone = {**there, "flight": 99_999}
    with pytest.raises(DatasetError, match="1 of 2"):
        live.lookup([there, gone])
    found = live.lookup([gone, there], missing="null")
    assert found.column("distance").null_count == 1
    assert found.slice(1, 1).select(list(KEY)).to_pylist() == [there]


@pytest.mark.full
def test_a_corrected_flight_is_live_as_it_is_now(tmp_path_factory: pytest.TempPathFactory) -> None:
    sample = ran_sample(tmp_path_factory)
    before = clearwell.open_dataset("late_flights_live", lake=sample.lake)
    delivery = next((sample.root / "sample_data" / "flights").glob("2013-02-08*"))
    header, first = delivery.read_text().splitlines()[:2]
    names, values = header.split(","), first.split(",")
    values[names.index("tailnum")] = "N000ZZ"
    delivery.with_name("2013-03-01_corrected.csv").write_text(f"{header}\n{','.join(values)}\n")
    sample.clearwell("run", "+late_flights_live")
    after = clearwell.open_dataset("late_flights_live", lake=sample.lake)
    assert (before.version, after.version) == (1, 2)
    assert len(before) == len(after) == 12_556
    (changed,) = [row for row in after.to_arrow().to_pylist() if row["tailnum"] == "N000ZZ"]
    key = pa.Table.from_pylist(
        [{name: changed[name] for name in KEY}],
        pa.schema([after.to_arrow().schema.field(name) for name in KEY]),
    )
    assert before.lookup(key).column("tailnum").to_pylist() != ["N000ZZ"]
    assert after.lookup(key).to_pylist() == [changed]
