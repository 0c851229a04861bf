"""Progress on standard error while a command works: a moving line on a terminal, plain lines in a log.

Both show the messages of the logger "clearwell"; standard output is left to the command. A message logged
with ``extra={"passing": True}`` only says what is being done: a terminal shows it in its moving line, a log
not at all, unless all is asked for.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.progress import Progress, TaskID

__all__ = ["progress"]

_logger = logging.getLogger("clearwell")
_steps = logging.getLogger("clearwell.steps")


@contextmanager
def progress(doing: str, *, verbose: bool = False, debug: bool = False) -> Generator[None]:
    """Show Clearwell's log messages on standard error until the block ends; all of them when ``verbose``."""
    before = (_logger.level, _logger.propagate)
    _logger.setLevel(logging.DEBUG if debug else logging.INFO)
    _steps.setLevel(logging.DEBUG if debug else logging.NOTSET)  # Dagster sets the other's level by itself
    _logger.propagate = False  # Dagster sets up the root logger: each line would appear twice
    try:
        everything = verbose or debug
        with _terminal(doing, everything) if sys.stderr.isatty() else _log(everything):
            yield
    finally:
        _logger.level, _logger.propagate = before
        _steps.setLevel(logging.NOTSET)


@contextmanager
def _log(everything: bool) -> Generator[None]:
    handler = logging.StreamHandler(sys.stderr)
    if not everything:
        handler.addFilter(lambda record: not _is_passing(record))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    with _attached(handler):
        yield


@contextmanager
def _terminal(doing: str, everything: bool) -> Generator[None]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as shown,
        _attached(_Moving(shown, shown.add_task(doing, total=None), everything)),
    ):
        yield


@contextmanager
def _attached(handler: logging.Handler) -> Generator[None]:
    _logger.addHandler(handler)
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        handler.close()


def _is_passing(record: logging.LogRecord) -> bool:
    return bool(getattr(record, "passing", False))


class _Moving(logging.Handler):
    """Leaves each message on the screen, above a line that shows the current step and its duration."""

    def __init__(self, shown: Progress, task: TaskID, everything: bool) -> None:
        super().__init__()
        self._shown = shown
        self._task = task
        self._everything = everything

    def emit(self, record: logging.LogRecord) -> None:
        """Show one message."""
        text = self.format(record)
        style = "yellow" if record.levelno >= logging.WARNING else None
        if self._everything or not _is_passing(record):
            self._shown.console.print(text, style=style, markup=False, highlight=False)
        self._shown.update(self._task, description=text.partition("\n")[0][:80])
