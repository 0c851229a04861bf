"""Files that go while an engine reads them end the step: what they held is never taken for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import FilesGone
from clearwell.flow.build import candidate as candidates
from clearwell.flow.recheck import recheck
from clearwell.flow.run import Run
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.reproduce.fingerprints import table_contents
from clearwell.tables import Snapshot, maintain
from clearwell.tables.maintenance.compact import compact
from clearwell.tables.write import rewrite
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.engines import Engine

SUITE = """
    checks:
      - name: amount_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: critical
        why: no order is larger
      - name: many
        expectation: expect_table_row_count_to_be_between
        kwargs: {min_value: 0}
        severity: critical
        why: there are some
    """


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> SmallProject:
    project = make_project(tmp_path / "project", mode="merge")
    project.deliver("a.csv", 1, 5)
    run_steps(project, engine)
    return project


@pytest.fixture
def lost(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``lost(zone)``: from now on a file of that table goes, or is cut, once an engine is to read it."""

    def lose(zone: str, *, cut: bool = False) -> None:
        read = Snapshot.read_files

        def loses(self: Snapshot, engine: Engine, files: Any) -> Any:
            frame = read(self, engine, files)
            if str(self.name) == f"{zone}_orders":
                file = Path(self.files[0].absolute)
                if cut:
                    file.write_bytes(file.read_bytes()[: file.stat().st_size - 1])
                elif file.exists():
                    file.unlink()
            return frame

        monkeypatch.setattr(Snapshot, "read_files", loses)

    return lose


def test_an_input_that_goes_in_mid_build_publishes_nothing(
    project: SmallProject, engine: Engine, lost: Callable[..., None]
) -> None:
    project.deliver("b.csv", 6, 2)
    before = project.open().existing("silver_orders").version
    lost("bronze")
    with pytest.raises(FilesGone, match="1 of 2 data files are gone or were changed") as error:
        run_steps(project, engine)
    assert error.value.transient
    assert error.value.place == "bronze_orders"
    silver = project.open().existing("silver_orders")
    assert (silver.version, silver.rows) == (before, 5)


def test_a_file_that_is_cut_after_it_was_read_is_seen(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = candidates.verify_keys

    def cut(*arguments: Any, **options: Any) -> None:
        verify(*arguments, **options)
        file = Path(project.open().existing("bronze_orders").files[0].absolute)
        file.write_bytes(file.read_bytes()[:-1])

    monkeypatch.setattr(candidates, "verify_keys", cut)
    project.deliver("b.csv", 6, 2)
    with pytest.raises(FilesGone):
        run_steps(project, engine)


def test_the_table_that_a_check_reads_with_the_batch_must_be_whole(
    project: SmallProject, engine: Engine, lost: Callable[..., None]
) -> None:
    project.write_suite(SUITE)
    project.write_yaml(mode="merge", suite="silver_orders")
    run_steps(project, engine)
    project.deliver("b.csv", 6, 2)
    lost("silver")
    with pytest.raises(FilesGone) as error:
        run_steps(project, engine)
    assert error.value.place == "silver_orders"


def test_a_rewrite_by_the_engine_reads_all_that_it_replaces(
    project: SmallProject, engine: Engine, lost: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "_fits_here", lambda *_: False)
    lost("silver")
    project.deliver("b.csv", 5, 2)
    with pytest.raises(FilesGone):
        run_steps(project, engine)


def test_a_fingerprint_is_of_all_rows_or_of_none(
    project: SmallProject, engine: Engine, lost: Callable[..., None]
) -> None:
    lost("silver")
    with pytest.raises(FilesGone, match="clearwell run silver_orders --full-refresh"):
        table_contents(project.open(), "silver_orders", engine)


def test_a_table_is_checked_again_as_a_whole_or_not(
    project: SmallProject, engine: Engine, lost: Callable[..., None]
) -> None:
    project.write_suite(SUITE)
    project.write_yaml(mode="merge", suite="silver_orders")
    run_steps(project, engine)
    lost("silver")
    loaded = load_project(project.settings)
    run = Run(loaded, project.open(), engine)
    with pytest.raises(FilesGone):
        recheck(run, loaded.tables["orders"], TableName.parse("silver_orders"), {"amount_small"})


@pytest.mark.promise("P8")
def test_maintenance_keeps_what_a_build_reads(project: SmallProject, engine: Engine) -> None:
    """Its input is compacted, and the lake maintained without any retention, while silver is made."""
    bronze = project.open().existing("bronze_orders").name
    project.deliver("b.csv", 6, 5)
    held: list[dict[str, int]] = []

    def compact_and_maintain(step: str, table: str) -> None:
        if (step, table) == ("stage", "silver_orders") and not held:
            lake = project.open()
            held.extend(reading.tables for reading, _ in lake.control.readings())
            compact(lake, bronze)
            maintain(lake, retention_hours=0)

    run_steps(project, engine, on_step=compact_and_maintain)
    assert [set(tables) for tables in held] == [{"bronze_orders", "silver_orders"}]
    lake = project.open()
    assert lake.existing("silver_orders").rows == lake.existing("bronze_orders").rows == 10
    assert list(lake.control.readings()) == []
