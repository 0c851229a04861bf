"""Relations that find equal rows without an expression that says so: groups, distinct rows, set operations.

Spark takes -0.0 and 0.0 for one number there too, at any depth; Sail only in plain columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

from clearwell.engines.sail_guard.rules.signed_zeros import require_told_apart
from clearwell.engines.sail_guard.type_inference import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import DataType

    from clearwell.engines.sail_guard.type_inference import Questions

__all__ = ["guard_distinct_rows"]


def guard_distinct_rows(relation: Any, kind: str, ask: Questions, references: Sequence[Any]) -> None:
    """Raise Refused for keys of groups and rows that hold floats at a depth."""
    require_told_apart("equal rows by", _compared(relation, kind, ask, references))


def _compared(
    relation: Any, kind: str, ask: Questions, references: Sequence[Any]
) -> Iterator[DataType | None]:
    """The types of what is compared."""
    if kind == "aggregate" and relation.aggregate.grouping_expressions:
        keys = [
            key.alias.expr if key.HasField("alias") else key
            for key in relation.aggregate.grouping_expressions
        ]
        yield from Scope(ask, relation, references).kinds(keys)
    elif kind == "deduplicate":
        names = {name.lower() for name in relation.deduplicate.column_names}
        found = ask.asked(relation.deduplicate.input, references)
        for field in found.fields if found is not None else ():
            if not names or field.name.lower() in names:
                yield field.dataType
    elif kind == "set_op" and not _is_union(relation.set_op):
        found = ask.asked(relation.set_op.left_input, references)
        yield from (field.dataType for field in (found.fields if found is not None else ()))
    elif kind == "join" and relation.join.using_columns:
        names = {name.lower() for name in relation.join.using_columns}
        found = ask.asked(relation.join.left, references)
        for field in found.fields if found is not None else ():
            if field.name.lower() in names:
                yield field.dataType


def _is_union(operation: Any) -> bool:
    return operation.is_all and operation.set_op_type == pb.SetOperation.SET_OP_TYPE_UNION
