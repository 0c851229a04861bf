"""What every test gets: an environment without the developer's settings, and Hypothesis without a clock."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.selection import MarkGuard, add_marks, in_order, left_out
from tests.services.shared import in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.services.s3 import S3Server, S3Space

# Settings of the developer's own shell, which would move lakes and run records, or open a bucket of theirs.
# CLEARWELL_CI is none: it says that what a test needs (a browser, a database server) must be there.
for _name in [
    name for name in os.environ if name.startswith(("CLEARWELL_", "AWS_")) or name == "DAGSTER_HOME"
]:
    if _name != "CLEARWELL_CI":
        del os.environ[_name]

# A shell that starts us in the background has us ignore Ctrl-C; so would every process that tests send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests write ten thousand small files, and rows of Dagster's databases with an fsync each: in memory, where
# there is enough of it. PYTEST_DEBUG_TEMPROOT names another place.
if memory := in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)

# The same examples on every machine; `--hypothesis-profile explore` looks further.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--full``, and ``--engines`` and ``--record-engines`` of tests/engines."""
    parser.addoption("--full", action="store_true", help="run the tests of `make test-all` too")
    everywhere = "embedded,spark,connect"
    group = parser.getgroup("engines")
    group.addoption("--engines", default=everywhere, help="engines of the conformance suite: %(default)s")
    group.addoption("--record-engines", action="store_true", help="write docs/engines.json from this run")


def pytest_configure(config: pytest.Config) -> None:
    """Register the guard as a plugin: hooks of this file are not called for fixtures of a session."""
    config.pluginmanager.register(MarkGuard())


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in its own
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests by what they need, leave out those of `make test-all`, and put the fast ones first."""
    add_marks(items)
    if not config.getoption("--full"):
        out = left_out(items)
        config.hook.pytest_deselected(items=out)
        kept = {id(item) for item in items} - {id(item) for item in out}
        items[:] = [item for item in items if id(item) in kept]
    items.sort(key=in_order)


def pytest_sessionfinish() -> None:
    """End the servers that tests have shared."""
    from tests.services.lent import SAIL

    SAIL.close()


@pytest.fixture(autouse=True)
def _lent_engines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded engine that a test's run opens is a session of a server that already runs.

    ``own_engine`` marks tests that end its process, look at it, or run functions of a project in it.
    """
    from tests.services.lent import LAUNCH, SAIL, launch_at

    if request.node.get_closest_marker("own_engine") is None:
        monkeypatch.setattr(LAUNCH, launch_at(lambda: SAIL.port(os.environ)))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One embedded engine for all tests that only ask it questions; those that kill one start their own."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings
    from tests.services.lent import keep_door_open

    folder = tmp_path_factory.mktemp("engine")
    with open_engine(Settings(project=folder, lake=folder / "lake")) as engine:
        keep_door_open(engine)
        yield engine


@pytest.fixture(scope="session")
def spark_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One Apache Spark for all tests that only ask it questions; those that kill one start their own."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings

    folder = tmp_path_factory.mktemp("engine")
    settings = Settings(project=folder, lake=folder / "lake", engine="spark", engine_memory=5 << 30)
    with open_engine(settings) as engine:
        yield engine


@pytest.fixture(scope="session")
def s3_engine(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One embedded engine for all tests whose lakes lie on the S3 server: it has what opens them."""
    from clearwell.engines import open_engine
    from clearwell.settings import Settings
    from tests.services.lent import keep_door_open

    folder = tmp_path_factory.mktemp("engine")
    with open_engine(Settings(project=folder, lake=folder / "lake")) as engine:
        keep_door_open(engine)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in s3_server.environment.items():
                patch.setenv(name, value)
            engine.session()
        yield engine


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One S3 server for all tests, started by the first that asks for it."""
    from tests.services.s3 import S3Server

    with S3Server() as server:
        yield server


@pytest.fixture
def s3(
    request: pytest.FixtureRequest, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> S3Space:
    """A part of the S3 server of the test's own: ``s3.url("lake")``; the environment has what opens it.

    Releases that are read from there are kept in ``tmp_path / "cache"``.
    """
    from tests.services.cache import cache_of_its_own

    monkeypatch.setenv("CLEARWELL_CACHE", cache_of_its_own(tmp_path / "cache"))
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return s3_server.space(name[:40])
