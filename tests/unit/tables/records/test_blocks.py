"""Blocks are in effect while their batch is the next one, also of a table that is gone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.names import TableName
from clearwell.tables import Blocked, blocks_in_effect
from tests.project import make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

SILVER = TableName.parse("silver_orders")


@pytest.mark.parametrize("gone", [False, True])
def test_a_block_of_the_next_batch_is_in_effect_and_no_other(
    tmp_path: Path, engine: Engine, gone: bool
) -> None:
    project = make_project(tmp_path / "project", mode="merge")
    for name, first in (("a.csv", 1), ("b.csv", 4)):
        project.deliver(name, first, 3, bad=1)
        run_steps(project, engine)
    lake = project.open()
    block = Blocked(str(SILVER), 3, "build", "", "2026-01-01T00:00:00+00:00", "a check failed")
    for batch in (1, 2, 4):
        lake.control.block(replace(block, batch=batch, build=f"build {batch}"))
    lake.control.block(block)
    if gone:  # its records remain, and its next batch goes on counting
        shutil.rmtree(project.lake / "silver" / "orders")
        lake = project.open()
    snapshot = lake.table(SILVER).snapshot()
    assert (snapshot is None) is gone
    assert blocks_in_effect(lake, SILVER, snapshot) == [block]
