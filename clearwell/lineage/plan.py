"""The walk through a Spark Connect plan: from its leaves up, each relation's columns from its inputs'.

A leaf that is not a table of the lake hides where its data comes from. A relation that is unknown, or whose
columns cannot be distinguished, is blurred: each of its columns may come from each column below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyspark.sql.connect.proto as pb

from clearwell.lineage.leaves import LEAVES
from clearwell.lineage.origins import View, view_key
from clearwell.lineage.relations import RELATIONS
from clearwell.lineage.sources import HIDDEN, IDENTITY, Column, Sources, Touch
from clearwell.lineage.walk import Opaque, Scope, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearwell.lineage.origins import Origins

__all__ = ["PlanWalk"]


class _Visit(NamedTuple):
    """A relation that waits for the columns of its ``inputs``, or for its turn (None)."""

    relation: Any
    depth: int
    inputs: int | None = None


class PlanWalk(Walk):
    """A walk through plans of one session; ``schema`` gives the engine's names of a plan's columns."""

    def __init__(self, origins: Origins, schema: Callable[[Any], list[str]]) -> None:
        super().__init__()
        self._origins = origins
        self._schema = schema
        self._views = origins.views
        self._references: dict[int, Any] = {}
        self._aliases: dict[str, Any] = {}
        self._depths: dict[int, int] = {}
        self._done: dict[int, list[Column]] = {}

    def columns(self, relation: Any, *, outer: Scope | None = None) -> list[Column]:
        """The columns of a relation. Plans are deep, so an explicit stack replaces recursion."""
        around, self.outer = self.outer, outer
        waiting, made = [_Visit(relation, 0)], list[list[Column]]()
        while waiting:
            visit = waiting.pop()
            if visit.inputs is None:
                inputs = self._open(visit.relation)
                if inputs is None:
                    made.append(self._keep(visit, self._leaf(visit.relation)))
                    continue
                waiting.append(visit._replace(inputs=len(inputs)))
                waiting += [_Visit(child, visit.depth + 1) for child in reversed(inputs)]
            else:
                inputs = made[len(made) - visit.inputs :]
                del made[len(made) - visit.inputs :]
                made.append(self._keep(visit, self._close(visit.relation, inputs)))
        self.outer = around
        return made.pop()

    def names(self, relation: Any) -> list[str]:
        """The engine's names of the columns of a relation, including everything it may refer to."""
        if self._references:
            found = pb.WithRelations(root=relation, references=self._references.values())
            relation = pb.Relation(with_relations=found)
        return self._schema(pb.Plan(root=relation))

    def knows(self, name: str) -> bool:
        """Whether ``name`` is a view, or a frame that was passed to SQL."""
        key = view_key(name)
        return key in self._aliases or key in self._views

    def table(self, name: str) -> list[Column]:
        """The columns of the SQL name ``name``: a frame passed to it, a view, or an unknown table."""
        key = view_key(name)
        if key in self._aliases:
            return self._once(View(self._aliases[key], self._views))
        if key in self._views:
            return self._once(self._views[key])
        self.reason("it reads a table by name that is not one of its inputs")
        quoted = ".".join(f"`{part}`" for part in name.split(".", 1))
        read = pb.Read(named_table=pb.Read.NamedTable(unparsed_identifier=quoted))
        return self._hidden(pb.Relation(read=read))

    def reference(self, plan_id: int) -> Any:
        """The sub-query's relation with that plan id; raises Opaque."""
        if plan_id not in self._references:
            raise Opaque("a sub-query that the plan does not contain")
        return self._references[plan_id]

    def checkpoint(self, relation_id: str) -> list[Column] | None:
        """The columns of a checkpointed frame, if its creation was observed."""
        found = self._views.get(f"checkpoint {relation_id}")
        return self._once(found) if found else None

    def _once(self, view: View) -> list[Column]:
        """The columns of a view, with the views that existed when it was created."""
        if id(view.relation) not in self._done:
            around, self._views = self._views, view.views
            self._done[id(view.relation)] = self.columns(view.relation)
            self._views = around
        return self._done[id(view.relation)]

    def _open(self, relation: Any) -> list[Any] | None:
        """The inputs of a relation; None when it is a leaf."""
        if self._origins.table(relation) is not None:
            return None
        kind = relation.WhichOneof("rel_type")
        node: Any = getattr(relation, kind) if kind else None
        if kind == "with_relations":
            for reference in node.references:
                self._references[reference.common.plan_id] = reference
                if reference.WhichOneof("rel_type") == "subquery_alias":
                    self._aliases[view_key(reference.subquery_alias.alias)] = reference.subquery_alias.input
            return [node.root]
        return _inputs(node) or None

    def _leaf(self, relation: Any) -> list[Column]:
        if (table := self._origins.table(relation)) is not None:
            return [Column(name, Sources({(table.name, name): Touch(IDENTITY)})) for name in table.columns]
        return self._close(relation, [])

    def _close(self, relation: Any, inputs: Sequence[Sequence[Column]]) -> list[Column]:
        """The columns of a relation whose inputs are resolved."""
        kind = relation.WhichOneof("rel_type")
        node = getattr(relation, kind) if kind else None
        try:
            if kind in RELATIONS:
                return RELATIONS[kind](self, relation, node, inputs)
            if kind in LEAVES:
                return LEAVES[kind](self, relation, node)
            self.reason(f"the plan has a relation of the kind {kind}")
        except Opaque as error:
            self.reason(str(error))
        except RecursionError:
            self.reason("an expression that is nested too deeply")
        sources = self.blurred(column for columns in inputs for column in columns)
        return [Column(name, sources) for name in self.names(relation)]

    def _hidden(self, relation: Any) -> list[Column]:
        return [Column(name, HIDDEN) for name in self.names(relation)]

    def _keep(self, visit: _Visit, columns: list[Column]) -> list[Column]:
        """Record the columns of a frame; of one that occurs twice, those nearer to the end."""
        common = visit.relation.common
        number = common.plan_id
        if common.HasField("plan_id") and visit.depth <= self._depths.get(number, visit.depth):
            self.seen.pop(number, None)
            self.seen[number], self._depths[number] = columns, visit.depth
        return columns


def _inputs(node: Any) -> list[Any]:
    """The input relations of a node, in order."""
    found: list[Any] = []
    for field, value in node.ListFields():
        if field.message_type is not None and field.message_type.name == "Relation":
            found += list(value) if field.is_repeated else [value]
    return found
