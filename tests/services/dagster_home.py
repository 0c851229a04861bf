"""Dagster's databases with their tables made: a test's run would spend a second on making them."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearwell.settings import Settings

__all__ = ["copy_databases", "make_databases"]


def make_databases(settings: Settings) -> None:
    """Give a new project the databases that its first run would make."""
    copy_databases(settings.dagster_home)


def copy_databases(home: Path) -> None:
    """Make ``home`` a home of Dagster that has been opened once."""
    shutil.copytree(_template(), home, dirs_exist_ok=True)


@functools.cache
def _template() -> Path:
    from clearwell.components.running.instance import open_instance

    home = Path(tempfile.mkdtemp(prefix="clearwell-dagster-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    with open_instance(home):
        pass
    return home
