"""The session that pyspark finds implicitly, for example for checkpoints and for types given as strings.

A process may have several: one per engine, and the user's own. While an engine works, its session is the
one that pyspark finds; afterwards the previous one is restored.
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
    """Make ``session`` the one that pyspark finds in this thread."""
    kind: Any = type(session)
    kind._set_default_and_active_session(session)  # noqa: SLF001 - there is no public one, here and below
    kind._active_session.session = session  # noqa: SLF001


@contextmanager
def keeping_active() -> Generator[None]:
    """Restore, on exit, the session that pyspark finds in this thread now, if it is still alive."""
    before = _found()
    try:
        yield
    finally:
        if before is not None and not before.is_stopped:
            make_active(before)


def _found() -> Any:
    client = sys.modules.get("pyspark.sql.connect.session")
    return client.SparkSession.getActiveSession() if client else None
