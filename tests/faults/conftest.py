"""One engine for all workers of the fault tests: they die, it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clearwell.engines import Engine, open_engine
from clearwell.settings import Settings


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    with open_engine(Settings(project=folder, lake=folder / "lake")) as engine:
        engine.session()
        yield engine
