"""Expressions written as SQL, alone (``F.expr``, ``where("a > 1")``) or in a query: their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from clearwell.lineage.functions import AGGREGATES, GENERATORS, chosen, windowed
from clearwell.lineage.sources import AGGREGATION, NOTHING, TRANSFORMATION, Column, Item, Sources, merged
from clearwell.lineage.walk import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.lineage.walk import Scope, Walk

__all__ = ["item_of", "items_in", "parsed", "value_of"]

Query: TypeAlias = "Callable[[Any, Scope], list[Column]]"
"""Returns the columns of a query within an expression, which may name what is in the scope."""

_DIALECT = "spark"
_BY_ROW = (exp.Lag, exp.Lead)  # sqlglot counts them among the aggregates


def parsed(text: str) -> Any:
    """The syntax tree of an SQL text; raises Opaque if it is not SQL, or not supported."""
    try:
        tree = sqlglot.parse_one(text, read=_DIALECT)
    except (SqlglotError, RecursionError) as error:
        raise Opaque("SQL that cannot be parsed") from error
    if isinstance(tree, exp.Command):
        raise Opaque("SQL that is not a query")
    return tree


def items_in(walk: Walk, text: str, scope: Scope) -> Item:
    """The columns that a single expression produces, as in ``selectExpr``."""

    def no_query(*_: Any) -> list[Column]:
        raise Opaque("a query within an expression")

    try:
        items = [item_of(walk, node, scope, no_query) for node in parsed(f"SELECT {text}").expressions]
    except Opaque as error:
        walk.reason(str(error))
        return Item((Column("", walk.blurred(scope.all)),))
    return Item(tuple(c for item in items for c in item.columns), wide=any(item.wide for item in items))


def item_of(walk: Walk, node: Any, scope: Scope, query: Query) -> Item:
    """The columns that one expression of a select list produces."""
    star = node if isinstance(node, exp.Star) else node.this if isinstance(node, exp.Column) else None
    if isinstance(star, exp.Star):
        return _star(walk, node, star, scope)
    if isinstance(node, exp.Aliases):  # of a generator: explode(m) AS (k, v)
        made = value_of(walk, node.this, scope, query)
        return Item(tuple(Column(name.name, made) for name in node.expressions))
    if isinstance(node, exp.Column):
        return Item((_column(walk, node, scope),))
    wide = _function_name(node) in GENERATORS
    return Item((Column(node.alias, value_of(walk, node, scope, query)),), wide=wide)


def value_of(walk: Walk, node: Any, scope: Scope, query: Query) -> Sources:
    """The sources of an expression's values."""

    def of(part: Any) -> Sources:
        return value_of(walk, part, scope, query)

    match node:
        case exp.Column() if not isinstance(node.this, exp.Star):
            return _column(walk, node, scope).sources
        case exp.Column() | exp.Star():
            return merged((c.sources for c in item_of(walk, node, scope, query).columns), TRANSFORMATION)
        case exp.Alias() | exp.Paren():
            return of(node.this)
        case exp.Count() if isinstance(node.this, exp.Star):
            return NOTHING
        case exp.Case():
            against = [of(node.this)] if node.this else []
            branches = node.args["ifs"]
            otherwise = [of(node.args["default"])] if node.args.get("default") else []
            conditions = [of(branch.this) for branch in branches]
            values = [of(branch.args["true"]) for branch in branches]
            return chosen(walk, [*against, *conditions], [*values, *otherwise])
        case exp.If():
            values = [of(node.args[key]) for key in ("true", "false") if node.args.get(key)]
            return chosen(walk, [of(node.this)], values)
        case exp.Window():
            return windowed(walk, of(node.this), [of(part) for part in _window_parts(node)])
        case exp.Filter():
            walk.influence("FILTER", of(node.expression))
            return of(node.this)
        case exp.Query() | exp.Subquery():
            return merged((c.sources for c in query(node, scope)), TRANSFORMATION)
        case exp.Exists() if isinstance(node.this, exp.Query):
            return merged((c.sources for c in query(node.this, scope)), TRANSFORMATION, blurred=True)
        case _:
            how = AGGREGATION if _is_aggregate(node) else TRANSFORMATION
            return merged([of(part) for part in node.iter_expressions()], how)


def _column(walk: Walk, node: Any, scope: Scope) -> Column:
    parts = [part.name for part in node.parts]
    found = walk.named(scope, parts)
    return found[0] if len(found) == 1 else Column(parts[-1], merged(c.sources for c in found))


def _star(walk: Walk, node: Any, star: Any, scope: Scope) -> Item:
    qualifier = ".".join(part.name for part in node.parts[:-1]).lower() if node is not star else ""
    columns = [c for c in scope.columns if not qualifier or qualifier in c.aliases]
    if not columns and qualifier:  # the fields of a struct
        fields = merged((c.sources for c in walk.named(scope, qualifier.split("."))), TRANSFORMATION)
        return Item((Column("", fields),), wide=True)
    if star.args.get("replace") or star.args.get("rename"):
        raise Opaque("a star that replaces columns")
    gone = {part.name.lower() for part in star.args.get("except_") or ()}
    return Item(tuple(c for c in columns if c.name.lower() not in gone))


def _window_parts(node: Any) -> list[Any]:
    """The partition and order expressions of a window, inline or named."""
    named = node.args.get("alias")
    if named is not None and (select := node.find_ancestor(exp.Select)) is not None:
        written = [w for w in select.args.get("windows") or () if w.name.lower() == named.name.lower()]
        node = written[0] if written else node
    order = node.args.get("order")
    return [*(node.args.get("partition_by") or ()), *(order.expressions if order else ())]


def _is_aggregate(node: Any) -> bool:
    if isinstance(node, exp.AggFunc):
        return not isinstance(node, _BY_ROW)
    return isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATES


def _function_name(node: Any) -> str:
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""
