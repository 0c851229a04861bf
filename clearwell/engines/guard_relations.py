"""What is refused on Sail whatever it computes: readers and writers past our doors, and what it ignores."""

from __future__ import annotations

from clearwell.engines.guard_site import Refused
from clearwell.engines.guards import Guard

__all__ = ["guard_relation"]


def guard_relation(kind: str) -> None:
    """Raise Refused for a relation that Sail treats otherwise than Spark."""
    if kind == "collect_metrics":
        raise Refused(Guard.REFUSED_FUNCTIONS, "observe gives no metrics here", "an aggregate")
