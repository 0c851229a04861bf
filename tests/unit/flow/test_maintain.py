"""Maintenance frees what is old, and nothing that somebody still waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from clearwell.flow.maintain import maintain_lake
from clearwell.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path


def test_events_of_a_month_ago_go_and_undelivered_ones_stay(tmp_path: Path) -> None:
    folder = tmp_path / "lineage" / "openlineage"
    folder.mkdir(parents=True)
    today = datetime.now(UTC).date()
    kept = [
        f"{today}.ndjson",
        f"{today - timedelta(days=29)}.ndjson",
        "undelivered-2020-01-01.ndjson",
        "notes",
    ]
    for name in (*kept, "2020-01-01.ndjson"):
        (folder / name).write_text("{}\n")
    assert maintain_lake(Lake(tmp_path), retention_hours=168, dry_run=True).old_event_files == 1
    assert len(list(folder.iterdir())) == 5
    assert maintain_lake(Lake(tmp_path), retention_hours=168).old_event_files == 1
    assert sorted(file.name for file in folder.iterdir()) == sorted(kept)
