"""`clearwell check` finds raw files that no source reads, and columns that no frame has, without a run."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.flow.check.columns import unbuilt_suites
from clearwell.flow.check.project import check_project, listed_folders
from clearwell.project.load import load_project
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

SUITE = """
checks:
  - name: amount_small
    expectation: expect_column_values_to_be_between
    kwargs: {column: COLUMN, max_value: 1000}
    severity: warning
    why: no order is larger
"""

SQL = """
from pyspark.sql import DataFrame, SparkSession

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    orders.createOrReplaceTempView("o")
    return orders.sparkSession.sql(
        "WITH b AS (SELECT *, o.amount / 2 AS half FROM o WHERE COLUMN > 0) SELECT *, half + 1 AS x FROM b"
    )
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 2)
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> SmallProject:
    """A project that was run once; each test leaves it as it was."""
    project = make_project(tmp_path_factory.mktemp("built") / "project")
    project.deliver("a.csv", 1, 2)
    run_steps(project, engine)
    return project


def found(project: SmallProject) -> list[str]:
    return [str(problem) for problem in check_project(project.settings)]


def with_path(project: SmallProject, path: str) -> list[str]:
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(yaml.read_text().replace("raw/*.csv", path))
    return found(project)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("rwa/*.csv", "there is no folder rwa"),
        ("raw/*.cvs", "no file matches 'raw/*.cvs'; below raw there is a.csv"),
        ("raw/{day}/*.csv", "no file matches"),
        ("s3://bucket/raw/*.csv", "raw files are read from folders only"),
        ("ftp://host/raw/*.csv", "raw files are read from folders only"),
    ],
)
def test_a_source_that_reads_nothing_is_found(project: SmallProject, path: str, told: str) -> None:
    (problem,) = with_path(project, path)
    assert told in problem
    assert "orders/defs.yaml:" in problem


@pytest.mark.parametrize("path", ["raw/*.csv", "raw/**/*.csv", "raw/a.csv", "empty/*.csv"])
def test_a_source_with_files_or_with_an_empty_folder_is_sound(project: SmallProject, path: str) -> None:
    (project.root / "empty").mkdir()
    (project.root / "empty" / ".gitkeep").touch()
    assert with_path(project, path) == []


def test_a_folder_that_is_gone_is_found(project: SmallProject) -> None:
    shutil.rmtree(project.raw)
    (problem,) = found(project)
    assert "there is no folder raw" in problem


@pytest.mark.parametrize(("column", "is_wrong"), [("amount", False), ("Amount", False), ("amuont", True)])
def test_a_column_that_only_a_suite_names_is_found(built: SmallProject, column: str, is_wrong: bool) -> None:
    built.write_yaml(suite="silver_orders")
    built.write_suite(SUITE.replace("COLUMN", column))
    problems = found(built)
    assert len(problems) == is_wrong
    if is_wrong:
        assert "silver_orders has no column 'amuont'" in problems[0]
        assert "silver_orders.yaml:5" in problems[0]
        assert "amount" in problems[0].splitlines()[-1]


def test_a_column_that_the_edited_transform_names_is_none(built: SmallProject) -> None:
    built.write_yaml(suite="silver_orders")
    built.write_suite(SUITE.replace("COLUMN", "doubled"))
    built.write_transform()
    assert len(found(built)) == 1
    text = (built.root / "assets" / "orders.py").read_text()
    built.write_transform(text.replace('"amount")', '"amount", (orders["amount"] * 2).alias("doubled"))'))
    assert found(built) == []
    built.write_transform()


@pytest.mark.parametrize(("column", "is_wrong"), [("amount", False), ("o.AMOUNT", False), ("o.amuont", True)])
def test_a_column_that_only_sql_names_is_found(built: SmallProject, column: str, is_wrong: bool) -> None:
    built.write_yaml()
    built.write_transform(SQL.replace("COLUMN", column))
    problems = found(built)
    assert len(problems) == is_wrong
    if is_wrong:
        assert "the SQL names a column 'amuont', which none of bronze_orders has" in problems[0]
        assert "assets/orders.py:10" in problems[0]
    built.write_transform()


@pytest.mark.parametrize(("column", "is_wrong"), [("amount", False), ("amuont", True)])
def test_a_described_column_that_no_table_has_is_found(
    built: SmallProject, column: str, is_wrong: bool
) -> None:
    built.write_yaml()
    yaml = built.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(f"{yaml.read_text().rstrip()}\n  column_descriptions:\n    {column}: What it cost.\n")
    problems = found(built)
    assert len(problems) == is_wrong
    if is_wrong:
        line = len(yaml.read_text().splitlines())
        assert f"orders/defs.yaml:{line}" in problems[0]
        assert "no column 'amuont' in bronze_orders or silver_orders" in problems[0]
    built.write_yaml()


def test_suites_of_tables_that_were_never_built_are_told(project: SmallProject) -> None:
    project.write_suite(SUITE.replace("COLUMN", "amuont"))
    project.write_yaml(suite="silver_orders")
    assert found(project) == []
    assert unbuilt_suites(load_project(project.settings)) == ["silver_orders"]


def test_a_transform_that_lists_a_folder_is_told_until_its_yaml_names_the_files(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    project.write_transform("import os\n\ndef clean(orders):\n    return os.listdir('sql')\n")
    assert listed_folders(load_project(project.settings)) == ["assets/orders.py:4"]
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(yaml.read_text().replace("  silver:\n", "  silver:\n    reads: ['sql/*']\n"))
    (problem,) = found(project)
    assert "defs.yaml:12: `reads` names 'sql/*', and no file matches" in problem
    (project.root / "sql").mkdir()
    (project.root / "sql" / "q.sql").write_text("SELECT 1")
    assert listed_folders(load_project(project.settings)) == []
