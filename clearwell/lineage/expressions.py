"""Expressions of a Spark Connect plan: the sources of their values, and the columns they produce.

An unknown kind of expression is treated as all columns that it could name, blurred.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clearwell.lineage.functions import AGGREGATES, GENERATORS, chosen, windowed
from clearwell.lineage.sources import (
    AGGREGATION,
    HIDDEN,
    NOTHING,
    TRANSFORMATION,
    Column,
    Item,
    Sources,
    merged,
    split_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clearwell.lineage.walk import Scope, Walk

__all__ = ["items_of", "sources_of"]

_PANDAS_AGGREGATES = {202, 252}  # PySpark's codes of grouped aggregates, in pandas and in Arrow


def items_of(walk: Walk, expression: Any, scope: Scope) -> Item:
    """The columns that an expression of a select list produces."""
    kind = expression.WhichOneof("expr_type")
    match kind:
        case "unresolved_star":
            return _star(walk, expression.unresolved_star, scope)
        case "unresolved_regex":
            return _pattern(walk, expression.unresolved_regex, scope)
        case "unresolved_attribute":
            return Item((_attribute(walk, expression.unresolved_attribute, scope),))
        case "alias":
            sources = sources_of(walk, expression.alias.expr, scope)
            return Item(tuple(Column(name, sources) for name in expression.alias.name))
        case "expression_string":
            from clearwell.lineage.sql.expressions import items_in

            return items_in(walk, expression.expression_string.expression, scope)
        case "unresolved_function" | "call_function":
            name = getattr(expression, kind).function_name.lower()
            return Item((Column("", sources_of(walk, expression, scope)),), wide=name in GENERATORS)
        case _:
            return Item((Column("", sources_of(walk, expression, scope)),))


def sources_of(walk: Walk, expression: Any, scope: Scope) -> Sources:
    """The sources of an expression's values."""
    kind = expression.WhichOneof("expr_type")
    known = _KINDS.get(kind)
    if known is None:
        walk.reason(f"the plan has an expression of kind {kind}")
        return walk.blurred(scope.all)
    return known(walk, getattr(expression, kind), scope)


def _all(walk: Walk, expressions: Iterable[Any], scope: Scope, how: int = TRANSFORMATION) -> Sources:
    return merged([sources_of(walk, expression, scope) for expression in expressions], how)


def _nothing(walk: Walk, node: Any, scope: Scope) -> Sources:  # noqa: ARG001 - one signature for all kinds
    return NOTHING


def _attribute(walk: Walk, node: Any, scope: Scope) -> Column:
    parts = split_name(node.unparsed_identifier)
    found = walk.named(scope, parts, node.plan_id if node.HasField("plan_id") else None)
    return found[0] if len(found) == 1 else Column(parts[-1], merged(c.sources for c in found))


def _star(walk: Walk, node: Any, scope: Scope) -> Item:
    if node.HasField("plan_id") and node.plan_id in walk.seen:
        return Item(tuple(walk.seen[node.plan_id]))
    target = node.unparsed_target.removesuffix("*").removesuffix(".")
    if not target:
        return Item(tuple(scope.columns))
    parts = split_name(target)
    qualifier = ".".join(parts).lower()
    if found := tuple(c for c in scope.columns if qualifier in c.aliases):
        return Item(found)
    fields = merged((c.sources for c in walk.named(scope, parts)), TRANSFORMATION)
    return Item((Column("", fields),), wide=True)


def _pattern(walk: Walk, node: Any, scope: Scope) -> Item:
    columns = walk.seen.get(node.plan_id) if node.HasField("plan_id") else None
    pattern = re.compile(node.col_name.strip("`"), re.IGNORECASE)
    chosen_ones = [c for c in (scope.columns if columns is None else columns) if pattern.fullmatch(c.name)]
    return Item(tuple(chosen_ones))


def _star_value(walk: Walk, node: Any, scope: Scope) -> Sources:
    return merged((c.sources for c in _star(walk, node, scope).columns), TRANSFORMATION)


def _function(walk: Walk, node: Any, scope: Scope) -> Sources:
    name = node.function_name.lower()
    arguments = list(node.arguments)
    if name == "when":  # condition, value, condition, value, ..., else
        found = [sources_of(walk, argument, scope) for argument in arguments]
        pairs = len(found) // 2 * 2
        return chosen(walk, found[0:pairs:2], [*found[1:pairs:2], *found[pairs:]])
    if name in ("if", "nvl2", "iff") and len(arguments) == 3:
        condition, *values = (sources_of(walk, argument, scope) for argument in arguments)
        return chosen(walk, [condition], values)
    if name == "count" and any(a.WhichOneof("expr_type") == "unresolved_star" for a in arguments):
        return NOTHING
    return _all(walk, arguments, scope, AGGREGATION if name in AGGREGATES else TRANSFORMATION)


def _user_function(walk: Walk, node: Any, scope: Scope) -> Sources:
    """A user-defined function depends on its arguments; without any, its values come from elsewhere."""
    if not node.arguments:
        walk.reason(f"the function {node.function_name} takes no column")
        return HIDDEN
    aggregates = node.python_udf.eval_type in _PANDAS_AGGREGATES
    return _all(walk, node.arguments, scope, AGGREGATION if aggregates else TRANSFORMATION)


def _window(walk: Walk, node: Any, scope: Scope) -> Sources:
    function = sources_of(walk, node.window_function, scope)
    order = (part.child for part in node.order_spec)
    window = [sources_of(walk, part, scope) for part in (*node.partition_spec, *order)]
    return windowed(walk, function, window)


def _text(walk: Walk, node: Any, scope: Scope) -> Sources:
    from clearwell.lineage.sql.expressions import items_in

    return merged(c.sources for c in items_in(walk, node.expression, scope).columns)


def _subquery(walk: Walk, node: Any, scope: Scope) -> Sources:
    made = walk.columns(walk.reference(node.plan_id), outer=scope)
    values = [sources_of(walk, value, scope) for value in node.in_subquery_values]
    if node.subquery_type == node.SUBQUERY_TYPE_EXISTS:
        return merged((column.sources for column in made), TRANSFORMATION, blurred=True)
    return merged([*(column.sources for column in made), *values], TRANSFORMATION)


def _of(*parts: str) -> Callable[[Walk, Any, Scope], Sources]:
    """A kind of expression that computes from these parts."""

    def computed(walk: Walk, node: Any, scope: Scope) -> Sources:
        present: Sequence[Any] = [getattr(node, part) for part in parts if node.HasField(part)]
        return _all(walk, present, scope)

    return computed


def _passed_on(part: str) -> Callable[[Walk, Any, Scope], Sources]:
    return lambda walk, node, scope: sources_of(walk, getattr(node, part), scope)


_KINDS: dict[str | None, Callable[[Walk, Any, Scope], Sources]] = {
    None: _nothing,
    "literal": _nothing,
    "unresolved_named_lambda_variable": _nothing,
    "unresolved_attribute": lambda walk, node, scope: _attribute(walk, node, scope).sources,
    "unresolved_star": _star_value,
    "alias": _passed_on("expr"),
    "sort_order": _passed_on("child"),
    "lambda_function": _passed_on("function"),
    "named_argument_expression": _passed_on("value"),
    "direct_shuffle_partition_id": _passed_on("child"),
    "cast": _of("expr"),
    "unresolved_extract_value": _of("child", "extraction"),
    "update_fields": _of("struct_expression", "value_expression"),
    "unresolved_function": _function,
    "call_function": _function,
    "common_inline_user_defined_function": _user_function,
    "window": _window,
    "expression_string": _text,
    "subquery_expression": _subquery,
}
