"""A Spark cluster of one's own: the same rows as on one machine, whatever dies on the way.

Its workers have pyarrow and no Clearwell, and every test runs on the same one: what a test kills, it mends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

from clearwell.engines import open_engine
from clearwell.errors import EngineError, EngineLost
from clearwell.flow.ingest import ingest
from clearwell.flow.landing import on_workers as workers
from clearwell.flow.run import Run
from clearwell.names import SEGMENTS, TableName
from clearwell.project.load import load_project
from clearwell.settings import Settings
from clearwell.tables import Lake, files_of
from tests.end_to_end.conftest import copy_sample
from tests.engines.sample import contents, tables_of
from tests.project import make_project, run_steps
from tests.services.cluster import Cluster
from tests.services.process import comes_true
from tests.unit.engines.processes import has_ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.model import BuildResult
    from tests.end_to_end.conftest import Sample
    from tests.project import SmallProject
    from tests.services.s3 import S3Space

pytestmark = pytest.mark.slow

PATIENCE = 120.0
ORDERS = 400

WAITING = '''
"""Each order's amount, doubled by a function that runs in the workers and waits there until it may go on."""

import os
import time
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from assets.numbers import TWICE
from clearwell.names import PROVENANCE

SIGNS = Path(%r)


def double(amount):
    (SIGNS / f"begun-{os.getppid()}").touch()
    while not (SIGNS / "go").exists():
        time.sleep(0.02)
    return amount * TWICE


def clean(orders: DataFrame) -> DataFrame:
    doubled = F.udf(double, "double")("amount")
    return orders.select(*PROVENANCE, "order_id", "day", doubled.alias("amount")).repartition(4)
'''


@pytest.fixture
def mended(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, for a test that kills parts of it."""
    yield cluster
    cluster.mend()


@dataclass(frozen=True)
class Waiting:
    """A project whose orders are being cleansed in the workers, until :meth:`go`."""

    project: SmallProject
    signs: Path

    def go(self) -> None:
        (self.signs / "go").touch()

    def until_begun(self, running: InBackground) -> None:
        assert comes_true(lambda: running.ended or self.begun, PATIENCE)
        assert self.begun, running.end()

    @property
    def begun(self) -> bool:
        return any(self.signs.glob("begun-*"))


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    project = make_project(tmp_path / "project")
    signs = tmp_path / "signs"
    signs.mkdir()
    project.write_transform(WAITING % str(signs))
    (project.root / "assets" / "numbers.py").write_text("TWICE = 2\n")
    project.deliver("orders.csv", 0, ORDERS, bad=3)
    waiting = Waiting(project, signs)
    yield waiting
    waiting.go()


def engine_of(project: SmallProject, cluster: Cluster, **options: Any) -> Engine:
    return open_engine(replace(project.settings, engine=cluster.url, **options))


class InBackground:
    """The steps of a project, run in a thread; ``end`` gives what they returned, or raises what they did."""

    def __init__(self, project: SmallProject, engine: Engine) -> None:
        self._said: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(project, engine), daemon=True)
        self._thread.start()

    def _run(self, project: SmallProject, engine: Engine) -> None:
        try:
            self._said.append(run_steps(project, engine))
        except BaseException as error:  # noqa: BLE001, handed on
            self._said.append(error)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def end(self) -> list[BuildResult]:
        self._thread.join(PATIENCE)
        assert self.ended, "it still runs"
        if isinstance(self._said[0], BaseException):
            raise self._said[0]
        return self._said[0]


def assert_each_order_once(project: SmallProject) -> None:
    silver = DeltaTable(str(project.lake / "silver" / "orders")).to_pyarrow_table()
    assert sorted(silver["order_id"].to_pylist()) == list(range(ORDERS))
    assert dict(zip(*(silver[c].to_pylist() for c in ("order_id", "amount")), strict=True)) == {
        i: 2 * (i + 0.5) for i in range(ORDERS)
    }


@pytest.mark.promise("sc://host:port")
def test_workers_have_no_clearwell_and_no_project_but_what_is_sent(
    cluster: Cluster, waiting: Waiting
) -> None:
    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import assets.numbers

        import clearwell.names

        for _ in batches:
            pass
        found = [clearwell.names.__file__, assets.numbers.__file__, os.getcwd(), sys.executable]
        yield pa.RecordBatch.from_pydict({"where": found})

    with engine_of(waiting.project, cluster) as engine, engine.work("look"):
        rows = engine.session().range(2).repartition(2).mapInArrow(look, "where string").collect()
    names, numbers, folder, python = (row[0] for row in rows[:4])
    assert ".zip/clearwell/" in names
    assert ".zip/assets/" in numbers
    assert folder.startswith(str(cluster.folder))
    for module in ("clearwell", "assets", "tests"):
        program = [python, "-c", f"import {module}"]
        without = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
        assert f"No module named '{module}'" in without.stderr
    subprocess.run([python, "-c", "import pyarrow"], cwd=folder, check=True)


@pytest.mark.promise("sc://host:port")
def test_an_executor_that_is_killed_in_mid_run_loses_nothing(mended: Cluster, waiting: Waiting) -> None:
    with engine_of(waiting.project, mended) as engine:
        running = InBackground(waiting.project, engine)
        waiting.until_begun(running)
        victim = mended.kill_executor()
        assert has_ended(victim)
        waiting.go()
        results = running.end()
        assert [r.outcome for r in results] == ["built", "built"]
        assert_each_order_once(waiting.project)
        assert [r.outcome for r in run_steps(waiting.project, engine)] == ["unchanged", "unchanged"]
    assert_each_order_once(waiting.project)


def test_a_worker_that_is_killed_in_mid_run_loses_nothing(mended: Cluster, waiting: Waiting) -> None:
    with engine_of(waiting.project, mended) as engine:
        running = InBackground(waiting.project, engine)
        waiting.until_begun(running)
        assert has_ended(mended.kill_worker())
        waiting.go()
        assert [r.outcome for r in running.end()] == ["built", "built"]
    assert_each_order_once(waiting.project)


def test_a_server_that_is_killed_in_mid_run_ends_it_in_bounded_time_and_a_rerun_is_whole(
    mended: Cluster, waiting: Waiting
) -> None:
    with engine_of(waiting.project, mended) as engine:
        running = InBackground(waiting.project, engine)
        waiting.until_begun(running)
        mended.kill_server()
        with pytest.raises(EngineLost, match="no longer answers"):
            running.end()
        with pytest.raises(EngineLost, match="no longer answers"), engine.work("count"):
            engine.session().range(3).count()
    waiting.go()
    assert not (waiting.project.lake / "silver" / "orders" / "_delta_log").exists()
    mended.mend()
    with engine_of(waiting.project, mended) as engine:
        assert [r.outcome for r in run_steps(waiting.project, engine)] == ["unchanged", "built"]
    assert_each_order_once(waiting.project)


def test_a_client_whose_server_has_gone_exits_in_bounded_time(mended: Cluster, tmp_path: Path) -> None:
    program = f"""
        from clearwell.engines.connect.engine import ConnectEngine
        engine = ConnectEngine({mended.url!r})
        print(engine.session().range(3).count(), flush=True)
        input()
    """
    lines = "\n".join(line.strip() for line in program.splitlines())
    client = subprocess.Popen(
        [sys.executable, "-c", lines],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert client.stdout is not None
    assert client.stdout.readline() == "3\n"
    mended.kill_server()
    _, errors = client.communicate("\n", timeout=60)  # pyspark's own exit hook would try for six minutes
    assert (client.returncode, errors) == (0, "")


def test_another_python_on_the_workers_is_told(
    cluster: Cluster, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client says of what version its functions are, here of one that no worker has."""
    claimed = SimpleNamespace(version_info=(3, 99, 0))
    monkeypatch.setattr("pyspark.sql.connect.udf.sys", claimed)
    waiting.go()
    with engine_of(waiting.project, cluster) as engine:
        with pytest.raises(EngineError, match="PYTHON_VERSION_MISMATCH") as caught:
            run_steps(waiting.project, engine)
        assert "PYSPARK_PYTHON" in str(caught.value.hint)
    assert not (waiting.project.lake / "silver" / "orders" / "_delta_log").exists()


def test_a_function_that_fails_is_told_by_its_line_in_the_project(cluster: Cluster, waiting: Waiting) -> None:
    (waiting.project.root / "assets" / "numbers.py").write_text("TWICE = 'no number'\n")
    waiting.go()
    with engine_of(waiting.project, cluster) as engine, pytest.raises(EngineError) as caught:
        run_steps(waiting.project, engine)
    line = WAITING.splitlines().index("    return amount * TWICE") + 1
    assert caught.value.place == f"assets/orders.py:{line}"
    assert "can't multiply sequence" in caught.value.fact


@pytest.mark.full
def test_who_shows_no_token_or_has_no_worker_or_no_pyarrow_is_told_so(
    tmp_path: Path, waiting: Waiting
) -> None:
    """One cluster after another state of it, for each takes long to start."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    with Cluster(workers=0, token="canary-token-0123", python=bare / "bin" / "python") as cluster:
        for url in (cluster.url.replace("0123", "9999"), cluster.url.partition("/;")[0]):
            refused = open_engine(replace(waiting.project.settings, engine=url))
            with pytest.raises(
                EngineError, match=r"that accepts this client: .*authentication token"
            ) as caught:
                refused.session()
            assert "canary" not in f"{caught.value} {caught.value.__cause__}"
            assert "token" in str(caught.value.hint)
        waiting.go()
        with engine_of(waiting.project, cluster, engine_deadline_seconds=25.0) as engine:
            started = time.monotonic()
            with pytest.raises(EngineLost, match="no task of 1 has started; the cluster has no free worker"):
                run_steps(waiting.project, engine)
            assert "workers" in str(engine._hint_lost())
            assert time.monotonic() - started < PATIENCE
        cluster.add_worker()
        with engine_of(waiting.project, cluster) as engine:
            with (
                pytest.raises(EngineError, match="No module named 'pyarrow'") as lacking,
                engine.work("look"),
            ):
                engine.session().range(2).mapInArrow(lambda batches: batches, "id bigint").collect()
            assert "needs our version, pyarrow" in str(lacking.value.hint)


# --- Raw files that the workers read ---


def ingest_all(sample: Sample, engine: Engine, lake: Lake) -> dict[str, Any]:
    """Ingest every source of the sample project; the books of each bronze table."""
    project = load_project(Settings(project=sample.root, lake=sample.lake, ingest_on_workers=True))
    for spec in project.tables.values():
        ingest(Run(project, lake, engine), spec)
    return books(lake, [spec.bronze_table for spec in project.tables.values()])


def books(lake: Lake, tables: list[TableName]) -> dict[str, Any]:
    """What each raw file brought: of each file its path, size and counts."""
    return {
        str(table): sorted(
            (c.path, c.size, c.delivered, c.accepted, c.quarantined)
            for c in files_of(lake, lake.existing(table))
        )
        for table in tables
    }


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_the_workers_read_the_raw_files_of_the_sample_project_and_bring_the_same(
    cluster: Cluster,
    embedded_sample: Sample,
    s3: S3Space,
    where: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "_WORTH_BYTES", 0)
    monkeypatch.setattr(workers, "_SHARE_BYTES", (1, 1))
    sample = copy_sample(tmp_path / "sample")
    root = str(sample.lake) if where == "folder" else s3.url("lake")
    places = {} if where == "folder" else {segment: f"{root}/{segment}" for segment in SEGMENTS}
    lake = Lake(sample.lake, places=places)
    with open_engine(Settings(project=sample.root, lake=sample.lake, engine=cluster.url)) as engine:
        brought = ingest_all(sample, engine, lake)
    assert brought == books(Lake(embedded_sample.lake), [TableName.parse(name) for name in brought])
    tables = [table for table in tables_of(embedded_sample.lake) if "bronze" in table]
    assert contents(root, tables) == contents(str(embedded_sample.lake), tables)
    for name in brought:
        files = DeltaTable(f"{root}/bronze/{TableName.parse(name).name}").file_uris()
        assert files
        assert all("/task-" in file for file in files), "a driver has read them"


@pytest.mark.promise("P1")
def test_an_executor_that_is_killed_while_it_reads_raw_files_brings_each_record_once(
    mended: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_WORTH_BYTES", 0)
    project = make_project(tmp_path / "project")
    count = 4_000_000  # enough that a part is begun long before the file is read
    with (project.raw / "large.csv").open("w") as file:
        file.write("order_id,day,amount\n")
        file.writelines(f"{number},2026-01-01,{number}.5\n" for number in range(count))
        file.write("1,2026-01-01,a lot\n")
    loaded = load_project(replace(project.settings, ingest_on_workers=True))
    (spec,) = loaded.tables.values()
    said: list[Any] = []
    with engine_of(project, mended) as engine:
        run = Run(loaded, Lake(project.lake), engine)
        thread = threading.Thread(target=lambda: said.append(ingest(run, spec)), daemon=True)
        thread.start()
        bronze = project.lake / "bronze" / "orders"
        assert comes_true(lambda: any(bronze.rglob("task-*/**/*.parquet")), PATIENCE)
        for victim in mended.executors:  # one of them reads
            os.kill(victim, signal.SIGKILL)
        thread.join(PATIENCE)
    assert [(r.outcome, r.accepted, r.quarantined) for r in said] == [("built", count, 1)]
    tasks = {part.relative_to(bronze).parts[1] for part in bronze.rglob("*.parquet")}
    assert len(tasks) == 2, "the one that was killed had begun a part, and another has done it all"
    rows = DeltaTable(str(bronze)).to_pyarrow_table(columns=["order_id", "_record_no"])
    assert rows.num_rows == count
    assert pc.count_distinct(rows["order_id"]).as_py() == count
    assert pc.count_distinct(rows["_record_no"]).as_py() == count
