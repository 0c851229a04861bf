"""Values that engines like to bend come through bronze, silver and gold as they were, counted by DuckDB."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.checker import query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

FLOATS = ["NaN", "inf", "-inf", "-0.0", "1.0", "0.1"]
COUNTS = """
    SELECT count(*), count(*) FILTER (isnan(reading)), count(*) FILTER (reading = 'inf'),
           count(*) FILTER (reading = '-inf'), count(*) FILTER (reading = 0 AND signbit(reading)),
           count(*) FILTER (reading > 5), min(whole)::VARCHAR, max(whole)::VARCHAR, max(fine)::VARCHAR
    FROM t
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    (project.root / "assets" / "readings.py").write_text(
        textwrap.dedent(
            """
            from pyspark.sql import DataFrame

            from clearwell.names import PROVENANCE


            def clean(readings: DataFrame) -> DataFrame:
                return readings.select(*PROVENANCE, "id", "reading", "whole", "fine")


            def all_of(silver_readings: DataFrame) -> DataFrame:
                return silver_readings.select("id", "reading", "whole", "fine")
            """
        )
    )
    (project.root / "pipelines" / "orders" / "defs.yaml").write_text(
        textwrap.dedent(
            """
            type: clearwell.components.Table
            attributes:
              name: readings
              source:
                path: "raw/*.csv"
                format: csv
                columns: {id: bigint, reading: double, whole: "decimal(38,0)", fine: "decimal(38,10)"}
                settle_seconds: 0
              silver: {transform: "assets.readings:clean", write: {mode: merge, key: [id]}}
            ---
            type: clearwell.components.Curated
            attributes: {name: readings, inputs: [silver_readings], transform: "assets.readings:all_of"}
            """
        )
    )
    return project


def deliver(project: SmallProject, name: str, first: int) -> None:
    lines = ["id,reading,whole,fine"]
    for i, reading in enumerate(
        FLOATS * 3
    ):  # several rows of one value: where engines use statistics instead
        lines.append(f"{first + i},{reading},99999999999999999999999999999999999999,3333333333.3333333333")
    (project.raw / name).write_text("\n".join(lines) + "\n")


@pytest.mark.promise("P6")
def test_nan_infinities_negative_zero_and_wide_decimals(project: SmallProject, engine: Engine) -> None:
    expected = [(18, 3, 3, 3, 3, 6, "9" * 38, "9" * 38, "3333333333.3333333333")]
    deliver(project, "a.csv", 1)
    run_steps(project, engine)
    for table in ("bronze/readings", "silver/readings", "gold/readings"):
        assert query(replay(project.lake / table).files, COUNTS) == expected, table
    deliver(project, "b.csv", 7)  # twelve of the old keys again, six new ones: a rewrite by the engine
    run_steps(project, engine)
    for table in ("silver/readings", "gold/readings"):
        found = query(replay(project.lake / table).files, COUNTS)
        assert found == [(24, 4, 4, 4, 4, 8, "9" * 38, "9" * 38, "3333333333.3333333333")], table


def test_our_files_carry_no_statistics_of_these_columns(project: SmallProject, engine: Engine) -> None:
    deliver(project, "a.csv", 1)
    run_steps(project, engine)
    for table in ("bronze/readings", "silver/readings", "gold/readings"):
        for file in replay(project.lake / table).files:
            row_group = pq.read_metadata(file).row_group(0)
            columns = [row_group.column(i) for i in range(row_group.num_columns)]
            carrying = {c.path_in_schema for c in columns if c.is_stats_set and c.statistics.has_min_max}
            assert carrying.isdisjoint({"reading", "whole", "fine"}), table
            assert pq.read_schema(file).field("whole").type == pa.decimal128(38, 0)
