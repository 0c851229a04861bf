"""A small project of every component: orders, their totals, a release of them, a report."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from clearwell.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

TRANSFORMS = """
from pyspark.sql import DataFrame, functions as F

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, "order_id", "day", "amount")


def totals(silver_orders: DataFrame) -> DataFrame:
    return silver_orders.groupBy("day").agg(F.sum("amount").alias("total"), F.max("amount").alias("dearest"))
"""

SUITE = """
checks:
  - name: amount_plausible
    expectation: expect_column_values_to_be_between
    kwargs: {column: amount, max_value: 1000}
    severity: warning
    why: No order is dearer.
  - name: amount_not_negative
    expectation: expect_column_values_to_be_between
    kwargs: {column: amount, min_value: 0}
    severity: critical
    why: Nobody is paid for an order.
  - name: enough_orders
    expectation: expect_table_row_count_to_be_between
    kwargs: {min_value: 5}
    severity: info
    why: A day has five orders at least.
"""

PRICES = """
currency: USD
unit: GB-month
bytes_per_gb: 1073741824
default: disk
prices:
  - {store: disk, price: 0.02, as_of: 2026-01-01, source: a price tag}
"""

TABLE = """
type: clearwell.components.Table
attributes:
  name: orders
  description: What customers ordered.
  owners: ["team:sales"]
  tags: {domain: sales}
  license: CC0-1.0
  group: shop
  source:
    path: "{{ env('SHOP_RAW', 'raw') }}/*.csv"
    format: csv
    columns: {order_id: bigint, day: date, amount: double}
    settle_seconds: 0
  silver:
    transform: "assets.shop:clean"
    expectations: silver_orders
  schedule: "{{ env('SHOP_SCHEDULE', '0 6 * * *') }}"
  watch: true
"""

OTHERS = """
type: clearwell.components.Curated
attributes:
  name: totals
  inputs: [silver_orders]
  transform: "assets.shop:totals"
---
type: clearwell.components.Dataset
attributes:
  name: daily_totals
  from: gold_totals
  label: total
  exclude: [dearest]
  split: {by: time, column: day, test_from: 2026-01-02}
---
type: clearwell.components.Reports
attributes: {name: storage_cost, prices: pipelines/prices.yaml}
"""


def make_shop(root: Path, *, lake: str = "lake") -> Settings:
    """The project, with two days of three orders each."""
    write(root / "pyproject.toml", f'[tool.clearwell]\nlake = "{lake}"\n')
    write(root / "assets" / "__init__.py", "")
    write(root / "assets" / "shop.py", TRANSFORMS)
    write(root / "expectations" / "silver_orders.yaml", SUITE)
    write(root / "pipelines" / "__init__.py", "")
    write(root / "pipelines" / "orders" / "defs.yaml", TABLE)
    write(root / "pipelines" / "others" / "defs.yaml", OTHERS)
    write(root / "pipelines" / "prices.yaml", PRICES)
    deliver(root, "first.csv", "2026-01-01", [1, 2, 3])
    deliver(root, "second.csv", "2026-01-02", [4, 5, 6])
    return Settings(project=root, lake=root / lake)


def deliver(root: Path, name: str, day: str, amounts: list[float]) -> Path:
    """A raw file of one order for each amount."""
    lines = ["order_id,day,amount", *(f"{n},{day},{amount}" for n, amount in enumerate(amounts))]
    return write(root / "raw" / name, "\n".join(lines) + "\n")


def write(file: Path, text: str) -> Path:
    """A file with ``text``, without its indentation."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text).lstrip("\n"))
    return file
