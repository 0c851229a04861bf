"""Small releases, made without a table or a flow."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clearwell.datasets.manifest import INDEX_FORMAT, Column, Input, Manifest
from clearwell.fingerprint.rows import ALGORITHM, combined_fingerprint
from clearwell.publishing.claim import claim
from clearwell.publishing.inference import InferenceRecipe, make_inference
from clearwell.publishing.splits import ByTime
from clearwell.publishing.training import TrainingRecipe, make_training

Release = Callable[..., Path]

SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("carrier", pa.string()),
        ("distance", pa.float64()),
        ("tags", pa.list_(pa.string())),
        pa.field("is_late", pa.bool_(), nullable=False),
    ]
)
TEST_FROM = dt.date(2013, 3, 1)


def rows(count: int) -> pa.Table:
    """Rows of ten days, the last five of them in the test split, with all that is awkward in them."""
    numbers = range(count)
    return pa.table(
        {
            "day": [dt.date(2013, 2, 24) + dt.timedelta(days=n % 10) for n in numbers],
            "carrier": [None if n % 7 == 0 else f"c{n}" for n in numbers],
            "distance": [(math.nan, -0.0, 0.0, None, 1.5)[n % 5] for n in numbers],
            "tags": [(None, [], ["a", None])[n % 3] for n in numbers],
            "is_late": [n % 4 == 0 for n in numbers],
        },
        SCHEMA,
    )


def recipe(**changes: Any) -> TrainingRecipe:
    given: dict[str, Any] = {
        "table": "gold_flights",
        "place": "defs.yaml:3",
        "schema": SCHEMA,
        "label": "is_late",
        "forbidden": frozenset({"dep_delay"}),
        "split": ByTime("day", pa.scalar(TEST_FROM)),
        "formats": ("parquet", "arrow"),
    }
    return TrainingRecipe(**{**given, **changes})


def draft(batch: int = 1, identity: str = "", **changes: Any) -> Manifest:
    given: dict[str, Any] = {
        "dataset": "late_flights",
        "version": 0,
        "kind": "training",
        "created": "2026-01-01T00:00:00+00:00",
        "clearwell_version": "0.1.0",
        "identity": identity or f"made from batch {batch}",
        "fingerprint": "",
        "fingerprint_algorithm": ALGORITHM,
        "rows": 0,
        "schema": tuple(Column(f.name, str(f.type), f.nullable) for f in SCHEMA),
        "splits": (),
        "inputs": (Input("gold_flights", version=batch, generation=1, batch=batch),),
        "settings": {},
        "label": "is_late",
    }
    return Manifest(**{**given, **changes})


def live_release(
    folder: Path, table: pa.Table, key: Sequence[str], *, buckets: int = 1, chunk: int = 1000, **changes: Any
) -> Path:
    """An inference release of ``table`` at ``folder``, outside any lake."""
    given: dict[str, Any] = {
        "table": "gold_state",
        "place": "defs.yaml:3",
        "schema": table.schema,
        "key": tuple(key),
        "formats": ("parquet", "arrow"),
    }
    made = InferenceRecipe(**{**given, **changes})
    folder.mkdir(parents=True, exist_ok=True)
    batches = table.to_batches(max_chunksize=chunk)
    split, replaced = make_inference(batches, made, folder, rows=table.num_rows, buckets=buckets)
    manifest = draft(
        dataset="state",
        version=1,
        kind="inference",
        rows=split.rows,
        splits=(split,),
        schema=tuple(Column(f.name, str(f.type), f.nullable) for f in made.schema),
        key=made.key,
        features=tuple(name for name in made.schema.names if name not in made.key),
        label=None,
        achieved={"replaced_rows": replaced},
        fingerprint=combined_fingerprint([(split.name, split.fingerprint)]),
        format=INDEX_FORMAT,
    )
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    return folder


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def release(lake: Path) -> Release:
    """Release some rows of ``batch``; the folder of the release that then holds."""

    def make(
        batch: int = 1,
        *,
        name: str = "late_flights",
        count: int = 50,
        seen: tuple[int, ...] = (),
        **changes: Any,
    ) -> Path:
        dataset = lake / "releases" / name
        attempt = dataset / f".attempt-{batch}"
        attempt.mkdir(parents=True)
        data = rows(count)
        splits = make_training(data.to_batches(), recipe(**changes), attempt, rows=count)
        manifest = draft(
            batch,
            dataset=name,
            splits=splits,
            rows=count,
            fingerprint=combined_fingerprint((s.name, s.fingerprint) for s in splits),
        )
        held, _ = claim(dataset, attempt, manifest, seen=seen)
        return dataset / f"v{held.version}"

    return make
