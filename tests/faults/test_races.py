"""Two runs at once, a run that wakes late, a compaction in between: each row once, in every write mode."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from clearwell.flow.cleanse import cleanse
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.tables import maintain
from clearwell.tables import swap as swap_module
from clearwell.tables.maintenance.compact import compact
from tests.checker import assert_bronze_balances, assert_every_version_balances, query, replay
from tests.faults.worker import start
from tests.project import SmallProject, make_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine

MODES = ["append", "merge", "replace", "replace_partitions"]


def run_all(project: SmallProject, engine: Engine, on_step: Callable[[str, str], None] | None = None) -> None:
    """Ingest and cleanse the project's orders, as one run."""
    loaded = load_project(project.settings)
    run = Run(loaded, project.open(on_step), engine)
    for spec in loaded.tables.values():
        ingest(run, spec)
        cleanse(run, spec)


def order_ids(project: SmallProject) -> list[int]:
    return [
        i
        for (i,) in query(
            replay(project.on_disk() / "silver" / "orders").files, "SELECT order_id FROM t ORDER BY 1"
        )
    ]


@pytest.fixture(params=MODES)
def project(tmp_path: Path, request: pytest.FixtureRequest) -> SmallProject:
    """A project with one delivery taken, and a second one waiting."""
    return make_project(tmp_path / "project", mode=request.param)


class Pause:
    """Stops a run at the first time that it reaches a step of a table, until it is woken."""

    def __init__(self, step: str, table: str) -> None:
        self.arrived, self.wake = Event(), Event()
        self._at = (step, table)

    def __call__(self, step: str, table: str) -> None:
        if (step, table) == self._at and not self.arrived.is_set():
            self.arrived.set()
            assert self.wake.wait(60)


@pytest.mark.variants
@pytest.mark.parametrize("table", ["bronze_orders", "silver_orders"])
@pytest.mark.parametrize("step", ["intent", "commit"])
def test_a_run_that_wakes_after_another_has_passed(
    project: SmallProject, engine: Engine, step: str, table: str
) -> None:
    project.deliver("a.csv", 1, 5, bad=1)
    run_all(project, engine)
    project.deliver("b.csv", 6, 5, day="2026-01-02", bad=1)
    pause = Pause(step, table)
    errors: list[Exception] = []
    slow = Thread(target=_keeping_errors, args=(errors, run_all, project, engine, pause))
    slow.start()
    try:
        assert pause.arrived.wait(60)
        run_all(project, engine)
        project.deliver("c.csv", 11, 5, day="2026-01-03")
        run_all(project, engine)
    finally:
        pause.wake.set()
        slow.join(60)
    assert not errors
    assert order_ids(project) == list(range(1, 16))
    assert_bronze_balances(project.on_disk(), "orders", project.raw)
    assert_every_version_balances(project.on_disk(), "silver", "orders")


def _keeping_errors(errors: list[Exception], function: Callable[..., None], *args: object) -> None:
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 - the test looks at whatever it was
        errors.append(error)


@pytest.mark.promise("P3")
def test_two_runs_at_once(project: SmallProject, engine: Engine) -> None:
    for number in range(3):
        project.deliver(f"{number}.csv", 1 + 10 * number, 10, day=f"2026-01-0{number + 1}", bad=1)
        for run in [start(project, engine) for _ in range(2)]:
            ended = run.end()
            assert ended.returncode == 0, ended.stderr
    assert order_ids(project) == list(range(1, 31))
    assert_bronze_balances(project.on_disk(), "orders", project.raw)
    assert_every_version_balances(project.on_disk(), "silver", "orders")


def _merge_overtaken_by_compaction(project: SmallProject, engine: Engine, *, ours: bool = True) -> list[int]:
    """Merge rows again that are there, while a compaction comes between the merge's plan and its commit."""
    project.write_yaml(mode="merge")
    for number in range(2):
        project.deliver(f"{number}.csv", 1 + 5 * number, 5)
        run_all(project, engine)
    project.deliver("again.csv", 1, 10, day="2026-02-02")
    compacted: list[tuple[int, int]] = []

    def compact_once(step: str, table: str) -> None:
        if (step, table) == ("commit", "silver_orders") and not compacted:
            compacted.append((2, 1))
            silver = project.open().existing("silver_orders")
            if ours:
                compacted[0] = compact(project.open(), silver.name)
            else:
                DeltaTable(silver.root).optimize.compact()

    run_all(project, engine, compact_once)
    assert compacted == [(2, 1)]
    return order_ids(project)


@pytest.mark.parametrize("ours", [True, False])
def test_a_compaction_between_plan_and_commit_of_a_merge(tmp_path: Path, engine: Engine, ours: bool) -> None:
    project = make_project(tmp_path / "project", mode="merge")
    assert _merge_overtaken_by_compaction(project, engine, ours=ours) == list(range(1, 11))


def test_with_deltas_own_retry_the_merge_doubles_rows(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is needed: see ``clearwell.tables.swap``."""
    monkeypatch.setattr(swap_module, "RETRIES_INSIDE_DELTA", 15)
    project = make_project(tmp_path / "project", mode="merge")
    assert _merge_overtaken_by_compaction(project, engine, ours=False) != list(range(1, 11))


@pytest.mark.variants
def test_compaction_is_no_new_input(project: SmallProject, engine: Engine) -> None:
    for number in range(2):
        project.deliver(f"{number}.csv", 1 + 5 * number, 5, day=f"2026-01-0{number + 1}")
        run_all(project, engine)
    versions = _versions(project)
    for done in maintain(project.open()):
        assert done.joined == 0 or done.made == 1
    compacted = _versions(project)
    assert compacted["bronze_orders"] == versions["bronze_orders"] + 1
    run_all(project, engine)
    assert _versions(project) == compacted
    assert order_ids(project) == list(range(1, 11))


def _versions(project: SmallProject) -> dict[str, int]:
    lake = project.open()
    return {str(name): lake.existing(name).version for name in lake.tables()}


@pytest.mark.variants
@pytest.mark.promise("P8")
def test_maintenance_keeps_what_a_run_under_way_has_staged(project: SmallProject, engine: Engine) -> None:
    project.deliver("a.csv", 1, 5)
    run_all(project, engine)
    for number, step in enumerate(("staged", "decided", "commit"), start=1):
        project.deliver(f"{step}.csv", 1 + 5 * number, 5, day=f"2026-02-0{number}", bad=1)
        pause = Pause(step, "bronze_orders")
        errors: list[Exception] = []
        slow = Thread(target=_keeping_errors, args=(errors, run_all, project, engine, pause))
        slow.start()
        try:
            assert pause.arrived.wait(60)
            maintain(project.open(), retention_hours=0)
        finally:
            pause.wake.set()
            slow.join(60)
        assert not errors
    assert order_ids(project) == list(range(1, 21))
    assert_bronze_balances(project.on_disk(), "orders", project.raw, older_versions=False)
    maintain(project.open(), retention_hours=0)
    assert order_ids(project) == list(range(1, 21))
    assert _staged_files(project) == set()


def _staged_files(project: SmallProject) -> set[str]:
    """Parquet files in the lake that no table has, and that no run needs any more."""
    lake = project.open()
    live = {f"{name.path}/{file.path}" for name in lake.tables() for file in lake.existing(name).files}
    return {f.path for f in lake.store.list("") if f.path.endswith(".parquet")} - live
