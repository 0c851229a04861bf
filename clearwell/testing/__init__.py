"""Test a project's transforms and suites on small frames, with pytest.

In a project, this line in tests/conftest.py

    pytest_plugins = ["clearwell.testing"]

gives four fixtures, each created once for all tests. A test of a transform is then

    def test_a_drink_has_one_spelling(project):
        orders = project.bronze("orders", '''
            order_id | drink
            1        | "Flat White "
            ''')
        assert_rows(project.run_transform("silver_orders", orders), '''
            order_id | drink
            1        | flat white
            ''')

- ``project``: the project that pytest runs in, as ``ProjectUnderTest``: frames, transforms, suites, runs.
- ``lake``: a temporary lake with a run of the whole project, created once.
- ``spark``: the session of the engine that all of them share.
- ``clearwell_engine``: that engine, the embedded one, whatever the project's setting; to test on another,
  write a fixture of this name.

Nothing of the project's own lake is read or written. Only this part of Clearwell needs pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.testing.compare import assert_rows, rows
from clearwell.testing.project import Judgement, LakeUnderTest, ProjectUnderTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from clearwell.engines import Engine

__all__ = [
    "Judgement",
    "LakeUnderTest",
    "ProjectUnderTest",
    "assert_rows",
    "clearwell_engine",
    "lake",
    "project",
    "rows",
    "spark",
]


@pytest.fixture(scope="session")
def clearwell_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The embedded engine of all tests; it starts with the first test that needs it."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings

    folder = tmp_path_factory.mktemp("clearwell_engine")
    with open_engine(Settings(project=folder, lake=folder)) as engine:
        yield engine


@pytest.fixture(scope="session")
def spark(clearwell_engine: Engine) -> SparkSession:
    """The Spark session of all tests."""
    return clearwell_engine.session()


@pytest.fixture(scope="session")
def project(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, clearwell_engine: Engine
) -> ProjectUnderTest:
    """The project at pytest's root folder, or above it."""
    from clearwell.project.load import load_project
    from clearwell.settings import load_settings

    settings = load_settings(pytestconfig.rootpath)
    return ProjectUnderTest(load_project(settings), clearwell_engine, tmp_path_factory.mktemp("clearwell"))


@pytest.fixture(scope="session")
def lake(project: ProjectUnderTest) -> LakeUnderTest:
    """A temporary lake with a run of the whole project, created once; tests only read it."""
    return project.run()
