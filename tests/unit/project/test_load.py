"""A project's YAML is read whole: what fits together, and every problem with its file and line."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.flow.check.project import check_project
from clearwell.project.load import Project, load_project, read_project
from clearwell.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

FLIGHTS = """\
type: clearwell.components.Table
attributes:
  name: flights
  source: {path: "raw/*.csv", format: csv, columns: {delay: int}}
  silver:
    transform: "assets.flights:clean"
    expectations: silver_flights
    write: {mode: append}
---
type: clearwell.components.Curated
attributes:
  name: late
  inputs: [silver_flights]
  transform: "assets.flights:late"
---
type: clearwell.components.Dataset
attributes:
  name: late_flights
  from: gold_late
  label: is_late
  split: {by: time, column: day, test_from: 2013-10-31}
---
type: clearwell.components.Dataset
attributes: {name: late_live, from: gold_late, kind: inference, like: late_flights, key: [flight]}
---
type: clearwell.components.Reports
attributes: {name: storage_cost, prices: pipelines/prices.yaml}
"""
CODE = """\
def clean(flights):
    return flights

def late(silver_flights):
    return silver_flights
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small sound project, and the working directory in it."""
    write(tmp_path / "pipelines/defs.yaml", "type: dagster.DefsFolderComponent\nattributes: {anything: 1}\n")
    write(tmp_path / "pipelines/flights/defs.yaml", FLIGHTS)
    write(tmp_path / "pipelines/prices.yaml", "currency: USD\n")
    write(tmp_path / "expectations/silver_flights.yaml", "checks: []\n")
    write(tmp_path / "assets/flights.py", CODE)
    (tmp_path / "raw").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")


def edit(root: Path, old: str, new: str, file: str = "pipelines/flights/defs.yaml") -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (root / file).write_text(text.replace(old, new), encoding="utf-8")


def project(root: Path) -> Project:
    return load_project(Settings(project=root, lake=root / "lake"))


def problems(root: Path) -> list[str]:
    found = read_project(Settings(project=root, lake=root / "lake"))[1]
    assert all(isinstance(problem, ProjectError) for problem in found)
    return [str(problem) for problem in found]


def test_a_sound_project_has_all_its_parts_and_knows_where_each_stands(root: Path) -> None:
    found = project(root)
    assert [spec.name for spec in found.specs] == [
        "flights",
        "late",
        "late_flights",
        "late_live",
        "storage_cost",
    ]
    assert sorted(found.produced) == ["bronze_flights", "gold_late", "silver_flights"]
    assert found.place(found.tables["flights"], "silver", "transform") == "pipelines/flights/defs.yaml:6"
    assert found.place(found.datasets["late_flights"], "label") == "pipelines/flights/defs.yaml:20"
    assert found.suite(found.tables["flights"]) == root / "expectations/silver_flights.yaml"
    assert found.suite(found.curated["late"]) is None
    assert found.inputs_of(found.datasets["late_live"]) == ("gold_late",)


def test_components_of_others_are_left_alone(root: Path) -> None:
    write(root / "pipelines/other/defs.yaml", "type: dagster_dbt.DbtProjectComponent\nattributes: {x: y}\n")
    assert problems(root) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "like: late_flights",
            "like: late_flight",
            ":24: no training dataset 'late_flight' in this project\n  next: did you mean 'late_flights'?",
        ),
        ("like: late_flights", "like: late_live", ":24: no training dataset 'late_live'"),
        ("  label:", "  lable:", ":20: unknown key 'lable'\n  next: did you mean 'label'?"),
        (
            "expectations:",
            "expecations:",
            ":7: unknown key 'expecations'\n  next: did you mean 'expectations'?",
        ),
        ("format: csv", "format: cvs", ":4: source.format: 'cvs' is not 'csv', 'jsonl', 'parquet' or 'text'"),
        ("{delay: int}", "{delay: itn}", ":4: "),
        ("mode: append", "mode: merge", ":8: silver.write: mode merge needs 'key'"),
        ("name: late\n", "name: Late\n", ":12: name: 'Late' is not a valid name for a table"),
        (
            "[silver_flights]",
            "[silver_fligts]",
            ":13: no table 'silver_fligts' in this project\n  next: did you mean",
        ),
        (
            "from: gold_late\n",
            "from: gold_lat\n",
            ":19: no table 'gold_lat' in this project\n  next: did you mean",
        ),
        (
            "  label: is_late\n",
            "",
            ":17: a dataset of kind training needs 'label'\n  next: add label: COLUMN",
        ),
        (
            "expectations: silver_flights",
            "expectations: silver_flight",
            ":7: no suite 'silver_flight'\n  next: did",
        ),
        ("pipelines/prices.yaml", "prices.yaml", ":27: no file 'prices.yaml' in this project"),
        (
            "components.Curated",
            "components.Curatd",
            ":10: unknown component type 'clearwell.components.Curatd'",
        ),
        (
            "assets.flights:late",
            "assets.fligths:late",
            ":14: no module 'assets.fligths' in this project\n  next: did",
        ),
        (
            "assets.flights:late",
            "assets.flights:lat",
            ":14: assets/flights.py has no function 'lat'\n  next: did",
        ),
        ("type: clearwell.components.Reports", "kind: Reports", ":26: a component without a type"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_next_step(
    root: Path, old: str, new: str, said: str
) -> None:
    edit(root, old, new)
    found = problems(root)
    assert any(f"pipelines/flights/defs.yaml{said}" in problem for problem in found), found


def test_all_problems_are_found_at_once(root: Path) -> None:
    edit(root, "format: csv", "format: cvs")
    edit(root, "  label:", "  lable:")
    edit(root, "pipelines/prices.yaml", "prices.yaml")
    write(root / "pipelines/broken/defs.yaml", "type: [\n")
    assert (
        len([p for p in problems(root) if "no t" not in p]) == 4
    )  # no table, no training dataset: for want of these


def test_loading_raises_the_first_problem_and_counts_the_others(root: Path) -> None:
    edit(root, "[silver_flights]", "[silver_fligts]")
    edit(root, "pipelines/prices.yaml", "prices.yaml")
    with pytest.raises(ProjectError) as raised:
        project(root)
    assert raised.value.place == "pipelines/flights/defs.yaml:13"
    assert "did you mean 'silver_flights'?; `clearwell check` lists 1 more" in str(raised.value.hint)


def test_a_table_that_is_made_twice_is_named_with_both_places(root: Path) -> None:
    again = (
        'type: clearwell.components.Table\nattributes:\n  name: flights\n  source: {path: "x", format: csv}\n'
    )
    write(root / "pipelines/more/defs.yaml", again)
    (said,) = problems(root)
    assert said.startswith("pipelines/more/defs.yaml:3: bronze_flights is defined twice\n")
    assert said.endswith("next: it is also defined at pipelines/flights/defs.yaml:3")


def test_tables_that_are_made_from_each_other_are_refused(root: Path) -> None:
    edit(root, "[silver_flights]", "[gold_later]")
    edit(root, "def late(silver_flights)", "def late(gold_later)", "assets/flights.py")
    attributes = '{name: later, inputs: [gold_late], transform: "assets.flights:late"}'
    write(
        root / "pipelines/later/defs.yaml", f"type: clearwell.components.Curated\nattributes: {attributes}\n"
    )
    (said,) = problems(root)
    assert "is made from itself: gold_late" in said
    assert "defs.yaml:" in said


def test_curated_tables_come_after_their_inputs(root: Path) -> None:
    for name, upstream in (("a", "gold_b"), ("b", "gold_late")):
        attributes = f'{{name: {name}, inputs: [{upstream}], transform: "assets.flights:late"}}'
        write(
            root / f"pipelines/{name}/defs.yaml",
            f"type: clearwell.components.Curated\nattributes: {attributes}\n",
        )
    assert list(project(root).curated) == ["late", "b", "a"]


def test_the_environment_fills_in_templates_and_others_are_left(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW", "landing")
    edit(root, '"raw/*.csv"', "\"{{ env.RAW }}/{{ env('KIND', 'csv') }}/*.csv\"")
    edit(root, "  name: late_flights", "  name: late_flights\n  description: '{{ context.project_root }}'")
    found = project(root)
    assert found.tables["flights"].source.path == "landing/csv/*.csv"
    assert found.datasets["late_flights"].description == "{{ context.project_root }}"


def test_a_variable_that_is_not_set_is_a_problem_of_its_line(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAW", raising=False)
    edit(root, '"raw/*.csv"', '"{{ env.RAW }}/*.csv"')
    assert "pipelines/flights/defs.yaml:4: the environment variable RAW is not set" in problems(root)[0]


def test_a_project_without_pipelines_says_where_they_belong(tmp_path: Path) -> None:
    (said,) = problems(tmp_path)
    assert "no defs.yaml" in said
    assert "write pipelines/NAME/defs.yaml" in said


def test_one_fault_is_one_problem_and_not_one_of_all_that_hang_on_it(root: Path) -> None:
    edit(root, "write: {mode: append}", "wriet: {mode: append}")
    (problem,) = problems(root)
    assert problem.startswith("pipelines/flights/defs.yaml:8: unknown key 'wriet'")
    edit(root, "wriet: {mode: append}", "write: {mode: append}")
    edit(root, "  from: gold_late\n  label", "  form: gold_late\n  label")
    assert {line.partition(": ")[0] for line in problems(root)} == {
        "pipelines/flights/defs.yaml:17",
        "pipelines/flights/defs.yaml:19",
    }


def test_a_misspelt_input_is_one_problem_of_check_too(root: Path) -> None:
    edit(root, "inputs: [silver_flights]", "inputs: [silver_flihgts]")
    found = check_project(Settings(project=root, lake=root / "lake"))
    assert [p.fact for p in found if "defs.yaml" in str(p.place)] == [
        "no table 'silver_flihgts' in this project"
    ]


def test_a_secret_is_an_option_of_a_format_and_is_told_nowhere(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_WORD", "rosebud-1941")
    edit(root, '"raw/*.csv"', '"{{ secret.SHOP_WORD }}/*.csv"')
    (problem,) = problems(root)
    assert problem.startswith("pipelines/flights/defs.yaml:4: a secret is only an option of a format")
    option = '"raw/*.csv", options: {key: "{{ secret(\'SHOP_WORD\') }}"}'
    edit(root, '"{{ secret.SHOP_WORD }}/*.csv"', option)
    assert all("rosebud" not in problem for problem in problems(root))
    assert str(ProjectError("no rosebud-1941")) == "no ***"
    monkeypatch.delenv("SHOP_WORD")
    assert "the environment variable SHOP_WORD is not set" in problems(root)[0]
