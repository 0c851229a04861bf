"""A step's end is a value: what it returned or what it raised, and when; only an interrupt goes through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import SourceError
from clearwell.flow.run import Run
from clearwell.flow.step import Done, Failed, run_step
from clearwell.project.load import load_project
from clearwell.tables import Lake
from tests.project import SmallProject, make_project

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "project")


@pytest.fixture
def run(project: SmallProject, engine: Engine) -> Run:
    return Run(load_project(project.settings), Lake(project.lake), engine)


def test_a_step_that_returns_is_done_with_its_result(run: Run) -> None:
    end = run_step(run, lambda run, spec: (run.id, spec), "a spec")
    assert isinstance(end, Done)
    assert end.result == (run.id, "a spec")
    started, ended = (datetime.fromisoformat(time) for time in (end.started, end.ended))
    assert started.utcoffset() == UTC.utcoffset(None)
    assert started <= ended


@pytest.mark.parametrize("error", [SourceError("no such folder", place="raw"), ZeroDivisionError("1 / 0")])
def test_an_error_of_a_step_is_returned_as_it_was_raised(run: Run, error: Exception) -> None:
    def failing(*_: Any) -> None:
        raise error

    end = run_step(run, failing, None)
    assert isinstance(end, Failed)
    assert end.error is error
    assert end.error.__traceback__ is not None
    assert end.started <= end.ended


def test_an_interrupt_is_no_end_of_a_step(run: Run) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_step(run, interrupted, None)
