"""Hide Dagster's warnings about its own code: they do not concern users of a pipeline."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["quiet_dagster"]


@contextmanager
def quiet_dagster() -> Generator[None]:
    """Within the block, warnings caused by Dagster's own code are hidden; all others are shown."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"dagster\b")
        warnings.simplefilter("ignore", dg.BetaWarning)  # names the caller's line, which is Clearwell's
        yield
