"""Maintenance frees what runs have left behind, also those of machines that are gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clearwell.tables import Attempt, Lake, decide, maintain, pending_attempts
from clearwell.tables.control_records import Process
from tests.unit.tables.writing import NAME, ids, stage, write

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = Process("another-host", 1, 0.0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    write(lake, [1])
    return lake


def left_behind(lake: Lake, days: float, *, batch: int = 2, process: Process = ELSEWHERE) -> Attempt:
    """An attempt of another host, begun so many days ago, with a staged file."""
    started = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    attempt = Attempt(str(NAME), batch, process=process, started=started)
    lake.control.register(attempt)
    lake.store.put(f"{NAME.path}/{attempt.folder}/part.parquet", b"staged")
    return attempt


def is_there(lake: Lake, attempt: Attempt) -> bool:
    return lake.store.exists(f"{NAME.path}/{attempt.folder}/part.parquet")


@pytest.mark.parametrize("batch", [0, 2])
def test_a_run_of_another_host_keeps_its_files_for_a_week(lake: Lake, batch: int) -> None:
    young, old = left_behind(lake, 6.9, batch=batch), left_behind(lake, 7.1, batch=batch)
    maintain(lake)
    assert is_there(lake, young)
    assert not is_there(lake, old)
    assert pending_attempts(lake) == {young.id}


@pytest.mark.promise("P8")
def test_a_run_of_this_host_that_lives_keeps_them(lake: Lake) -> None:
    attempt = left_behind(lake, 30, process=Process.current())
    maintain(lake)
    assert is_there(lake, attempt)


def test_a_run_of_this_host_that_is_dead_does_not(lake: Lake) -> None:
    dead = replace(Process.current(), started=1.0)
    attempt = left_behind(lake, 0, process=dead)
    maintain(lake)
    assert not is_there(lake, attempt)


@pytest.mark.promise("P8")
def test_what_was_decided_is_kept_until_it_is_carried_out(lake: Lake) -> None:
    """However old: the decision holds, and the next run needs its files."""
    intent = stage(lake, [2])
    (attempt,) = lake.control.attempts(NAME)
    lake.control.forget(attempt)
    lake.control.register(replace(attempt, process=ELSEWHERE, started="2020-01-01T00:00:00+00:00"))
    winner = decide(lake, intent)
    maintain(lake)
    write(lake, [3])  # rolls the decision forward
    assert winner.attempt == intent.attempt
    assert ids(lake) == [1, 2]


def test_the_first_attempt_at_a_table_is_kept(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    stage(lake, [1])
    (attempt,) = lake.control.attempts(NAME)
    assert pending_attempts(lake) == {attempt.id}
    assert maintain(lake) == []
    assert [*lake.store.list(f"{NAME.path}/{attempt.folder}")]
