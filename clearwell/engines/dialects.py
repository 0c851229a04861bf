"""Which family of engines answers a session, for the few places where the best plan differs.

A plan may differ, the rows it gives may not. A session that Clearwell did not open counts as Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["answers_as_sail", "note_sail"]

_SAIL: WeakSet[SparkSession] = WeakSet()


def note_sail(session: SparkSession) -> None:
    """Remember that Sail answers this session."""
    _SAIL.add(session)


def answers_as_sail(session: SparkSession) -> bool:
    """Whether it is known that Sail answers this session."""
    return session in _SAIL
