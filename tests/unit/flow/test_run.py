"""Each step gets the engine that the settings name for it, opened once and closed with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import EngineError
from clearwell.flow import run as module
from clearwell.flow.run import Engines, Run
from clearwell.settings import Settings
from clearwell.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path


class Opened:
    """An engine that notes what becomes of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        if self.name == "broken":
            raise EngineError("it does not close")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []

    def open_engine(settings: Settings) -> Any:
        made.append(Opened(settings.engine))
        return made[-1]

    monkeypatch.setattr(module, "open_engine", open_engine)
    return made


def settings(root: Path, engine: str = "embedded", **engines: str) -> Settings:
    return Settings(project=root, lake=root / "lake", engine=engine, engines=engines)


def test_steps_of_one_engine_share_it_and_no_other_is_opened(tmp_path: Path, opened: list[Any]) -> None:
    engines = Engines(settings(tmp_path, curate="spark"))
    assert engines.of("ingest") is engines.of("cleanse") is engines.of()
    assert [engine.name for engine in opened] == ["embedded"]
    assert engines.of("curate")[0].name == "spark"
    assert engines.of("curate") is engines.of("curate")
    assert [engine.name for engine in opened] == ["embedded", "spark"]


def test_a_lost_engine_is_closed_and_replaced_and_no_other(tmp_path: Path, opened: list[Any]) -> None:
    engines = Engines(settings(tmp_path, curate="spark"))
    kept, (lost, known) = engines.of(), engines.of("curate")
    engines.renew(lost)
    fresh, nothing = engines.of("curate")
    assert (fresh is lost, nothing is known) == (False, False)
    assert engines.of() is kept
    assert [(engine.name, engine.closed) for engine in opened] == [
        ("embedded", 0),
        ("spark", 1),
        ("spark", 0),
    ]


def test_all_are_closed_also_when_one_does_not_close(tmp_path: Path, opened: list[Any]) -> None:
    engines = Engines(settings(tmp_path, cleanse="broken", curate="spark"))
    for step in ("ingest", "cleanse", "curate"):
        engines.of(step)
    with pytest.raises(EngineError, match="does not close"):
        engines.close()
    assert [engine.closed for engine in opened] == [1, 1, 1]
    engines.close()
    assert [engine.closed for engine in opened] == [1, 1, 1]


def test_a_run_at_a_step_is_the_same_run_with_its_engine(tmp_path: Path, opened: list[Any]) -> None:
    engines = Engines(settings(tmp_path, curate="spark"))
    engine, origins = engines.of()
    run = Run(None, Lake(tmp_path), engine, full_refresh=True, origins=origins, engines=engines)  # type: ignore[arg-type]
    curating = run.at("curate")
    assert (curating.engine.name, run.engine.name) == ("spark", "embedded")
    assert (curating.id, curating.lake) == (run.id, run.lake)
    assert curating.origins is not run.origins  # the views of one session are not those of another
    table = Lake(tmp_path).table("gold_totals").name
    curating.refreshed(table)
    assert not run.must_refresh(table)


def test_a_run_of_one_engine_has_it_at_every_step(tmp_path: Path) -> None:
    run = Run(None, Lake(tmp_path), Opened("only"))  # type: ignore[arg-type]
    assert run.at("curate") is run
