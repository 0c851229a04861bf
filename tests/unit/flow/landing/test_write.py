"""A raw file is taken whole or not at all, however large it is and however late it turns out unreadable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.flow.landing import write as landing
from tests.checker import assert_bronze_balances, query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.sources import Parsed, RawFile, SourceSpec


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """Every file is a large one: nothing waits in memory."""
    monkeypatch.setattr(landing, "_BUFFER_BYTES", 0)
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 50, bad=7)
    project.deliver("b.csv", 51, 50, bad=3)
    return project


@pytest.mark.promise("P1", "P2")
def test_large_files_have_parts_of_their_own_and_their_books_balance(
    project: SmallProject, engine: Engine
) -> None:
    bronze, _ = run_steps(project, engine)
    assert (bronze.accepted, bronze.quarantined) == (100, 10)
    assert len(replay(project.lake / "bronze" / "orders").files) == 2
    assert_bronze_balances(project.lake, "orders", project.raw)


def test_a_file_that_breaks_off_half_way_leaves_nothing_behind(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = landing.read

    def broken(file: RawFile, spec: SourceSpec) -> Iterator[Parsed]:
        for part in whole(file, spec):
            yield part
            if file.path == "raw/b.csv":
                yield from _with_another_column(part)
                raise landing.UnreadableFile("broke off", place=file.path)

    monkeypatch.setattr(landing, "read", broken)
    bronze, _ = run_steps(project, engine)
    assert (bronze.accepted, bronze.quarantined, bronze.blocked) == (50, 7, 1)
    assert "broke off" in bronze.notes[0]
    staged = sorted(project.lake.glob("bronze/**/*.parquet"))
    assert staged == sorted(replay(project.lake / "bronze" / "orders").files)
    rejected = sorted(project.lake.glob("quarantine/**/*.parquet"))
    assert rejected == sorted(replay(project.lake / "quarantine" / "bronze_orders").files)
    monkeypatch.setattr(landing, "read", whole)
    run_steps(project, engine)
    assert query(replay(project.lake / "silver" / "orders").files, "SELECT count(*) FROM t") == [(100,)]
    assert_bronze_balances(project.lake, "orders", project.raw)


def _with_another_column(part: Parsed) -> Iterator[Parsed]:
    """The same rows again with one more column, as JSON lines may have: a new part begins."""
    rows = part.accepted.append_column("more", part.accepted.column("order_id"))
    yield type(part)(rows, ())
