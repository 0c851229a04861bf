"""A project with one gold table and one dataset; batches of the table are written without an engine."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.flow.run import Run
from clearwell.model import CheckResult, Scope, Severity
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Intent, Lake, PartWriter, apply_batch, decide, schema_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = TableName.parse("gold_delays")
SCHEMA = pa.schema(
    [
        pa.field("day", pa.date32()),
        ("carrier", pa.string()),
        ("dep_delay", pa.int32()),
        ("wind", pa.float64()),
        ("is_late", pa.bool_()),
        ("_file_id", pa.string()),
        ("_record_no", pa.int64()),
        ("_batch_id", pa.int64()),
        ("_ingested_at", pa.timestamp("us", "UTC")),
    ]
)
DATASET = """\
type: clearwell.components.Dataset
attributes:
  name: late_flights
  from: gold_delays
  kind: training
  label: is_late
  exclude: [dep_delay]
  split: {by: time, column: day, test_from: 2013-03-01}
"""
PROJECT = {
    "pyproject.toml": "[tool.clearwell]\n",
    "assets/__init__.py": "",
    "assets/delays.py": "def delays(bronze_flights):\n    return bronze_flights\n",
    "pipelines/ops/defs.yaml": """\
type: clearwell.components.Table
attributes: {name: flights, source: {path: "raw/*.csv", format: csv}}
---
type: clearwell.components.Curated
attributes: {name: delays, inputs: [bronze_flights], transform: "assets.delays:delays"}
---
type: clearwell.components.Reports
attributes: {name: storage_cost, prices: prices.yaml}
---
""",
    "prices.yaml": """\
currency: USD
unit: GB-month
bytes_per_gb: 1000000000
default: store
prices:
  - {store: store, price: 0.023, as_of: 2026-05-04, source: "https://example.com/prices"}
""",
}


def project(root: Path, dataset: str = DATASET, *, on_step: Callable[[str, str], None] | None = None) -> Run:
    """Write the project below ``root``; a run over it, without an engine."""
    for name, text in PROJECT.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + dataset if name.endswith("defs.yaml") else text, encoding="utf-8")
    return load(root, on_step=on_step)


def load(root: Path, *, on_step: Callable[[str, str], None] | None = None) -> Run:
    """A run over the project that ``project`` has written."""
    settings = load_settings(root)
    lake = Lake(settings.lake, places=settings.places, on_step=on_step)
    return Run(load_project(settings), lake, engine=None)  # type: ignore[arg-type]


def rows(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    """Rows of ten days around the cut, half of them on each side of it."""
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return [
        {
            "day": dt.date(2013, 2, 24) + dt.timedelta(days=n % 10),
            "carrier": f"c{n % 3}",
            "dep_delay": n % 60,
            "wind": None if n % 5 == 0 else n / 7,
            "is_late": n % 4 == 0,
            "_file_id": "f" * 32,
            "_record_no": n + 1,
            "_batch_id": 1,
            "_ingested_at": moment,
        }
        for n in range(start, start + count)
    ]


def write(
    lake: Lake,
    data: list[dict[str, Any]],
    *,
    mode: str = "replace",
    schema: pa.Schema = SCHEMA,
    parts: int = 1,
) -> Intent:
    """Write one batch of the gold table through the whole path."""
    snapshot = lake.table(NAME).snapshot()
    batch = (snapshot.batch if snapshot else 0) + 1
    attempt = lake.begin(NAME, batch)
    files: list[Any] = []
    for part in range(parts):
        folder = f"{attempt.folder}/part={part}" if parts > 1 else attempt.folder
        with PartWriter(lake.table(NAME).root, folder, schema) as writer:
            writer.write(pa.RecordBatch.from_pylist(data[part::parts], schema))
        files += writer.files
    check = CheckResult("day_is_there", "expect_x", Severity.CRITICAL, Scope.ROW, True, len(data), 0)
    intent = Intent(
        table=str(NAME),
        batch=batch,
        generation=batch if mode == "replace" or snapshot is None else snapshot.generation,
        mode=mode,
        attempt=attempt.id,
        schema=schema_json(schema),
        planned_version=snapshot.version if snapshot else 0,
        accepted=tuple(files),
        returned=len(data),
        code="code of the transform",
        checks=(check,),
    )
    winner = decide(lake, intent)
    apply_batch(lake, winner, engine=None, recheck=lambda *_: True)  # type: ignore[arg-type]
    return winner
