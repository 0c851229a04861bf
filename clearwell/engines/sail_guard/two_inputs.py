"""Relations that compare or unite the columns of two inputs without an expression: unions, joins by names.

Sail gives a union the types of its first input, and compares the columns of a join in its own common type.
The columns of a union are cast to Spark's common type; where there is none to cast to, the work is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb
from pyspark.sql import types

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.expressions import parts_in
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules.casts import converted
from clearwell.engines.sail_guard.rules.comparisons import common_number, require_equal
from clearwell.engines.sail_guard.terms import Given, to_expression
from clearwell.engines.sail_guard.type_inference import look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines.sail_guard.type_inference import Questions, Scope

__all__ = ["INTERSECT_ALL", "NOT_IN", "guard_queries", "guard_two_inputs", "require_whole_in", "united_kind"]

INTERSECT_ALL = ("INTERSECT ALL does not count the rows of both sides here", "intersect, or a join")
NOT_IN = (
    "NOT IN with a query ignores NULL here where it is a part of a larger condition",
    "not exists, or NOT IN as a condition of its own",
)
"""Why each is refused, and what to write instead."""


def guard_two_inputs(relation: Any, kind: str, ask: Questions, references: Sequence[Any]) -> None:
    """Unite columns in Spark's types, in place; raises Refused for a join that would compare otherwise."""
    if kind == "set_op":
        union = relation.set_op
        if union.set_op_type == pb.SetOperation.SET_OP_TYPE_INTERSECT and union.is_all:
            raise Refused(Guard.REFUSED_FUNCTIONS, *INTERSECT_ALL)
        _unite(relation.set_op, ask, references)
    elif kind == "join" and relation.join.using_columns:
        sides = [ask.asked(side, references) for side in (relation.join.left, relation.join.right)]
        for name in relation.join.using_columns:
            kinds = [_named(side, name) for side in sides]
            require_equal(f"a join by {name}", kinds)


def guard_queries(expression: Any, scope: Scope, ask: Questions, references: Sequence[Any]) -> None:
    """Raise Refused for IN with a frame whose columns would be compared otherwise than on Spark."""
    query = expression.subquery_expression
    if query.subquery_type != pb.SubqueryExpression.SUBQUERY_TYPE_IN:
        return
    frame = next((one for one in references if one.common.plan_id == query.plan_id), None)
    found = ask.asked(frame, references) if frame is not None else None
    columns = [field.dataType for field in found.fields] if found is not None else []
    for one, other in zip(scope.kinds(list(query.in_subquery_values)), columns, strict=False):
        require_equal("in with a frame", (one, other))


def require_whole_in(condition: Any) -> None:
    """Raise Refused for NOT IN with a frame as a part of a larger condition, where Sail ignores NULL."""
    name, parts = _called(condition)
    if name in ("and", "or"):
        for part in parts:
            require_whole_in(part)
            if name == "or" and _called(part)[0] == "not" and _has_in(part):
                raise Refused(Guard.REFUSED_FUNCTIONS, *NOT_IN)
    elif not (_is_in(condition) or (name == "not" and _is_in(parts[0]))) and _has_in(condition):
        raise Refused(Guard.REFUSED_FUNCTIONS, *NOT_IN)


def _called(expression: Any) -> tuple[str, list[Any]]:
    call = expression.unresolved_function
    return call.function_name.lower(), list(call.arguments)


def _is_in(expression: Any) -> bool:
    kind = expression.subquery_expression.subquery_type
    return expression.HasField("subquery_expression") and kind == pb.SubqueryExpression.SUBQUERY_TYPE_IN


def _has_in(expression: Any) -> bool:
    return any(map(_is_in, parts_in(expression)))


def united_kind(what: str, one: types.DataType, other: types.DataType) -> str | None:
    """The type of a column that is united from two; None where they have one type.

    Raises:
        Refused: it is not known to be the same on Spark.
    """
    names = one.simpleString(), other.simpleString()
    if names[0] == names[1] or isinstance(other, types.NullType):
        return None
    if isinstance(one, types.NullType):
        return names[1]
    if (kind := common_number((one, other))) is not None:
        return kind
    why = f"{what} unites {' and '.join(names)}, and takes the first type here"
    raise Refused(Guard.REFUSED_FUNCTIONS, why, "a cast of both to one type")


def _unite(union: Any, ask: Questions, references: Sequence[Any]) -> None:
    left, right = (look_at(side, references, ask) for side in (union.left_input, union.right_input))
    if left is None or right is None:
        return
    by_name = {field.name.lower(): at for at, field in enumerate(right.fields)}
    kinds: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for at, field in enumerate(left.fields):
        beside = by_name.get(field.name.lower()) if union.by_name else at
        if beside is None or beside >= len(right.fields):
            continue
        other = right.fields[beside]
        if kind := united_kind(f"the union of column {field.name}", field.dataType, other.dataType):
            kinds[0][at], kinds[1][beside] = kind, kind
    for side, schema, wanted in zip((union.left_input, union.right_input), (left, right), kinds, strict=True):
        if wanted:
            _cast(side, schema, wanted)


def _cast(side: Any, schema: types.StructType, wanted: dict[int, str]) -> None:
    """The same columns, some of them cast; they are told by number, because two may have one name."""
    made = pb.Relation()
    made.project.input.to_df.input.CopyFrom(side)
    made.project.input.to_df.column_names.extend(f"cw_{at}" for at in range(len(schema.fields)))
    for at, field in enumerate(schema.fields):
        column = pb.Expression()
        column.unresolved_attribute.unparsed_identifier = f"cw_{at}"
        alias = made.project.expressions.add().alias
        alias.name.append(field.name)
        kind = wanted.get(at)
        if kind is None or kind == field.dataType.simpleString():
            alias.expr.CopyFrom(column)
        else:
            alias.expr.CopyFrom(to_expression(converted(Given(column), field.dataType, kind)))
    side.CopyFrom(made)


def _named(schema: types.StructType | None, name: str) -> types.DataType | None:
    fields = schema.fields if schema is not None else ()
    return next((field.dataType for field in fields if field.name.lower() == name.lower()), None)
