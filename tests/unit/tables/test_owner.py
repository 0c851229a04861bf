"""A lake belongs to the project that writes to it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError, TableError
from clearwell.names import TableName
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Lake, adopt_lake, lake_of, maintain, owner_of
from tests.project import SmallProject, make_project
from tests.unit.tables.writing import ids, write

if TYPE_CHECKING:
    from pathlib import Path


def test_two_projects_on_one_lake_do_not_mix_their_rows(tmp_path: Path) -> None:
    mine, theirs = (Lake(tmp_path, project=name) for name in ("orders", "visits"))
    mine.require_owner()
    write(mine, [1])
    with pytest.raises(TableError, match=r"belongs to the project 'orders' .* not to 'visits'") as caught:
        theirs.require_owner()
    assert "clearwell init --adopt" in (caught.value.hint or "")
    assert caught.value.place == str(tmp_path)
    mine.require_owner()
    assert ids(mine) == [1]


def test_a_lake_of_nobody_is_taken(tmp_path: Path) -> None:
    lake = Lake(tmp_path, project="orders")
    assert owner_of(lake.store) is None
    lake.require_owner()
    owner = owner_of(lake.store)
    assert owner is not None
    assert owner.project == "orders"


def test_another_project_can_adopt_it(tmp_path: Path) -> None:
    Lake(tmp_path, project="orders").require_owner()
    lake = Lake(tmp_path, project="sales")
    before = adopt_lake(lake.store, "sales")
    assert before is not None
    assert before.project == "orders"
    lake.require_owner()


def test_a_lake_of_a_later_version_is_refused_by_its_name(tmp_path: Path) -> None:
    lake = Lake(tmp_path, project="orders")
    lake.store.put("control/lake.json", b'{"format": 99, "clearwell": "9.1", "project": "orders"}')
    with pytest.raises(TableError, match=r"clearwell 9.1 wrote this record in format 99") as caught:
        lake.require_owner()
    assert "install clearwell 9.1 or later" in (caught.value.hint or "")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "project")


def _write_head(project: SmallProject, text: str) -> None:
    file = project.root / "pyproject.toml"
    file.write_text(text + file.read_text())


def test_a_project_is_called_by_its_settings_its_package_or_its_folder(project: SmallProject) -> None:
    assert load_settings(project.root).name == str(project.root)
    _write_head(project, '[project]\nname = "package"\n')
    assert load_settings(project.root).name == "package"
    file = project.root / "pyproject.toml"
    file.write_text(file.read_text().replace("[tool.clearwell]\n", '[tool.clearwell]\nname = "own"\n'))
    assert load_settings(project.root).name == "own"
    assert load_settings(project.root).environment()["CLEARWELL_NAME"] == "own"


@pytest.mark.parametrize("name", ["3", '"  "', '"a\\u0007"'])
def test_what_is_no_name_is_refused(project: SmallProject, name: str) -> None:
    file = project.root / "pyproject.toml"
    file.write_text(file.read_text().replace("[tool.clearwell]\n", f"[tool.clearwell]\nname = {name}\n"))
    with pytest.raises(ProjectError, match="is not a name"):
        load_settings(project.root)


def test_the_lake_of_a_project_knows_it(project: SmallProject) -> None:
    loaded = load_project(load_settings(project.root))
    lake_of(loaded.settings).require_owner()
    with pytest.raises(TableError, match="belongs to the project"):
        lake_of(replace(loaded.settings, name="another")).require_owner()


def test_a_damaged_record_is_no_end(tmp_path: Path) -> None:
    lake = Lake(tmp_path, project="orders")
    lake.store.put("control/lake.json", b"")
    with pytest.raises(TableError, match="cannot be read"):
        lake.require_owner()
    assert adopt_lake(lake.store, "orders") is None
    lake.require_owner()


def test_records_that_only_inform_stop_nothing_if_they_are_damaged(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, [1])
    lake.store.put("control/readers/x.json", b"")
    lake.store.put("control/left_out/bronze_orders.json", b"{")
    maintain(lake)
    assert lake.control.left_out(TableName.parse("bronze_orders")) == []
    lake.control.record_left_out(TableName.parse("bronze_orders"), ["a.csv: skipped, a folder"])
    assert lake.control.left_out(TableName.parse("bronze_orders")) == ["a.csv: skipped, a folder"]


@pytest.mark.parametrize(("access", "others"), [("owner", 0o077), ("group", 0o007)])
def test_nobody_else_enters_its_folders_on_this_machine(tmp_path: Path, access: str, others: int) -> None:
    (tmp_path / "lake").mkdir(mode=0o755)  # as an earlier version, or a copy, has left it
    lake = Lake(tmp_path / "lake", places={"gold": str(tmp_path / "gold")}, access=access)
    lake.require_owner()  # what every write begins with
    write(lake, [1])
    for folder in (tmp_path / "lake", tmp_path / "gold"):
        assert folder.stat().st_mode & others == 0


def test_a_lake_is_its_owners_and_their_groups_unless_the_project_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clearwell]\n")
    lake_of(load_settings(tmp_path)).require_owner()
    assert (tmp_path / "lake").stat().st_mode & 0o007 == 0
    assert load_settings(tmp_path, access="all").environment()["CLEARWELL_ACCESS"] == "all"
    with pytest.raises(ProjectError, match="access = 'grop' is nobody") as caught:
        load_settings(tmp_path, access="grop")
    assert caught.value.hint == "did you mean 'group'?"
