"""Files that are not what their source says are set aside or told by name, and never become rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from clearwell.errors import TableNotFound
from clearwell.flow.cleanse import cleanse
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 3)
    return project


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("7,2026-01-02,7.5\n8,2026-01-02,8.5\n", "none of the expected columns"),
        ("order_id;day;amount\n7;2026-01-02;7.5\n", "not separated by ','"),
        ("Orders of January\n\norder_id,day,amount\n7,2026-01-02,7.5\n", "none of the expected columns"),
        ("sep=,\norder_id,day,amount\n7,2026-01-02,7.5\n", "only Excel reads"),
    ],
)
def test_a_file_without_the_header_of_its_source_is_set_aside(
    project: SmallProject, engine: Engine, content: str, told: str, runs: int
) -> None:
    if runs == 2:
        run_steps(project, engine)
    (project.raw / "b.csv").write_text(content)
    bronze, silver = run_steps(project, engine)
    assert bronze.blocked == 1
    assert any("raw/b.csv" in note and told in note for note in bronze.notes)
    assert silver.rows == 3
    columns = DeltaTable(str(project.lake / "bronze" / "orders")).schema().fields
    assert [field.name for field in columns if not field.name.startswith("_")] == [
        "order_id",
        "day",
        "amount",
    ]
    bronze, _ = run_steps(project, engine, full_refresh=True)
    assert (bronze.blocked, bronze.rows) == (1, 3)


def test_keys_in_the_names_of_folders_that_are_no_column_are_told(
    project: SmallProject, engine: Engine
) -> None:
    project.write_yaml(source="drift: {new_column: evolve}")
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(yaml.read_text().replace("raw/*.csv", "raw/**/*.csv"))
    project.deliver("day=2026-01-02/site=a/b.csv", 7, 2)
    bronze, _ = run_steps(project, engine)
    (told,) = [note for note in bronze.notes if "folders are named" in note]
    assert "by 'site', which is no column" in told
    bronze, _ = run_steps(project, engine)
    assert not bronze.notes


def test_a_step_before_its_inputs_says_how_to_run_them(project: SmallProject, engine: Engine) -> None:
    loaded = load_project(project.settings)
    run = Run(loaded, project.open(), engine)
    with pytest.raises(TableNotFound, match="its input bronze_orders was never built") as caught:
        cleanse(run, loaded.tables["orders"])
    assert caught.value.place == "silver_orders"
    assert "`clearwell run +silver_orders`" in (caught.value.hint or "")


def test_columns_that_come_or_are_missing_are_told(project: SmallProject, engine: Engine) -> None:
    bronze, _ = run_steps(project, engine)
    assert bronze.notes == ()
    (project.raw / "b.csv").write_text("order_id,day,amount,tip\n7,2026-01-02,7.5,1\n")
    (project.raw / "c.csv").write_text("order_id,day,tip\n8,2026-01-02,1\n")
    bronze, _ = run_steps(project, engine)
    assert bronze.notes == (
        "new in the table: 'tip'; NULL in the rows before",
        "not in every new file, and NULL in the rows without: 'amount'",
    )
    (project.raw / "d.csv").write_text("order_id,day\n9,2026-01-02\n")
    bronze, _ = run_steps(project, engine)
    assert bronze.notes == ("in no new file, and NULL in its rows: 'amount', 'tip'",)
    bronze, _ = run_steps(project, engine, full_refresh=True)
    assert bronze.notes == ("not in every new file, and NULL in the rows without: 'amount', 'tip'",)


def test_a_file_without_one_accepted_record_is_told(project: SmallProject, engine: Engine) -> None:
    project.deliver("b.csv", 7, 0, bad=2)
    bronze, _ = run_steps(project, engine)
    assert bronze.notes == ("raw/b.csv: all of its 2 records are in quarantine",)


def told(project: SmallProject, engine: Engine) -> dict[str, tuple[str, bool]]:
    bronze, _ = run_steps(project, engine)
    return {note.name: (str(note.severity), note.success) for note in bronze.told}


def test_a_file_without_one_accepted_record_is_red_by_default_and_until_files_are_taken(
    project: SmallProject, engine: Engine
) -> None:
    assert told(project, engine)["none_accepted"] == ("critical", True)
    project.deliver("b.csv", 7, 0, bad=2)
    assert told(project, engine)["none_accepted"] == ("critical", False)
    assert set(told(project, engine)) == {"left_for_later", "skipped"}  # no new file: what was said stays
    project.deliver("c.csv", 8, 1)
    assert told(project, engine)["none_accepted"] == ("critical", True)


def test_the_yaml_says_how_grave_a_note_is_and_no_table_is_rebuilt_for_it(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    (project.raw / "b.csv").mkdir()
    (project.raw / "c.csv").write_text("order_id,day,tip\n8,2026-01-02,1\n")
    project.write_yaml(source="notes: {new_columns: critical, missing_columns: info, skipped: critical}")
    bronze, _ = run_steps(project, engine)
    assert bronze.reason == "1 new files"
    found = {note.name: note for note in bronze.told}
    assert found["new_columns"].blocks
    assert "'tip'" in (found["new_columns"].message or "")
    assert found["missing_columns"].success
    assert "'amount'" in (found["missing_columns"].message or "")
    assert found["skipped"].blocks
    assert found["left_for_later"].success
