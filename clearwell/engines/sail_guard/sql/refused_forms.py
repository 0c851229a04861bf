"""Forms of SQL that Sail answers differently from Spark, and in which no function can be replaced: refused.

INTERSECT ALL keeps the rows of its left side as often as they are there, RANGE frames over dates have no
bounds, and NOT IN with a query ignores NULL where it is a part of a larger condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import types
from sqlglot import exp

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.sql.nodes import is_null
from clearwell.engines.sail_guard.two_inputs import INTERSECT_ALL, NOT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["frames_in", "refuse_forms", "require_frame"]


def refuse_forms(tree: Any) -> None:
    """Raise Refused for a form of SQL whose rows differ whatever the types are."""
    for node in tree.find_all(exp.Intersect):
        if not node.args.get("distinct"):
            raise Refused(Guard.REFUSED_FUNCTIONS, *INTERSECT_ALL)
    for node in tree.find_all(exp.In):
        listed = [is_null(one) for one in node.expressions]
        if any(listed) and not all(listed) and isinstance(node.parent, exp.Not):
            why = "the NULL of NOT IN is dropped here beside another list"
            raise Refused(Guard.REFUSED_FUNCTIONS, why, "NOT (x IN (...)), or false: it is never true")
        if node.args.get("query") is not None and not _is_whole_condition(node):
            raise Refused(Guard.REFUSED_FUNCTIONS, *NOT_IN)


def frames_in(node: Any) -> Iterator[Any]:
    """The key of each window with a RANGE frame that has a bound."""
    spec = node.args.get("spec") if isinstance(node, exp.Window) else None
    order = node.args.get("order") if spec is not None else None
    if spec is not None and order is not None and str(spec.args.get("kind")).upper() == "RANGE":
        bounds = (spec.args.get("start"), spec.args.get("end"))
        if any(bound is not None and not isinstance(bound, str) for bound in bounds):
            yield order.expressions[0].this


def require_frame(kind: types.DataType | None) -> None:
    """Raise Refused for a RANGE frame with a bound over keys of this type, which Sail leaves unbounded."""
    if kind is None or isinstance(kind, types.DateType):
        what = "dates" if kind is not None else "an unknown type"
        why = f"a RANGE frame over {what} has no bounds here"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "order by cast(... as timestamp)")


def _is_whole_condition(node: Any) -> bool:
    """Whether IN is joined to a condition by AND alone, or, without NOT, by AND and OR."""
    allowed: tuple[type, ...] = (exp.And, exp.Or, exp.Paren)
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    if isinstance(parent, exp.Not):
        parent, allowed = parent.parent, (exp.And, exp.Paren)
    while isinstance(parent, allowed):
        parent = parent.parent
    return parent is None or isinstance(parent, exp.Where | exp.Having | exp.Join)
