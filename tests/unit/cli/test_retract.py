"""`clearwell retract` takes a raw file back with the reason; show, trace and the pages say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.pages.build import render_pages
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Lake
from tests.unit.cli.test_lake import take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.ran import Ran


@pytest.fixture(autouse=True)
def _taken(project: Path) -> None:
    take_in(project)


def test_it_is_taken_back_once_and_everything_says_so(project: Path, clearwell: Callable[..., Ran]) -> None:
    command = ("retract", "bronze_birds", "week1.csv", "--reason", "counted twice")
    done = clearwell(*command)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "raw/week1.csv is taken back: 2 rows and 1 rejected records have left bronze_birds",
        "now: clearwell run bronze_birds+",
    ]
    again = clearwell(*command)
    assert "raw/week1.csv was taken back by " in again.out
    assert "counted twice; nothing to do" in again.out
    shown = clearwell("show", "bronze_birds")
    assert "taken back: raw/week1.csv, by " in shown.out
    (file,) = clearwell("show", "bronze_birds", "--json").json["files"]
    assert (file["delivered"], file["retraction"]["reason"]) == (0, "counted twice")
    traced = clearwell("trace", "--file", "week1.csv", "--record", "1")
    assert "took the file back on" in traced.out
    settings = load_settings(project)
    pages = render_pages(load_project(settings), Lake(settings.lake))
    assert "raw/week1.csv (taken back)" in pages["tables/bronze_birds.html"]
    undone = clearwell(*command, "--undo", "--json").json
    assert (undone["changed"], undone["retraction"]["undone"]) == (True, True)
    take_in(project)
    assert [f["delivered"] for f in clearwell("show", "bronze_birds", "--json").json["files"]] == [3]


def test_a_reason_is_needed(clearwell: Callable[..., Ran]) -> None:
    assert "--reason" in clearwell("retract", "bronze_birds", "week1.csv").err
    assert "say why" in clearwell("retract", "bronze_birds", "week1.csv", "--reason", " ").err
