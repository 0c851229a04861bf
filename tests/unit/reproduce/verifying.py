"""A small project with a release of orders, and what happens to its lake before the release is verified."""

from __future__ import annotations

import hashlib
import os
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.datasets import open_dataset
from clearwell.flow.cleanse import cleanse
from clearwell.flow.curate import curate
from clearwell.flow.ingest import ingest
from clearwell.flow.publish import publish
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.reproduce.verify import Verification, verify
from clearwell.tables import Lake
from tests.project import make_project

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from clearwell.engines import Engine
    from clearwell.flow.publish import ReleaseResult
    from tests.project import SmallProject

GOLD = """
def days(silver_orders):
    from pyspark.sql import functions as F

    return silver_orders.select("order_id", "day", "amount", (F.col("amount") > 6).alias("is_large"))
"""

DEFS = """\
---
type: clearwell.components.Curated
attributes:
  name: days
  inputs: [silver_orders]
  transform: "assets.gold:days"
  write: {mode: replace}
---
type: clearwell.components.Dataset
attributes:
  name: large_orders
  from: gold_days
  kind: training
  label: is_large
  split: {by: time, column: day, test_from: 2026-01-03}
"""

SUITE = """
    checks:
      - name: amount_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: warning
        why: no order is larger
      - name: some_rows
        expectation: expect_table_row_count_to_be_between
        kwargs: {min_value: 1, max_value: 1000}
        severity: critical
        why: the table is never empty
    """


@dataclass(frozen=True)
class Orders:
    """The project: raw orders -> silver_orders -> gold_days -> large_orders."""

    small: SmallProject
    engine: Engine

    @property
    def lake(self) -> Lake:
        return Lake(self.small.lake)

    @property
    def root(self) -> Path:
        return self.small.root

    def run(self) -> Run:
        return Run(load_project(self.small.settings), self.lake, self.engine)

    def write_defs(self, *, mode: str = "append", more: str = DEFS, **options: Any) -> None:
        self.small.write_yaml(mode=mode, **options)
        file = self.root / "pipelines" / "orders" / "defs.yaml"
        file.write_text(file.read_text() + more)

    def write_gold(self, text: str) -> None:
        (self.root / "assets" / "gold.py").write_text(textwrap.dedent(text))

    def build(self, *, gold: bool = True, refresh: bool = False) -> None:
        """Bring bronze, silver and, if asked, gold up to date."""
        run = self.run()
        run.full_refresh = refresh
        for table in run.project.tables.values():
            ingest(run, table)
            cleanse(run, table)
        for curated in run.project.curated.values() if gold else ():
            curate(run, curated)

    def publish(self, dataset: str = "large_orders") -> ReleaseResult:
        run = self.run()
        return publish(run, run.project.datasets[dataset])

    def verify(
        self, dataset: str = "large_orders", *, engine: Engine | None = None, version: int = 1, **options: Any
    ) -> Verification:
        """Verify a release while silver and gold are out of sight, and prove that nothing was written."""
        hidden = self.root / "out of sight"
        hidden.mkdir()
        for zone in ("silver", "gold", "quarantine"):
            if (self.small.lake / zone).exists():
                (self.small.lake / zone).rename(hidden / zone)
        before = contents(self.small.lake)
        try:
            run = self.run()
            release = open_dataset(dataset, version=version, lake=self.small.lake)
            return verify(run.project, self.lake, release, engine or self.engine, **options)
        finally:
            assert contents(self.small.lake) == before
            for zone in list(hidden.iterdir()):
                zone.rename(self.small.lake / zone.name)
            hidden.rmdir()

    def bronze_files(self) -> list[Path]:
        """The live data files of bronze, the oldest first."""
        snapshot = self.lake.existing("bronze_orders")
        files = [self.small.lake / "bronze" / "orders" / file.path for file in snapshot.files]
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)


def make_orders(root: Path, engine: Engine, *, mode: str = "append", suite: bool = False) -> Orders:
    """The project with two deliveries taken in two batches, nothing of gold yet."""
    orders = Orders(make_project(root), engine)
    orders.write_gold(GOLD)
    if suite:
        orders.small.write_suite(SUITE)
    orders.write_defs(mode=mode, suite="silver_orders" if suite else None)
    orders.small.deliver("a.csv", 1, 6, bad=1)
    orders.build(gold=False)
    orders.small.deliver("b.csv", 5, 6, day="2026-01-04")
    orders.build(gold=False)
    return orders


def change_cell(file: Path, column: str, row: int, value: Any) -> None:
    """Write a Parquet file again with one value changed; the same schema, the same rows else."""
    table = pq.read_table(file)
    values = table.column(column).to_pylist()
    assert values[row] != value
    values[row] = value
    at = table.schema.get_field_index(column)
    changed = table.set_column(
        at, table.schema.field(column), pa.array(values, table.schema.field(column).type)
    )
    assert changed.schema == table.schema
    pq.write_table(changed, file, compression="zstd", write_statistics=False)


def contents(folder: Path) -> dict[str, str]:
    """Every file below ``folder``, with the hash of its bytes."""
    return {
        os.path.relpath(os.path.join(here, name), folder): _hash(os.path.join(here, name))
        for here, _, names in os.walk(folder)
        for name in names
    }


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
