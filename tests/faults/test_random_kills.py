"""`clearwell run` on the sample project is killed at random moments after its engine is up, then run again.

The kill takes the run's whole process group, or its first process alone. Afterwards no process is left, and
the next run gives what an undisturbed one gives, each row once. The step that was hit is printed; more rounds
by hand: TEST_KILLS=10 make test ARGS="-s -k random_moment".
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.checker import assert_bronze_balances, assert_every_version_balances, query, replay
from tests.end_to_end.conftest import Sample, copy_sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.full]

ROUNDS = int(os.environ.pop("TEST_KILLS", "1"))
ROWS = {
    "bronze/flights": 12_556,
    "silver/flights": 12_556,
    "silver/weather": 988,
    "gold/flight_delays": 11_458,
}


@pytest.mark.promise("P3")
@pytest.mark.parametrize("whole_group", [True, False], ids=["process group", "first process"])
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_run_killed_at_a_random_moment(tmp_path: Path, round_: int, whole_group: bool) -> None:
    sample = copy_sample(tmp_path)
    processes = _kill_a_run(
        sample, after=random.Random(f"{round_} {whole_group}").uniform(0, 7), group=whole_group
    )
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    again = sample.clearwell("run")
    assert "failed" not in again.partition("checks")[0]
    for table, rows in ROWS.items():
        assert query(replay(sample.lake / table).files, "SELECT count(*) FROM t") == [(rows,)], table
    for name in ("flights", "weather"):
        assert_bronze_balances(sample.lake, name, sample.root / "sample_data" / name)
        assert_every_version_balances(sample.lake, "silver", name)


def _kill_a_run(sample: Sample, *, after: float, group: bool) -> list[psutil.Process]:
    """Start a run, kill it so many seconds after its engine is up; all processes that it was."""
    log = sample.root / "killed.log"
    with log.open("w") as stderr:
        run = subprocess.Popen(
            sample.command("run", "--debug"),
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=sample.root,
            env=sample.environment,
            start_new_session=True,
        )
        first = psutil.Process(run.pid)
        while not any(_is_engine(child) for child in _children(first)):
            assert run.poll() is None, log.read_text()
            time.sleep(0.05)
        time.sleep(after)
        processes = [first, *_children(first)]
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL) if group else run.kill()
        assert run.wait() == -signal.SIGKILL, "the run had ended before the kill"
    steps = re.findall(r"step (\w+) (\w+)", log.read_text())
    hit = " of ".join(steps[-1]) if steps else "no step yet"
    print(f"killed {'group' if group else 'process'} {after:.1f} s after the engine was up, at {hit}")  # noqa: T201
    return processes


def _is_engine(process: psutil.Process) -> bool:
    try:
        return "clearwell.engines.sail.server" in process.cmdline()
    except psutil.NoSuchProcess:  # it has ended, or nobody has waited for it yet
        return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
