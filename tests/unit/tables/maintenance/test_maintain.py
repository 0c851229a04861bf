"""Maintenance frees what runs have left behind, also those of machines that are gone."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from clearwell.errors import StoreError, TableError
from clearwell.tables import Attempt, Lake, decide, maintain, pending_attempts
from clearwell.tables.control_records import Process, Reading
from clearwell.tables.maintenance import clock
from clearwell.tables.maintenance.compact import compact
from tests.unit.tables.writing import NAME, ids, stage, write

ELSEWHERE = Process("another-host", 1, 0.0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    write(lake, [1])
    return lake


def _age(lake: Lake, path: str, days: float) -> None:
    """Let the store say that the file was written so many days ago."""
    then = time.time() - days * 86_400
    os.utime(lake.store.absolute(path), (then, then))


def left_behind(lake: Lake, days: float, *, batch: int = 2, process: Process = ELSEWHERE) -> Attempt:
    """An attempt of another host, begun so many days ago, with a staged file."""
    attempt = Attempt(str(NAME), batch, process=process)
    lake.control.register(attempt)
    _age(lake, f"control/attempts/{NAME}/{attempt.id}.json", days)
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


def _rewritten(lake: Lake) -> Path:
    """The table's first file, after a commit that removed it."""
    (before,) = lake.existing(NAME).files
    write(lake, [2])
    assert compact(lake, NAME) == (2, 1)
    return Path(before.absolute)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("process", [Process.current(), ELSEWHERE])
def test_what_a_process_reads_is_kept_while_it_may_be_alive(lake: Lake, process: Process) -> None:
    reading = Reading({str(NAME): lake.existing(NAME).version}, process=process)
    file = _rewritten(lake)
    lake.control.begin_reading(reading)
    maintain(lake, retention_hours=0)
    assert file.exists()
    _age(lake, f"control/readers/{reading.id}.json", 8)
    maintain(lake, retention_hours=0)
    assert file.exists() == process.is_here
    lake.control.end_reading(reading)
    maintain(lake, retention_hours=0)
    assert not file.exists()


def test_what_a_dead_process_was_reading_is_freed(lake: Lake) -> None:
    dead = replace(Process.current(), started=1.0)
    lake.control.begin_reading(Reading({str(NAME): lake.existing(NAME).version}, process=dead))
    file = _rewritten(lake)
    maintain(lake, retention_hours=0, dry_run=True)
    assert len(list(lake.control.readings())) == 1
    maintain(lake, retention_hours=0)
    assert not file.exists()
    assert list(lake.control.readings()) == []


def test_a_reading_ends_with_its_block_and_on_a_lake_that_cannot_be_written_there_is_none(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = lake.existing(NAME)
    with lake.reading(snapshot, None):
        ((reading, _),) = lake.control.readings()
        assert reading.tables == {str(NAME): snapshot.version}
    assert list(lake.control.readings()) == []

    def refuse(*_: object) -> None:
        raise StoreError("read-only file system")

    monkeypatch.setattr(lake.control, "begin_reading", refuse)
    with lake.reading(snapshot):
        pass


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1.0, "its newest commit is 24.0 hours in the future"), (400.0, "nothing was written since")],
)
def test_a_clock_that_does_not_fit_the_log_frees_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, days: float, said: str
) -> None:
    """The machine's and the disk's clock are wrong together."""
    file = _rewritten(lake)
    now = time.time() + days * 86_400
    monkeypatch.setattr(clock.time, "time", lambda: now)
    monkeypatch.setattr(clock, "store_time", lambda _: now)
    for dry_run in (True, False):
        with pytest.raises(TableError, match=said) as caught:
            maintain(lake, retention_hours=1, dry_run=dry_run)
        assert "--trust-clock" in (caught.value.hint or "")
    assert file.exists()
    maintain(lake, retention_hours=0, trust_clock=True)
    assert not file.exists()


@pytest.mark.parametrize(("hours", "said"), [(3, "3.0 hours behind"), (-72, "3 days ahead of")])
def test_a_clock_that_differs_from_the_stores_frees_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, hours: int, said: str
) -> None:
    file = _rewritten(lake)
    monkeypatch.setattr(clock, "store_time", lambda _: time.time() + hours * 3600)
    with pytest.raises(TableError, match=f"this machine's clock is {said} the store's"):
        maintain(lake, retention_hours=0)
    assert file.exists()


def test_the_time_of_the_store_is_that_of_a_file_just_written(lake: Lake) -> None:
    assert abs(clock.store_time(lake) - time.time()) < 60


def test_the_time_of_a_version_is_its_own_whatever_was_committed_later(lake: Lake) -> None:
    """See findings/delta-rs-history-numbers-other-commits.sh."""
    snapshot = lake.existing(NAME)
    for number in range(2, 5):
        write(lake, [number])
    log = Path(snapshot.root, "_delta_log", f"{snapshot.version:020}.json")
    own = json.loads(log.read_text().splitlines()[0])["commitInfo"]["timestamp"]
    assert snapshot.committed == own / 1000
