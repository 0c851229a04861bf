"""What a run of the sample project has made, in a form that runs on different engines can be compared by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deltalake import DeltaTable

from clearwell.fingerprint.rows import fingerprint_rows

if TYPE_CHECKING:
    from pathlib import Path

_CHANGING = {"_ingested_at", "_attempt", "quarantined_at"}
"""Columns that hold the time of a run, or its name."""


def contents(lake: str, tables: list[str], **options: Any) -> dict[str, str]:
    """A fingerprint of the rows of each table, but for what tells one run from another."""
    found: dict[str, str] = {}
    for table in tables:
        rows = DeltaTable(f"{lake}/{table}", **options).to_pyarrow_table()
        rows = rows.select(sorted(name for name in rows.column_names if name not in _CHANGING))
        found[table] = fingerprint_rows(rows.schema, rows.to_batches())
    return found


def tables_of(lake: Path) -> list[str]:
    """All its tables of rows, by their folders in the lake."""
    zones = ("bronze", "silver", "gold", "quarantine")
    logs = [log for zone in zones for log in (lake / zone).rglob("_delta_log")]
    return sorted(log.parent.relative_to(lake).as_posix() for log in logs)


def released(lake: Path) -> dict[str, list[tuple[str, int, str]]]:
    """Of each release its splits: name, rows and fingerprint."""
    files = lake.glob("releases/*/v1/manifest.json")
    manifests = {file.parent.parent.name: json.loads(file.read_text()) for file in files}
    assert len(manifests) >= 4
    return {name: splits_of(said) for name, said in manifests.items()}


def splits_of(manifest: dict[str, Any]) -> list[tuple[str, int, str]]:
    """The splits of a release: name, rows and fingerprint."""
    return [(split["name"], split["rows"], split["fingerprint"]) for split in manifest["splits"]]
