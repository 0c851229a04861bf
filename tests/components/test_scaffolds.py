"""A scaffold writes a component that is sound and runs as it stands, and touches nothing that was there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from dagster.components.component_scaffolding import scaffold_object

import clearwell
from clearwell.components import Curated, Dataset, Reports, Table
from clearwell.components.running.launch import run_project
from clearwell.flow.check.project import check_project
from clearwell.model import BuildResult
from clearwell.settings import load_settings
from tests.project import PYPROJECT

if TYPE_CHECKING:
    from clearwell.components.base import SpecComponent

CODE = Path(clearwell.__file__).parents[1]
PROJECT = f'{PYPROJECT}code_location_name = "fresh"\n'


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A project with nothing in it."""
    root = tmp_path / "fresh"
    (root / "pipelines").mkdir(parents=True)
    (root / "pipelines" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(PROJECT)
    return root


def scaffold(root: Path, component: str, name: str, **params: Any) -> dict[str, Any]:
    """What `dg scaffold defs` does, in this process; the attributes that it wrote."""
    folder = root / "pipelines" / name
    scaffold_object(folder, f"clearwell.components.{component}", json.dumps(params), "yaml", root)
    return yaml.safe_load((folder / "defs.yaml").read_text())["attributes"]


def refusal(root: Path, component: str, name: str, **params: Any) -> str:
    """The error of a scaffold that must leave nothing behind."""
    before = sorted(root.rglob("*"))
    with pytest.raises(click.ClickException) as caught:
        scaffold(root, component, name, **params)
    assert sorted(root.rglob("*")) == before
    return caught.value.message


def test_all_four_in_a_fresh_project_are_sound_and_run(fresh: Path) -> None:
    scaffold(fresh, "Table", "orders")
    assert scaffold(fresh, "Curated", "order_counts")["inputs"] == ["silver_orders"]
    release = scaffold(fresh, "Dataset", "orders_release", table="silver_orders")
    assert (release["from"], release["label"]) == ("silver_orders", "amount")
    assert release["split"]["column"] == "day"
    scaffold(fresh, "Reports", "storage_cost")
    settings = load_settings(fresh)
    assert check_project(settings) == []
    report = run_project(settings)
    assert report.success, report.failures
    built = {r.table: r for r in report.results if isinstance(r, BuildResult)}
    assert {name: result.rows for name, result in built.items()} == {
        "bronze_orders": 3,
        "silver_orders": 3,
        "gold_order_counts": 1,
    }
    assert all(check.success for result in built.values() for check in result.checks)
    assert (fresh / "lake" / "releases" / "orders_release" / "v1" / "manifest.json").is_file()
    assert (fresh / "lake" / "reports" / "storage-cost.html").is_file()


@pytest.mark.variants
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "text"])
def test_a_table_of_any_format_starts_with_records_of_it(fresh: Path, format: str) -> None:
    source = scaffold(fresh, "Table", "things", file_format=format)["source"]
    assert source["format"] == format
    settings = load_settings(fresh)
    assert check_project(settings) == []
    report = run_project(settings)
    assert report.success, report.failures
    (bronze, silver) = report.results
    assert isinstance(bronze, BuildResult)
    assert isinstance(silver, BuildResult)
    assert bronze.rows == silver.rows == (1 if format == "text" else 3)
    assert (bronze.quarantined, silver.quarantined) == (0, 0)


def test_a_table_of_files_that_are_there_brings_none_of_its_own(
    fresh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fresh / "deliveries").mkdir()
    (fresh / "deliveries" / "one.jsonl").write_text('{"a": " x "}\n')
    attributes = scaffold(
        fresh, "Table", "deliveries", path="deliveries/*.jsonl", owner="jane.roe@example.org"
    )
    assert (attributes["source"]["format"], attributes["owners"]) == ("jsonl", ["jane.roe@example.org"])
    assert not (fresh / "raw").exists()
    assert run_project(load_settings(fresh)).success
    capsys.readouterr()
    scaffold(fresh, "Table", "parcels", path="parcels/*.csv")
    assert "no file matches parcels/*.csv yet" in capsys.readouterr().out


def test_what_is_there_is_kept(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = {
        "assets/orders.py": "def clean(frame):\n    return frame\n",
        "expectations/silver_orders.yaml": "checks: []\n",
        "raw/orders/first.csv": "mine\n1\n",
    }
    for path, text in own.items():
        (fresh / path).parent.mkdir(parents=True, exist_ok=True)
        (fresh / path).write_text(text)
    scaffold(fresh, "Table", "orders")
    assert {path: (fresh / path).read_text() for path in own} == own
    said = capsys.readouterr().out
    assert all(f"kept   {path}" in said for path in own)


def test_a_module_without_the_function_is_left_alone_and_another_is_written(fresh: Path) -> None:
    scaffold(fresh, "Table", "orders")
    before = (fresh / "assets" / "orders.py").read_text()
    (fresh / "assets" / "totals.py").write_text("HELPER = 1\n")
    assert scaffold(fresh, "Curated", "totals")["transform"] == "assets.gold_totals:compute"
    assert (fresh / "assets" / "totals.py").read_text() == "HELPER = 1\n"
    assert (fresh / "assets" / "orders.py").read_text() == before
    assert check_project(load_settings(fresh)) == []


def test_a_dataset_of_a_built_table_is_split_at_its_last_day(fresh: Path) -> None:
    scaffold(fresh, "Table", "orders", file_format="parquet")  # no types in the YAML: only the lake knows
    assert "never built" in refusal(fresh, "Dataset", "release", table="silver_orders")
    run_project(load_settings(fresh))
    attributes = scaffold(fresh, "Dataset", "release")
    assert attributes["label"] == "amount"
    assert (attributes["split"]["by"], str(attributes["split"]["test_from"])) == ("time", "2026-01-03")
    scaffold(fresh, "Dataset", "by_group", column="id")
    settings = load_settings(fresh)
    assert check_project(settings) == []
    assert run_project(settings, selection="release").success


@pytest.mark.parametrize(
    ("component", "name", "params", "said"),
    [
        ("Table", "Bad-Name", {}, "use lower-case letters"),
        ("Table", "class", {}, "a Python keyword"),
        ("Table", "orders", {"file_format": "xlsx"}, "one of csv, jsonl, parquet, text"),
        ("Curated", "totals", {}, "this project has no table yet"),
        ("Curated", "totals", {"inputs": ["silver_x"]}, "no table 'silver_x'"),
        ("Dataset", "release", {}, "no table of this project has known columns"),
        ("Reports", "cost", {"prices": "nowhere.yaml"}, "no file 'nowhere.yaml'"),
    ],
)
def test_what_cannot_be_is_one_clear_error_and_nothing_is_written(
    fresh: Path, component: str, name: str, params: dict[str, Any], said: str
) -> None:
    assert said in refusal(fresh, component, name, **params)


def test_a_name_that_is_taken_says_where(fresh: Path) -> None:
    scaffold(fresh, "Table", "orders")
    assert "pipelines/orders/defs.yaml:" in refusal(fresh, "Curated", "more/orders")
    assert "it has id, day, amount" in refusal(fresh, "Dataset", "release", label="nothing")


@pytest.mark.parametrize("component", [Table, Curated, Dataset, Reports])
def test_the_page_of_a_component_has_a_text_and_an_example_that_is_valid(
    component: type[SpecComponent[Any]],
) -> None:
    (example,) = component.get_model_cls().model_json_schema()["examples"]
    assert component.spec_type.model_validate(example).name == example["name"]
    spec = component.get_spec()
    assert spec.owners
    assert spec.tags
    assert f"dg scaffold defs clearwell.components.{component.__name__}" in (component.__doc__ or "")


def test_every_field_of_a_component_says_what_it_is_for() -> None:
    """Of the blocks inside, too: the page shows them with their own fields."""
    for component in (Table, Curated, Dataset, Reports):
        schema = component.get_model_cls().model_json_schema()
        for block in (schema, *schema.get("$defs", {}).values()):
            for field, value in block.get("properties", {}).items():
                described = value.get("description") or "$ref" in value
                assert described, f"{component.__name__}: {block.get('title')}.{field}"


@pytest.mark.slow
def test_dg_itself_scaffolds_lists_and_checks(fresh: Path) -> None:
    def dg(*arguments: str) -> str:
        command = [str(Path(sys.executable).parent / "dg"), *arguments]
        ran = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "Warning" not in ran.stderr
        return ran.stdout

    new = ("scaffold", "defs")
    wrote = dg(*new, "clearwell.components.Table", "orders", "--owner", "team:sales")
    assert "wrote  pipelines/orders/defs.yaml" in wrote
    inputs = json.dumps({"inputs": ["silver_orders"]})
    dg(*new, "clearwell.components.Curated", "counts", "--json-params", inputs)
    assert "validated successfully" in dg("check", "yaml")
    listed = {item["key"] for item in json.loads(dg("list", "components", "--json"))["items"]}
    assert listed >= {f"clearwell.components.{name}" for name in ("Curated", "Dataset", "Reports", "Table")}
    inspected = dg("utils", "inspect-component", "clearwell.components.Table")
    assert "bronze_NAME" in inspected
    assert "never appear in commands, samples" in inspected


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (
            "a.csv",
            'id,"two words",odd\x1bname\n1,2,3\n',
            r'{id: string, two_words: string, "odd\u001bname": string}',
        ),
        ("a.jsonl", '{"id": 1, "nested": {"a": 1}}\n', "{id: string, nested: string}"),
        ("a.txt", "a document\n", "{text: string}"),
    ],
)
def test_the_columns_of_a_file_that_is_there_are_written_down_for_the_author_to_type(
    fresh: Path, name: str, text: str, line: str
) -> None:
    (fresh / "deliveries").mkdir()
    (fresh / "deliveries" / name).write_text(text)
    source = scaffold(fresh, "Table", "deliveries", path=f"deliveries/*{name[1:]}")["source"]
    assert "columns" not in source  # it is a comment: every column is text until somebody says more
    assert f"# columns: {line}" in (fresh / "pipelines" / "deliveries" / "defs.yaml").read_text()
    assert check_project(load_settings(fresh)) == []


def test_a_typed_file_tells_its_types_and_a_broken_one_nothing(fresh: Path) -> None:
    (fresh / "raw").mkdir()
    table = pa.table({"n": [1], "price": pa.array(["1.50"]).cast(pa.decimal128(6, 2)), "deep": [{"a\nb": 1}]})
    pq.write_table(table, fresh / "raw" / "one.parquet")
    (fresh / "raw" / "broken.csv").write_bytes(b"\x1f\x8bnot a text")
    scaffold(fresh, "Table", "typed", path="raw/*.parquet")
    text = (fresh / "pipelines" / "typed" / "defs.yaml").read_text()
    assert "# columns: {n: bigint, price: decimal(6,2)}" in text
    scaffold(fresh, "Table", "broken", path="raw/*.csv")
    assert "# columns:" not in (fresh / "pipelines" / "broken" / "defs.yaml").read_text()
