"""A raw file that was wrongly accepted is taken back: once, whatever became of it, and it can be undone."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.errors import BatchBlocked, SourceError, TableNotFound
from clearwell.flow.landing.notes import left_out_notes
from clearwell.flow.retract import retract
from clearwell.model import FileCounts, Retraction
from clearwell.names import TableName
from clearwell.sources import Discovery
from clearwell.tables import Lake, blocks_in_effect, files_of, find_damage, quarantine_of
from clearwell.tables.records import ledger
from tests.checker import assert_every_version_balances, query, replay
from tests.project import SmallProject, make_project, run_steps
from tests.unit.tables.write.test_commit import Killed, dying_lake

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.flow.retract import Retracted

BRONZE = TableName.parse("bronze_orders")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "project", mode="merge")


def take_back(
    project: SmallProject, engine: Engine, file: str, *, undo: bool = False, lake: Lake | None = None
) -> Retracted:
    return retract(
        lake or project.open(), "bronze_orders", file, reason="wrong month", engine=engine, undo=undo
    )


def amounts(project: SmallProject, zone: str = "silver") -> dict[int, float]:
    files = replay(project.lake / zone / "orders").files
    return dict(query(files, "SELECT order_id, amount FROM t ORDER BY 1"))


def rejected(project: SmallProject) -> int:
    lake = project.open()
    return sum(batch.num_rows for batch in quarantine_of(lake, lake.existing(BRONZE)))


def of(project: SmallProject, path: str) -> list[tuple[int, bool]]:
    """Arrival of the files at a path, and whether each was taken back."""
    lake = project.open()
    files = files_of(lake, lake.existing(BRONZE))
    return [(f.arrival or 0, f.is_retracted) for f in files if f.path == path]


def write(project: SmallProject, name: str, rows: dict[int, float]) -> None:
    lines = ["order_id,day,amount", *(f"{key},2026-01-01,{amount}" for key, amount in rows.items())]
    (project.raw / name).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("is_there", [True, False])
def test_its_rows_and_its_rejected_records_leave_and_no_run_takes_it_again(
    project: SmallProject, engine: Engine, is_there: bool
) -> None:
    write(project, "a.csv", {1: 1, 2: 2})
    run_steps(project, engine)
    wrong = project.deliver("b.csv", 2, 2, bad=1)
    run_steps(project, engine)
    assert (amounts(project), rejected(project)) == ({1: 1.0, 2: 2.5, 3: 3.5}, 1)
    content = wrong.read_bytes()
    if not is_there:
        wrong.unlink()
    done = take_back(project, engine, "b.csv")
    assert (done.path, done.accepted, done.quarantined, done.changed) == ("raw/b.csv", 2, 1, True)
    assert (amounts(project, "bronze"), rejected(project)) == ({1: 1.0, 2: 2.0}, 0)
    assert_every_version_balances(project.lake, "bronze", "orders")
    for refresh in (False, True, False):
        run_steps(project, engine, full_refresh=refresh)
        assert amounts(project) == {1: 1.0, 2: 2.0}
        assert rejected(project) == 0
        assert of(project, "raw/b.csv") == [(2, True)]
    assert_every_version_balances(project.lake, "bronze", "orders")
    (project.raw / "c.csv").write_bytes(content)
    bronze, _ = run_steps(project, engine)
    if is_there:
        assert bronze.notes == ("raw/c.csv: same content as raw/b.csv, which was taken back, nothing to add",)
    assert amounts(project) == {1: 1.0, 2: 2.0}


def test_it_is_done_once_and_says_who_when_and_why(project: SmallProject, engine: Engine) -> None:
    project.deliver("a.csv", 1, 2)
    run_steps(project, engine)
    first = take_back(project, engine, "raw/a.csv")
    version = project.open().existing(BRONZE).version
    again = take_back(project, engine, first.file_id[:8])
    assert (again.changed, again.retraction) == (False, first.retraction)
    assert first.retraction
    assert (first.retraction.reason, bool(first.retraction.by)) == ("wrong month", True)
    run_steps(project, engine)
    (told,) = files_of(lake := project.open(), lake.existing(BRONZE))
    assert (told.retraction, told.delivered) == (first.retraction, 0)
    assert lake.existing(BRONZE).version == version
    run_steps(project, engine, full_refresh=True)
    (told,) = files_of(lake := project.open(), lake.existing(BRONZE))
    assert told.retraction == first.retraction


def test_undone_it_is_taken_again_at_its_former_place(project: SmallProject, engine: Engine) -> None:
    for number, name in enumerate("abc", 1):
        write(project, f"{name}.csv", {1: number, 10 + number: number})
        run_steps(project, engine)
    take_back(project, engine, "c.csv")
    take_back(project, engine, "b.csv")
    run_steps(project, engine)
    assert amounts(project) == {1: 1, 11: 1}
    assert take_back(project, engine, "b.csv", undo=True).changed
    assert not take_back(project, engine, "b.csv", undo=True).changed
    run_steps(project, engine)
    assert amounts(project) == {1: 2, 11: 1, 12: 2}
    write(project, "d.csv", {1: 4})
    run_steps(project, engine)
    take_back(project, engine, "c.csv", undo=True)
    run_steps(project, engine)
    assert amounts(project) == {1: 4, 11: 1, 12: 2, 13: 3}
    assert [of(project, f"raw/{name}.csv") for name in "abcd"] == [[(n, False)] for n in (1, 2, 3, 4)]
    run_steps(project, engine, full_refresh=True)
    assert amounts(project) == {1: 4, 11: 1, 12: 2, 13: 3}
    assert_every_version_balances(project.lake, "bronze", "orders")


def test_it_finds_its_place_among_files_that_an_earlier_version_has_taken(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their ledger has no arrival."""
    columns = [field for field in ledger.FILES if field.name not in ("arrival", "batch", "ingested_at")]
    with monkeypatch.context() as earlier:
        earlier.setattr(ledger, "FILES", pa.schema(columns))
        for number, name in enumerate("ab", 1):
            write(project, f"{name}.csv", {1: number})
            run_steps(project, engine)
    take_back(project, engine, "a.csv")
    take_back(project, engine, "a.csv", undo=True)
    run_steps(project, engine)
    assert amounts(project) == {1: 2}
    assert [of(project, f"raw/{name}.csv") for name in "ab"] == [[(1, False)], [(2, False)]]


@pytest.mark.parametrize("refresh", [False, True])
def test_other_content_at_its_path_takes_its_place(
    project: SmallProject, engine: Engine, refresh: bool
) -> None:
    write(project, "a.csv", {1: 1, 2: 1})
    run_steps(project, engine)
    write(project, "b.csv", {1: 2})
    run_steps(project, engine)
    take_back(project, engine, "a.csv")
    write(project, "a.csv", {1: 5, 2: 5})
    bronze, _ = run_steps(project, engine, full_refresh=refresh)
    assert bronze.blocked == 0
    assert amounts(project) == {1: 2, 2: 5}
    assert of(project, "raw/a.csv") == [(1, True), (1, False)]


@pytest.mark.parametrize("runs_between", [0, 1, 2])
def test_moved_aside_it_stays_taken_back_and_leaves_its_place_to_the_right_file(
    project: SmallProject, engine: Engine, runs_between: int
) -> None:
    for number, name in enumerate(("a.csv", "b.csv"), 1):
        write(project, name, {1: number, 10 + number: number})
        run_steps(project, engine)
    take_back(project, engine, "a.csv")
    (project.raw / "a.csv").rename(project.raw / "a_bad.csv")
    for _ in range(runs_between):
        run_steps(project, engine)
    write(project, "a.csv", {1: 5, 11: 5})
    bronze, _ = run_steps(project, engine)
    assert bronze.notes == ("raw/a_bad.csv: same content as raw/a.csv, which was taken back, nothing to add",)
    assert amounts(project) == {1: 2, 11: 5, 12: 2}
    assert of(project, "raw/a.csv") == [(1, True), (1, False)]
    run_steps(project, engine, full_refresh=True)
    assert amounts(project) == {1: 2, 11: 5, 12: 2}


def test_it_does_not_come_back_beside_what_took_its_place(project: SmallProject, engine: Engine) -> None:
    write(project, "a.csv", {1: 1})
    run_steps(project, engine)
    take_back(project, engine, "a.csv")
    wrong = of(project, "raw/a.csv")
    write(project, "a.csv", {1: 2})
    run_steps(project, engine)
    lake = project.open()
    ids = {f.is_retracted: f.file_id[:12] for f in files_of(lake, lake.existing(BRONZE))}
    with pytest.raises(SourceError, match=f"{ids[False]}. has taken the place of raw/a.csv .{ids[True]}"):
        take_back(project, engine, ids[True], undo=True)
    take_back(project, engine, ids[False])
    assert take_back(project, engine, ids[True], undo=True).changed
    write(project, "a.csv", {1: 1})
    run_steps(project, engine)
    assert amounts(project) == {1: 1.0}
    assert wrong[0][0] == next(arrival for arrival, gone in of(project, "raw/a.csv") if not gone)


@pytest.mark.variants
@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("step", ["intent", "decided", "files", "commit", "committed", "history"])
def test_a_crash_while_taking_back(project: SmallProject, engine: Engine, step: str, undo: bool) -> None:
    write(project, "a.csv", {1: 1})
    project.deliver("b.csv", 2, 1, bad=1)
    run_steps(project, engine)
    if undo:
        take_back(project, engine, "b.csv")
    with pytest.raises(Killed):
        take_back(project, engine, "b.csv", undo=undo, lake=dying_lake(project.lake, step))
    assert_every_version_balances(project.lake, "bronze", "orders")
    run_steps(project, engine)
    take_back(project, engine, "b.csv", undo=undo)
    run_steps(project, engine)
    assert amounts(project) == ({1: 1.0, 2: 2.5} if undo else {1: 1.0})
    assert_every_version_balances(project.lake, "bronze", "orders")


def test_a_table_that_is_made_anew_remembers_it(project: SmallProject, engine: Engine) -> None:
    write(project, "a.csv", {1: 1})
    write(project, "b.csv", {2: 2})
    run_steps(project, engine)
    take_back(project, engine, "b.csv")
    shutil.rmtree(project.lake / "bronze" / "orders")
    while damage := find_damage(project.open(), BRONZE):
        damage.repair()
    run_steps(project, engine)
    run_steps(project, engine)
    assert amounts(project, "bronze") == {1: 1.0}
    assert [retracted for _, retracted in of(project, "raw/b.csv")] == [True]


def test_a_restore_that_brings_it_again_is_told(project: SmallProject, engine: Engine) -> None:
    write(project, "a.csv", {1: 1})
    write(project, "b.csv", {2: 2})
    run_steps(project, engine)
    copy = project.root.parent / "copy"
    shutil.copytree(project.lake, copy)
    take_back(project, engine, "b.csv")
    for part in ("bronze", "control"):
        shutil.rmtree(project.lake / part)
        shutil.copytree(copy / part, project.lake / part)
    bronze, _ = run_steps(project, engine)
    (told,) = bronze.notes
    assert "raw/b.csv" in told
    assert "(wrong month), and a restore has brought it again" in told
    take_back(project, engine, "b.csv")
    bronze, _ = run_steps(project, engine)
    assert (bronze.notes, amounts(project)) == ((), {1: 1.0})


def test_one_that_a_restored_table_never_took_stays_taken_back_when_it_was_touched(
    project: SmallProject, engine: Engine
) -> None:
    write(project, "a.csv", {1: 1})
    run_steps(project, engine)
    copy = project.root.parent / "copy"
    shutil.copytree(project.lake, copy)
    write(project, "b.csv", {2: 2})
    run_steps(project, engine)
    take_back(project, engine, "b.csv")
    for part in ("bronze", "silver", "control"):
        shutil.rmtree(project.lake / part)
        shutil.copytree(copy / part, project.lake / part)
    os.utime(project.raw / "b.csv", ns=(1, 1))
    run_steps(project, engine)
    assert amounts(project) == {1: 1.0}


@pytest.mark.parametrize(
    ("table", "file", "told"),
    [
        ("silver_orders", "a.csv", "clearwell retract bronze_orders a.csv"),
        ("bronze_orders", "raw/aa.csv", "a.csv"),
        ("bronze_orders", "b.csv", "b.csv is set aside"),
        ("bronze_others", "a.csv", "bronze_others"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(
    project: SmallProject, engine: Engine, table: str, file: str, told: str
) -> None:
    write(project, "a.csv", {1: 1})
    (project.raw / "b.csv").write_text("1,2,3\n")
    run_steps(project, engine)
    with pytest.raises((SourceError, TableNotFound), match=told):
        retract(project.open(), table, file, reason="-", engine=engine)


def test_it_ends_a_block_whose_file_is_gone(project: SmallProject, engine: Engine) -> None:
    project.write_suite(
        """
        checks:
          - name: amount_sane
            expectation: expect_column_values_to_be_between
            kwargs: {column: amount, max_value: 100}
            severity: critical
            why: larger amounts are test orders
        """
    )
    project.write_yaml(mode="merge", suite="silver_orders")
    write(project, "a.csv", {1: 1})
    write(project, "b.csv", {2: 500})
    with pytest.raises(BatchBlocked, match="a wrong file back: clearwell retract bronze_orders FILE"):
        run_steps(project, engine)
    for name in "ab":
        (project.raw / f"{name}.csv").unlink()
    for _ in range(2):
        with pytest.raises(BatchBlocked, match=r"raw/b.csv is gone: take it back by clearwell retract"):
            run_steps(project, engine)
    take_back(project, engine, "raw/b.csv")
    _, silver = run_steps(project, engine)
    assert (amounts(project), silver.blocked) == ({1: 1}, 0)
    lake = project.open()
    silver_table = TableName.parse("silver_orders")
    assert blocks_in_effect(lake, silver_table, lake.existing(silver_table)) == []


@pytest.mark.parametrize(("ingested", "is_told"), [("10.200000", True), ("10.950000", False), ("09", True)])
def test_what_was_taken_back_in_the_second_of_its_ingest_is_told(ingested: str, is_told: bool) -> None:
    """Moments are compared, not their texts: a whole second was less than none of its parts."""
    back = Retraction("ann", "2026-01-01T00:00:10.900+00:00", "wrong month")
    now = FileCounts("b", "b.csv", 1, 1, 0, ingested_at=f"2026-01-01T00:00:{ingested}+00:00")
    nothing = Discovery((), (), (), (), {}, (), 0)
    former = {"b": replace(now, retraction=back)}
    assert bool(list(left_out_notes(nothing, [now], former, "*.csv"))) is is_told
