"""Who reads the raw files, this process or an engine's workers, changes no row, no count and no verdict."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from clearwell.errors import EngineError
from clearwell.flow.ingest import ingest
from clearwell.flow.landing import on_workers as workers
from clearwell.flow.landing.on_workers import WorkerLanding
from clearwell.flow.landing.result import Delivery, Landed
from clearwell.flow.run import Run
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.sources import RawFile, SourceSpec
from clearwell.tables import Attempt, Lake, files_of
from tests.checker import assert_bronze_balances, replay
from tests.project import SmallProject, make_project

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.model import BuildResult


class Willing:
    """The embedded engine, whose workers are one process with our modules, as one that took our code."""

    sends_code = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.tasks: list[str] = []

    def work(self, what: str) -> Any:
        self.tasks.append(what)
        return self._engine.work(what)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture(autouse=True)
def a_share_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH_BYTES", 0)
    monkeypatch.setattr(workers, "_SHARE_BYTES", (1, 1))


@pytest.fixture
def projects(tmp_path: Path) -> tuple[SmallProject, SmallProject]:
    """Two of the same: one reads for itself, the other lets workers read."""
    here, there = make_project(tmp_path / "here"), make_project(tmp_path / "there")
    return here, there


def run(project: SmallProject, engine: Any, *, on_workers: bool) -> BuildResult:
    loaded = load_project(replace(project.settings, ingest_on_workers=on_workers))
    (spec,) = loaded.tables.values()
    return ingest(Run(loaded, Lake(project.lake), engine), spec)


def run_both(projects: tuple[SmallProject, SmallProject], engine: Engine) -> tuple[BuildResult, BuildResult]:
    here, there = projects
    willing = Willing(engine)
    results = run(here, engine, on_workers=False), run(there, willing, on_workers=True)
    assert any("raw files" in what for what in willing.tasks)
    return results


def contents(project: SmallProject, table: str) -> dict[str, Any]:
    if not DeltaTable.is_deltatable(str(project.lake / table)):
        return {}
    found = DeltaTable(str(project.lake / table)).to_pyarrow_table()
    changing = {"_ingested_at", "_attempt", "quarantined_at"}
    rows = found.select([name for name in found.column_names if name not in changing]).to_pylist()
    return {"columns": found.schema.names, "rows": sorted(rows, key=repr)}


def books(project: SmallProject) -> list[Any]:
    lake = Lake(project.lake)
    snapshot = lake.existing("bronze_orders")
    kept = sorted((c.path, c.delivered, c.accepted, c.quarantined, c.size) for c in files_of(lake, snapshot))
    blocked = lake.control.blocked(TableName.parse("bronze_orders"))
    return [kept, [(sorted(c.path for c in b.files), b.rows, b.reason) for b in blocked]]


def assert_alike(
    projects: tuple[SmallProject, SmallProject], results: tuple[BuildResult, BuildResult]
) -> None:
    here, there = projects
    assert contents(there, "bronze/orders") == contents(here, "bronze/orders")
    assert contents(there, "quarantine/bronze_orders") == contents(here, "quarantine/bronze_orders")
    assert books(there) == books(here)
    counts = [(r.outcome, r.accepted, r.quarantined, r.blocked, r.notes) for r in results]
    assert counts[0] == counts[1]
    assert_bronze_balances(there.lake, "orders", there.raw)


def test_dirty_files_come_out_the_same(projects: tuple[SmallProject, SmallProject], engine: Engine) -> None:
    for project in projects:
        project.deliver("a.csv", 0, 30, bad=4)
        project.deliver("b.csv", 100, 20, bad=2)
        dirt = b"order_id,day,amount\n1,2026-01-01,1.5\nnot,\xff\xfe,utf\n2,2026-01-01\n"
        (project.raw / "c.csv").write_bytes(dirt)
        (project.raw / "d.csv").write_text("order_id,day,amount\n")
        (project.raw / "e.csv").write_text("")
        (project.raw / "f.csv").write_text('order_id,day,amount\n7,2026-01-01,"never closed\n')
        (project.raw / "g.csv").write_text("order_id,Day,amount\n8,2026-01-01,1\n")
        (project.raw / "h.csv").write_text("order_id,day,amount,note\n9,2026-01-01,1,new\n")
    results = run_both(projects, engine)
    assert results[0].quarantined > 6
    assert results[0].blocked >= 1
    assert_alike(projects, results)


def test_new_columns_come_in_the_order_of_the_files(
    projects: tuple[SmallProject, SmallProject], engine: Engine
) -> None:
    for project in projects:
        for number, column in enumerate(["zeta", "alpha", "mid", "alpha"]):
            text = f"order_id,day,amount,{column}\n{number},2026-01-01,1.5,x{number}\n"
            (project.raw / f"{number}.csv").write_text(text)
    assert_alike(projects, run_both(projects, engine))
    assert contents(projects[1], "bronze/orders")["columns"][3:6] == ["zeta", "alpha", "mid"]


def test_of_files_with_other_types_the_first_decides(
    projects: tuple[SmallProject, SmallProject], engine: Engine
) -> None:
    """Each is whole by itself: only together they show that one must be set aside, and which."""
    for project in projects:
        yaml = project.root / "pipelines" / "orders" / "defs.yaml"
        text = yaml.read_text().replace("*.csv", "*.parquet").replace("format: csv", "format: parquet")
        yaml.write_text(text.replace("columns: {order_id: bigint, day: date, amount: double}", ""))
        for number, kind in enumerate([pa.int64(), pa.int32(), pa.int64(), pa.string()]):
            values = pa.array([number * 10 + i for i in range(5)]).cast(kind)
            pq.write_table(pa.table({"order_id": values}), project.raw / f"{number}.parquet")
    here, there = run_both(projects, engine)
    assert (here.accepted, here.blocked, there.accepted, there.blocked) == (10, 2, 10, 2)
    assert contents(projects[1], "bronze/orders") == contents(projects[0], "bronze/orders")
    assert books(projects[1]) == books(projects[0])
    bronze = projects[1].lake / "bronze" / "orders"
    assert sorted(bronze.rglob("part-*.parquet")) == sorted(replay(bronze).files)


def test_the_next_batch_and_a_rerun_come_out_the_same(
    projects: tuple[SmallProject, SmallProject], engine: Engine
) -> None:
    for project in projects:
        project.deliver("a.csv", 0, 30, bad=1)
    run_both(projects, engine)
    for project in projects:
        project.deliver("b.csv", 100, 20, bad=2)
        (project.raw / "c.csv").write_text("order_id,day,amount,note\n9,2026-01-01,1,new\n")
    assert_alike(projects, run_both(projects, engine))
    willing = Willing(engine)
    assert run(projects[1], willing, on_workers=True).outcome == "unchanged"
    assert not willing.tasks


@pytest.mark.parametrize("policy", ["new_column", "missing_column"])
def test_drift_is_judged_file_by_file_whoever_reads(
    policy: str, projects: tuple[SmallProject, SmallProject], engine: Engine
) -> None:
    for project in projects:
        project.write_yaml(source=f"drift: {{{policy}: reject}}")
        for name, header in (("a", ""), ("b", ",extra"), ("c", ",extra"), ("d", "")):
            value = header and ",x"
            (project.raw / f"{name}.csv").write_text(
                f"order_id,day,amount{header}\n{ord(name)},2026-01-01,1{value}\n"
            )
    here, there = run_both(projects, engine)
    assert_alike(projects, (here, there))
    aside = [note for note in there.notes if note.startswith("set aside: ")]
    refused = {note.split(": ")[1] for note in aside}
    assert refused == ({"raw/b.csv", "raw/c.csv"} if policy == "new_column" else {"raw/d.csv"})


def test_an_engine_that_took_no_code_is_not_asked(
    projects: tuple[SmallProject, SmallProject], engine: Engine
) -> None:
    willing = Willing(engine)
    willing.sends_code = False
    projects[0].deliver("a.csv", 0, 30)
    assert run(projects[0], willing, on_workers=True).accepted == 30
    assert not any("raw files" in what for what in willing.tasks)


def task_of(project: SmallProject, files: list[Path]) -> WorkerLanding:
    stats = [file.stat() if file.exists() else os.stat_result([0] * 10) for file in files]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    raw = [
        RawFile(f"raw/{file.name}", file, file.name, found.st_size, found.st_mtime_ns or 0)
        for file, found in zip(files, stats, strict=True)
    ]
    return WorkerLanding(
        root=str(project.lake),
        places={},
        name=TableName.parse("bronze_orders"),
        attempt=Attempt("bronze_orders", 1),
        source=workers._plain(SourceSpec(path="raw/*.csv")),
        table_schema=None,
        moment=moment,
        shares=(tuple(Delivery(file, number, 1, moment) for number, file in enumerate(raw, 1)),),
    )


def reports(task: WorkerLanding) -> list[str]:
    numbers = pa.RecordBatch.from_pydict({"id": list(range(len(task.shares)))})
    return [row["landed"] for batch in task([numbers]) for row in batch.to_pylist()]


def test_a_task_that_runs_twice_writes_parts_of_other_names(
    projects: tuple[SmallProject, SmallProject],
) -> None:
    task = task_of(projects[0], [projects[0].deliver("a.csv", 0, 30)])
    first, second = (Landed.from_json(reports(task)[0]) for _ in range(2))
    assert [part.rows for part in first.accepted] == [part.rows for part in second.accepted] == [30]
    assert not {part.path for part in first.accepted} & {part.path for part in second.accepted}
    assert Landed.from_json(first.to_json()) == first


def test_a_worker_that_does_not_see_the_files_says_so_and_sets_none_aside(
    projects: tuple[SmallProject, SmallProject], tmp_path: Path
) -> None:
    report = reports(task_of(projects[0], [tmp_path / "elsewhere" / "a.csv"]))[0]
    assert json.loads(report)["error"][0] == "EngineError"
    with pytest.raises(EngineError, match="does not see the raw files") as caught:
        workers._landed(report)
    assert caught.value.place == str(tmp_path / "elsewhere" / "a.csv")
    assert "ingest_on_workers" in str(caught.value.hint)


def test_a_share_that_nobody_reports_ends_the_run_and_commits_nothing(
    projects: tuple[SmallProject, SmallProject], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects[0].deliver("a.csv", 0, 30)
    monkeypatch.setattr(Willing, "session", lambda _: Forgetful(), raising=False)
    with pytest.raises(
        EngineError, match="1 shares of raw files were sent to workers, but 0 reports returned"
    ):
        run(projects[0], Willing(engine), on_workers=True)
    assert not (projects[0].lake / "bronze" / "orders" / "_delta_log").exists()


class Forgetful:
    """A session whose answers are empty."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: pa.table({"share": pa.array([], pa.int64())}) if name == "toArrow" else self


@given(st.lists(st.integers(0, 1 << 32)))
def test_shares_hold_every_file_once_in_its_order(sizes: list[int]) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    raw = [RawFile(str(n), Path(str(n)), str(n), size, 0) for n, size in enumerate(sizes)]
    files = [Delivery(file, number, 1, moment) for number, file in enumerate(raw, 1)]
    shares = workers._shares(files)
    assert [file for share in shares for file in share] == files
    assert all(shares)
