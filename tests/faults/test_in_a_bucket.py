"""What a lake promises in a folder it promises in a bucket, and in any mixture of the two.

Many promises are those of other modules, on the ground of this one. The judge, which knows no Clearwell,
gets a copy of the lake.
"""

from __future__ import annotations

import json
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.names import SEGMENTS, TableName
from clearwell.reports.measure.storage import measure
from clearwell.tables import Lake, delete_rows, maintain
from clearwell.tables.history.growth import growth_of
from clearwell.tables.maintenance.compact import compact
from tests.checker import assert_bronze_balances, assert_every_version_balances, query, replay
from tests.faults import test_races as races
from tests.faults.worker import run
from tests.project import EDITED, MODES, SmallProject, make_project, run_steps
from tests.unit.flow.build import test_blocking as blocking
from tests.unit.tables.write import test_commit as committing
from tests.unit.tables.writing import NAME, ids, publish, stage, write
from tests.unit.trace import test_upstream as tracing
from tests.unit.trace.tracing import make_shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.services.s3 import S3Space

MIXTURES = {
    "bucket": SEGMENTS,
    "hybrid": ("gold", "quarantine", "history", "control", "releases"),
    "control on the disk": ("bronze", "silver", "gold", "quarantine", "files", "history"),
}


@pytest.fixture
def engine(s3: S3Space, s3_engine: Engine) -> Engine:
    assert s3.root
    return s3_engine


@pytest.fixture
def places(s3: S3Space) -> dict[str, str]:
    return {part: s3.url(f"lake/{part}") for part in SEGMENTS}


@pytest.fixture
def make(s3: S3Space, tmp_path: Path) -> Callable[..., SmallProject]:
    """Makes a project of a write mode whose lake is mixed."""

    def project(mode: str = "append", mixture: str = "bucket") -> SmallProject:
        lies = {part: s3.url(f"lake/{part}") for part in MIXTURES[mixture]}
        return make_project(tmp_path / "project", mode=mode, places=lies)

    return project


def versions(project: SmallProject) -> dict[str, int]:
    lake = project.open()
    return {str(name): lake.existing(name).version for name in lake.tables()}


@pytest.mark.variants
@pytest.mark.parametrize(
    ("mode", "mixture"),
    [*((mode, "bucket") for mode in MODES), *(("merge", mixture) for mixture in [*MIXTURES][1:])],
)
def test_orders_come_corrected_once_each_and_are_kept_in_order(
    make: Callable[..., SmallProject], engine: Engine, mode: str, mixture: str
) -> None:
    project = make(mode, mixture)
    project.deliver("a.csv", 1, 10, bad=2)
    run_steps(project, engine)
    project.deliver("b.csv", 6 if mode == "merge" else 11, 10, day="2026-01-02", bad=1)
    run_steps(project, engine)
    expected = [*range(1, 16)] if mode == "merge" else [*range(1, 21)]
    assert races.order_ids(project) == expected
    before = versions(project)
    run_steps(project, engine)
    assert versions(project) == before

    copy = project.on_disk()
    assert_bronze_balances(copy, "orders", project.raw)
    assert_every_version_balances(copy, "bronze", "orders")
    if mode != "merge":
        assert_every_version_balances(copy, "silver", "orders")

    project.write_transform(EDITED)
    run_steps(project, engine)
    rows = query(replay(project.on_disk() / "silver" / "orders").files, "SELECT order_id, doubled FROM t")
    assert sorted(rows) == [(i, 2 * (i + 0.5)) for i in expected]


@pytest.mark.variants
@pytest.mark.parametrize("mixture", MIXTURES)
def test_each_part_lies_where_it_is_said_to(
    make: Callable[..., SmallProject], engine: Engine, mixture: str
) -> None:
    project = make("append", mixture)
    project.deliver("a.csv", 1, 5, bad=1)
    run_steps(project, engine)
    local = {path.name for path in project.lake.iterdir()} if project.lake.is_dir() else set[str]()
    assert not local & set(MIXTURES[mixture])
    there = {file.path.partition("/")[0] for file in project.open().store.list("")}
    assert there == {"bronze", "silver", "quarantine", "files", "history", "control"}
    assert local == there - set(MIXTURES[mixture])


@pytest.mark.variants
@pytest.mark.promise("P8")
@pytest.mark.parametrize("mixture", ["bucket", "hybrid"])
def test_maintenance_frees_what_no_reader_needs_and_nothing_else(
    make: Callable[..., SmallProject], engine: Engine, mixture: str
) -> None:
    project = make("merge", mixture)
    for number in range(3):
        project.deliver(f"{number}.csv", 1 + 5 * number, 10, day=f"2026-01-0{number + 1}", bad=1)
        run_steps(project, engine)
    lake = project.open()
    old = {str(name): lake.existing(name) for name in lake.tables()}
    rows = {name: snapshot.rows for name, snapshot in old.items()}
    attempt = lake.begin(TableName.parse("silver_orders"), 99)
    lake.store.put(f"silver/orders/{attempt.folder}/part.parquet", b"of a run under way")
    lake.store.put("silver/orders/attempt=dead/part.parquet", b"of a run that is over")

    done = {found.table: found for found in maintain(lake)}
    assert done["bronze_orders"].joined == 3
    assert done["bronze_orders"].freed_files == 0  # young enough for a reader of the version before
    assert (done["silver_orders"].freed_files, done["silver_orders"].freed_bytes) == (1, 21)
    assert lake.store.exists(f"silver/orders/{attempt.folder}/part.parquet")
    for name, snapshot in old.items():
        again = lake.table(name).snapshot(snapshot.version)
        assert again is not None
        assert again.to_arrow().num_rows == rows[name]

    storage = measure(lake, pending={attempt.id})
    silver = next(table for table in storage.tables if table.name == "silver_orders")
    assert silver.usage["staged"].bytes == 18
    assert silver.usage["orphan"].files == 0
    assert storage.category("tombstoned").files > 0
    assert storage.total.files == len([*lake.store.list("")])

    lake.control.forget(attempt)
    maintain(lake, retention_hours=0)
    assert measure(lake).category("tombstoned").files == 0
    assert races._staged_files(project) == set()
    assert races.order_ids(project) == [*range(1, 21)]
    assert {str(name): lake.existing(name).rows for name in lake.tables()} == rows
    assert [point.rows for point in growth_of(lake, lake.existing("bronze_orders"))][-2:] == [30, 30]
    run_steps(project, engine)
    assert races.order_ids(project) == [*range(1, 21)]


@pytest.mark.promise("P2")
def test_a_warning_quarantines_and_a_critical_check_blocks(
    make: Callable[..., SmallProject], engine: Engine
) -> None:
    project = _audited(make)
    blocking.test_a_critical_check_blocks_and_stays_red_until_something_changes(project, engine)


@pytest.mark.promise("P2")
def test_rows_of_a_warning_are_in_quarantine(make: Callable[..., SmallProject], engine: Engine) -> None:
    project = _audited(make)
    blocking.test_a_row_of_a_warning_is_quarantined_with_its_reason(project, engine)


def test_a_batch_is_voided_whose_checks_no_longer_hold(
    make: Callable[..., SmallProject], engine: Engine
) -> None:
    project = _audited(make)
    blocking.test_a_decided_batch_whose_checks_no_longer_hold_is_voided(project, engine)


def test_rows_are_deleted_and_stay_away(make: Callable[..., SmallProject], engine: Engine) -> None:
    project = make()
    project.deliver("a.csv", 1, 10)
    run_steps(project, engine)
    name = TableName.parse("bronze_orders")
    gone = delete_rows(project.open(), name, "order_id < 4", engine=engine, recheck=lambda *_: True)
    assert gone == 3
    run_steps(project, engine)
    assert races.order_ids(project) == [*range(4, 11)]
    assert_every_version_balances(project.on_disk(), "bronze", "orders")


@pytest.mark.variants
@pytest.mark.parametrize("mode", ["append", "replace"])
@pytest.mark.parametrize("step", committing.STEPS)
def test_a_writer_dies_at_a_step(tmp_path: Path, places: dict[str, str], step: str, mode: str) -> None:
    committing.test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(tmp_path, places, step, mode, 1)


@pytest.mark.variants
@pytest.mark.parametrize("step", committing.STEPS)
def test_a_merge_dies_at_a_step(make: Callable[..., SmallProject], engine: Engine, step: str) -> None:
    project = make("merge")
    project.deliver("a.csv", 1, 10, bad=1)
    run_steps(project, engine)
    project.deliver("b.csv", 6, 10, bad=1)

    def die(reached: str, table: str) -> None:
        if (reached, table) == (step, "silver_orders"):
            raise committing.Killed(step)

    with pytest.raises(committing.Killed):
        races.run_all(project, engine, die)
    found = races.order_ids(project)
    assert len(found) == len(set(found))
    project.deliver("c.csv", 16, 5)
    run_steps(project, engine)
    assert races.order_ids(project) == [*range(1, 21)]
    assert_bronze_balances(project.on_disk(), "orders", project.raw)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "table", "step"),
    [("append", "bronze_orders", "commit"), ("merge", "silver_orders", "decided")],
)
def test_a_process_is_killed(
    make: Callable[..., SmallProject], engine: Engine, mode: str, table: str, step: str
) -> None:
    project = make(mode)
    project.deliver("week1.csv", 1, 10, bad=2)
    assert run(project, engine).returncode == 0
    project.deliver("week2.csv", 6, 10, bad=1) if mode == "merge" else project.deliver("week2.csv", 11, 10)
    killed = run(project, engine, die=(step, table, 1))
    assert killed.returncode == -9, killed.stderr
    assert run(project, engine).returncode == 0
    assert races.order_ids(project) == ([*range(1, 16)] if mode == "merge" else [*range(1, 21)])
    assert_bronze_balances(project.on_disk(), "orders", project.raw)


@pytest.mark.variants
@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize("step", ["intent", "commit"])
def test_a_run_wakes_after_another_has_passed(
    make: Callable[..., SmallProject], engine: Engine, step: str, mode: str
) -> None:
    races.test_a_run_that_wakes_after_another_has_passed(make(mode), engine, step, "silver_orders")


@pytest.mark.promise("P4")
def test_a_merge_is_overtaken_by_a_compaction(make: Callable[..., SmallProject], engine: Engine) -> None:
    assert races._merge_overtaken_by_compaction(make("merge"), engine) == [*range(1, 11)]


@pytest.mark.promise("P4")
def test_many_writers_and_a_compactor_at_once(tmp_path: Path, places: dict[str, str]) -> None:
    """Each batch that was acknowledged is there once."""
    writers, batches = 3, 4
    write(Lake(tmp_path, places=places), [-1])
    start = Barrier(writers + 1)
    errors: list[BaseException] = []

    def append(writer: int) -> None:
        lake = Lake(tmp_path, places=places)
        start.wait()
        for number in range(batches):
            won = False
            while not won:
                intent = stage(lake, [writer * batches + number])
                won = publish(lake, intent).attempt == intent.attempt

    def join() -> None:
        lake = Lake(tmp_path, places=places)
        start.wait()
        for _ in range(batches):
            compact(lake, NAME)

    def keeping_errors(work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - the test looks at whatever it was
            errors.append(error)

    threads = [Thread(target=keeping_errors, args=(append, writer)) for writer in range(writers)]
    threads.append(Thread(target=keeping_errors, args=(join,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert ids(Lake(tmp_path, places=places)) == [-1, *range(writers * batches)]


def test_rows_are_traced_to_their_records_and_events_name_the_bucket(
    s3: S3Space, places: dict[str, str], engine: Engine, tmp_path: Path
) -> None:
    shop = make_shop(tmp_path / "shop", engine, places)
    tracing.test_a_gold_row_comes_from_a_silver_a_bronze_and_a_raw_record(shop)
    tracing.test_a_row_in_quarantine_has_its_reasons_and_its_way_back(shop)
    tracing.test_a_row_of_a_blocked_batch_says_what_blocks_it(shop)
    tracing.test_a_row_of_a_release_is_traced_too(shop)
    tracing.test_a_record_goes_to_every_table_and_release(shop)
    events = [
        json.loads(line)
        for file in (shop.root / "lake" / "lineage" / "openlineage").glob("*.ndjson")
        for line in file.read_text().splitlines()
    ]
    named = {(data["namespace"], data["name"]) for event in events for data in event.get("outputs", ())}
    bucket, _, key = s3.url("lake").removeprefix("s3://").partition("/")
    assert (f"s3://{bucket}", f"{key}/silver/orders") in named
    assert (f"s3://{bucket}", f"{key}/releases/big_orders") in named
    assert {namespace for namespace, _ in named} == {f"s3://{bucket}"}
    fields = [
        field
        for event in events
        for data in event.get("outputs", ())
        for column in data["facets"].get("columnLineage", {}).get("fields", {}).values()
        for field in column["inputFields"]
    ]
    assert (f"s3://{bucket}", f"{key}/bronze/orders", "order_id") in {
        (field["namespace"], field["name"], field["field"]) for field in fields
    }


def _audited(make: Callable[..., SmallProject]) -> SmallProject:
    """A project with a suite, and one delivery that waits."""
    project = make()
    project.write_suite(blocking.SUITE)
    project.write_yaml(mode="append", suite="silver_orders")
    project.deliver("a.csv", 1, 5)
    return project
