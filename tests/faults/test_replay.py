"""A table is a function of its files and of their order, never of how many runs took them."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.deliveries import WRITES, Deliveries, events, in_one_run

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.deliveries import Event

EXAMPLES = {"embedded": 8, "spark": 4}
"""Of each write mode, in `make test` a third; each takes seconds. TEST_SEQUENCES=70 tries as many of each."""
SEQUENCES = os.environ.pop("TEST_SEQUENCES", "")


@pytest.fixture(scope="module", params=["embedded", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.getfixturevalue("engine" if request.param == "embedded" else "spark_engine")


@pytest.mark.promise("P3")
@pytest.mark.slow
@pytest.mark.variants
@pytest.mark.parametrize("mode", WRITES)
def test_a_table_does_not_depend_on_the_runs_that_took_its_files(
    mode: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> None:
    name = "embedded" if engine.name == "embedded" else "spark"
    number = itertools.count()
    some = EXAMPLES[name] if pytestconfig.getoption("--full") else EXAMPLES[name] // 3
    examples = int(SEQUENCES or some)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(events(), st.booleans())
    def holds(sequence: list[Event], refreshed: bool) -> None:
        root: Path = tmp_path_factory.mktemp(f"{mode}{next(number)}-")
        deliveries = Deliveries.at(root / "project", mode)
        for event in sequence:
            deliveries.apply(event, engine)
        if not deliveries.files:
            return
        deliveries.run(engine, refresh=refreshed)
        assert deliveries.found() == deliveries.expected()
        if not deliveries.live():
            return
        once = in_one_run(deliveries, root / "once", engine)
        assert once.fingerprint() == deliveries.fingerprint()

    holds()
