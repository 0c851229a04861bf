"""The files that a scaffold writes, as texts with `$name`s in them. A comment explains each line."""

from __future__ import annotations

import re
from string import Template

__all__ = [
    "CLEAN",
    "COMPUTE",
    "CURATED",
    "DATASET",
    "GOLD_SUITE",
    "PRICES",
    "REPORTS",
    "SILVER_SUITE",
    "TABLE",
    "lined_up",
]

_COMMENT = re.compile(r"^(?P<said>\s*(?:# )?\S.*?)  # (?P<why>.*)$")
_AT = 44

TABLE = Template("""\
# Raw files -> bronze_$name (every record as delivered) -> silver_$name (cleansed and audited).
# Every key and what it means: dg utils inspect-component clearwell.components.Table
type: clearwell.components.Table
attributes:
  name: $name
  description: $description
  owners: ["$owner"]  # a team, or an e-mail address
  # license: CC0-1.0  # of the data, as an SPDX identifier
  # tags: {domain: sales}  # labels to search by
  # personal: [customer]  # columns whose values never appear in samples, logs or pages
  source:
    path: "$path"  # a glob from the project's folder; each file is ingested once
    format: $format  # csv, jsonl, parquet or text
$typed  silver:
    transform: "$transform"  # def clean(frame): one frame in, one frame out
    expectations: silver_$name  # expectations/silver_$name.yaml
    write: {mode: append}  # or {mode: merge, key: [id]}: a row with a known key replaces the old one
  # schedule: "0 6 * * *"  # when to run automatically, in UTC
  # watch: true  # a new file starts a run
  # freshness: {warn_after_hours: 26, fail_after_hours: 50}
""")

CLEAN = Template('''\
"""silver_$name: the contents of the raw files, cleansed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def clean(frame: DataFrame) -> DataFrame:
    """Trim strings; leave all other columns unchanged.

    Keep the columns of PROVENANCE: they identify the file and record of each row.
    """
    kinds = {column: kind for column, kind in frame.dtypes if column not in PROVENANCE}
    columns = [
        F.trim(column).alias(column) if kind == "string" else F.col(column)
        for column, kind in kinds.items()
    ]
    return frame.select(*PROVENANCE, *columns)
''')

SILVER_SUITE = Template("""\
# What silver_$name promises. The expectations are those of Great Expectations.
# severity decides: critical blocks the batch, warning puts the row in quarantine, info only reports.
checks:
  - name: has_rows
    expectation: expect_table_row_count_to_be_between
    kwargs: {min_value: 1}
    severity: critical
    why: A table without rows means a failed delivery.
$checks""")

CURATED = Template("""\
# gold_$name, computed from $inputs.
# Every key and what it means: dg utils inspect-component clearwell.components.Curated
type: clearwell.components.Curated
attributes:
  name: $name
  description: The number of rows in $inputs.
  owners: ["$owner"]  # a team, or an e-mail address
  inputs: [$inputs]
  transform: "$transform"  # its parameters are named after the inputs
  expectations: gold_$name  # expectations/gold_$name.yaml
  write: {mode: replace}  # recomputed when an input has changed
  # schedule: "0 6 * * *"  # when to run automatically, in UTC
  # freshness: {warn_after_hours: 26, fail_after_hours: 50}
""")

COMPUTE = Template('''\
"""gold_$name: computed from $inputs."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def compute($parameters) -> DataFrame:
    """The number of rows of each input: replace this with the table's real contents."""
    inputs = {$named}
    counts = [
        frame.agg(F.count(F.lit(1)).alias("rows")).select(F.lit(name).alias("input"), "rows")
        for name, frame in inputs.items()
    ]
    return reduce(lambda a, b: a.unionByName(b), counts)
''')

GOLD_SUITE = Template("""\
# What gold_$name promises. The expectations are those of Great Expectations.
# severity decides: critical blocks the table, warning puts the row in quarantine, info only reports.
checks:
  - name: inputs_are_not_empty
    expectation: expect_column_values_to_be_between
    kwargs: {column: rows, min_value: 1}
    severity: critical
    why: An input without rows means a failed delivery.
""")

DATASET = Template("""\
# A release of $table: immutable, versioned, with a hash of every file.
# Every key and what it means: dg utils inspect-component clearwell.components.Dataset
type: clearwell.components.Dataset
attributes:
  name: $name
  description: Rows of $table, to predict $label.
  owners: ["$owner"]  # a team, or an e-mail address
  from: $table
  kind: training  # or inference: one row per key, for lookups
  label: $label  # the column to predict
  # exclude: [column]  # columns that would leak the label
  split: $split
  formats: [parquet, arrow]
""")

REPORTS = Template("""\
# The cost and the state of the lake, as pages in LAKE/reports: written after everything else has run.
# Every key and what it means: dg utils inspect-component clearwell.components.Reports
type: clearwell.components.Reports
attributes:
  name: $name
  description: What each table's bytes would cost in an object store.
  owners: ["$owner"]  # a team, or an e-mail address
  prices: $prices
""")

PRICES = """\
# List prices of storage, as published. Replace them with those of your own contract.
# Each price needs its own date.
currency: USD
unit: GB-month
bytes_per_gb: 1073741824  # S3 bills binary gigabytes
default: s3-standard-us-east-1
prices:
  - store: s3-standard-us-east-1
    provider: Amazon Web Services
    service: S3 Standard
    region: us-east-1
    tier: first 50 TB a month
    price: 0.023
    as_of: 2026-05-04
    source: Amazon S3 pricing page, tab "Storage & requests", S3 Standard, US East (N. Virginia)
    url: https://aws.amazon.com/s3/pricing/
"""


def lined_up(text: str) -> str:
    """``text`` with the comments at the ends of its lines aligned, where possible."""
    lines = (_COMMENT.match(line) or line for line in text.split("\n"))
    return "\n".join(
        line if isinstance(line, str) else f"{line['said']:<{_AT - 2}}  # {line['why']}" for line in lines
    )
