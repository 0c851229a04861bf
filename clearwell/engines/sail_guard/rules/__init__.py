"""All rules of the guards for functions and operators, by their names in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.engines.sail_guard.rules.arithmetic import OPERATORS, average, operate, total
from clearwell.engines.sail_guard.rules.functions import FUNCTIONS
from clearwell.engines.sail_guard.rules.regex import PATTERNS

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    **dict.fromkeys(OPERATORS, operate),
    "sum": total,
    "avg": average,
    "mean": average,
    **FUNCTIONS,
    **PATTERNS,
}
