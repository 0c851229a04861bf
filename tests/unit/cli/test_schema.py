"""The schemas say what the parsers say: of the projects that are there, and of each of them with a fault."""

from __future__ import annotations

import copy
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator

from clearwell.cli.init import project_files
from clearwell.cli.schema import SCHEMAS, schema_text
from clearwell.errors import ProjectError
from clearwell.project.documents import COMPONENTS, parse_document
from clearwell.quality import check_suite
from clearwell.reports import load_prices
from clearwell.sources import parse_type
from clearwell.yaml_lines import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.cli.ran import Ran

ROOT = Path(__file__).parents[3]
FILES = {
    "defs": "pipelines/**/defs.yaml",
    "suite": "expectations/*.yaml",
    "prices": ["pipelines/**/prices.yaml", "pipelines/prices/*.yaml"],
}

EVERYTHING = """
type: clearwell.components.Table
attributes:
  name: orders
  description: What guests ordered.
  owners: ["team:bar", ada@example.com]
  license: CC0-1.0
  tags: {domain: bar}
  group: bar
  schedule: "0 6 * * *"
  personal: [guest]
  freshness: {warn_after_hours: 26, fail_after_hours: 50}
  retries: {max: 2, delay_seconds: 10}
  watch: true
  source:
    path: "raw/*.csv"
    format: csv
    nulls: ["", NA]
    columns: {id: bigint, paid: "decimal(8, 2)", at: Timestamp}
    delimiter: ";"
    encoding: utf-8
    drift: {new_column: evolve, missing_column: reject}
    on_change: replace
    settle_seconds: 0.5
  silver:
    transform: "assets.orders:clean"
    expectations: silver_orders
    write: {mode: merge, key: [id], order_by: [at]}
    lineage: {risk: [bronze_orders.id], constant: []}
---
type: clearwell.components.Curated
attributes:
  name: totals
  inputs: [silver_orders]
  transform: "assets.orders:totals"
  write: {mode: replace_partitions, partition_by: [day]}
---
type: clearwell.components.Dataset
attributes:
  name: slow_orders
  from: gold_totals
  kind: training
  label: is_slow
  exclude: [wait]
  split: {by: time, column: day, test_from: 2026-03-04}
  formats: [parquet]
  objective: {goal: "shorter waits"}
---
type: clearwell.components.Reports
attributes: {name: storage_cost, prices: pipelines/prices.yaml}
"""

ALL_COSTS = """
currency: EUR
unit: GB-month
bytes_per_gb: 1000000000
default: disks
parts: {gold: bucket, releases: bucket}
prices:
  - store: disks
    price: 0.001
    as_of: 2026-05-04
    source: our books
    carbon:
      wh_per_tb_hour: 0.65
      copies: 2
      pue: 1.5
      grid_g_per_kwh: 300
      as_of: 2026-05-04
      source: our books
  - {store: bucket, price: 0.02, as_of: 2026-05-04, source: their page, region: here}
expenses:
  - {name: servers, kind: capex, amount: 9000, months: 48, as_of: 2026-05-04, source: our books}
  - {name: people, kind: hidden, amount: "1000.50", months: 1, as_of: 2026-05-04, source: our books}
"""

# What concerns several keys at once, or what is read on the way: only `clearwell check` sees it.
ONLY_THE_PARSER = {
    "defs": {
        "without attributes.silver.write.key",
        "without attributes.write.partition_by",
        "without attributes.label",
        "without attributes.split",
        "without attributes.split.test_from",
    },
    "suite": set[str](),
    "prices": set[str](),
}


@cache
def validator(kind: str) -> Draft7Validator:
    schema = json.loads(schema_text(kind))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def is_valid(kind: str, document: Any) -> bool:
    """As an editor sees it, to which a date is a text."""
    return validator(kind).is_valid(json.loads(json.dumps(document, default=date.isoformat)))


def is_parsed(kind: str, document: Any, folder: Path) -> bool:
    file = folder / f"{kind}.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    if kind == "suite":
        return not check_suite(file)
    try:
        if kind == "prices":
            load_prices(file)
            return True
        spec, problems = parse_document(read_yaml(file)[0])
        for column_type in getattr(getattr(spec, "source", None), "columns", {}).values():
            parse_type(column_type)
    except ProjectError:
        return False
    return not problems


def faults(document: Any) -> Iterator[tuple[str, Any]]:
    """The document with one fault, and what it is: a key less, a key more, a misspelt one, another value."""
    for path, node in _mappings(document, ()):
        for key in node:
            where = ".".join(map(str, (*path, key)))
            if "kwargs" not in path and "objective" not in path:
                yield f"other {where}", _with(document, path, lambda at, key=key: at.update({key: {"x": 1}}))
            yield f"without {where}", _with(document, path, lambda at, key=key: at.pop(key))
            if path[-1:] not in [("tags",), ("columns",), ("lineage",), ("objective",)]:
                yield (
                    f"misspelt {where}",
                    _with(document, path, lambda at, key=key: at.update({f"{key}x": at.pop(key)})),
                )


def _mappings(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
    for key, part in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(part, dict | list):
            yield from _mappings(part, (*path, key))


def _with(document: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    made = copy.deepcopy(document)
    node = made
    for key in path:
        node = node[key]
    change(node)
    return made


def documents_of(kind: str) -> list[Any]:
    made = [
        text
        for name, text in project_files("mine").items()
        if name.endswith({"defs": "defs.yaml", "prices": "prices.yaml"}.get(kind, ".yaml"))
        and name.startswith("expectations/" if kind == "suite" else "pipelines/")
    ]
    texts = [*made, *{"defs": [EVERYTHING], "prices": [ALL_COSTS]}.get(kind, [])]
    return [document for text in texts for document in yaml.safe_load_all(text)]


@pytest.mark.parametrize("kind", list(SCHEMAS))
def test_the_sample_project_is_valid(kind: str) -> None:
    globs = FILES[kind]
    files = sorted(
        file for glob in ([globs] if isinstance(globs, str) else globs) for file in ROOT.glob(glob)
    )
    assert len(files) >= (4 if kind == "prices" else 2)
    for file in files:
        for document in yaml.safe_load_all(file.read_text()):
            assert is_valid(kind, document), file


@pytest.mark.parametrize("kind", list(SCHEMAS))
def test_what_is_sound_is_valid(kind: str, tmp_path: Path) -> None:
    documents = documents_of(kind)
    assert documents
    for document in documents:
        assert is_parsed(kind, document, tmp_path)
        assert is_valid(kind, document)


@pytest.mark.full
@pytest.mark.parametrize("kind", list(SCHEMAS))
def test_a_fault_is_one_to_the_schema_just_when_it_is_one_to_the_parser(kind: str, tmp_path: Path) -> None:
    refused, differing = 0, set[str]()
    for document in documents_of(kind):
        for what, broken in faults(document):
            parsed = is_parsed(kind, broken, tmp_path)
            refused += not parsed
            if is_valid(kind, broken) != parsed:
                assert not parsed, f"the schema refuses what the parser takes: {what} of {document}"
                differing.add(what)
    assert refused > 25
    assert differing == ONLY_THE_PARSER[kind]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("defs", "format: csv", "format: cvs"),
        ("defs", "silver:", "sliver:"),
        ("defs", "clearwell.components.Table", "clearwell.components.Tabel"),
        ("defs", "team:bar", "teem bar"),
        ("defs", "bigint", "bigimt"),
        ("defs", '"assets.orders:clean"', '"assets.orders.clean"'),
        ("defs", "[silver_orders]", "[sliver_orders]"),
        ("defs", "name: orders", "name: Orders"),
        ("defs", "max: 2", "max: 11"),
        ("defs", "by: time", "by: tim"),
        ("suite", "severity: warning", "severity: warnning"),
        ("suite", "values_to_be_between", "values_to_be_betwen"),
        ("suite", "min_value: 1", "minvalue: 1"),
        ("suite", "{column: order_id}", "{colum: order_id}"),
        ("suite", "name: cups_plausible", "name: Cups"),
        ("prices", "unit: GB-month", "unit: GB-moth"),
        ("prices", "1073741824", "1073741825"),
        ("prices", "price: 0.023", "price: -0.023"),
        ("prices", "price: 0.023", "price: 0,023"),
    ],
)
def test_a_typo_is_found_while_it_is_typed(kind: str, old: str, new: str, tmp_path: Path) -> None:
    texts = [EVERYTHING] if kind == "defs" else list(project_files("mine").values())
    text = next(text for text in texts if old in text)
    broken = list(yaml.safe_load_all(text.replace(old, new)))
    wrong = [document for document in broken if not is_valid(kind, document)]
    assert len(wrong) == 1
    assert not is_parsed(kind, wrong[0], tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        "type: dagster.FunctionComponent\nattributes: {anything: goes}",
        "{type: clearwell.components.Reports, attributes: {name: a, prices: b}, requirements: {env: [A]}}",
        """
        type: clearwell.components.Table
        attributes:
          name: "{{ env.NAME }}"
          owners: ["{{ env('OWNER', 'team:bar') }}"]
          retries: {max: "{{ env('TRIES', '2') }}"}
          watch: "{{ env('WATCH', 'true') }}"
          source: {path: "a/*", format: "{{ env.FORMAT }}", drift: {missing_column: null}}
        """,
    ],
    ids=["of Dagster", "requirements", "templates"],
)
def test_what_dagster_takes_is_valid(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "orders")
    monkeypatch.setenv("FORMAT", "csv")
    value = yaml.safe_load(document)
    assert is_parsed("defs", value, tmp_path)
    assert is_valid("defs", value)


def test_every_key_is_described() -> None:
    schema = json.loads(schema_text("defs"))
    assert {f"{model.__name__}" for model in COMPONENTS.values()} < set(schema["$defs"])
    silent = [
        f"{model}.{key}"
        for model, part in schema["$defs"].items()
        for key, value in part.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]
    assert silent == []


@pytest.mark.parametrize("kind", list(SCHEMAS))
def test_a_schema_is_printed(kind: str, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("schema", kind)
    assert (ran.code, ran.out) == (0, schema_text(kind))
    assert clearwell("schema").out == schema_text("defs")


def test_schemas_are_written_where_the_projects_editor_looks(
    tmp_path: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clearwell]\n")
    monkeypatch.chdir(tmp_path)
    assert clearwell("schema", "prices", "--write").out == "written   .schemas/prices.json\n"
    ran = clearwell("schema", "--write")
    assert (
        ran.out
        == "written   .schemas/defs.json\nwritten   .schemas/suite.json\nunchanged .schemas/prices.json\n"
    )
    assert [f.name for f in (tmp_path / ".schemas").iterdir() if f.suffix != ".json"] == []
    settings = json.loads(project_files("mine")[".vscode/settings.json"])
    assert settings["yaml.schemas"] == {SCHEMAS[kind]: FILES[kind] for kind in SCHEMAS}
    for kind, file in SCHEMAS.items():
        assert (tmp_path / file).read_text() == schema_text(kind)


def test_writing_needs_a_project(
    tmp_path: Path, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = clearwell("schema", "--write")
    assert ran.code == 1
    assert "is not in a Clearwell project" in ran.err
