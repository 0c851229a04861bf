"""The engines that the suite runs on: each test that asks for ``engine_name`` runs once for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engines.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.engines import Engine

FIXTURES = {"embedded": "engine", "spark": "spark_engine", "connect": "connect_engine"}


def chosen_engines(config: pytest.Config) -> list[str]:
    """The engines that ``--engines`` names."""
    names = [name.strip() for name in config.getoption("--engines").split(",") if name.strip()]
    if unknown := sorted(set(names) - FIXTURES.keys()):
        raise pytest.UsageError(f"--engines: no engine {unknown[0]!r}; there are {', '.join(FIXTURES)}")
    return names


@pytest.fixture
def engine_under_test(request: pytest.FixtureRequest, engine_name: str) -> Engine:
    """The engine of the test's ``engine_name``: one for all tests."""
    return request.getfixturevalue(FIXTURES[engine_name])


@pytest.fixture(scope="module")
def connect_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A session of a cluster, which ends with the module: the next one's cluster needs the memory."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings
    from tests.services.cluster import Cluster

    folder = tmp_path_factory.mktemp("engine")
    with Cluster() as cluster:
        settings = Settings(project=folder, lake=folder / "lake", engine=cluster.url)
        with open_engine(settings) as engine:
            yield engine


@pytest.fixture(scope="session")
def results() -> Results:
    """What came of each case on each engine in this run."""
    return Results()
