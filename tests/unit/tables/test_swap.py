"""Promises of the swap: planned on one version, committed once, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from clearwell.errors import CommitConflict, TableError
from clearwell.tables import Lake
from clearwell.tables import swap as swap_module
from clearwell.tables.maintenance.compact import compact
from clearwell.tables.swap import Change, add, remove, swap
from tests.unit.tables.writing import NAME, ids, stage, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.tables.read.snapshot import Snapshot


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.mark.promise("P3")
def test_a_batch_is_committed_once_however_often_it_is_tried(lake: Lake) -> None:
    write(lake, [1, 2])
    intent = stage(lake, [3])
    adds = [add(file) for file in intent.accepted]
    for _ in range(3):
        swap(lake.table(NAME), lambda _: Change(adds=adds), batch=2)
    assert ids(lake) == [1, 2, 3]
    assert lake.existing(NAME).version == 2


def test_without_the_look_at_the_log_a_batch_doubles(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard is needed: Delta itself accepts a transaction's number a second time."""
    write(lake, [1])
    monkeypatch.setattr(swap_module, "is_committed", lambda *_: False)
    for _ in range(2):
        staged = [add(file) for file in stage(lake, [2]).accepted]
        swap(lake.table(NAME), lambda _, staged=staged: Change(adds=staged), batch=2)
    assert ids(lake) == [1, 2, 2]


def _overtaken_by_compaction(
    lake: Lake, retries: int, monkeypatch: pytest.MonkeyPatch, *, ours: bool = True
) -> None:
    """Remove the row 2 by a rewrite, while a compaction comes between its plan and its commit."""
    write(lake, [1])
    write(lake, [2])
    monkeypatch.setattr(swap_module, "RETRIES_INSIDE_DELTA", retries)
    overtaken = False

    def plan(snapshot: Snapshot) -> Change:
        nonlocal overtaken
        holding = [f for f in snapshot.files if f.may_hold("id", 2, 2)]
        kept = sorted(set(ids(lake)) - {2}) if len(snapshot.files) == 1 else []
        adds = [add(f) for f in stage(lake, kept).accepted] if kept else []
        if not overtaken:
            overtaken = True
            if ours:
                assert compact(lake, NAME) == (2, 1)
            else:
                DeltaTable(snapshot.root).optimize.compact()
        return Change(adds=adds, removes=[remove(f) for f in holding])

    swap(lake.table(NAME), plan, batch=3)


@pytest.mark.parametrize("ours", [True, False])
def test_a_rewrite_overtaken_by_a_compaction_is_planned_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, ours: bool
) -> None:
    _overtaken_by_compaction(lake, 0, monkeypatch, ours=ours)
    assert ids(lake) == [1]


def test_the_seal_of_our_commits_keeps_delta_from_a_retry_over_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commits with the same application of Delta are a conflict: see ``SEAL``."""
    _overtaken_by_compaction(lake, 15, monkeypatch)
    assert ids(lake) == [1]


def test_with_deltas_own_retry_rows_come_back_from_the_dead(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is needed: a retry inside Delta keeps removals that were planned before another's."""
    _overtaken_by_compaction(lake, 15, monkeypatch, ours=False)
    assert ids(lake) != [1]


@pytest.mark.promise("P3")
def test_an_error_after_a_commit_that_landed_does_not_double_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, [1])
    real, failures = swap_module._commit, []

    def landed_but_failed(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        if not failures:
            failures.append(1)
            raise OSError("the reply was lost")

    monkeypatch.setattr(swap_module, "_commit", landed_but_failed)
    write(lake, [2])
    assert failures
    assert ids(lake) == [1, 2]


def test_a_table_that_others_always_win_ends_in_a_conflict(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, [1])
    monkeypatch.setattr(swap_module, "_DEADLINE_SECONDS", 0.05)
    monkeypatch.setattr(swap_module, "_commit", _always_loses)
    with pytest.raises(CommitConflict, match="won every commit") as caught:
        swap(lake.table(NAME), lambda _: Change(), batch=2)
    assert caught.value.transient
    assert isinstance(caught.value.__cause__, OSError)


def _always_loses(*_: object) -> None:
    raise OSError("conflict")


def test_a_table_that_is_not_there_is_an_error(lake: Lake) -> None:
    with pytest.raises(TableError, match="no longer exists"):
        swap(lake.table(NAME), lambda _: Change())


def test_a_setting_of_others_is_seen_when_a_rewrite_commits(lake: Lake) -> None:
    """It has come since the batch was decided, and forbids rewrites; a compaction moves no row."""
    write(lake, [1])
    write(lake, [2])
    root = lake.table(NAME).root
    DeltaTable(root).alter.set_table_properties({"delta.enableChangeDataFeed": "true"})

    def without_the_row_2(snapshot: Snapshot) -> Change:
        return Change(removes=[remove(f) for f in snapshot.files if f.may_hold("id", 2, 2)])

    with pytest.raises(TableError, match=r"a rewrite of some files .*features"):
        swap(lake.table(NAME), without_the_row_2, batch=3)
    assert ids(lake) == [1, 2]
    assert compact(lake, NAME) == (2, 1)
    assert ids(lake) == [1, 2]
