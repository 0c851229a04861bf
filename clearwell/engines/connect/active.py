"""Which session pyspark finds by itself, as it does for checkpoints and for types written as text.

A process may have several: one for each engine, and those of the user's own. While an engine works, its
session is the one that is found; afterwards whichever was found before.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyspark.sql import SparkSession

__all__ = ["keeping_active", "make_active"]


def make_active(session: SparkSession) -> None:
    """Let pyspark find ``session`` in this thread."""
    kind: Any = type(session)
    kind._set_default_and_active_session(session)  # noqa: SLF001 - there is no public one, here and below
    kind._active_session.session = session  # noqa: SLF001


@contextmanager
def keeping_active() -> Generator[None]:
    """Afterwards pyspark finds in this thread the session that it finds now, if that lives on."""
    before = _found()
    try:
        yield
    finally:
        if before is not None and not before.is_stopped:
            make_active(before)


def _found() -> Any:
    client = sys.modules.get("pyspark.sql.connect.session")
    return client.SparkSession.getActiveSession() if client else None
