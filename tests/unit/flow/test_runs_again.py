"""What runs again, and when: nothing new, nothing runs; new files flow through; edits rebuild."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import SourceError, TableError
from clearwell.model import Outcome
from tests.checker import assert_bronze_balances, query, replay
from tests.project import EDITED, MODES, SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

pytestmark = pytest.mark.variants

SUITE = """
    checks:
      - name: amount_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: warning
        why: no order is larger
    """

READING = """
from pathlib import Path

from pyspark.sql import DataFrame, functions as F

HERE = Path(__file__).parent


def clean(orders: DataFrame) -> DataFrame:
    made = (HERE / "factor.sql").read_text() + "".join(f.read_text() for f in HERE.glob("more/*.sql"))
    return orders.withColumn("made", F.expr(made))
"""


@pytest.fixture(params=sorted(MODES))
def project(tmp_path: Path, request: pytest.FixtureRequest) -> SmallProject:
    project = make_project(tmp_path / "project", mode=request.param)
    project.deliver("a.csv", 1, 5, bad=1)
    return project


def outcomes(project: SmallProject, engine: Engine, **options: bool) -> list[Outcome]:
    return [result.outcome for result in run_steps(project, engine, **options)]


def versions(project: SmallProject) -> dict[str, int]:
    lake = project.open()
    return {str(name): lake.existing(name).version for name in lake.tables()}


def written_mode(project: SmallProject) -> str:
    text = (project.root / "pipelines" / "orders" / "defs.yaml").read_text()
    return {option: mode for mode, option in MODES.items()}[text.partition("write: ")[2].partition("\n")[0]]


def ids(project: SmallProject, zone: str = "silver") -> list[int]:
    return [
        i
        for (i,) in query(
            replay(project.on_disk() / zone / "orders").files, "SELECT order_id FROM t ORDER BY 1"
        )
    ]


def test_nothing_new_nothing_runs(project: SmallProject, engine: Engine) -> None:
    assert outcomes(project, engine) == [Outcome.BUILT] * 2
    before = versions(project)
    assert outcomes(project, engine) == [Outcome.UNCHANGED] * 2
    assert versions(project) == before
    assert ids(project) == [1, 2, 3, 4, 5]


def test_a_copy_under_another_name_adds_nothing(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    before = versions(project)
    (project.raw / "copy of a.csv").write_bytes((project.raw / "a.csv").read_bytes())
    bronze, _ = run_steps(project, engine)
    assert bronze.outcome is Outcome.UNCHANGED
    assert "same content as raw/a.csv" in bronze.notes[0]
    assert versions(project) == before


def test_an_edited_transform_rebuilds_its_table_and_not_what_it_hangs_on(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    project.write_transform(EDITED)
    assert outcomes(project, engine) == [Outcome.UNCHANGED, Outcome.BUILT]
    assert "doubled" in project.open().existing("silver_orders").schema.names
    assert ids(project) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("project", ["append"], indirect=True)
def test_an_edited_file_that_the_transform_reads_rebuilds_its_table(
    project: SmallProject, engine: Engine
) -> None:
    named, listed = project.root / "assets" / "factor.sql", project.root / "assets" / "more" / "one.sql"
    listed.parent.mkdir()
    project.write_transform(READING)
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    transform = '    transform: "assets.orders:clean"\n'
    yaml.write_text(yaml.read_text().replace(transform, f'{transform}    reads: ["assets/more/*.sql"]\n'))
    for one, other, outcome in ((2, 3, "built"), (2, 3, "unchanged"), (5, 3, "built"), (5, 7, "built")):
        named.write_text(f"amount * {one}")
        listed.write_text(f" * {other}")
        assert outcomes(project, engine)[1] == outcome
        rows = project.open().existing("silver_orders").to_arrow(["amount", "made"]).to_pylist()
        assert {row["made"] / row["amount"] for row in rows} == {one * other}


def test_an_edited_suite_rebuilds_its_table_with_its_quarantine(
    project: SmallProject, engine: Engine
) -> None:
    mode = written_mode(project)
    project.write_suite(SUITE)
    project.write_yaml(mode=mode, suite="silver_orders")
    run_steps(project, engine)
    project.write_suite(SUITE.replace("100", "3"))
    _, silver = run_steps(project, engine)
    assert (silver.outcome, silver.accepted, silver.quarantined) == (Outcome.BUILT, 2, 3)
    assert ids(project) == [1, 2]


def test_an_edited_source_setting_rebuilds_bronze_and_silver(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    mode = written_mode(project)
    project.write_yaml(mode=mode, source='nulls: ["3.5"]')
    assert outcomes(project, engine) == [Outcome.BUILT] * 2
    assert ids(project) == [1, 2, 3, 4, 5]
    assert_bronze_balances(project.on_disk(), "orders", project.raw)


def test_full_refresh_rebuilds_and_gives_the_same_rows(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.deliver("b.csv", 6, 5, day="2026-01-02")
    run_steps(project, engine)
    assert outcomes(project, engine, full_refresh=True) == [Outcome.BUILT] * 2
    assert ids(project) == list(range(1, 11))
    assert_bronze_balances(project.on_disk(), "orders", project.raw)
    assert outcomes(project, engine) == [Outcome.UNCHANGED] * 2


def test_a_rebuild_is_refused_while_a_raw_file_is_gone(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.deliver("b.csv", 6, 5)
    (project.raw / "a.csv").unlink()
    with pytest.raises(SourceError, match=r"raw/a\.csv"):
        run_steps(project, engine, full_refresh=True)
    assert ids(project) == [1, 2, 3, 4, 5]
    assert outcomes(project, engine) == [Outcome.BUILT] * 2  # without a rebuild its rows stay, new ones come


def test_a_changed_file_is_refused_and_nothing_of_it_enters(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.deliver("a.csv", 1, 7, bad=1)
    project.deliver("b.csv", 11, 2, day="2026-01-02")
    bronze, _ = run_steps(project, engine)
    assert (bronze.blocked, bronze.accepted) == (8, 2)
    assert ids(project) == [1, 2, 3, 4, 5, 11, 12]
    assert "taken before with other content" in bronze.notes[0]
    assert_bronze_balances(project.on_disk(), "orders", project.raw)
    project.deliver("a.csv", 1, 5, bad=1)  # as it was
    bronze, _ = run_steps(project, engine)
    assert (bronze.outcome, bronze.blocked) == (Outcome.UNCHANGED, 0)


def test_a_changed_file_takes_the_old_ones_place_where_the_source_says_so(
    project: SmallProject, engine: Engine
) -> None:
    mode = written_mode(project)
    project.write_yaml(mode=mode, source="on_change: replace")
    run_steps(project, engine)
    project.deliver("a.csv", 3, 4)
    assert outcomes(project, engine) == [Outcome.BUILT] * 2
    assert ids(project) == [3, 4, 5, 6]
    assert_bronze_balances(project.on_disk(), "orders", project.raw)


def test_an_input_that_another_writer_changed_is_new_input(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.open().existing("bronze_orders").handle.delete("order_id = 4")
    assert outcomes(project, engine) == [Outcome.UNCHANGED, Outcome.BUILT]
    assert ids(project) == [1, 2, 3, 5]
    assert outcomes(project, engine) == [Outcome.UNCHANGED] * 2


def test_a_table_whose_folder_was_deleted_is_not_filled_with_files_that_are_gone(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    shutil.rmtree(project.lake / "silver" / "orders")
    with pytest.raises(TableError, match=r"if the table was deleted: clearwell repair silver_orders"):
        run_steps(project, engine)
