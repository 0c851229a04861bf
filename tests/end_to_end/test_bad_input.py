"""Bad input ends in a message with place, fact and next step, a code that is not zero, and no row lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.checker import assert_bronze_balances, query, replay
from tests.project import TRANSFORM, SmallProject, make_project
from tests.services.command import run_command

if TYPE_CHECKING:
    from tests.services.forks import Ended

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 3)
    return project


def clearwell(project: SmallProject, *arguments: str, own_engine: bool = False) -> Ended:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(project.root / "dagster_home")}
    return run_command(arguments, cwd=project.root, environment=environment, own_engine=own_engine)


def fails(project: SmallProject, *said: str, command: str = "run", own_engine: bool = False) -> None:
    """The command ends with code 1, says these words, and shows no traceback."""
    done = clearwell(project, command, own_engine=own_engine)
    text = done.stdout + done.stderr
    assert done.returncode == 1, text
    assert "Traceback" not in text
    for words in (*said, "next: "):
        assert words in text


def quarantine(project: SmallProject, table: str = "bronze_orders") -> list[dict[str, Any]]:
    return json.loads(clearwell(project, "quarantine", table, "--json").stdout)["rows"]


@pytest.mark.promise("P5")
def test_a_missing_source_folder(project: SmallProject) -> None:
    project.raw.rename(project.root / "rawdata")
    fails(project, "raw", "rawdata")


@pytest.mark.parametrize("content", ["", "order_id,day,amount\n"], ids=["empty", "header only"])
def test_a_file_without_records_is_taken(project: SmallProject, content: str) -> None:
    (project.raw / "b.csv").write_text(content)
    assert clearwell(project, "run").returncode == 0
    files = json.loads(clearwell(project, "show", "bronze_orders", "--json").stdout)["files"]
    assert [(f["path"], f["delivered"]) for f in files] == [("raw/a.csv", 3), ("raw/b.csv", 0)]


@pytest.mark.promise("P1")
def test_malformed_rows_are_quarantined_with_their_text(project: SmallProject) -> None:
    bad = ["4,2026-01-01", "5,2026-01-01,5.5,too much", "six,2026-01-01,6.5", "7,2026-13-01,7.5"]
    (project.raw / "b.csv").write_text("\n".join(["order_id,day,amount", *bad, "8,2026-01-01,8.5"]) + "\n")
    assert clearwell(project, "run").returncode == 0
    rows = quarantine(project)
    assert [(row["_record_no"], row["raw"]) for row in rows] == [(i + 1, line) for i, line in enumerate(bad)]
    assert [row["file"] for row in rows] == ["raw/b.csv"] * 4
    assert all(row["reasons"] and row["message"] for row in rows)
    assert_bronze_balances(project.lake, "orders", project.raw)


@pytest.mark.promise("P1")
def test_wrong_encoding_costs_its_own_rows_and_keeps_their_bytes(project: SmallProject) -> None:
    (project.raw / "b.csv").write_bytes(
        b"order_id,day,amount,place\n4,2026-01-01,4.5,Z\xfcrich\n5,2026-01-01,5.5,Bern\n"
    )
    assert clearwell(project, "run").returncode == 0
    rows = query(
        replay(project.lake / "quarantine" / "bronze_orders").files, "SELECT _record_no, raw_bytes FROM t"
    )
    assert rows == [(1, b"4,2026-01-01,4.5,Z\xfcrich")]
    assert_bronze_balances(project.lake, "orders", project.raw)


def test_broken_json_lines(project: SmallProject) -> None:
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(
        yaml.read_text().replace("raw/*.csv", "raw/*.jsonl").replace("format: csv", "format: jsonl")
    )
    (project.raw / "a.csv").unlink()
    good = '{"order_id": 1, "day": "2026-01-01", "amount": 1.5}'
    bad = [
        '{"order_id": 2, "day"',
        "[1, 2]",
        '{"order_id": 3, "order_id": 4, "day": "2026-01-01", "amount": 1}',
    ]
    (project.raw / "a.jsonl").write_text("\n".join([good, *bad]) + "\n")
    assert clearwell(project, "run").returncode == 0
    assert [(row["_record_no"], row["raw"]) for row in quarantine(project)] == list(enumerate(bad, 2))
    assert_bronze_balances(project.lake, "orders", project.raw)


@pytest.mark.promise("P1")
def test_a_truncated_parquet_file_is_set_aside_and_the_others_are_taken(project: SmallProject) -> None:
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(
        yaml.read_text().replace("raw/*.csv", "raw/*.parquet").replace("format: csv", "format: parquet")
    )
    table = pa.table({"order_id": [1, 2], "day": ["2026-01-01"] * 2, "amount": [1.5, 2.5]})
    pq.write_table(table, project.raw / "a.parquet")
    pq.write_table(table.slice(1), project.raw / "b.parquet")
    whole = (project.raw / "b.parquet").read_bytes()
    (project.raw / "b.parquet").write_bytes(whole[: len(whole) // 2])
    fails(project, "raw/b.parquet", "set aside")
    assert query(replay(project.lake / "silver" / "orders").files, "SELECT count(*) FROM t") == [(2,)]
    (project.raw / "b.parquet").write_bytes(whole)
    assert clearwell(project, "run").returncode == 0
    assert query(replay(project.lake / "silver" / "orders").files, "SELECT count(*) FROM t") == [(3,)]


SUITE = """
    checks:
      - name: amount_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: amonut, max_value: 100}
        severity: warning
    """


@pytest.mark.promise("P5")
def test_a_suite_that_names_a_column_which_does_not_exist(project: SmallProject) -> None:
    project.write_suite(SUITE)
    project.write_yaml(suite="silver_orders")
    fails(project, "expectations/silver_orders.yaml:", "amonut", "amount")


@pytest.mark.promise("P5")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no such shop')", ["assets/orders.py:7", "ValueError", "no such shop"]),
        ("return orders.select('order_id')", ["pipelines/orders/defs.yaml:", "_file_id", "PROVENANCE"]),
        ("return None", ["pipelines/orders/defs.yaml:", "NoneType"]),
        ("return orders.select(*PROVENANCE, 'amuont')", ["amuont"]),
    ],
    ids=["raises", "drops provenance", "returns nothing", "names no column"],
)
def test_a_transform_that_fails(project: SmallProject, body: str, said: list[str]) -> None:
    head = TRANSFORM.partition("    return")[0]
    project.write_transform(f"{head.lstrip()}    {body}\n")
    fails(project, *said)
    assert query(replay(project.lake / "bronze" / "orders").files, "SELECT count(*) FROM t") == [(3,)]


@pytest.mark.promise("P5")
def test_an_unknown_yaml_key(project: SmallProject) -> None:
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(yaml.read_text().replace("settle_seconds", "setle_seconds"))
    for command in ("run", "check"):
        fails(project, "pipelines/orders/defs.yaml:9", "setle_seconds", "settle_seconds", command=command)


@pytest.mark.promise("P5")
def test_an_engine_that_dies_in_mid_run(project: SmallProject) -> None:
    head = TRANSFORM.partition("    return")[0]
    project.write_transform(
        f"""{head}
    from pyspark.sql import functions as F

    def end(value):
        import os
        os._exit(1)

    return orders.withColumn("x", F.udf(end, "string")("amount"))
"""
    )
    fails(project, "silver_orders", "engine", own_engine=True)
    project.write_transform()
    assert clearwell(project, "run").returncode == 0
    assert query(replay(project.lake / "silver" / "orders").files, "SELECT count(*) FROM t") == [(3,)]
    assert_bronze_balances(project.lake, "orders", project.raw)
