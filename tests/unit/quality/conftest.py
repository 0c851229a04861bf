"""A Spark Connect session on Sail, in this process, for all tests of quality; and suites from text."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from clearwell.quality import Suite, load_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    yield session
    session.stop()
    server.stop()


@pytest.fixture
def suite_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "silver_flights.yaml"
        file.write_text(dedent(text).lstrip("\n"))
        return file

    return write


@pytest.fixture
def suite(suite_file: Callable[[str], Path]) -> Callable[..., Suite]:
    """A suite of lines such as ``in_range: expect_column_values_to_be_between {column: a, min_value: 1}``."""

    def make(*lines: str, severity: str = "warning") -> Suite:
        text = "checks:\n"
        for line in lines:
            name, rest = line.split(": ", 1)
            expectation, _, kwargs = rest.partition(" ")
            check = f"name: {name}, expectation: {expectation}, severity: {severity}, kwargs: {kwargs}"
            text += f"- {{{check}}}\n"
        return load_suite(suite_file(text))

    return make
