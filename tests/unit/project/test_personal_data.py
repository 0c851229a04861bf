"""One rule says which columns hold personal data: named, kept under their name, or derived by lineage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.lineage import MISSING
from clearwell.model import Edge
from clearwell.project.load import Project, load_project
from clearwell.project.personal_data import PersonalData, masked, masked_json
from clearwell.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

DEFS = """\
type: clearwell.components.Table
attributes:
  name: people
  source: {path: "raw/*.csv", format: csv}
  silver: {transform: "assets.people:clean"}
  personal: [Name, mail]
  derived: {}
---
type: clearwell.components.Curated
attributes: {name: b, inputs: [silver_people], transform: "assets.people:same", derived: {}}
---
type: clearwell.components.Curated
attributes: {name: c, inputs: [gold_b], transform: "assets.people:same"}
---
type: clearwell.components.Dataset
attributes:
  name: released
  from: gold_c
  label: day
  split: {by: group, column: day, test_share: 0.5}
"""
EDGES = {
    "bronze_people": (Edge("Name", "raw_people", "Name", "IDENTITY"),),
    "silver_people": (
        Edge("city", "bronze_people", "name", "TRANSFORMATION"),
        Edge("day", "bronze_people", "day", "IDENTITY"),
        Edge("_record_no", "bronze_people", "name", "TRANSFORMATION", blurred=True),
        Edge("", "bronze_people", "mail", "FILTER"),
    ),
    "gold_b": (
        Edge("place", "silver_people", "city", "IDENTITY"),
        Edge("many", "silver_people", "city", "AGGREGATION"),
        Edge("day", "silver_people", "day", "IDENTITY"),
        Edge("", "silver_people", "mail", "JOIN"),
    ),
    "gold_c": (
        Edge("where", "gold_b", "place", "TRANSFORMATION"),
        Edge("day", "gold_b", "day", "IDENTITY"),
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return written(tmp_path)


def written(root: Path, defs: str = DEFS) -> Project:
    for name, text in {
        "pyproject.toml": "[tool.clearwell]\n",
        "assets/people.py": "def clean(people): ...\ndef same(gold_b): ...\n",
        "pipelines/people/defs.yaml": defs,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return load_project(Settings(project=root, lake=root / "lake"))


def freed(root: Path, first: str = "{}", second: str = "{}") -> PersonalData:
    defs = DEFS.replace("derived: {}", f"derived: {first}", 1)
    return PersonalData(written(root, defs.replace("derived: {}}", f"derived: {second}}}")), lambda: EDGES)


def test_a_named_column_stays_personal_downstream_and_so_does_what_is_derived_from_it(
    project: Project,
) -> None:
    rule = PersonalData(project, lambda: EDGES)
    named = {"Name", "mail"}
    assert rule.columns("raw_people") == named
    assert rule.columns("bronze_people") == named
    assert rule.columns("silver_people") == {*named, "city"}
    assert rule.columns("gold_b") == {*named, "place", "many"}
    assert rule.columns("gold_c") == rule.columns("released") == {*named, "where"}
    assert rule.columns("gold_elsewhere") == set()


def test_a_public_column_frees_what_is_made_from_it_alone(tmp_path: Path) -> None:
    named = {"Name", "mail"}
    at_once = freed(tmp_path, "{city: public}")
    assert at_once.columns("silver_people") == named
    assert at_once.columns("gold_b") == at_once.columns("gold_c") == named
    later = freed(tmp_path, second="{many: public, mail: public}")
    assert later.columns("silver_people") == {*named, "city"}
    assert later.columns("gold_b") == {"Name", "place"}
    assert later.columns("gold_c") == {"Name", "where"}


def test_raw_values_are_not_derived(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="'mail' is personal and public"):
        freed(tmp_path, "{mail: public}")
    assert freed(tmp_path, "{name: public}").columns("bronze_people") == {"Name", "mail"}


def test_a_hidden_origin_counts_as_personal_where_an_input_has_such_columns(project: Project) -> None:
    hidden = {**EDGES, "gold_c": (Edge("told", "", "", MISSING),)}
    assert "told" in PersonalData(project, lambda: hidden).columns("gold_c")


def test_the_lineage_of_new_rows_stands_in_place_of_the_recorded_one(project: Project) -> None:
    rule = PersonalData(project, dict).with_edges(
        "silver_people", (Edge("alias", "bronze_people", "Name", "IDENTITY"),)
    )
    assert rule.columns("silver_people") == {"Name", "mail", "alias"}


def test_no_lineage_is_read_where_nothing_is_named(tmp_path: Path) -> None:
    def unread() -> dict[str, tuple[Edge, ...]]:
        raise AssertionError

    project = written(tmp_path, DEFS.replace("  personal: [Name, mail]\n", ""))
    assert PersonalData(project, unread).columns("silver_people") == set()


def test_values_are_masked_whatever_the_case_and_depth_of_their_column() -> None:
    row = {"NAME": "Ann", "name.first": "Ann", "mail": None, "day": 3}
    shown = {"NAME": "(personal)", "name.first": "(personal)", "mail": None, "day": 3}
    assert masked(row, {"Name", "mail"}) == shown
    assert json.loads(masked_json(json.dumps(row), {"Name", "mail"})) == shown
    assert masked_json("Ann,3", {"Name"}) == "(personal)"
    assert masked_json('["Ann"]', {"Name"}) == "(personal)"
