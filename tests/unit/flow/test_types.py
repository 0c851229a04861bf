"""A column may change to any type that a table can hold: the table can be read after each commit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from clearwell.model import Outcome
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

TRANSFORM = """
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, {columns})
"""
NOON = dt.datetime(2026, 1, 1, 12)


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.write_transform(TRANSFORM.format(columns='"a"'))
    (project.raw / "a.csv").write_text("a\n2026-01-01 12:00:00\n")
    declare(project)
    run_steps(project, engine)
    return project


def declare(project: SmallProject, columns: str = "") -> None:
    project.write_yaml(source=columns)
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    lines = [line for line in yaml.read_text().splitlines() if "columns: {order_id" not in line]
    yaml.write_text("\n".join(lines))


def column(project: SmallProject, zone: str, name: str) -> list[object]:
    return DeltaTable(str(project.lake / zone / "orders")).to_pyarrow_table()[name].to_pylist()


def test_text_becomes_a_time_without_a_zone(project: SmallProject, engine: Engine) -> None:
    declare(project, "columns: {a: timestamp_ntz}")
    assert [result.outcome for result in run_steps(project, engine)] == [Outcome.BUILT] * 2
    assert column(project, "bronze", "a") == column(project, "silver", "a") == [NOON]
    assert [result.outcome for result in run_steps(project, engine)] == [Outcome.UNCHANGED] * 2


@pytest.mark.parametrize(
    ("added", "value"),
    [
        ('F.col("a").cast("timestamp_ntz").alias("b")', NOON),
        ('F.struct(F.array(F.col("a").cast("timestamp_ntz")).alias("x")).alias("b")', {"x": [NOON]}),
        ('F.create_map(F.lit("x"), F.col("a").cast("timestamp_ntz")).alias("b")', [("x", NOON)]),
    ],
)
def test_a_new_column_holds_times_without_a_zone(
    project: SmallProject, engine: Engine, added: str, value: object
) -> None:
    project.write_transform(TRANSFORM.format(columns=f'"a", {added}'))
    run_steps(project, engine)
    assert column(project, "silver", "b") == [value]
    (project.raw / "b.csv").write_text("a,c\n2026-01-01 12:00:00,1\n")
    run_steps(project, engine)
    assert column(project, "silver", "b") == [value, value]
