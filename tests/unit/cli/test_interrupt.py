"""Ctrl-C ends a run with 130, soon, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import clearwell

SLOW = """\
import pathlib, time

def clean(birds):
    pathlib.Path("reached").touch()
    time.sleep(60)
    return birds
"""


@pytest.mark.full
def test_ctrl_c_in_a_transform_ends_the_run_with_130_and_every_process_of_it(project: Path) -> None:
    (project / "steps/birds.py").write_text(SLOW)
    command = [sys.executable, "-m", "clearwell.cli", "run", "--debug"]
    environment = {**os.environ, "PYTHONPATH": str(Path(clearwell.__file__).parents[1])}
    run = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stderr is not None
    said = ""
    for line in run.stderr:
        said += line
        if "silver_birds: building" in line:
            break
    while not (project / "reached").exists():
        assert run.poll() is None, said
    children = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=50)
    assert run.returncode == 130, out + said + err
    assert "interrupted" in err
    assert "skipped" not in out or "interrupted" in out
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
