"""The benchmarks count what they say: every process of a command, and a broken claim is a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import Comparison, render

ROOT = Path(__file__).parent.parent

BURN = "import time\nwhile time.process_time() < 0.5: pass"
# A parent that does not wait: what it started ends after it, as somebody else's child.
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}], start_new_session=True)"


def measured(program: str) -> float:
    """CPU seconds of ``program``, measured in a process of its own: the measuring one adopts children."""
    command = [sys.executable, "-c", program]
    code = f"from bench.measure import cpu_seconds; print(cpu_seconds({command!r}, environment={{}}))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(said.stdout)


def test_the_work_of_the_command_is_counted() -> None:
    assert measured(BURN) >= 0.5


def test_the_work_of_a_process_that_outlives_the_command_is_counted() -> None:
    can_adopt = sys.platform == "linux"  # elsewhere an orphan goes to the first process of the system
    assert measured(ORPHAN) >= (0.5 if can_adopt else 0.0)


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        measured("raise SystemExit('no such lake')")
    assert "no such lake" in raised.value.stderr


def test_ratios_are_of_medians_and_a_broken_claim_is_said() -> None:
    comparison = Comparison(
        claim="twice at most",
        holds=lambda seconds: seconds["ours"] <= 2 * seconds["theirs"],
        reference="theirs",
        seconds={"theirs": [1.0, 9.0, 1.1], "ours": [3.0, 3.3, 3.6]},
    )
    assert not comparison.kept
    text = render("example", comparison)
    assert "x 3.00" in text
    assert "DOES NOT HOLD" in text
