"""The parts of a plan that are SQL text: whole queries, statements, and single expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.expressions import parts_in, place_of
from clearwell.engines.sail_guard.type_inference import look_at
from clearwell.names import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql.types import DataType, StructType

    from clearwell.engines.sail_guard.sql.nodes import Query
    from clearwell.engines.sail_guard.sql.rewrite import Kinds
    from clearwell.engines.sail_guard.type_inference import Ask, Scope
    from clearwell.engines.sail_guard.verified import Trust

__all__ = ["guard_query", "guard_statement", "guard_texts", "texts_in"]

# Importing sqlglot takes a tenth of a second, and only SQL text needs it: so it is imported on first use.


def texts_in(expression: Any) -> list[Any]:
    """The parts of an expression that are SQL text."""
    return [part for part in parts_in(expression) if part.HasField("expression_string")]


def guard_texts(expression: Any, scope: Scope, trust: Trust) -> bool:
    """Rewrite SQL text within an expression, in place; whether any of it changed."""
    from clearwell.engines.sail_guard.sql.rewrite import guarded_text

    def kinds(query: Query | None, texts: Sequence[str]) -> list[DataType | None]:
        if query is not None:  # a subquery: its tables cannot be requested here
            return [None] * len(texts)
        asked: list[Any] = []
        for text in texts:
            asked.append(pb.Expression())
            asked[-1].expression_string.expression = text
        return scope.kinds(asked)

    changed = False
    for part in texts_in(expression):
        before = part.expression_string.expression
        try:
            part.expression_string.expression = guarded_text(before, kinds, trust)
        except Refused as refused:
            refused.place = refused.place or place_of(part)
            raise
        changed |= part.expression_string.expression != before
    return changed


def guard_query(sql: Any, ask: Ask, references: Sequence[Any], trust: Trust) -> list[str] | None:
    """Rewrite a query, in place; return the names of its columns if it changed."""
    from clearwell.engines.sail_guard.sql.rewrite import guarded_text

    look = _looking(sql, ask, references)
    made = guarded_text(sql.query, _kinds(look), trust)
    if made == sql.query:
        return None
    columns = look(sql.query)
    sql.query = made
    return columns.names if columns is not None else None


def guard_statement(command: Any, ask: Ask, trust: Trust) -> None:
    """Rewrite a statement, in place; not a query, because the frame that it creates is guarded itself."""
    from clearwell.engines.sail_guard.sql.rewrite import guarded_text, refuse_statement, view_query

    relation = command.input
    references = list(relation.with_relations.references)
    sql = relation.with_relations.root.sql if relation.HasField("with_relations") else relation.sql
    before, query, after = view_query(sql.query)
    if not before:
        refuse_statement(sql.query)
        return
    look = _looking(sql, ask, references)
    made = guarded_text(query, _kinds(look), trust)
    if made != query and (columns := look(query)) is not None:
        names = ", ".join(quoted(name) for name in columns.names)
        sql.query = f"{before}SELECT * FROM ({made}) AS cw({names}){after}"  # noqa: S608 - the user's own


def _looking(sql: Any, ask: Ask, references: Sequence[Any]) -> Callable[[str], StructType | None]:
    """Requests the columns of another query with the same parameters."""
    plain = pb.Relation()
    plain.sql.CopyFrom(sql)

    def look(query: str) -> StructType | None:
        probe = pb.Relation()
        probe.CopyFrom(plain)
        probe.sql.query = query
        return look_at(probe, references, ask)

    return look


def _kinds(look: Callable[[str], StructType | None]) -> Kinds:
    def kinds(query: Query | None, texts: Sequence[str]) -> list[DataType | None]:
        if query is None or not texts:
            return [None] * len(texts)
        before, after = query
        items = [f"{text} AS cw_{number}" for number, text in enumerate(texts)]
        if (together := look(f"{before}SELECT {', '.join(items)} {after}")) is not None:
            return [field.dataType for field in together.fields]
        each = [look(f"{before}SELECT {item} {after}") for item in items]
        return [found.fields[0].dataType if found else None for found in each]

    return kinds
