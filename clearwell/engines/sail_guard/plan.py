"""Apply the guards to a Spark Connect plan, which is changed in place.

Relations are visited inputs first. The engine is asked for the types that the rules need, all of a relation
at once, without computing a row. What differs is replaced, keeping its column name, or refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.distinct_rows import guard_distinct_rows
from clearwell.engines.sail_guard.expressions import Rewrite, is_site, parts_in, place_of
from clearwell.engines.sail_guard.known_types import name_of
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.relations import guard_command, guard_relation
from clearwell.engines.sail_guard.sql.in_plans import guard_query, guard_statement, guard_texts
from clearwell.engines.sail_guard.two_inputs import guard_queries, guard_two_inputs, require_whole_in
from clearwell.engines.sail_guard.type_inference import Scope, look_at, messages_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from clearwell.engines.sail_guard.type_inference import Questions
    from clearwell.engines.sail_guard.verified import Trust

__all__ = ["guard_message"]

_RELATION, _EXPRESSION = "spark.connect.Relation", "spark.connect.Expression"
_NAMED_HERE = {"project": {"expressions"}, "aggregate": {"grouping_expressions", "aggregate_expressions"}}
"""Relations that name a column after its expression, unless it has an alias."""


def guard_message(
    message: Any, ask: Questions, known: dict[bytes, Any], allowed_paths: Collection[str], trust: Trust
) -> None:
    """Make every relation of a plan the same on Sail as on Spark, in place; raises Refused.

    ``known`` caches the rewritten relations: those of a frame are parts of the frames derived from it.
    ``allowed_paths`` are the paths that Clearwell itself reads, ``trust`` says which functions may be used.
    """
    if message.HasField("command"):
        guard_command(message.command)
        if message.command.HasField("register_function"):
            trust.own.add(message.command.register_function.function_name.lower())
        if message.command.HasField("sql_command"):
            guard_statement(message.command.sql_command, ask, trust)
            return
    relations = list(_relations(message))
    references = [
        reference
        for relation in relations
        if relation.HasField("with_relations")
        for reference in relation.with_relations.references
    ]
    for relation in relations:
        kind = relation.WhichOneof("rel_type")
        if kind is None:
            continue
        key = relation.SerializeToString(deterministic=True)
        if key not in known:
            guard_relation(relation, kind, allowed_paths)
            try:
                _guard(relation, kind, ask, references, trust)
            except Refused as refused:
                before = pb.Relation.FromString(key)
                if refused.guard is Guard.OWN_READERS or look_at(before, references, ask) is not None:
                    raise
                relation.CopyFrom(before)  # it is invalid, and the engine's error is better
            known[key] = pb.Relation()
            known[key].CopyFrom(relation)
        elif known[key] != relation:
            relation.CopyFrom(known[key])


def _guard(relation: Any, kind: str, ask: Questions, references: list[Any], trust: Trust) -> None:
    if kind == "sql":
        if (columns := guard_query(relation.sql, ask, references, trust)) is not None:
            _call_by(relation, columns)
        return
    guard_two_inputs(relation, kind, ask, references)
    guard_distinct_rows(relation, kind, ask, references)
    node = getattr(relation, kind)
    unnamed: set[str] = _NAMED_HERE.get(kind, set())
    top = [(e, name in unnamed) for name, e in _expressions(node)]
    names: list[str] | None = None
    within = [(part, expression) for expression, _ in top for part in parts_in(expression)]
    for part, expression in within:
        if name := name_of(part):
            trust.require(name, lambda call=part, around=expression: place_of(call) or place_of(around))
    parts = [part for part, _ in within]
    if any(part.HasField("expression_string") for part in parts):
        before = _names(relation, ask) if unnamed else None
        scope = Scope(ask, relation, references)
        changed = [guard_texts(expression, scope, trust) for expression, _ in top]
        names = before if any(changed) else None
    if any(part.HasField("subquery_expression") for part in parts):
        for expression, _ in top:
            require_whole_in(expression)
        for part in parts:
            guard_queries(part, Scope(ask, relation, references), ask, references)
    rewrite = Rewrite([expression for expression, _ in top], trust)
    if any(is_site(part) for part in parts):
        names = _guard_expressions(relation, top, rewrite, Scope(ask, relation, references), ask) or names
    if names is not None:
        _call_by(relation, names)


def _guard_expressions(
    relation: Any, top: list[tuple[Any, bool]], rewrite: Rewrite, scope: Scope, ask: Questions
) -> list[str] | None:
    """Rewrite expressions; return the names of the relation's columns if the rewrite lost them."""
    rewrite.learn(scope)
    names: list[str] | None = None
    for expression, called_by_itself in top:
        made = rewrite.rewritten(expression)
        if made is expression:
            continue
        if called_by_itself and names is None and not expression.HasField("alias"):
            names = _names(relation, ask)
        expression.CopyFrom(made)
    return names


def _names(relation: Any, ask: Questions) -> list[str] | None:
    plan = pb.Plan()
    plan.root.CopyFrom(relation)
    columns = ask(plan)
    return columns.names if columns is not None else None


def _call_by(relation: Any, names: list[str]) -> None:
    """Restore the names that the columns of a relation had before."""
    inner = pb.Relation()
    inner.CopyFrom(relation)
    inner.common.ClearField("plan_id")
    kept = pb.RelationCommon()
    kept.CopyFrom(relation.common)
    relation.Clear()
    relation.common.CopyFrom(kept)
    relation.to_df.input.CopyFrom(inner)
    relation.to_df.column_names.extend(names)


def _relations(message: Any) -> Iterator[Any]:
    """Every relation in a message, inputs first. Plans are deep, so this uses an explicit stack."""
    waiting, found = [message], list[Any]()
    while waiting:
        part = waiting.pop()
        if part.DESCRIPTOR.full_name == _RELATION:
            found.append(part)
        waiting += [inner for _, inner in messages_in(part) if inner.DESCRIPTOR.full_name != _EXPRESSION]
    yield from reversed(found)


def _expressions(node: Any) -> Iterator[tuple[str, Any]]:
    """The outermost expressions of a relation, each with the field that contains it."""
    waiting = [("", node)]
    while waiting:
        field, part = waiting.pop()
        for name, inner in messages_in(part):
            kind = inner.DESCRIPTOR.full_name
            if kind == _EXPRESSION:
                yield field or name, inner
            elif kind != _RELATION:
                waiting.append((field or name, inner))
