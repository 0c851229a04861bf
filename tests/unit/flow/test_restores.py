"""Parts of a lake are restored from an earlier copy, or deleted: no row is lost or doubled."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import BatchBlocked, TableError
from clearwell.flow.cleanse import cleanse
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.tables import find_damage, maintain
from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from clearwell.engines import Engine

ALL_OF_BRONZE = ("bronze", "files/bronze_orders", "quarantine/bronze_orders", "control/intents/bronze_orders")


@pytest.fixture(params=["append", "merge"])
def project(tmp_path: Path, engine: Engine, request: pytest.FixtureRequest) -> SmallProject:
    """A project of two batches; ``copy`` has its lake as it was after the first."""
    project = make_project(tmp_path / "project", mode=request.param)
    project.deliver("a.csv", 1, 3, bad=1)
    run_steps(project, engine)
    shutil.copytree(project.lake, tmp_path / "copy")
    project.deliver("b.csv", 4, 3, bad=1)
    run_steps(project, engine)
    return project


def restore(project: SmallProject, parts: Iterable[str]) -> None:
    for part in parts:
        shutil.rmtree(project.lake / part, ignore_errors=True)
        shutil.copytree(project.root.parent / "copy" / part, project.lake / part)


def ids(project: SmallProject, zone: str = "silver") -> list[int]:
    files = replay(project.lake / zone / "orders").files
    return [i for (i,) in query(files, "SELECT order_id FROM t ORDER BY 1")]


def reasons(project: SmallProject, engine: Engine) -> list[str]:
    return [result.reason for result in run_steps(project, engine)]


def repair(project: SmallProject, *names: str) -> list[str]:
    lake, facts = project.open(), []
    for name in names:
        while damage := find_damage(lake, TableName.parse(name)):
            facts.append(damage.fact)
            damage.repair()
    return facts


def assert_whole(project: SmallProject, last: int = 6, *, maintained: bool = False) -> None:
    assert ids(project, "bronze") == ids(project) == list(range(1, last + 1))
    assert_bronze_balances(project.lake, "orders", project.raw, older_versions=not maintained)


def assert_goes_on(project: SmallProject, engine: Engine, *, maintained: bool = False) -> None:
    """New files flow through as ever, and then nothing is new."""
    project.deliver("c.csv", 7, 2)
    run_steps(project, engine)
    assert_whole(project, 8, maintained=maintained)
    assert reasons(project, engine) == ["nothing new", "nothing new"]


def test_a_table_is_restored_alone(project: SmallProject, engine: Engine) -> None:
    """Its decided batch comes again; but the staged files of it are gone with the copy."""
    restore(project, ["bronze"])
    with pytest.raises(TableError, match="staged files of the decided batch 2 are gone"):
        run_steps(project, engine)
    (fact,) = repair(project, "bronze_orders")
    assert "decided batch 2" in fact
    assert reasons(project, engine)[1] == "bronze_orders was rebuilt"
    assert_whole(project)
    assert_goes_on(project, engine)


def test_only_the_log_of_a_table_is_restored(project: SmallProject, engine: Engine) -> None:
    restore(project, ["bronze/orders/_delta_log"])
    assert reasons(project, engine) == ["carried out what an earlier run had decided", "nothing new"]
    assert_whole(project)
    assert_goes_on(project, engine)


def test_a_table_and_its_records_are_restored_and_take_the_same_file(
    project: SmallProject, engine: Engine
) -> None:
    restore(project, (*ALL_OF_BRONZE, "history"))
    assert reasons(project, engine)[1] == "nothing new"  # it has what it had
    assert_whole(project)
    assert_goes_on(project, engine)


def test_a_table_and_its_records_are_restored_and_take_another_file(
    project: SmallProject, engine: Engine
) -> None:
    """Batch 2 comes again, with other rows."""
    restore(project, (*ALL_OF_BRONZE, "history"))
    (project.raw / "b.csv").unlink()
    project.deliver("d.csv", 4, 1, day="2026-02-02")
    assert reasons(project, engine)[1] == "bronze_orders was restored from an earlier copy"
    assert_whole(project, 4)
    assert reasons(project, engine) == ["nothing new", "nothing new"]


def test_batches_that_follow_on_another_one_of_the_same_number(project: SmallProject, engine: Engine) -> None:
    """Silver is not run in between, and finds batch 3."""
    silver = project.lake / "silver"
    kept = project.root.parent / "silver"
    restore(project, (*ALL_OF_BRONZE, "history"))
    (project.raw / "b.csv").unlink()
    shutil.copytree(silver, kept)
    intents = project.lake / "control" / "intents" / "silver_orders"
    shutil.copytree(intents, project.root.parent / "intents")
    for first, name in ((4, "d.csv"), (5, "e.csv")):
        project.deliver(name, first, 1, day="2026-02-02")
        run_steps(project, engine)
    for there, back in ((silver, kept), (intents, project.root.parent / "intents")):
        shutil.rmtree(there)
        shutil.copytree(back, there)
    assert reasons(project, engine)[1] == "bronze_orders was restored from an earlier copy"
    assert ids(project) == [1, 2, 3, 4, 5]


def test_an_input_that_went_back_and_gets_nothing_new(project: SmallProject, engine: Engine) -> None:
    restore(project, (*ALL_OF_BRONZE, "history"))
    (project.raw / "b.csv").unlink()
    assert reasons(project, engine)[1] == "bronze_orders was restored from an earlier copy"
    assert_whole(project, 3)


def test_the_records_of_a_table_that_is_gone_do_not_count(project: SmallProject, engine: Engine) -> None:
    """Else its first batches would be taken for recorded, and their files be taken again and again."""
    for part in ("bronze", "silver", "control"):
        shutil.rmtree(project.lake / part)
    run_steps(project, engine)
    assert_whole(project)
    assert reasons(project, engine) == ["nothing new", "nothing new"]
    assert_goes_on(project, engine)


def test_the_whole_lake_is_restored(project: SmallProject, engine: Engine) -> None:
    shutil.rmtree(project.lake)
    shutil.copytree(project.root.parent / "copy", project.lake)
    run_steps(project, engine)
    assert_whole(project)
    assert_goes_on(project, engine)


def test_a_table_and_its_intents_are_restored_and_its_records_are_not(
    project: SmallProject, engine: Engine
) -> None:
    """They know batch 2, which comes again with another file: they would take its rows for written."""
    restore(project, ["bronze", "control/intents/bronze_orders"])
    project.deliver("c.csv", 7, 2, bad=1)
    results = run_steps(project, engine)
    assert results[1].reason == "bronze_orders was rebuilt"
    assert_whole(project, 8)
    assert reasons(project, engine) == ["nothing new", "nothing new"]


def test_only_the_history_is_of_a_later_time(project: SmallProject, engine: Engine) -> None:
    """Its rows of batch 2 stay what they are: the batch that comes is the next one."""
    restore(project, ALL_OF_BRONZE)
    (project.raw / "b.csv").unlink()
    project.deliver("d.csv", 4, 1, day="2026-02-02")
    run_steps(project, engine)
    builds = project.open().existing("history_builds").to_arrow().to_pylist()
    found = sorted((b["batch"], b["accepted"]) for b in builds if b["table"] == "bronze_orders")
    assert found == [
        (1, 3),
        (2, 3),
        (3, 1),
    ]


@pytest.mark.parametrize("step", ["table", "commit", "committed"])
def test_a_run_dies_while_it_makes_a_table_anew_whose_records_remain(
    project: SmallProject, engine: Engine, step: str
) -> None:
    class Killed(BaseException):
        pass

    def dies(at: str, table: str) -> None:
        if (at, table) == (step, "bronze_orders"):
            raise Killed

    for part in ("bronze", "silver", "control"):
        shutil.rmtree(project.lake / part)
    with pytest.raises(Killed):
        run_steps(project, engine, on_step=dies)
    run_steps(project, engine)
    assert_whole(project)
    assert_goes_on(project, engine)


def test_maintenance_keeps_what_the_next_run_goes_on_from(project: SmallProject, engine: Engine) -> None:
    restore(project, ["bronze/orders/_delta_log", "quarantine/bronze_orders/_delta_log"])
    for _ in range(2):
        maintain(project.open(), retention_hours=0)
    assert reasons(project, engine) == ["carried out what an earlier run had decided", "nothing new"]
    assert_whole(project, maintained=True)
    maintain(project.open(), retention_hours=0)
    assert_goes_on(project, engine, maintained=True)


def test_a_blocked_build_is_looked_at_again_when_its_input_took_other_rows(
    project: SmallProject, engine: Engine
) -> None:
    suite = """
        checks:
          - name: amount_small
            expectation: expect_column_values_to_be_between
            kwargs: {column: amount, max_value: 100}
            severity: critical
            why: no order is larger
        """
    project.write_suite(suite)
    mode = "merge" if "mode: merge" in (project.root / "pipelines/orders/defs.yaml").read_text() else "append"
    project.write_yaml(mode=mode, suite="silver_orders")
    run_steps(project, engine)
    shutil.copytree(project.lake, project.root.parent / "before")
    project.deliver("large.csv", 700, 1)
    with pytest.raises(BatchBlocked):
        run_steps(project, engine)
    for part in (*ALL_OF_BRONZE, "history"):
        shutil.rmtree(project.lake / part)
        shutil.copytree(project.root.parent / "before" / part, project.lake / part)
    (project.raw / "large.csv").unlink()
    project.deliver("small.csv", 7, 1)
    run_steps(project, engine)
    assert_whole(project, 7)


def test_a_table_that_is_made_anew_takes_its_files_in_the_order_in_which_they_came(
    project: SmallProject, engine: Engine
) -> None:
    """By name the file that came last is the first."""
    (project.raw / "0.csv").write_text("order_id,day,amount\n1,2026-01-01,77\n")
    run_steps(project, engine)
    query_ = "SELECT order_id, amount FROM t WHERE order_id = 1 ORDER BY 2"
    expected = query(replay(project.lake / "silver" / "orders").files, query_)
    assert (1, 77.0) in expected
    shutil.rmtree(project.lake / "bronze")
    with pytest.raises(TableError):
        run_steps(project, engine)
    repair(project, "bronze_orders")
    run_steps(project, engine)
    assert query(replay(project.lake / "silver" / "orders").files, query_) == expected


@pytest.mark.parametrize("text", ["", '{"format": 1, "tab'])
@pytest.mark.parametrize("table", ["bronze_orders", "silver_orders"])
def test_a_damaged_record_of_the_newest_batch_is_moved_away(
    project: SmallProject, engine: Engine, table: str, text: str
) -> None:
    intent = project.lake / "control" / "intents" / table / "0000000002.json"
    intent.write_text(text)
    with pytest.raises(TableError, match="this record of the lake cannot be read") as caught:
        run_steps(project, engine)
    assert f"clearwell repair {table}" in (caught.value.hint or "")
    facts = repair(project, table)
    assert "its record of batch 2 is damaged" in facts[0]
    (aside,) = (project.lake / "control" / "repaired" / table).rglob("0000000002.json")
    assert aside.read_text() == text
    run_steps(project, engine)
    assert_whole(project)
    assert_goes_on(project, engine)


def test_a_renamed_file_that_is_corrected_is_not_taken_twice(project: SmallProject, engine: Engine) -> None:
    text = (project.root / "pipelines/orders/defs.yaml").read_text()
    (project.root / "pipelines/orders/defs.yaml").write_text(
        text.replace("settle_seconds: 0", "settle_seconds: 0\n    on_change: replace")
    )
    (project.raw / "b.csv").rename(project.raw / "c.csv")
    assert reasons(project, engine) == ["nothing new", "nothing new"]
    project.deliver("c.csv", 4, 2, bad=1)
    run_steps(project, engine)
    assert_whole(project, 5)
    run_steps(project, engine, full_refresh=True)
    assert_whole(project, 5)


@pytest.mark.parametrize("content", [None, b""])
@pytest.mark.parametrize("part", ["files/bronze_orders", "quarantine/bronze_orders", "silver/orders"])
def test_a_data_file_that_is_gone_or_empty_is_noticed_and_made_again(
    project: SmallProject, engine: Engine, part: str, content: bytes | None
) -> None:
    """Also by a run that finds nothing new. What the error says is done, until a run succeeds."""
    before = {zone: ids(project, zone) for zone in ("bronze", "silver")}
    newest = max((project.lake / part).rglob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)
    newest.unlink() if content is None else newest.write_bytes(content)
    advice: list[str] = []
    for _ in range(5):
        try:
            run_steps(project, engine)
            break
        except TableError as error:
            advice.append((error.hint or "").rpartition("clearwell ")[2])
        word, name, *refresh = advice[-1].split()
        if word == "repair":
            assert repair(project, name)
        elif refresh:
            loaded = load_project(project.settings)
            run = Run(loaded, project.open(), engine, full_refresh=True)
            step = ingest if name.startswith("bronze") else cleanse
            step(run, loaded.tables["orders"])
    assert advice
    assert {zone: ids(project, zone) for zone in ("bronze", "silver")} == before
    assert_bronze_balances(project.lake, "orders", project.raw, older_versions=False)
    assert [result.outcome for result in run_steps(project, engine)] == ["unchanged"] * 2
    assert repair(project, "bronze_orders", "silver_orders", "files_bronze_orders") == []
