"""A small shop whose records end in every place that there is: tables, quarantines, blocks, releases."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from clearwell.errors import BatchBlocked
from clearwell.flow.cleanse import cleanse
from clearwell.flow.curate import curate
from clearwell.flow.ingest import ingest
from clearwell.flow.publish import publish
from clearwell.flow.run import Run
from clearwell.flow.step import Failed, run_step
from clearwell.notify.openlineage import send_step_events
from clearwell.project.load import load_project
from clearwell.settings import Settings
from clearwell.tables import lake_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.quality import Suite

TRANSFORMS = """
from pyspark.sql import DataFrame, functions as F

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    kept = orders.where("amount <> 0")
    return kept.select(*PROVENANCE, "order_id", "day", "amount", "customer", F.upper("email").alias("mail"))


def customers(frame: DataFrame) -> DataFrame:
    return frame.select(*PROVENANCE, F.col("id").alias("customer"), "city")


def details(silver_orders: DataFrame, silver_customers: DataFrame) -> DataFrame:
    cities = silver_customers.select("customer", "city")
    return silver_orders.join(cities, "customer", "left").select(
        "order_id", "day", "amount", "city", (F.col("amount") > 20).alias("is_big"), "mail", *PROVENANCE
    )


def totals(silver_orders: DataFrame) -> DataFrame:
    return silver_orders.groupBy("day").agg(F.sum("amount").alias("total"))
"""

SUITE = """
checks:
  - name: amount_usual
    expectation: expect_column_values_to_be_between
    kwargs: {column: amount, max_value: 100}
    severity: warning
    why: to be looked at
  - name: amount_sane
    expectation: expect_column_values_to_be_between
    kwargs: {column: amount, max_value: 1000}
    severity: critical
    why: larger amounts are test orders
"""

DEFS = """
type: clearwell.components.Table
attributes:
  name: orders
  owners: ["team:sales"]
  tags: {domain: sales}
  personal: [email, mail]
  source:
    path: "raw/orders/*.csv"
    format: csv
    columns: {order_id: bigint, day: date, amount: double}
    settle_seconds: 0
  silver:
    transform: "assets.shop:clean"
    expectations: silver_orders
    write: {mode: merge, key: [order_id]}
---
type: clearwell.components.Table
attributes:
  name: customers
  source: {path: "raw/customers/*.jsonl", format: jsonl, columns: {id: int}, settle_seconds: 0}
  silver: {transform: "assets.shop:customers", write: {mode: replace}}
---
type: clearwell.components.Curated
attributes:
  name: order_details
  inputs: [silver_orders, silver_customers]
  transform: "assets.shop:details"
---
type: clearwell.components.Curated
attributes: {name: totals, inputs: [silver_orders], transform: "assets.shop:totals"}
---
type: clearwell.components.Dataset
attributes:
  name: big_orders
  from: gold_order_details
  label: is_big
  exclude: [mail]
  split: {by: time, column: day, test_from: 2026-01-02}
"""

FIRST = """\
order_id,day,amount,customer,email
1,2026-01-01,10.5,7,ann@example.org
2,2026-01-02,20.5,7,bob@example.org
3,2026-01-02,a lot,7,cy@example.org
4,2026-01-02,0,8,di@example.org
5,2026-01-02,500,8,ed@example.org
6,2026-01-02,60.25,8,"fay
@example.org"
"""
"""Records 1 to 6: superseded later, kept, no number, dropped by the transform, unusual, over two lines."""

SECOND = "order_id,day,amount,customer,email\n1,2026-01-01,11.5,7,ann@example.org\n"
THIRD = "order_id,day,amount,customer,email\n9,2026-01-03,5000,7,gus@example.org\n"
"""Its batch is blocked."""


class Shop:
    """The project, and what its tests do to it."""

    def __init__(self, root: Path, places: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.settings = Settings(project=root, lake=root / "lake", places=places or {})
        self.lake = lake_of(self.settings)

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    @property
    def project(self):
        return load_project(self.settings)

    def run(self, engine: Engine) -> Run:
        """Everything once; a blocked batch stops what hangs on it and nothing else."""
        run = Run(self.project, self.lake, engine)
        for spec in run.project.tables.values():
            run_and_send(run, spec, ingest, name=str(spec.bronze_table))
        with suppress(BatchBlocked):
            for spec in run.project.tables.values():
                run_and_send(run, spec, cleanse, name=str(spec.silver_table), suite=run.suite(spec))
            for curated in run.project.curated.values():
                run_and_send(run, curated, curate, name=str(curated.table))
            for dataset in run.project.datasets.values():
                run_and_send(run, dataset, publish, name=dataset.name)
        return run


def run_and_send(
    run: Run, spec: Any, step: Callable[[Run, Any], Any], *, name: str, suite: Suite | None = None
) -> Any:
    """Run a step and send its events, as an asset does; its result, or its error raised."""
    end = run_step(run, step, spec)
    send_step_events(run, spec, end, name=name, suite=suite)
    if isinstance(end, Failed):
        raise end.error
    return end.result


def make_shop(root: Path, engine: Engine, places: Mapping[str, str] | None = None) -> Shop:
    """The shop after three runs: the second brought a later record of an order, the third was blocked."""
    shop = Shop(root, places)
    shop.write("pyproject.toml", '[project]\nname = "shop"\n\n[tool.clearwell]\nlake = "lake"\n')
    shop.write("assets/__init__.py", "")
    shop.write("assets/shop.py", TRANSFORMS)
    shop.write("expectations/silver_orders.yaml", SUITE)
    shop.write("pipelines/shop/defs.yaml", DEFS)
    shop.write("raw/customers/all.jsonl", '{"id": 7, "city": "Bonn"}\n{"id": 8, "city": "Ulm"}\n')
    for name, text in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        shop.write(f"raw/orders/{name}.csv", text)
        shop.run(engine)
    return shop
