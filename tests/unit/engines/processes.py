"""Programs that own an engine, to be killed; and a look at whether a process has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Self

__all__ = ["Owner", "has_ended"]

_PROJECT = Path(__file__).parents[3]
_PATIENCE = 30.0


class Owner:
    """A program in a process group of its own. Its first line of output is its engine's process id."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", dedent(program)],
            cwd=_PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.engine = int(self.line() or self.fail())

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def fail(self) -> str:
        raise AssertionError(self.process.communicate(timeout=_PATIENCE)[1])

    def end(self) -> tuple[int, str, str]:
        """Its exit code and what it printed, once it has ended."""
        output, errors = self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode, output, errors

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=_PATIENCE)


def has_ended(pid: int) -> bool:
    """Whether the process ends before our patience does; one that nobody has buried yet has ended."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            status = Path(f"/proc/{pid}/status")
            if status.exists() and "State:\tZ" in status.read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False
