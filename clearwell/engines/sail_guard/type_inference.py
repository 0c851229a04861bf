"""The types of what a relation computes: the engine is asked for them, without computing a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import DataType, StructType

__all__ = ["Ask", "Scope", "look_at", "messages_in"]

Ask = Callable[[Any], "StructType | None"]
"""Gives the columns of a plan; None if the engine finds it invalid."""


_RELATION = "spark.connect.Relation"
_HOLDS: dict[Any, bool] = {}
"""Whether a field of the protocol holds messages; cached, because the lookup dominates the time here."""


class Scope:
    """The inputs of one relation. ``references`` are the subqueries that its expressions may contain."""

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
        _put(probe.project.expressions, expressions)
        return self._look(probe)

    def _of_groups(self, expressions: Sequence[Any]) -> StructType | None:
        if self._kind != "aggregate":
            return None
        probe = pb.Relation()
        probe.aggregate.input.CopyFrom(self._node.input)
        probe.aggregate.group_type = pb.Aggregate.GROUP_TYPE_GROUPBY
        _put(probe.aggregate.aggregate_expressions, expressions)
        return self._look(probe)

    def _look(self, probe: Any) -> StructType | None:
        return look_at(probe, self._references, self._ask)


def look_at(probe: Any, references: Sequence[Any], ask: Ask) -> StructType | None:
    """The columns of a relation that may refer to subqueries; None if the engine finds it invalid."""
    plan = pb.Plan()
    if not references:
        plan.root.CopyFrom(probe)
        return ask(plan)
    plan.root.with_relations.root.CopyFrom(probe)
    for reference in references:
        plan.root.with_relations.references.add().CopyFrom(reference)
    return ask(plan)


def _joined(inputs: Sequence[Any]) -> Any:
    """One relation that has the columns of all inputs."""
    if len(inputs) < 2:
        return inputs[0] if inputs else None
    made = pb.Relation()
    made.join.left.CopyFrom(inputs[0])
    made.join.right.CopyFrom(inputs[1])
    made.join.join_type = pb.Join.JOIN_TYPE_CROSS
    return made


def _put(target: Any, expressions: Sequence[Any]) -> None:
    """Add columns with unique names. Only CopyFrom copies structures nested more than 100 deep."""
    for number, expression in enumerate(expressions):
        alias = target.add().alias
        alias.expr.CopyFrom(expression)
        alias.name.append(f"cw_{number}")


def messages_in(message: Any) -> Iterator[tuple[str, Any]]:
    """The direct child messages of a message, each with the name of its field."""
    for field, value in message.ListFields():
        if (holds := _HOLDS.get(field)) is None:
            kind = field.message_type
            holds = _HOLDS[field] = kind is not None and not kind.GetOptions().map_entry
        if holds:
            for inner in value if field.is_repeated else [value]:
                yield field.name, inner
