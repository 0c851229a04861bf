"""Edges are on record once in a generation; a rebuild forgets the old ones, a void batch has none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.model import Edge
from clearwell.names import TableName
from clearwell.tables import LINEAGE, Lake, edges_of, lineage_of, record_release, recover
from tests.unit.tables.write.test_commit import Killed, dying_lake
from tests.unit.tables.writing import NAME, publish, stage

if TYPE_CHECKING:
    from pathlib import Path

A = Edge("id", "raw_readings", "id", "TRANSFORMATION")
B = Edge("text", "raw_readings", "text", "IDENTITY")
C = Edge("text", "raw_readings", "note", "IDENTITY")
ROWS = Edge("", "raw_readings", "id", "FILTER")
WHEN = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def write(lake: Lake, *edges: Edge, mode: str = "append", name: TableName = NAME) -> None:
    publish(lake, replace(stage(lake, [1, 2], mode=mode, name=name), lineage=edges))


def version(lake: Lake) -> int:
    return lake.existing(LINEAGE).version


def test_a_lake_without_a_record_has_no_edges(lake: Lake) -> None:
    assert lineage_of(lake) == {}
    assert edges_of(lake, str(NAME)) == ()


def test_edges_of_later_batches_are_added_once(lake: Lake) -> None:
    write(lake, A, B, ROWS)
    before = version(lake)
    write(lake, A, B, ROWS)
    assert version(lake) == before
    write(lake, A, C)
    assert edges_of(lake, str(NAME)) == tuple(sorted([ROWS, A, B, C]))
    written = lake.existing(LINEAGE).to_arrow(["batch", "source_column"]).to_pylist()
    assert sorted((row["batch"], row["source_column"]) for row in written) == [
        (1, "id"),
        (1, "id"),
        (1, "text"),
        (3, "note"),
    ]


def test_a_rebuild_begins_anew(lake: Lake) -> None:
    write(lake, A, B)
    write(lake, C, mode="replace")
    assert lineage_of(lake) == {str(NAME): (C,)}


def test_tables_do_not_mix(lake: Lake) -> None:
    other = TableName.parse("bronze_others")
    write(lake, A)
    write(lake, C, name=other)
    assert lineage_of(lake) == {"bronze_others": (C,), "bronze_readings": (A,)}
    assert edges_of(lake, "bronze_others") == (C,)
    assert edges_of(lake, "bronze_other") == ()


def test_a_batch_without_edges_leaves_no_record(lake: Lake) -> None:
    write(lake)
    assert lake.table(LINEAGE).snapshot() is None


def test_a_void_batch_records_nothing(lake: Lake) -> None:
    write(lake, A)
    planned = replace(stage(lake, [3]), lineage=(C,), table_checks=({"name": "unique"},))
    write(lake, B)  # moves the table: the planned batch is audited again, and fails
    late = replace(planned, batch=3, planned_version=1)
    winner = lake.control.decide(late)
    recover(lake, NAME, engine=None, recheck=lambda *_: False)  # type: ignore[arg-type]
    assert winner.attempt == planned.attempt
    assert lake.existing(NAME).last_void == 3
    assert edges_of(lake, str(NAME)) == (A, B)


@pytest.mark.parametrize(("step", "nth"), [("committed", 1), ("commit", 3), ("commit", 4)])
def test_a_run_that_dies_around_its_record_is_taken_up_by_the_next(
    tmp_path: Path, step: str, nth: int
) -> None:
    with pytest.raises(Killed):
        write(dying_lake(tmp_path / "lake", step, nth), A, B)
    lake = Lake(tmp_path / "lake")
    recover(lake, NAME, engine=None, recheck=lambda *_: True)  # type: ignore[arg-type]
    assert edges_of(lake, str(NAME)) == (A, B)
    assert lake.existing(LINEAGE).rows == 2


def test_a_release_is_recorded_once_and_again_only_when_its_columns_come_from_elsewhere(lake: Lake) -> None:
    record_release(lake, "late", 1, [A, B], created=WHEN)
    before = version(lake)
    record_release(lake, "late", 1, [B, A], created=WHEN)
    record_release(lake, "late", 2, [A, B], created=WHEN)
    assert version(lake) == before
    record_release(lake, "late", 3, [A], created=WHEN)
    assert lineage_of(lake) == {"late": (A,)}
    assert version(lake) == before + 1


def test_only_files_that_may_know_a_table_are_opened(lake: Lake) -> None:
    write(lake, A)
    write(lake, C, name=TableName.parse("bronze_others"))
    others = [f for f in lake.existing(LINEAGE).files if f.may_hold("table", str(NAME), str(NAME))]
    assert len(others) == 1
    assert len(lake.existing(LINEAGE).files) == 2
