"""Types that follow from others, as Sail gives them: for these the engine is not asked.

A question costs the engine some milliseconds, and a plan has many conditions whose type is plain.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb
from pyspark.sql import types

from clearwell.engines.sail_guard.rules.arithmetic import OPERATORS, result_kind
from clearwell.engines.sail_guard.spark_types import literal_kind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["arguments_of", "column_kind", "columns_of", "derived_kind", "name_of", "same_columns"]

_CALLS = ("unresolved_function", "call_function")
_SAME_COLUMNS = frozenset({"filter", "limit", "offset", "sort", "repartition", "deduplicate", "sample"})
"""Relations that have the columns of their input."""
_CONDITIONS = frozenset(
    {
        *(
            "and",
            "or",
            "not",
            "isnull",
            "isnotnull",
            "isnan",
            "in",
            "rlike",
            "like",
            "startswith",
            "endswith",
        ),
        *("=", "==", "!=", "<>", "<", ">", "<=", ">=", "<=>"),
    }
)
_OF_FIRST = frozenset(
    {"upper", "lower", "trim", "ltrim", "rtrim", "initcap", "regexp_replace", "lag", "lead"}
)
_OF_EQUALS = frozenset({"coalesce", "when", "min", "max", "first", "last", "lag", "lead"})
_TEXTS = (_OF_FIRST | {"concat"}) - _OF_EQUALS
_ALWAYS: dict[str, types.DataType] = {
    **dict.fromkeys(_CONDITIONS, types.BooleanType()),
    **dict.fromkeys(("row_number", "rank", "dense_rank", "length"), types.IntegerType()),
    **dict.fromkeys(("to_date", "make_date"), types.DateType()),
    "count": types.LongType(),
}
_CASTS: dict[str, types.DataType] = {
    "string": types.StringType(),
    "boolean": types.BooleanType(),
    "int": types.IntegerType(),
    "bigint": types.LongType(),
    "double": types.DoubleType(),
    "date": types.DateType(),
}

Inputs = Sequence[tuple["types.StructType | None", int]]
"""The columns of each input of a relation, where they are known, and its number in the plan."""


def derived_kind(expression: Any, kind_of: Callable[[Any], types.DataType | None]) -> types.DataType | None:
    """The type of a cast, a call or a window, where the types of its arguments say it; None for others.

    ``kind_of`` gives the type of an argument, where it is known.
    """
    if expression.HasField("window"):
        return derived_kind(expression.window.window_function, kind_of)
    if expression.HasField("cast"):
        return _CASTS.get(expression.cast.type_str.strip().lower())
    name = name_of(expression)
    if name in _ALWAYS:
        return _ALWAYS[name]
    if name not in OPERATORS and name not in _TEXTS and name not in _OF_EQUALS:
        return None
    kinds = [kind_of(argument) for argument in arguments_of(expression)]
    if name in OPERATORS:
        return result_kind(name, kinds[0], kinds[1]) if len(kinds) == 2 else None
    values = _values(name, kinds)
    first = values[0] if values else None
    if first is None or any(kind != first for kind in values):
        return None
    return first if name in _OF_EQUALS or isinstance(first, types.StringType) else None


def name_of(expression: Any) -> str:
    """The name of the function that an expression calls; empty for any other expression."""
    kind = expression.WhichOneof("expr_type")
    return getattr(expression, kind).function_name.lower() if kind in _CALLS else ""


def arguments_of(expression: Any) -> list[Any]:
    """The arguments of a call or a cast."""
    kind = expression.WhichOneof("expr_type")
    if kind == "cast":
        return [expression.cast.expr]
    return list(getattr(expression, kind).arguments) if kind in _CALLS else []


def column_kind(expression: Any, inputs: Inputs) -> types.DataType | None:
    """The type of a column of the inputs; None for a part of one, and where there is not exactly one."""
    column = expression.unresolved_attribute
    if not expression.HasField("unresolved_attribute"):
        return None
    name = column.unparsed_identifier
    name = (name[1:-1] if name[:1] == name[-1:] == "`" else name).lower()
    found: list[types.DataType] = []
    for columns, plan_id in inputs:
        if not column.HasField("plan_id") or column.plan_id == plan_id:
            if columns is None:
                return None
            found += [field.dataType for field in columns.fields if field.name.lower() == name]
    return found[0] if name.isidentifier() and len(found) == 1 else None


def same_columns(relation: Any) -> Any:
    """The innermost relation that has the same columns."""
    while (kind := relation.WhichOneof("rel_type")) in _SAME_COLUMNS:
        relation = getattr(relation, kind).input
    return relation


def columns_of(relation: Any, known: Callable[[Any], types.StructType | None]) -> types.StructType | None:
    """The columns of files whose schema is stated, and of columns selected or added; None for others.

    ``known`` gives the columns of an input, where they are known.
    """
    kind = relation.WhichOneof("rel_type")
    node = getattr(relation, kind)
    if kind == "read" and (stated := node.data_source.schema).startswith("{"):
        return types.StructType.fromJson(json.loads(stated))
    if kind in ("join", "set_op"):
        sides = (node.left, node.right) if kind == "join" else (node.left_input, node.right_input)
        left, right = map(known, sides)
        if left is None or right is None:
            return None
        return _joined(node, left, right) if kind == "join" else _united(node, left, right)
    if kind not in ("project", "with_columns", "drop", "to_df") or (before := known(node.input)) is None:
        return None
    if kind == "drop":
        dropped = {name.lower() for name in node.column_names}
        kept = [field for field in before.fields if field.name.lower() not in dropped]
        return None if node.columns else types.StructType(kept)
    if kind == "to_df":
        return types.StructType(
            [
                types.StructField(name, f.dataType)
                for name, f in zip(node.column_names, before.fields, strict=False)
            ]
        )
    inputs = [(before, node.input.common.plan_id)]
    added = node.expressions if kind == "project" else node.aliases
    made = [_named(one, inputs) for one in added]
    fields = [field for field in made if field is not None]
    if len(fields) < len(made):
        return None
    return types.StructType(fields if kind == "project" else _with(before.fields, fields))


def _joined(join: Any, left: types.StructType, right: types.StructType) -> types.StructType:
    """The columns of a join: those of both sides, the common ones once, or of the left side alone."""
    if join.join_type in (pb.Join.JOIN_TYPE_LEFT_SEMI, pb.Join.JOIN_TYPE_LEFT_ANTI):
        return left
    common = [name.lower() for name in join.using_columns]
    by_name = {field.name.lower(): field for field in left.fields}
    others = [field for side in (left, right) for field in side.fields if field.name.lower() not in common]
    return types.StructType([*(by_name[name] for name in common if name in by_name), *others])


def _united(union: Any, left: types.StructType, right: types.StructType) -> types.StructType | None:
    """The columns of two relations of the same types, by their places."""
    kinds = [[field.dataType.simpleString() for field in side.fields] for side in (left, right)]
    return left if kinds[0] == kinds[1] and not union.by_name else None


def _named(item: Any, inputs: Inputs) -> types.StructField | None:
    """The column that an expression or an alias makes."""
    if item.DESCRIPTOR.full_name == "spark.connect.Expression":
        if not item.HasField("alias"):
            kind = column_kind(item, inputs)
            name = item.unresolved_attribute.unparsed_identifier.strip("`")
            return types.StructField(name, kind) if kind is not None else None
        item = item.alias
    kind = _kind(item.expr, inputs) if len(item.name) == 1 else None
    return types.StructField(item.name[0], kind) if kind is not None else None


def _kind(expression: Any, inputs: Inputs) -> types.DataType | None:
    known = literal_kind(expression) or column_kind(expression, inputs)
    return known or derived_kind(expression, lambda argument: _kind(argument, inputs))


def _with(before: list[types.StructField], added: list[types.StructField]) -> list[types.StructField]:
    """Columns in the place of those of the same name, or behind all."""
    by_name = {field.name.lower(): field for field in added}
    kept = [by_name.pop(field.name.lower(), field) for field in before]
    return [*kept, *by_name.values()]


def _values(name: str, kinds: Sequence[types.DataType | None]) -> Sequence[types.DataType | None]:
    """Those of the arguments that make the result: of ``when`` each second one, and the last."""
    if name == "when":
        return [*kinds[1::2], *(kinds[-1:] if len(kinds) % 2 else ())]
    return kinds[:1] if name in _OF_FIRST else kinds
