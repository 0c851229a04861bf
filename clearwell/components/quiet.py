"""Dagster's own warnings, about its own code: none of them is for whoever runs a pipeline."""

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
    """Within the block, warnings that Dagster's code gives rise to are not shown; all others are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"dagster\b")
        warnings.simplefilter("ignore", dg.BetaWarning)  # names the caller's line; it is for us to know
        yield
