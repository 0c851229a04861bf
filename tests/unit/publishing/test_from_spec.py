"""An inference release has the features that it must have, one row a key, or is not made at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.datasets import open_dataset
from clearwell.datasets.catalog import versions_in
from clearwell.errors import DatasetError
from clearwell.flow.publish import publish
from clearwell.model import Outcome
from clearwell.names import RELEASES
from tests.unit.publishing.project import DATASET, project, rows, write

if TYPE_CHECKING:
    from pathlib import Path

LIVE = """\
---
type: clearwell.components.Dataset
attributes:
  name: late_flights_live
  from: gold_delays
  kind: inference
  key: [day, carrier]
  like: late_flights
  exclude: [dep_delay, is_late]
"""


def live(root: Path, old: str = "", new: str = "") -> Any:
    """A run over a project with both datasets, and the inference one's spec."""
    assert old in LIVE
    run = project(root, DATASET + LIVE.replace(old, new))
    return run, run.project.datasets["late_flights_live"]


def refused(run: Any, spec: Any) -> str:
    """What is said when it is not released; nothing of it may be left."""
    with pytest.raises(DatasetError) as caught:
        publish(run, spec)
    folder = run.lake.root / RELEASES / spec.name
    assert versions_in(folder) == ()
    assert not any(folder.rglob("*"))
    return str(caught.value)


def test_it_has_the_features_of_the_training_release_row_by_row(tmp_path: Path) -> None:
    run, spec = live(tmp_path)
    write(run.lake, rows(30), parts=3)
    publish(run, run.project.datasets["late_flights"])
    result = publish(run, spec)
    assert (result.outcome, result.splits) == (Outcome.BUILT, {"live": 30})
    training, found = (open_dataset(name, lake=run.lake.root) for name in ("late_flights", spec.name))
    found.verify()
    assert found.features == training.features == ("day", "carrier", "wind")
    for split in training.splits:
        asked = training.split(split).to_arrow()
        assert found.lookup(asked.select(["day", "carrier"])).to_pylist() == (
            asked.select(list(training.features)).to_pylist()
        )
    (made_from,) = found.manifest.inputs
    assert (made_from.table, made_from.version) == ("gold_delays", run.lake.existing("gold_delays").version)
    assert publish(run, spec).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", is_late]", "]", ["does not have the features of late_flights", "is_late"]),
        (", is_late]", ", is_late, wind]", ["does not have the features of late_flights", "wind"]),
        ("[day, carrier]", "[day, carier]", ["no column 'carier'", "did you mean 'carrier'?"]),
        ("[day, carrier]", "[day, wind]", ["'wind' is double: it cannot be part of a key"]),
        ("  exclude", "  latest_by: dya\n  exclude", ["no column 'dya'", "did you mean 'day'?"]),
    ],
    ids=["the label", "a feature too few", "a key that is not there", "a float as key", "order"],
)
def test_what_cannot_be_asked_for_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    run, spec = live(tmp_path, old, new)
    write(run.lake, rows(30))
    told = refused(run, spec)
    assert "defs.yaml:" in told
    assert all(words in told for words in said), told


def test_rows_of_one_key_are_refused_unless_an_order_tells_which_stays(tmp_path: Path) -> None:
    run, spec = live(tmp_path / "without")
    write(run.lake, rows(40))
    assert "10" in refused(run, spec)
    run, spec = live(tmp_path / "with", "  exclude", "  latest_by: dep_delay\n  exclude")
    write(run.lake, rows(40))
    assert publish(run, spec).rows == 30
    later = rows(10, start=30)
    found = open_dataset(spec.name, lake=run.lake.root).lookup(
        [{"day": row["day"], "carrier": row["carrier"]} for row in later]
    )
    assert found.column("wind").to_pylist() == [row["wind"] for row in later]


@pytest.mark.parametrize("column", ["day", "carrier"])
def test_a_row_without_its_key_is_refused_with_the_number(tmp_path: Path, column: str) -> None:
    run, spec = live(tmp_path)
    data = rows(30)
    data[7][column] = None
    write(run.lake, data)
    assert f"{column!r}" in refused(run, spec)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    run, spec = live(tmp_path)
    write(run.lake, [])
    assert "without rows" in refused(run, spec)
