"""Promises of the one write procedure: whatever others do meanwhile, a plan's rows come in once, or never."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import CommitConflict
from clearwell.tables import BatchPlan, Lake, WrittenBatch, write_batch
from tests.unit.tables.write.test_commit import STEPS, Killed, dying_lake
from tests.unit.tables.writing import NAME, ids, publish, stage, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.tables import Intent, Snapshot

    Plan = Callable[[Snapshot | None], BatchPlan[str]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def run(lake: Lake, plan: Plan, *, holds: bool = True) -> WrittenBatch[str]:
    return write_batch(lake, NAME, plan, engine=None, recheck=lambda *_: holds)  # type: ignore[arg-type]


def adding(lake: Lake, *rows: int) -> Plan:
    """A plan that adds those of ``rows`` that the table has not."""

    def plan(snapshot: Snapshot | None) -> BatchPlan[str]:
        there = snapshot.to_arrow(["id"]).column("id").to_pylist() if snapshot else []
        missing = [row for row in rows if row not in there]
        return BatchPlan(f"adds {missing}", stage(lake, missing) if missing else None)

    return plan


def decided(lake: Lake) -> Intent:
    """A batch that a run has decided before it died."""
    dying = dying_lake(lake.root, "decided")
    intent = stage(dying, [7])
    with pytest.raises(Killed):
        publish(dying, intent)
    return intent


def test_a_table_that_is_not_there_is_made_by_its_first_batch(lake: Lake) -> None:
    written = run(lake, adding(lake, 1, 2))
    assert written.intent is not None
    assert (written.intent.batch, written.snapshot, written.recovered) == (1, None, False)
    assert ids(lake) == [1, 2]


def test_nothing_to_do_writes_nothing(lake: Lake) -> None:
    write(lake, [1])
    before = sorted(file.path for file in lake.store.list(""))
    written = run(lake, adding(lake, 1))
    assert (written.note, written.intent, written.recovered) == ("adds []", None, False)
    assert written.snapshot is not None
    assert written.snapshot.version == lake.existing(NAME).version
    assert sorted(file.path for file in lake.store.list("")) == before


def test_what_a_dead_run_had_decided_is_there_before_the_plan_looks(lake: Lake) -> None:
    write(lake, [1])
    decided(lake)
    written = run(lake, adding(lake, 7))
    assert (written.note, written.intent, written.recovered) == ("adds []", None, True)
    assert ids(lake) == [1, 7]
    again = run(lake, adding(lake, 7, 8))
    assert (again.note, again.recovered) == ("adds [8]", False)
    assert ids(lake) == [1, 7, 8]


def test_who_loses_a_decision_discards_its_files_and_plans_again(lake: Lake) -> None:
    write(lake, [1])
    notes: list[str] = []

    def overtaken(snapshot: Snapshot | None) -> BatchPlan[str]:
        planned = adding(lake, 2, 3)(snapshot)
        if not notes:
            write(lake, [2])  # another run decides the same batch between our plan and our decision
        notes.append(planned.note)
        return planned

    written = run(lake, overtaken)
    assert notes == ["adds [2, 3]", "adds [3]"]
    assert written.note == "adds [3]"
    assert written.intent is not None
    assert written.intent.batch == lake.existing(NAME).batch == 3
    assert ids(lake) == [1, 2, 3]
    live = {f"{NAME.path}/{file.path}" for file in lake.existing(NAME).files}
    assert {f.path for f in lake.store.list(NAME.path) if f.path.endswith(".parquet")} == live
    assert list(lake.control.attempts(NAME)) == []


def test_a_plan_whose_batch_was_voided_is_made_again(lake: Lake) -> None:
    write(lake, [1])
    tried: list[int] = []

    def checked(snapshot: Snapshot | None) -> BatchPlan[str]:
        planned = adding(lake, 2)(snapshot)
        tried.append(snapshot.version if snapshot else 0)
        if planned.intent is None or len(tried) > 1:
            return planned
        lake.existing(NAME).handle.delete("id = 1")  # another writer moves rows after the audit
        return replace(planned, intent=replace(planned.intent, table_checks=({"name": "unique"},)))

    written = run(lake, checked, holds=False)
    assert len(tried) == 2
    assert written.intent is not None
    assert written.intent.batch == 3  # batch 2 is void, and keeps its number
    assert lake.control.voids(NAME) == {2}
    assert ids(lake) == [2]


@pytest.mark.full
def test_who_loses_every_decision_gives_up_and_has_written_nothing(lake: Lake) -> None:
    write(lake, [0])
    plans: list[int] = []

    def always_overtaken(_: Snapshot | None) -> BatchPlan[str]:
        planned = BatchPlan("", stage(lake, [-1]))
        plans.append(len(plans) + 1)
        write(lake, [len(plans)])
        return planned

    with pytest.raises(CommitConflict, match="other runs won every decision"):
        run(lake, always_overtaken)
    assert len(plans) == 20
    assert ids(lake) == list(range(21))


def test_an_error_of_the_plan_ends_the_write_and_leaves_the_table(lake: Lake) -> None:
    write(lake, [1])

    def failing(_: Snapshot | None) -> BatchPlan[str]:
        raise ValueError("no plan")

    with pytest.raises(ValueError, match="no plan"):
        run(lake, failing)
    assert (ids(lake), lake.existing(NAME).batch) == ([1], 1)


def test_the_steps_come_in_the_order_of_the_write_path(tmp_path: Path) -> None:
    steps: list[str] = []
    lake = Lake(tmp_path, on_step=lambda step, table: steps.append(step) if table == str(NAME) else None)
    run(lake, adding(lake, 1))
    assert list(dict.fromkeys(steps)) == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_write_that_dies_at_a_step_is_finished_by_the_next_one(lake: Lake, step: str) -> None:
    write(lake, [1])
    dying = dying_lake(lake.root, step)
    with pytest.raises(Killed):
        run(dying, adding(dying, 2))
    run(lake, adding(lake, 2))
    assert ids(lake) == [1, 2]
