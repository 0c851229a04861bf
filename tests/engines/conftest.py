"""The engines that the suite runs on: each test that asks for ``engine_name`` runs once for each of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.engines.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.engines import Engine
    from tests.end_to_end.conftest import Sample
    from tests.services.cluster import Cluster
    from tests.services.s3 import S3Server

FIXTURES = {"embedded": "engine", "spark": "spark_engine", "connect": "connect_engine"}
MARKS: dict[str, list[pytest.MarkDecorator]] = {
    "embedded": [],
    "spark": [pytest.mark.spark, pytest.mark.xdist_group("spark")],
    "connect": [pytest.mark.cluster, pytest.mark.s3, pytest.mark.full, pytest.mark.xdist_group("cluster")],
}
"""What a test of an engine is marked with: what it needs, and the process that all such tests run in."""


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


@pytest.fixture(scope="session")
def cluster(s3_server: S3Server) -> Iterator[Cluster]:
    """One cluster for all tests, whose workers have no Clearwell and may open the buckets."""
    from tests.services.cluster import Cluster

    with Cluster(environment=s3_server.environment) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def connect_engine(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A session of the cluster, which ends with the module: tests of others kill its server."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings

    folder = tmp_path_factory.mktemp("engine")
    with open_engine(Settings(project=folder, lake=folder / "lake", engine=cluster.url)) as engine:
        yield engine


@pytest.fixture(scope="session")
def embedded_sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample project, run by the embedded engine."""
    from tests.end_to_end.conftest import ran_sample

    return ran_sample(tmp_path_factory)


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Iterator[Results]:
    """What came of each case on each engine in this run."""
    recording = pytestconfig.getoption("--record-engines")
    if recording and os.environ.get("PYTEST_XDIST_WORKER"):
        raise pytest.UsageError("--record-engines writes what one process has seen: run it with -n 0")
    results = Results(recording=recording)
    yield results
    results.write()
