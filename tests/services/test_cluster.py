"""A cluster for tests leaves nothing behind, however who started it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest
from pyspark.sql import functions as F

from clearwell.engines.connect.engine import ConnectEngine
from tests.services.process import comes_true

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


def using(folder: Path) -> list[psutil.Process]:
    """The processes that were started with a path below ``folder``, or work there."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(process)
    return found


@contextmanager
def started(folder: Path) -> Generator[subprocess.Popen[str]]:
    """A cluster in a process of its own, with its folders below ``folder``."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.services.cluster"],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        try:
            yield owner
        finally:
            owner.kill()  # if it runs still


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_however_its_owner_ends_nothing_is_left(number: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path) as owner:
        assert owner.stdout is not None
        url = re.search(r"sc://127\.0\.0\.1:\d+", owner.stdout.readline())
        assert url is not None
        assert f"clearwell run --engine {url[0]}" in owner.stdout.readline()
        (folder,) = tmp_path.glob("clearwell-cluster-*")
        with ConnectEngine(url[0]) as engine:  # so that workers have processes of Python too
            doubled = engine.session().range(10).repartition(2).select(F.udf(lambda n: n * 2, "bigint")("id"))
            assert sorted(row[0] for row in doubled.collect()) == list(range(0, 20, 2))
        names = [process.name() for process in using(folder)]
        assert len([name for name in names if "java" in name]) == 6  # master, workers, executors, server
        assert any("python" in name for name in names)
        owner.send_signal(number)
        owner.wait(60)
    assert comes_true(lambda: not using(folder)), using(folder)
    assert comes_true(lambda: not folder.exists())
