"""Personal columns, and those derived from them, are released only with a reason, which the release keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clearwell.components.display.events import described
from clearwell.datasets import open_dataset
from clearwell.errors import DatasetError, ProjectError
from clearwell.flow.publish import publish
from clearwell.model import Edge
from clearwell.pages.build import render_pages
from clearwell.tables import record_release
from tests.unit.publishing.project import DATASET, load, project, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.flow.run import Run

WHY = "carrier codes, for colleagues alone"


def made(root: Path, *, personal: str = "[who]", derived: str = "{}", dataset: str = "") -> Run:
    """The project with personal columns; ``wind`` is derived from ``who`` of bronze."""
    run = project(root, f"{DATASET.rstrip()}\n{dataset}")
    if run.lake.table("gold_delays").snapshot() is None:
        write(run.lake, rows(20))
        edges = [Edge("wind", "bronze_flights", "who", "TRANSFORMATION")]
        record_release(run.lake, "gold_delays", 1, edges, created="2026-01-01T00:00:00+00:00")
    file = root / "pipelines/ops/defs.yaml"
    text = file.read_text().replace("{name: flights,", f"{{name: flights, personal: {personal},")
    file.write_text(text.replace("{name: delays,", f"{{name: delays, derived: {derived},"))
    return load(root)


@pytest.mark.parametrize(("personal", "column"), [("[who]", "wind"), ("[Carrier]", "carrier")])
def test_a_personal_column_without_a_reason_is_not_released(
    tmp_path: Path, personal: str, column: str
) -> None:
    run = made(tmp_path, personal=personal)
    with pytest.raises(DatasetError) as raised:
        publish(run, run.project.datasets["late_flights"])
    assert raised.value.fact == f"{column} of gold_delays would be released: personal, or derived from it"
    assert (raised.value.place or "").endswith("pipelines/ops/defs.yaml:11")
    assert f"exclude: [{column}]" in (raised.value.hint or "")
    assert not (run.lake.root / "releases" / "late_flights" / "v1").exists()


def test_a_release_from_before_is_not_made_again_without_a_reason(tmp_path: Path) -> None:
    run = made(tmp_path, personal="[]")
    publish(run, run.project.datasets["late_flights"])
    run = made(tmp_path)
    with pytest.raises(DatasetError, match="wind of gold_delays would be released"):
        publish(run, run.project.datasets["late_flights"])
    assert open_dataset("late_flights", lake=run.lake.root).version == 1


def test_the_reason_stands_in_the_manifest_and_on_the_pages(tmp_path: Path) -> None:
    import dagster as dg

    run = made(tmp_path, dataset=f"  allow_personal: {{wind: '{WHY}'}}\n")
    result = publish(run, run.project.datasets["late_flights"])
    manifest = json.loads((run.lake.root / "releases/late_flights/v1/manifest.json").read_text())
    assert manifest["personal"] == {"wind": WHY}
    assert f"Personal data in wind: {WHY}." in render_pages(run.project, run.lake)["lineage.html"]
    told = described(dg.AssetKey("late_flights"), result).metadata or {}
    assert told["personal data"] == dg.MetadataValue.json({"wind": WHY})


def test_a_public_column_needs_no_reason(tmp_path: Path) -> None:
    run = made(tmp_path, derived="{wind: public}")
    publish(run, run.project.datasets["late_flights"])
    assert open_dataset("late_flights", lake=run.lake.root).manifest.personal == {}


def test_a_reason_for_no_column_or_without_words_is_refused(tmp_path: Path) -> None:
    run = made(tmp_path, dataset="  allow_personal: {wimd: why, wind: why}\n")
    with pytest.raises(DatasetError, match="allow_personal names 'wimd'") as raised:
        publish(run, run.project.datasets["late_flights"])
    assert raised.value.hint == "did you mean 'wind'?"
    with pytest.raises(ProjectError, match="allow_personal gives no reason for 'wind'"):
        made(tmp_path, dataset="  allow_personal: {wind: ' '}\n")
