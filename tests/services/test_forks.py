"""Processes that tests kill are copies of one that has imported all and done nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from tests.services.forks import NAMES, run_forked

if TYPE_CHECKING:
    import pytest


def report() -> None:
    lacking = set(NAMES) - set(sys.modules)
    print(os.environ.get("CANARY"), sorted(lacking), threading.active_count())  # noqa: T201


def fail() -> None:
    raise LookupError("no feather")


def die() -> None:
    print("said before", flush=True)  # noqa: T201
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_copy_has_everything_imported_and_the_environment_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for now in ("first", "second"):
        monkeypatch.setenv("CANARY", now)
        ended = run_forked(report)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{now} [] 1\n", "")


def test_an_error_is_its_exit_code_and_is_printed() -> None:
    ended = run_forked(fail)
    assert ended.returncode == 1
    assert ended.stderr.endswith("LookupError: no feather\n")


def test_a_kill_is_told_with_what_was_said_before() -> None:
    ended = run_forked(die)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "said before\n")
