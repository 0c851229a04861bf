"""A raw format of an installed package is one like those that are built in; its faults are told once."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import yaml
from jsonschema import Draft7Validator

from clearwell.components.scaffold.files import _format_of
from clearwell.engines import open_engine
from clearwell.flow.ingest import ingest, ingest_code
from clearwell.flow.landing import on_workers
from clearwell.flow.run import Run
from clearwell.project.json_schema import defs_schema
from clearwell.project.load import load_project, read_project
from clearwell.project.specs import TableSpec
from clearwell.sources import (
    SourceSpec,
    UnreadableFile,
    find_source,
    infer_columns,
    offers,
    read,
    read_record,
)
from clearwell.sources.plugins import FORMATS, format_names
from clearwell.tables import Lake, quarantine_of
from tests.checker import query, replay
from tests.project import SmallProject, make_project
from tests.unit.sources.conftest import write_raw
from tests.unit.sources.plugin import TOML_LINES, install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clearwell.errors import ProjectError
    from clearwell.model import BuildResult

YAML = """\
type: clearwell.components.Table
attributes:
  name: orders
  source:
    path: "raw/*.tomll"
    format: toml_lines
    columns: {id: bigint, price: "decimal(6,2)"}
    settle_seconds: 0
    options: {table: order}
"""
LINES = b"""\
order = {id = 1, price = 2.5, note = "a"}

order = {id = 2, price =
order = {id = 3, price = 9.999}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Installs packages, each in a folder of its own; ``again`` changes one that is there."""
    before = set(sys.modules)
    # Byte-code is taken for current when its source has the same size and second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def put(**options: Any) -> Path:
        name = options.get("package", "toml-lines")
        folder = install(tmp_path / "site" / name, **options)
        sys.modules.pop(options.get("module", "toml_lines"), None)
        monkeypatch.syspath_prepend(folder)
        return folder

    yield put
    for name in set(sys.modules) - before:
        if name.startswith("toml_lines"):
            del sys.modules[name]


@pytest.fixture
def toml(tmp_path: Path, site: Callable[..., Path]) -> SmallProject:
    """A project whose raw files are read by an installed plugin."""
    site()
    project = make_project(tmp_path / "project")
    write_yaml(project, YAML)
    (project.raw / "a.tomll").write_bytes(LINES)
    return project


def write_yaml(project: SmallProject, text: str) -> Path:
    file = project.root / "pipelines" / "orders" / "defs.yaml"
    file.write_text(text)
    return file


def run(project: SmallProject) -> BuildResult:
    loaded = load_project(project.settings)
    return ingest(Run(loaded, Lake(project.lake), open_engine(project.settings)), loaded.tables["orders"])


def problem(project: SmallProject) -> ProjectError:
    """The one thing that is wrong with the project."""
    (found,) = read_project(project.settings)[1]
    return found


def place_of(project: SmallProject, line: str) -> str:
    file = project.root / "pipelines" / "orders" / "defs.yaml"
    number = 1 + next(n for n, text in enumerate(file.read_text().splitlines()) if line in text)
    return f"{file}:{number}"


def test_its_files_are_ingested_and_a_bad_record_is_in_quarantine_and_found_again(toml: SmallProject) -> None:
    result = run(toml)
    assert (result.accepted, result.quarantined, result.blocked) == (1, 2, 0)
    files = replay(toml.lake / "bronze/orders").files
    assert query(files, "SELECT id, price::VARCHAR, note, _record_no FROM t") == [(1, "2.50", "a", 1)]
    lake = Lake(toml.lake)
    kept_out = [row for b in quarantine_of(lake, lake.existing("bronze_orders")) for row in b.to_pylist()]
    assert {row["_record_no"]: (row["reasons"], row["raw"]) for row in kept_out} == {
        2: (["toml"], "order = {id = 2, price ="),
        3: (["type_price"], "order = {id = 3, price = 9.999}"),
    }
    spec = load_project(toml.settings).source(load_project(toml.settings).tables["orders"])
    again = read_record(toml.raw / "a.tomll", spec, 2)
    assert (again.text, again.raw, again.exact) == (
        "order = {id = 2, price =",
        b"order = {id = 2, price =",
        True,
    )
    assert read_record(toml.raw / "a.tomll", spec, 4).records == 3
    assert run(toml).outcome == "unchanged"


def test_another_version_of_the_plugin_rebuilds_the_table(
    toml: SmallProject, site: Callable[..., Path]
) -> None:
    first = run(toml)
    site(version="1.1")  # the package is another, its format says that it reads the same
    assert run(toml).outcome == "unchanged"
    site(version="2.0", code=TOML_LINES.replace('version = "1"', 'version = "2"'))
    again = run(toml)
    assert (again.outcome, again.generation > first.generation) == ("built", True)
    assert again.rows == first.rows


def test_the_code_hash_of_a_built_in_format_is_what_it_was_before_there_were_plugins() -> None:
    """Another would rebuild every bronze table of every lake."""
    orders = {
        "path": "raw/*.csv",
        "format": "csv",
        "columns": {"order_id": "bigint"},
        "drift": {"new_column": "reject"},
    }
    hashes = [
        ingest_code(TableSpec.model_validate({"name": "a", "source": source}))
        for source in (orders, {"path": "raw/*.parquet", "format": "parquet"})
    ]
    assert hashes == ["1bade6a711c740ccc7dbf7697a23d89d", "1b7f7340887a26dc53f3152845cec365"]


def test_its_options_are_a_part_of_the_code_hash(toml: SmallProject) -> None:
    before = ingest_code(load_project(toml.settings).tables["orders"])
    write_yaml(toml, YAML.replace("table: order", "table: other"))
    assert ingest_code(load_project(toml.settings).tables["orders"]) != before


def test_it_is_listed_after_those_that_are_built_in(site: Callable[..., Path]) -> None:
    assert format_names() == FORMATS
    site()
    assert format_names() == (*FORMATS, "toml_lines")
    assert [(o.package, o.is_built_in) for o in offers()[-1:]] == [("toml-lines 1.0", False)]
    assert _format_of("raw/orders/*.tomll") == "toml_lines"


def test_editors_know_its_name_and_its_options(site: Callable[..., Path]) -> None:
    document = json.loads(json.dumps(yaml.safe_load(YAML)))
    assert not Draft7Validator(defs_schema()).is_valid(document)
    site()
    schema = Draft7Validator(defs_schema())
    assert schema.is_valid(document)
    document["attributes"]["source"]["options"] = {"tabel": "order"}
    assert not schema.is_valid(document)
    document["attributes"]["source"] |= {"format": "csv", "options": {"table": "order"}}
    assert not schema.is_valid(document)


def test_the_columns_of_a_file_are_told_before_any_is_declared(
    tmp_path: Path, site: Callable[..., Path]
) -> None:
    site()
    file = write_raw(tmp_path / "f", b'record = {id = 1, name = "a"}\n')
    assert infer_columns(file, SourceSpec("f", format="toml_lines")) == pa.schema(
        [("id", pa.string()), ("name", pa.string())]
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "fact", "hint"),
    [
        ("format: toml_lines", "format: toml_line", "format:", "'toml_line' is not 'csv'", "'toml_lines'?"),
        ("format: toml_lines", "format: xml", "format:", "or 'toml_lines'", "needs a plugin"),
        ("{table: order}", "{tabel: order}", "options:", "has no option 'tabel'", "did you mean 'table'?"),
        ("{table: order}", "{table: [1]}", "options:", "options.table: input should be a valid string", None),
        ("toml_lines\n", "csv\n", "options:", "'csv' has no option 'table'", "remove it"),
    ],
)
def test_a_wrong_name_or_option_is_told_with_its_line(
    toml: SmallProject, old: str, new: str, line: str, fact: str, hint: str | None
) -> None:
    write_yaml(toml, YAML.replace(old, new))
    found = problem(toml)
    assert found.place == place_of(toml, line)
    assert fact in found.fact
    assert (hint is None) == (found.hint is None)
    assert (hint or "") in (found.hint or "")


def test_a_format_of_nobody_names_those_that_are_installed(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    write_yaml(project, YAML)
    assert problem(project).fact == "source.format: 'toml_lines' is not 'csv', 'jsonl', 'parquet' or 'text'"
    assert problem(project).place == place_of(project, "format:")


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        (
            "import not_installed_anywhere\n",
            "cannot be loaded: ModuleNotFoundError: No module named 'not_inst",
        ),
        ("raise SystemExit(3)\n", "cannot be loaded: SystemExit: 3"),
        ("class Other: pass\n", "cannot be loaded: AttributeError"),
        ("TomlLines = dict\n", "toml_lines:TomlLines is not a subclass of clearwell.sources.Source"),
        (
            "from clearwell.sources import Source\nclass TomlLines(Source):\n    version = '1'\n",
            "toml_lines:TomlLines has no read and no read_record",
        ),
        (TOML_LINES.replace('version = "1"', "version = 1"), "has no `version` that is a string"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_told_with_the_line_that_names_it(
    tmp_path: Path, site: Callable[..., Path], code: str, fact: str
) -> None:
    site(code=code)
    project = make_project(tmp_path / "project")
    write_yaml(project, YAML)
    found = problem(project)
    assert fact in found.fact
    assert "toml-lines 1.0" in found.fact
    assert found.place == place_of(project, "format:")
    assert "plugin" in (found.hint or "")
    assert "toml_lines" in json.dumps(defs_schema())  # it is installed, and no other schema suffers
    assert _format_of("raw/*.tomll") == "csv"


def test_two_packages_that_offer_one_format_are_both_named(tmp_path: Path, site: Callable[..., Path]) -> None:
    site()
    other = "toml_lines = toml_lines_too:TomlLines"
    site(package="other-toml", version="3", module="toml_lines_too", points=other)
    project = make_project(tmp_path / "project")
    write_yaml(project, YAML)
    found = problem(project)
    assert "is offered by other-toml 3 and by toml-lines 1.0" in found.fact
    assert found.hint == "uninstall all of them but one: pip uninstall toml-lines"
    assert found.place == place_of(project, "format:")


def test_a_package_cannot_take_a_name_that_is_built_in_or_is_none(site: Callable[..., Path]) -> None:
    site(points="csv = toml_lines:TomlLines\nTOML-lines = toml_lines:TomlLines")
    assert type(find_source("csv")).__module__ == "clearwell.sources.formats.csv"
    assert format_names() == FORMATS
    assert {offer.wrong for offer in offers() if not offer.is_built_in} == {
        "toml-lines 1.0 offers the format 'csv', which is built in",
        "toml-lines 1.0 offers 'TOML-lines', which cannot name a format",
    }


@pytest.mark.parametrize(
    ("read_body", "fact"),
    [
        ("raise KeyError('x')", "could not read it: KeyError: 'x'"),
        ("return [1]", "returned a int, not a Parsed"),
        ("return [Parsed(batch(a=[1]), ())]", "without one column '_record_no'"),
        ("return [Parsed(batch(_record_no=[1], a=pa.array([1], pa.uint8())), ())]", "its type is int16"),
        ("return [Parsed(batch(_record_no=[1], id=['x']), ())]", "'id' as string; its type is int64"),
        ("return [Parsed(batch(_record_no=[1], a=pa.array([1], pa.time64('us'))), ())]", "none that a table"),
        ("return [Parsed(batch(_record_no=[1], **{'a b': [1]}), ())]", "'a b', which no table can store"),
        ("return [Parsed(batch(_record_no=[1], _file_id=['x']), ())]", "name of a provenance column"),
        (
            "return [Parsed(batch(_record_no=[1]), (Reject(2, 'c', 'm', 'text'),))]",
            "without its number or its bytes",
        ),
        ("file.stream.close(); return []", "closed the file"),
    ],
)
def test_a_file_that_the_plugin_fails_on_is_set_aside_and_the_others_go_on(
    tmp_path: Path, site: Callable[..., Path], read_body: str, fact: str
) -> None:
    helper = (
        "from clearwell.sources import Parsed\n"
        "def batch(**columns):\n"
        "    return pa.RecordBatch.from_pydict(columns)\n"
        "class Failing(TomlLines):\n"
        "    def read(self, file):\n"
        "        if 'bad' not in file.place:\n"
        "            return super().read(file)\n"
        f"        {read_body}\n"
    )
    site(code=TOML_LINES + helper, points="toml_lines = toml_lines:Failing")
    project = make_project(tmp_path / "project")
    write_yaml(project, YAML)
    (project.raw / "a.tomll").write_bytes(LINES)
    (project.raw / "bad.tomll").write_bytes(b"order = {id = 7}\n")
    result = run(project)
    assert (result.accepted, result.quarantined, result.blocked) == (1, 2, 1)
    (note,) = [note for note in result.notes if note.startswith("set aside")]
    assert "raw/bad.tomll" in note
    assert fact in note


def test_a_record_that_the_plugin_cannot_find_again_is_an_unreadable_file(
    tmp_path: Path, site: Callable[..., Path]
) -> None:
    head = "def read_record(self, file, number):\n"
    site(code=TOML_LINES.replace(head, f"{head}        return 'x'\n"))
    file = write_raw(tmp_path / "f", b"record = {a = 1}\n")
    with pytest.raises(UnreadableFile, match="returned a str, not a RawText"):
        read_record(file.absolute, SourceSpec("f", format="toml_lines"), 1)


def test_no_bytes_are_no_records_and_no_business_of_the_plugin(
    tmp_path: Path, site: Callable[..., Path]
) -> None:
    site(code=TOML_LINES.replace("stream, charset = file.text()", "raise OSError('asked')"))
    spec = SourceSpec("f", format="toml_lines")
    assert list(read(write_raw(tmp_path / "f", b""), spec)) == []
    assert infer_columns(write_raw(tmp_path / "f", b""), spec) == pa.schema([])
    with pytest.raises(UnreadableFile, match="asked"):
        list(read(write_raw(tmp_path / "f", b"x\n"), spec))


def test_a_cluster_is_not_asked_to_read_for_a_plugin(
    toml: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(on_workers, "_suits", lambda *of: asked.append(of) or True)
    settings = replace(toml.settings, ingest_on_workers=True)
    loaded = load_project(settings)
    result = ingest(Run(loaded, Lake(toml.lake), open_engine(settings)), loaded.tables["orders"])
    assert (result.accepted, asked) == (1, [])
