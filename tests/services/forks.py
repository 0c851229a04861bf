"""Processes forked from one that has imported what a run needs: 0.4 CPU seconds, not 2.4 to 5, each.

The process that they are copies of (``multiprocessing``'s fork server) has imported
``tests.services.warm`` and has used none of it, so each copy starts the threads of its libraries itself,
and dies by a signal like any other process. A copy of a process with such threads is refused: it would
lack them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FORKS", "NAMES", "Ended", "Forked", "run_forked"]

FORKS = multiprocessing.get_context("forkserver")
_WARM = "tests.services.warm"
FORKS.set_forkserver_preload([_WARM])

NAMES = (
    "deltalake.writer",
    "grpc._channel",
    "obstore.store",
    "pandas",
    "psutil",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql.connect.session",
    "pyspark.sql.functions",
    "clearwell.engines.connect.engine",
    "clearwell.engines.sail_guard.session_hook",
    "clearwell.engines.sail_guard.sql.rewrite",
    "clearwell.cli.app",
    "clearwell.components",
    "clearwell.components.running.launch",
    "clearwell.lineage.columns",
    "clearwell.lineage.plan",
    "clearwell.quality",
    "tests.faults.publisher",
    "tests.faults.worker",
    "tests.services.command",
)
"""What the process that is copied imports: all that a run does."""

_ALLOCATOR = "jemalloc_bg_thd"
"""Its threads are started again in a copy, by itself."""


@dataclass(frozen=True)
class Ended:
    """What is left of a process: its exit code, or minus the signal that killed it, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Forked:
    """``function(*arguments)`` in a separate process; its environment is, by default, as it is now."""

    def __init__(
        self,
        function: Callable[..., None],
        *arguments: Any,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._printed = [_empty_file(), _empty_file()]
        printed = [str(file) for file in self._printed]
        environment = dict(os.environ if environment is None else environment)
        self._process = FORKS.Process(target=_call, args=(printed, environment, function, arguments))
        self._process.start()

    def end(self, seconds: float = 120) -> Ended:
        """What came of it, when it has ended; kills it if that takes longer than ``seconds``."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        stdout, stderr = (file.read_text() for file in self._printed)
        for file in self._printed:
            file.unlink()
        return Ended(code, stdout, stderr)


def run_forked(function: Callable[..., None], *arguments: Any) -> Ended:
    """What came of ``function(*arguments)`` in a process of its own."""
    return Forked(function, *arguments).end()


def _call(
    printed: list[str], environment: dict[str, str], function: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    for descriptor, path in enumerate(printed, start=1):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, descriptor)
        os.close(file)
    if _WARM not in sys.modules:  # the fork server says nothing of it
        raise RuntimeError(f"{_WARM} cannot be imported")
    if threads := _threads(os.getppid()):
        raise RuntimeError(f"a copy lacks the threads of what it was forked from: {', '.join(threads)}")
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments)


def _threads(pid: int) -> list[str]:
    """The names of a process's threads but for its first and the allocator's, as far as Linux tells them."""
    tasks = Path(f"/proc/{pid}/task")
    others = [task for task in tasks.iterdir() if task.name != str(pid)] if tasks.is_dir() else []
    return [name for task in others if (name := (task / "comm").read_text().strip()) != _ALLOCATOR]


def _empty_file() -> Path:
    descriptor, path = mkstemp(prefix="clearwell-forked-")
    os.close(descriptor)
    return Path(path)
