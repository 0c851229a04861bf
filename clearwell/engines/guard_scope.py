"""The types of what a relation computes: asked of the engine, which computes no row for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import DataType, StructType

__all__ = ["Ask", "Scope", "messages_in"]

Ask = Callable[[Any], "StructType | None"]
"""Gives the columns of a plan; None where the engine finds it wrong."""


_RELATION = "spark.connect.Relation"


class Scope:
    """The inputs of one relation. ``references`` are the sub-queries that its expressions may hold."""

    def __init__(self, ask: Ask, relation: Any, references: Sequence[Any]) -> None:
        self._ask = ask
        self._kind: str = relation.WhichOneof("rel_type")
        self._node = getattr(relation, self._kind)
        self._references = references
        inputs = [inner for _, inner in messages_in(self._node) if inner.DESCRIPTOR.full_name == _RELATION]
        self._input = _joined(inputs)

    def kinds(self, expressions: Sequence[Any]) -> list[DataType | None]:
        """The type of each expression; None where it has none here."""
        if not expressions:
            return []
        together = self._of_rows(expressions)
        if together is not None:
            return [field.dataType for field in together.fields]
        each = [self._of_rows([e]) or self._of_groups([e]) for e in expressions]
        return [found.fields[0].dataType if found else None for found in each]

    def _of_rows(self, expressions: Sequence[Any]) -> StructType | None:
        probe = pb.Relation()
        if self._input is not None:
            probe.project.input.CopyFrom(self._input)
        probe.project.expressions.extend(_renamed(expressions))
        return self._look(probe)

    def _of_groups(self, expressions: Sequence[Any]) -> StructType | None:
        if self._kind != "aggregate":
            return None
        probe = pb.Relation()
        probe.aggregate.input.CopyFrom(self._node.input)
        probe.aggregate.group_type = pb.Aggregate.GROUP_TYPE_GROUPBY
        probe.aggregate.aggregate_expressions.extend(_renamed(expressions))
        return self._look(probe)

    def _look(self, probe: Any) -> StructType | None:
        if self._references:
            probe = pb.Relation(with_relations=pb.WithRelations(root=probe, references=self._references))
        return self._ask(pb.Plan(root=probe))


def _joined(inputs: Sequence[Any]) -> Any:
    """One relation that has the columns of all inputs."""
    if len(inputs) < 2:
        return inputs[0] if inputs else None
    left, right = inputs[:2]
    cross = pb.Join.JOIN_TYPE_CROSS
    return pb.Relation(join=pb.Join(left=left, right=right, join_type=cross))


def _renamed(expressions: Sequence[Any]) -> list[Any]:
    return [
        pb.Expression(alias=pb.Expression.Alias(expr=expression, name=[f"cw_{number}"]))
        for number, expression in enumerate(expressions)
    ]


def messages_in(message: Any) -> Iterator[tuple[str, Any]]:
    """The messages right inside a message, each with the name of its field."""
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for inner in value if field.is_repeated else [value]:
            yield field.name, inner
