"""Promises of decide, apply and recover: one decision a batch, and the next run finishes what one left."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from clearwell.tables import Lake, files_of, recover
from clearwell.tables.control import Control
from clearwell.tables.control_records import Intent
from tests.unit.tables.writing import NAME, ids, publish, stage, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STEPS = [
    "stage",
    "staged",
    "intent",
    "decided",
    "quarantine",
    "files",
    "table",
    "commit",
    "committed",
    "history",
]


class Killed(BaseException):
    """Stands for the end of the process: nothing in the write path catches it."""


@pytest.fixture
def places() -> dict[str, str]:
    """Where parts of the lake lie that are not in its folder: none, here."""
    return {}


def dying_lake(root: Path, step: str, nth: int = 1, *, places: Mapping[str, str] | None = None) -> Lake:
    """A lake whose write path dies at the nth time that it reaches ``step``."""
    left = [nth]

    def die(reached: str, table: str) -> None:
        if reached == step:
            left[0] -= 1
            if not left[0]:
                raise Killed(step)

    return Lake(root, places=places or {}, on_step=die)


def roll_forward(lake: Lake) -> Intent | None:
    return recover(lake, NAME, engine=None, recheck=lambda *_: True)  # type: ignore[arg-type]


def balanced_at_every_version(lake: Lake) -> bool:
    """Whether at each version that a reader can see the files' accepted records are the table's rows."""
    newest = lake.existing(NAME)
    for version in range(newest.version + 1):
        snapshot = lake.table(NAME).snapshot(version)
        assert snapshot is not None
        if sum(f.accepted for f in files_of(lake, snapshot)) != snapshot.rows:
            return False
    return True


@pytest.mark.promise("P3", "P4")
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("mode", ["append", "replace"])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, places: dict[str, str], step: str, mode: str, nth: int
) -> None:
    lake = Lake(tmp_path, places=places)
    write(lake, [1, 2])
    try:
        write(dying_lake(tmp_path, step, nth, places=places), [3], mode=mode)
    except Killed:
        pass
    else:
        assert nth > 1  # a step that is reached once cannot kill at its second time
    assert balanced_at_every_version(lake)
    decided = roll_forward(lake)
    if decided is None and lake.existing(NAME).batch == 1:
        write(lake, [3], mode=mode)
    assert ids(lake) == ([3] if mode == "replace" else [1, 2, 3])
    assert balanced_at_every_version(lake)
    assert lake.existing("history_builds").rows == 2
    assert roll_forward(lake) is None


@pytest.mark.promise("P3")
def test_the_loser_of_a_decision_adopts_the_winners(tmp_path: Path, places: dict[str, str]) -> None:
    lake = Lake(tmp_path, places=places)
    write(lake, [1])
    slow = stage(lake, [2])
    fast = stage(lake, [2])
    assert publish(lake, fast) is not None
    winner = publish(lake, slow)
    assert winner.attempt == fast.attempt
    assert ids(lake) == [1, 2]


def test_without_the_intent_two_runs_of_one_batch_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is needed: with each writer following its own decision, records and table disagree."""
    lake = Lake(tmp_path)
    write(lake, [1])
    first, second = stage(lake, [2]), stage(lake, [2, 3])
    monkeypatch.setattr(
        Control, "decide", lambda _, intent: intent.__class__(**{**vars(intent), "decided": NOW})
    )
    dying = dying_lake(tmp_path, "table")
    with pytest.raises(Killed):
        publish(dying, first)
    publish(lake, second)
    assert not balanced_at_every_version(lake)


NOW = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def paused(tmp_path: Path, places: dict[str, str]) -> Iterator[tuple[Lake, Event, Event, list[str]]]:
    """A lake on which a writer stops at a step until it is woken."""
    arrived, wake, where = Event(), Event(), []

    def wait(step: str, table: str) -> None:
        if where and step == where[0] and table == str(NAME) and not arrived.is_set():
            arrived.set()
            assert wake.wait(30)

    yield Lake(tmp_path, places=places, on_step=wait), arrived, wake, where
    wake.set()


@pytest.mark.promise("P4")
@pytest.mark.parametrize("step", ["intent", "decided", "quarantine", "files", "table", "commit", "committed"])
def test_a_slow_run_that_wakes_late_changes_nothing(
    tmp_path: Path, places: dict[str, str], paused: tuple[Lake, Event, Event, list[str]], step: str
) -> None:
    slow_lake, arrived, wake, where = paused
    lake = Lake(tmp_path, places=places)
    write(lake, [1])
    where.append(step)
    slow = Thread(target=write, args=(slow_lake, [2]))
    slow.start()
    assert arrived.wait(30)
    if roll_forward(lake) is None and lake.existing(NAME).batch == 1:
        write(lake, [2])
    write(lake, [3])
    wake.set()
    slow.join(30)
    assert not slow.is_alive()
    assert ids(lake) == [1, 2, 3]
    assert balanced_at_every_version(lake)


def test_a_voided_batch_takes_its_number_and_nothing_else(tmp_path: Path, places: dict[str, str]) -> None:
    lake = Lake(tmp_path, places=places)
    write(lake, [1])
    intent = stage(lake, [2])
    checked = Intent(**{**vars(intent), "table_checks": ({"name": "unique"},)})
    with pytest.raises(Killed):
        publish(dying_lake(tmp_path, "table", places=places), checked)
    lake.existing(NAME).handle.delete("id = 99")  # no row: no commit
    lake.existing(NAME).handle.delete("id = 1")  # another writer moves data after the audit
    recover(lake, NAME, engine=None, recheck=lambda *_: False)  # type: ignore[arg-type]
    assert ids(lake) == []
    assert lake.existing(NAME).batch == 2
    assert [f.delivered for f in files_of(lake, lake.existing(NAME))] == [1]  # of the first batch alone
    write(lake, [5])
    assert ids(lake) == [5]
    assert len(files_of(lake, lake.existing(NAME))) == 2
