"""Apply the rules to expressions of a plan: first collect all types, then replace parts.

The types of literals, and of arithmetic between known ones, need no request to the engine. Inside a lambda
the engine is asked with NULL of the element's type in place of the variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.known_types import arguments_of, derived_kind, name_of
from clearwell.engines.sail_guard.rules import RULES
from clearwell.engines.sail_guard.rules.casts import cast
from clearwell.engines.sail_guard.rules.functions import positive_zero
from clearwell.engines.sail_guard.spark_types import is_null, literal_kind, literal_value, variable_kinds
from clearwell.engines.sail_guard.terms import Given, to_expression
from clearwell.engines.sail_guard.type_inference import messages_in
from clearwell.engines.sail_guard.verified import needs_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import types

    from clearwell.engines.sail_guard.terms import Term
    from clearwell.engines.sail_guard.type_inference import Scope
    from clearwell.engines.sail_guard.verified import Trust

__all__ = ["Rewrite", "is_site", "parts_in", "place_of"]

_EXPRESSION = "spark.connect.Expression"
_Variables = dict[str, "types.DataType | None"]


class Rewrite:
    """The outermost expressions of one relation."""

    def __init__(self, top: Sequence[Any], trust: Trust) -> None:
        self._top = top
        self._trust = trust
        self._kinds: dict[bytes, types.DataType | None] = {}

    def learn(self, scope: Scope) -> None:
        """Collect the types of all arguments that a rule needs."""
        wanted: dict[bytes, Any] = {}
        for expression in self._top:
            self._want(expression, {}, wanted, scope)
        late = {key: e for key, e in wanted.items() if not e.HasField("unresolved_attribute")}
        self._ask({key: e for key, e in wanted.items() if key not in late}, scope)
        for key, expression in late.items():
            self._kinds[key] = self._derive(expression, scope)
        self._ask({key: e for key, e in late.items() if self._kinds[key] is None}, scope)

    def rewritten(self, expression: Any) -> Any:
        """The replacement of an expression; the same object where nothing differs."""
        made, changed = self._inside(expression)
        window = made.window if expression.HasField("window") else None
        try:
            if window is not None:
                term = self._term(expression.window.window_function, window.window_function, windowed=True)
            else:
                term = self._term(expression, made)
        except Refused as refused:
            refused.place = refused.place or place_of(expression)
            raise
        if term is None:
            return made if changed else expression
        replaced = to_expression(term, window)
        replaced.common.CopyFrom(expression.common)
        return replaced

    def _inside(self, expression: Any) -> tuple[Any, bool]:
        """An expression with all its parts rewritten, and whether any of them changed: then it is a copy."""
        if expression.HasField("window"):
            made = pb.Expression()
            made.CopyFrom(expression)
            before, after = expression.window, made.window
            function, changed = self._inside(before.window_function)  # only together with its window
            if changed:
                after.window_function.CopyFrom(function)
            return made, changed | self._keys_rewritten(before, after)
        children = _children(expression)
        inner = [self.rewritten(child) for child in children]
        if all(one is child for one, child in zip(inner, children, strict=True)):
            return expression, False
        made = pb.Expression()
        made.CopyFrom(expression)
        for child, one, place in zip(children, inner, _children(made), strict=True):
            if one is not child:
                place.CopyFrom(one)
        return made, True

    def _term(self, before: Any, after: Any, *, windowed: bool = False) -> Term | None:
        """The replacement, by a rule, of a function or cast whose parts are already rewritten."""
        if not is_site(before) or before.HasField("window"):
            return None
        site = Site(
            name_of(before),
            tuple(Given(argument) for argument in arguments_of(after)),
            tuple(self._kind(argument) for argument in arguments_of(before)),
            tuple(literal_value(argument) for argument in arguments_of(before)),
            bool(getattr(getattr(before, before.WhichOneof("expr_type")), "is_distinct", False)),
            windowed,
            frozenset(n for n, argument in enumerate(arguments_of(before)) if is_null(argument)),
        )
        if before.HasField("cast"):
            return cast(site, _cast_kind(before.cast))
        term = RULES[site.name](site) if site.name in RULES else None
        self._trust.require_kinds(site)
        return term

    def _keys_rewritten(self, before: Any, after: Any) -> bool:
        """Partitions and order of a window treat -0.0 as 0.0."""
        keys = list(zip(before.partition_spec, after.partition_spec, strict=True))
        keys += [(b.child, a.child) for b, a in zip(before.order_spec, after.order_spec, strict=True)]
        changed = False
        for old, new in keys:
            inner = self.rewritten(old)
            term = positive_zero(Given(inner), self._kind(old))
            if term is not None or inner is not old:
                new.CopyFrom(to_expression(term) if term is not None else inner)
                changed = True
        return changed

    def _kind(self, expression: Any) -> types.DataType | None:
        return literal_kind(expression) or self._kinds.get(_key(expression))

    def _derive(self, expression: Any, scope: Scope) -> types.DataType | None:
        """The type of an expression, where it follows from what is known."""
        if (kind := literal_kind(expression) or scope.column_kind(expression)) is not None:
            return kind
        key = _key(expression)
        if self._kinds.get(key) is None:
            self._kinds[key] = derived_kind(expression, lambda argument: self._derive(argument, scope))
        return self._kinds[key]

    def _want(self, expression: Any, variables: _Variables, wanted: dict[bytes, Any], scope: Scope) -> None:
        """Collect the arguments whose types a rule needs, in the form in which the engine is asked."""
        for part in _looked_at(expression):
            if literal_kind(part) is None:
                wanted.setdefault(_key(part), _without_variables(part, variables))
        inside = variables
        if any(child.HasField("lambda_function") for child in _children(expression)):
            inside = variables | self._variables(expression, variables, scope)
        for child in _children(expression):
            self._want(child, inside, wanted, scope)

    def _variables(self, expression: Any, variables: _Variables, scope: Scope) -> _Variables:
        """The types of the variables of the lambdas of a function over an array or a map."""
        arguments = arguments_of(expression)
        lambdas = [a.lambda_function for a in arguments if a.HasField("lambda_function")]
        if not any(is_site(part) for body in lambdas for part in parts_in(body.function)):
            return {}
        plain = [_without_variables(a, variables) for a in arguments if not a.HasField("lambda_function")]
        kinds = scope.kinds(plain)
        found: _Variables = {}
        for number, body in enumerate(lambdas):
            names = [".".join(variable.name_parts) for variable in body.arguments]
            found |= dict(zip(names, variable_kinds(name_of(expression), kinds, number), strict=False))
        return found

    def _ask(self, wanted: dict[bytes, Any], scope: Scope) -> None:
        for key, kind in zip(wanted, scope.kinds(list(wanted.values())), strict=True):
            self._kinds[key] = kind


def _looked_at(expression: Any) -> list[Any]:
    """The parts of an expression whose types matter."""
    if expression.HasField("window"):
        window = expression.window
        return [*window.partition_spec, *(order.child for order in window.order_spec)]
    if name_of(expression) == "count" and not expression.unresolved_function.is_distinct:
        return []
    return arguments_of(expression) if is_site(expression) else []


def is_site(expression: Any) -> bool:
    """Whether a rule knows this function, cast or window."""
    if name := name_of(expression):
        return name in RULES or needs_kinds(name)
    return expression.WhichOneof("expr_type") in ("cast", "window")


def _cast_kind(node: Any) -> str:
    """The target type of a cast, as in SQL."""
    if node.type_str:
        return node.type_str.strip().lower()
    return node.type.WhichOneof("kind") or ""


def _children(expression: Any) -> list[Any]:
    """The direct child expressions of an expression."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_function":  # the usual ones need no search
        return list(expression.unresolved_function.arguments)
    if kind in ("unresolved_attribute", "literal"):
        return []
    found, waiting = list[Any](), [expression]
    while waiting:
        for _, inner in messages_in(waiting.pop()):
            (found if inner.DESCRIPTOR.full_name == _EXPRESSION else waiting).append(inner)
    return found


def parts_in(expression: Any) -> Iterator[Any]:
    """An expression and all its descendants."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += _children(part)


def _without_variables(expression: Any, variables: _Variables) -> Any:
    """The expression with a NULL of its type in place of each variable of an enclosing lambda."""
    if not variables:
        return expression
    made = pb.Expression()
    made.CopyFrom(expression)
    for part in list(parts_in(made)):
        if part.HasField("unresolved_named_lambda_variable"):
            kind = variables.get(".".join(part.unresolved_named_lambda_variable.name_parts))
            if kind is not None:
                part.CopyFrom(_null(kind))
    return made


def _null(kind: types.DataType) -> Any:
    from pyspark.sql.connect.types import pyspark_types_to_proto_types

    made = pb.Expression()
    made.cast.expr.literal.null.null.SetInParent()
    made.cast.type.CopyFrom(pyspark_types_to_proto_types(kind))
    return made


def _key(expression: Any) -> bytes:
    return expression.SerializeToString(deterministic=True)


def place_of(expression: Any) -> str | None:
    """``file:line`` of the code that made an expression or a part of it, where the client recorded it."""
    origins = (part.common.origin for part in parts_in(expression))
    return next((o.python_origin.call_site for o in origins if o.HasField("python_origin")), None)
