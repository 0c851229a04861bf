"""The types of what a relation computes: the engine is asked for them, without computing a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb
from pyspark.sql.types import StructType

from clearwell.engines.sail_guard.known_types import column_kind, columns_of, same_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql.types import DataType

__all__ = ["Ask", "Questions", "Scope", "look_at", "messages_in"]

Ask = Callable[[Any], "StructType | None"]
"""Gives the columns of a plan; None if the engine finds it invalid."""


_RELATION = "spark.connect.Relation"
_EXPRESSION = "spark.connect.Expression"
_LEADS_ON: dict[Any, bool] = {}
"""Whether a field of the protocol leads to relations or expressions; cached, because the lookup is slow."""


class Questions:
    """Asks the engine for the columns of plans; keeps those of relations that others are made of."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._columns: dict[bytes, StructType] = {}

    def __call__(self, plan: Any) -> StructType | None:
        """The columns of a plan, as the engine has them now."""
        return self._ask(plan)

    def columns(self, relation: Any) -> StructType | None:
        """The columns of a relation, where they are known without asking."""
        relation = same_columns(relation)
        key = relation.SerializeToString(deterministic=True)
        if key not in self._columns and (found := columns_of(relation, self.columns)) is not None:
            self._columns[key] = found
        return self._columns.get(key)

    def asked(self, relation: Any, references: Sequence[Any]) -> StructType | None:
        """The columns of a relation, asked for where they are not known; None if it is invalid."""
        found = self.columns(relation)
        if found is None and (found := look_at(relation, references, self)) is not None:
            self.keep(relation, found)
        return found

    def keep(self, relation: Any, columns: StructType) -> None:
        """Remember the columns of a relation."""
        self._columns[same_columns(relation).SerializeToString(deterministic=True)] = columns

    def forget(self) -> None:
        """Ask for everything anew."""
        self._columns.clear()


class Scope:
    """The inputs of one relation. ``references`` are the subqueries that its expressions may contain."""

    def __init__(self, ask: Questions, relation: Any, references: Sequence[Any]) -> None:
        self._ask = ask
        self._kind: str = relation.WhichOneof("rel_type")
        self._node = getattr(relation, self._kind)
        self._references = references
        inputs = [inner for _, inner in messages_in(self._node) if inner.DESCRIPTOR.full_name == _RELATION]
        self._input = _joined(inputs)
        self._only = inputs[0] if len(inputs) == 1 else None
        self._known = [(ask.columns(one), one.common.plan_id) for one in inputs]

    def column_kind(self, expression: Any) -> DataType | None:
        """The type of a column of an input, where it is known by now."""
        return column_kind(expression, self._known)

    def kinds(self, expressions: Sequence[Any]) -> list[DataType | None]:
        """The type of each expression; None where it has none here."""
        found = [self.column_kind(expression) for expression in expressions]
        others = [number for number, kind in enumerate(found) if kind is None]
        for number, kind in zip(others, self._asked([expressions[n] for n in others]), strict=True):
            found[number] = kind
        return found

    def _asked(self, expressions: Sequence[Any]) -> list[DataType | None]:
        if not expressions:
            return []
        together = self._of_rows(expressions, self._only is not None and self._known[0][0] is None)
        if together is not None:
            return [field.dataType for field in together.fields[-len(expressions) :]]
        each = [self._of_rows([e]) or self._of_groups([e]) for e in expressions]
        return [found.fields[0].dataType if found else None for found in each]

    def _of_rows(self, expressions: Sequence[Any], and_columns: bool = False) -> StructType | None:
        """The types of expressions over the inputs' rows, behind all columns of the only one if wanted."""
        probe = pb.Relation()
        if self._input is not None:
            probe.project.input.CopyFrom(self._input)
        if and_columns:
            probe.project.expressions.add().unresolved_star.SetInParent()
        _put(probe.project.expressions, expressions)
        found = self._look(probe)
        if and_columns and self._only is not None and found is not None:
            columns = StructType(found.fields[: -len(expressions)])
            self._ask.keep(self._only, columns)
            self._known = [(columns, self._only.common.plan_id)]
        return found

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
    """The direct child messages in which relations or expressions can be, each with the name of its field."""
    for field, value in message.ListFields():
        if (leads_on := _LEADS_ON.get(field)) is None:
            leads_on = _LEADS_ON[field] = _leads_on(field)
        if leads_on:
            for inner in value if field.is_repeated else [value]:
                yield field.name, inner


def _leads_on(field: Any) -> bool:
    """Whether a field holds messages that are, or at any depth contain, a relation or an expression."""
    kind = field.message_type
    if kind is None or kind.GetOptions().map_entry:
        return False
    waiting, seen = [kind], {kind.full_name}
    while waiting:
        kind = waiting.pop()
        if kind.full_name in (_RELATION, _EXPRESSION):
            return True
        inner = [one.message_type for one in kind.fields if one.message_type is not None]
        waiting += [one for one in inner if one.full_name not in seen]
        seen |= {one.full_name for one in inner}
    return False
