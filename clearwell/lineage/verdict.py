"""The check ``column_lineage``: no column of a table may come from data of unknown origin."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clearwell.lineage.columns import CONSTANT, MISSING
from clearwell.model import CheckResult, Scope, Severity
from clearwell.names import COLUMN_LINEAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearwell.model import Edge

__all__ = ["judge_lineage", "states_of"]

_WHY = "Each column says which columns it comes from."
_NOTHING = "no lineage is recorded yet: the next build records it, or one with --full-refresh"
_MOST_NAMED = 10


def states_of(edges: Iterable[Edge]) -> dict[str, str]:
    """By column: exact, blurred, constant or missing, the worst of its edges."""
    order = ("constant", "exact", "blurred", "missing")
    states: dict[str, str] = {}
    for edge in edges:
        if edge.column:
            own = {CONSTANT: "constant", MISSING: "missing"}
            state = own.get(edge.subtype, "blurred" if edge.blurred else "exact")
            states[edge.column] = max(states.get(edge.column, state), state, key=order.index)
    return states


def judge_lineage(edges: Iterable[Edge], reasons: Sequence[str] = ()) -> CheckResult:
    """The verdict on a table's edges; it fails where a column is MISSING, but blocks no batch."""
    states = states_of(edges)
    count = Counter(states.values())
    missing = sorted(column for column, state in states.items() if state == "missing")
    message = _missing_message(missing, reasons) if missing else None if states else _NOTHING
    return CheckResult(
        name=COLUMN_LINEAGE,
        expectation=COLUMN_LINEAGE,
        severity=Severity.WARNING,
        scope=Scope.TABLE,
        success=message is None,
        observed={state: count[state] for state in ("exact", "blurred", "constant", "missing")},
        why=_WHY,
        message=message,
    )


def _missing_message(missing: Sequence[str], reasons: Sequence[str]) -> str:
    named = ", ".join(missing[:_MOST_NAMED]) + (", ..." if len(missing) > _MOST_NAMED else "")
    what = f"{len(missing)} columns come" if len(missing) > 1 else "1 column comes"
    because = f" ({'; '.join(reasons[:3])})" if reasons else ""
    return (
        f"{what} from data that the plan does not show: {named}{because}. Declare it in the YAML,"
        f" lineage: {{{missing[0]}: [TABLE.COLUMN]}}, or [] where it comes from no column"
    )
