"""docs/extending.md is a project and a package: they are written down here as the page has them, and run."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.api import load_project, read_table, run
from clearwell.components.running.location import load_definitions
from clearwell.engines import open_engine
from clearwell.errors import EngineError, ProjectError
from clearwell.settings import load_settings
from tests.components.shop import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dagster as dg

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
FILES = dict(re.findall(r"^`([\w./]+)`[^`\n]*:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
PROJECT = {name: text for name, text in FILES.items() if name.startswith("pipelines/")}
PACKAGE = {name: text for name, text in FILES.items() if name.startswith("team_clearwell/")}
PROGRAM = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[-1]
(TOLD,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project of the page, with the package of the page installed and two files to read."""
    before = set(sys.modules)
    for name, text in PACKAGE.items():
        write(tmp_path / "site" / name, text)
    package = tomllib.loads(FILES["pyproject.toml"])["project"]
    info = tmp_path / "site" / "team_clearwell-1.0.dist-info"
    write(
        info / "METADATA", f"Metadata-Version: 2.1\nName: {package['name']}\nVersion: {package['version']}\n"
    )
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
        for group, found in package["entry-points"].items()
    ]
    write(info / "entry_points.txt", "\n".join(points))
    monkeypatch.syspath_prepend(tmp_path / "site")

    root = tmp_path / "project"
    write(root / "pyproject.toml", '[tool.clearwell]\nlake = "lake"\n')
    for name, text in PROJECT.items():
        write(root / name, text)
    write(root / "raw/orders/a.csv", "order_id,price\n1,2.50\n2,3.75\n")
    write(
        root / "raw/parts/a.tomll",
        "part = {id = 1, weight = 2.5}\npart = {id = 2, weight =\npart = {id = 3}\n",
    )
    monkeypatch.chdir(root)
    yield root
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("pipelines", "team_clearwell"):
            del sys.modules[name]


def specs_of(root: Path) -> dict[str, dg.AssetSpec]:
    specs = load_definitions(load_project(root)).resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec for spec in specs}


def test_every_block_of_the_page_belongs_to_something_that_is_run() -> None:
    assert len(PAGE.split("\n```")) // 2 == len(FILES) + len([PROGRAM, TOLD])
    assert {*PROJECT, *PACKAGE, "pyproject.toml"} == set(FILES)


def test_the_assets_show_what_the_components_of_the_page_add(root: Path) -> None:
    found = specs_of(root)
    assert found["bronze_orders"].tags["audited"] == "yes"
    assert found["bronze_orders"].owners == ["team:audit"]
    assert "audited" not in {**found["raw_orders"].tags, **found["bronze_parts"].tags}


def test_the_program_of_the_page_builds_both_tables_and_the_build_is_measured(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(PROGRAM, "docs/extending.md", "exec"), {})
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()] == [
        ["bronze_orders", "built", "2"],
        ["bronze_parts", "built", "2"],
        ["2"],
    ]
    (line,) = (root / "metrics.jsonl").read_text().splitlines()
    assert {**json.loads(line), "seconds": None} == {
        "table": "bronze_orders",
        "outcome": "done",
        "seconds": None,
    }
    parts = read_table(load_project(root), "bronze_parts", columns=["id", "weight", "_record_no"])
    assert sorted(map(tuple, (row.values() for row in parts.to_pylist()))) == [(1, 2.5, 1), (3, None, 3)]


def test_a_build_that_fails_is_measured_too(root: Path) -> None:
    shutil.rmtree(root / "raw/orders")
    assert not run(load_project(root), "bronze_orders").success
    (line,) = (root / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line)["outcome"] == "failed"


def test_the_engine_of_the_page_opens_what_the_platform_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAM_SPARK_HOST", raising=False)
    settings = load_settings(root, engine="team_spark")
    with pytest.raises(EngineError, match="TEAM_SPARK_HOST is not set"):
        open_engine(settings)
    monkeypatch.setenv("TEAM_SPARK_HOST", "spark.example")
    assert open_engine(settings).name == "sc://spark.example:15002"


def test_the_error_that_the_page_shows_is_the_one_that_comes(root: Path) -> None:
    file = root / "pipelines" / "components.py"
    file.write_text(file.read_text().replace("self, props: AssetProps)", "self)"))
    with pytest.raises(ProjectError) as caught:
        load_definitions(load_project(root))
    assert f"{caught.value}\n" == TOLD
