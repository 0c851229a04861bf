"""Maintenance frees what is old, and nothing that somebody still waits for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import TableError
from clearwell.flow.maintain import maintain_lake
from clearwell.publishing import attempts
from clearwell.publishing.publisher import begin_attempt
from clearwell.tables import Lake
from clearwell.tables.maintenance import clock

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


def test_by_a_wrong_clock_no_attempt_at_a_release_is_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    begin_attempt(tmp_path / "releases" / "daily", '{"host": "", "pid": 1, "started": 0}')
    (attempt,) = (tmp_path / "releases" / "daily").glob(".attempt-*.json")
    monkeypatch.setattr(attempts, "_is_dead", lambda _: True)
    monkeypatch.setattr(clock, "store_time", lambda _: time.time() + 3 * 3600)
    with pytest.raises(TableError, match=r"3\.0 hours behind the store"):
        maintain_lake(lake, retention_hours=168)
    assert attempt.exists()
    assert maintain_lake(lake, retention_hours=168, trust_clock=True).unfinished_releases == 1
    assert not attempt.exists()
