"""Which family of engines a session belongs to, for the few places where the best plan differs.

A plan may differ, its rows may not. A session that Clearwell did not open counts as Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["answers_as_sail", "note_sail"]

_SAIL: WeakSet[SparkSession] = WeakSet()


def note_sail(session: SparkSession) -> None:
    """Record that this session belongs to Sail."""
    _SAIL.add(session)


def answers_as_sail(session: SparkSession) -> bool:
    """Whether this session is known to belong to Sail."""
    return session in _SAIL
