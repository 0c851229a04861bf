"""Compare an engine's answer with Spark's, value by value."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.testing.functions.ask import Answer

__all__ = ["Status", "compare"]

_LAST_DIGITS = 4e-15


class Status(StrEnum):
    """How an answer compares with Spark's.

    ``close`` differs in the last digits of floats only; ``fails`` has values where Spark fails, as for a
    number that is too large for its type; ``refused`` is of arguments that Spark does not take.
    """

    SAME = "same"
    CLOSE = "close"
    FAILS = "fails"
    DIFFERS = "differs"
    REFUSED = "refused"


def compare(found: Answer, right: Answer | None) -> Status:
    """The status of an answer; without a right one, Spark does not take the arguments."""
    if right is None:
        return Status.REFUSED
    if found.kind != right.kind:
        return Status.DIFFERS
    if not right.values:
        return Status.FAILS
    pairs = [(value, right.values[n]) for n, value in found.values.items()]
    if all(repr(one) == repr(other) for one, other in pairs):
        return Status.SAME
    return Status.CLOSE if all(_is_close(one, other) for one, other in pairs) else Status.DIFFERS


def _is_close(one: Any, other: Any) -> bool:
    if repr(one) == repr(other):
        return True
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_LAST_DIGITS)
    if isinstance(one, dict) and isinstance(other, dict):
        return _all_close(list(one.items()), list(other.items()))
    return isinstance(one, list | tuple) and isinstance(other, list | tuple) and _all_close(one, other)


def _all_close(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(_is_close, some, others))
