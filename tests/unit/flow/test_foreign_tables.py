"""`check` tells of tables that others gave features of Delta which keep a run from them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from clearwell.flow.check.project import check_project
from clearwell.settings import Settings

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[3]


def test_a_condition_of_others_is_found_with_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("pipelines", "assets", "expectations", "sample_data"):
        shutil.copytree(ROOT / part, tmp_path / part)
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = Settings(project=tmp_path, lake=tmp_path / "lake")
    assert check_project(settings) == []
    table = tmp_path / "lake" / "silver" / "planes"
    write_deltalake(str(table), pa.table({"seats": [2]}))
    DeltaTable(str(table)).alter.add_constraint({"seated": "seats > 0"})
    (problem,) = check_project(settings)
    assert "silver_planes" in problem.fact
    assert "fleet" in (problem.place or "")
    assert "DROP CONSTRAINT `seated`" in (problem.hint or "")
