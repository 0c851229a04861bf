"""Queries written as SQL: their columns, and what determines their rows.

Supported is what both engines accept: selects, joins, unions, WITH, sub-queries, LATERAL VIEW, VALUES,
windows, grouping. Anything else raises Opaque, and the caller uses all columns of all its tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from clearwell.lineage.combine import joined, united
from clearwell.lineage.sources import AGGREGATION, HIDDEN, NOTHING, Column, Item, Sources, merged
from clearwell.lineage.sql.expressions import item_of, parsed, value_of
from clearwell.lineage.walk import Opaque, Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from clearwell.lineage.walk import Walk

__all__ = ["created_view", "named_columns", "query_items", "tables_in"]

_JOINS = {"": "inner", "LEFT": "left", "RIGHT": "right", "FULL": "full"}
_WORD = re.compile(r"`([^`]+)`|([\w.]+)")


def query_items(walk: Walk, text: str, outer: Scope | None) -> list[Item]:
    """The columns of a query, item by item; raises Opaque."""
    return _Query(walk, {}, outer).items(parsed(text))


def tables_in(walk: Walk, text: str) -> list[Column]:
    """All columns of all tables that a query text may read, whether it can be parsed or not."""
    try:
        tree = parsed(text)
    except Opaque:
        found = {quoted or plain for quoted, plain in _WORD.findall(text)}
        foreign = not any(map(walk.knows, found))
    else:
        found = {".".join(p.name for p in table.parts) for table in tree.find_all(exp.Table)}
        named = {part.alias.lower() for part in tree.find_all(exp.CTE)}
        foreign = any(not walk.knows(name) and name.lower() not in named for name in found)
    known = [column for name in sorted(found) if walk.knows(name) for column in walk.table(name)]
    return [*known, Column("", HIDDEN)] if foreign else known


def named_columns(text: str, known: Iterable[str]) -> set[str]:
    """The columns that a query names and does not make itself; none where it cannot be parsed.

    What is behind a dot is a field where the name before it is a column, one of ``known``.
    """
    try:
        tree = parsed(text)
    except Opaque:
        return set()
    columns, used = list(tree.find_all(exp.Column)), set[int]()
    for column in columns:
        used |= {id(part) for part in column.parts}
    made = {part.name.casefold() for part in tree.find_all(exp.Identifier) if id(part) not in used}
    fields = {name.casefold() for name in known} | made
    return {
        column.parts[-1].name
        for column in columns
        if isinstance(column.this, exp.Identifier)
        and column.name.casefold() not in made
        and not (len(column.parts) > 1 and _is_field(column, fields, tree))
    }


def _is_field(column: exp.Column, fields: Collection[str], tree: Any) -> bool:
    """Whether the name before the dot is a column, and no table of the query."""
    tables = {part.alias_or_name.casefold() for part in tree.find_all(exp.Table, exp.Subquery, exp.CTE)}
    before = column.parts[0].name.casefold()
    return before in fields and before not in tables


def created_view(text: str) -> tuple[str, str, list[str]] | None:
    """The name, the query and the renamed columns of a CREATE VIEW; None for any other statement."""
    try:
        tree = parsed(text)
    except Opaque:
        return None
    if not isinstance(tree, exp.Create) or tree.kind != "VIEW" or tree.expression is None:
        return None
    target: Any = tree.this
    names = [part.name for part in target.expressions] if isinstance(target, exp.Schema) else []
    table: Any = target.this if isinstance(target, exp.Schema) else target
    return ".".join(part.name for part in table.parts), tree.expression.sql(dialect="spark"), names


@dataclass(frozen=True)
class _Query:
    """A query's context: the queries named by WITH, and the columns of the enclosing query."""

    walk: Walk
    named: Mapping[str, Sequence[Column]]
    outer: Scope | None

    def columns(self, node: Any) -> list[Column]:
        """The columns of a query whose items all have a known width."""
        items = self.items(node)
        if any(item.wide for item in items):
            raise Opaque("a generator within a query")
        return [column for item in items for column in item.columns]

    def items(self, node: Any) -> list[Item]:
        """The columns of a query, item by item."""
        inner = self._with(node)
        match node:
            case exp.Select():
                return inner._select(node)  # noqa: SLF001 - same class
            case exp.SetOperation():
                return [Item(tuple(inner._set_operation(node)))]  # noqa: SLF001
            case exp.Subquery():
                made = inner.items(node.this)
                inner._order(node, Scope([c for item in made for c in item.columns], self.outer), [])  # noqa: SLF001
                return made
            case exp.Values():
                return [Item(tuple(self._values(node)))]
            case _:
                raise Opaque(f"SQL of the kind {type(node).__name__}")

    def _with(self, node: Any) -> _Query:
        clause = node.args.get("with_")
        if clause is None:
            return self
        if clause.recursive:
            raise Opaque("a recursive query")
        query = self
        for part in clause.expressions:
            columns = _renamed(query.columns(part.this), part.args.get("alias"), keep=True)
            query = replace(query, named={**query.named, part.alias.lower(): columns})
        return query

    def _select(self, node: Any) -> list[Item]:
        columns = self._from(node)
        scope = Scope(columns, self.outer)
        for lateral in node.args.get("laterals") or ():
            scope = Scope([*scope.columns, *self._lateral(lateral, scope)], self.outer)
        if where := node.args.get("where"):
            self.walk.influence("FILTER", self._value(where.this, scope))
        made: list[Column] = []
        items: list[Item] = []
        for part in node.expressions:  # an item may name earlier ones
            items.append(item_of(self.walk, part, Scope(scope.columns, Scope(made, self.outer)), self._inner))
            made += items[-1].columns
        known = Scope(scope.columns, Scope(made, self.outer))
        self._group(node, known, made)
        for clause in ("having", "qualify"):
            if condition := node.args.get(clause):
                self.walk.influence("FILTER", self._value(condition.this, known))
        if node.args.get("distinct"):
            self.walk.influence("GROUP_BY", merged(c.sources for c in made))
        self._order(node, Scope(made, scope), made)
        return items

    def _group(self, node: Any, scope: Scope, made: Sequence[Column]) -> None:
        if (group := node.args.get("group")) is None:
            return
        for part in group.iter_expressions():
            self.walk.influence("GROUP_BY", self._numbered(part, scope, made))
        if group.args.get("all"):
            keys = [c for c in made if all(touch.how < AGGREGATION for touch in c.sources.touched.values())]
            self.walk.influence("GROUP_BY", merged(c.sources for c in keys))

    def _order(self, node: Any, scope: Scope, made: Sequence[Column]) -> None:
        for clause in ("order", "sort", "cluster"):
            if found := node.args.get(clause):
                for part in found.expressions:
                    value = part.this if isinstance(part, exp.Ordered) else part
                    self.walk.influence("SORT", self._numbered(value, scope, made))

    def _numbered(self, node: Any, scope: Scope, made: Sequence[Column]) -> Sources:
        """An expression of GROUP BY or ORDER BY, where a number names an item."""
        if isinstance(node, exp.Literal) and not node.is_string:
            position = int(node.name) if node.name.isdigit() else 0
            return made[position - 1].sources if 0 < position <= len(made) else NOTHING
        return self._value(node, scope)

    def _set_operation(self, node: Any) -> list[Column]:
        left, right = self.columns(node.this), self.columns(node.expression)
        if isinstance(node, exp.Union):
            made = united(left, right, by_name=bool(node.args.get("by_name")))
            if node.args.get("distinct"):
                self.walk.influence("GROUP_BY", merged(c.sources for c in made))
        else:
            self.walk.influence("FILTER", merged(c.sources for c in right))
            made = left
        self._order(node, Scope(made, self.outer), made)
        return made

    def _from(self, node: Any) -> list[Column]:
        clause = node.args.get("from_")
        columns = self._source(clause.this, []) if clause else []
        for join in node.args.get("joins") or ():
            columns = self._join(columns, join)
        return columns

    def _join(self, left: list[Column], join: Any) -> list[Column]:
        right = self._source(join.this, left)
        kind = join.kind.lower() if join.kind in ("SEMI", "ANTI", "CROSS") else _JOINS.get(join.side)
        if kind is None:
            raise Opaque(f"a join of the kind {join.side} {join.kind}")
        using = [part.name for part in join.args.get("using") or ()]
        if join.args.get("method") == "NATURAL":
            names = {column.name.lower() for column in right}
            using = [column.name for column in left if column.name.lower() in names]
        on = join.args.get("on")
        condition = self._value(on, Scope([*left, *right], self.outer)) if on else None
        return joined(self.walk, left, right, kind, using=using, condition=condition)

    def _source(self, node: Any, before: Sequence[Column]) -> list[Column]:
        """The columns of an entry of FROM; a LATERAL one may name the columns of ``before``."""
        if node.args.get("pivots"):
            raise Opaque("PIVOT or UNPIVOT in SQL")
        alias = node.args.get("alias")
        match node:
            case exp.Table() if isinstance(node.this, exp.Identifier):
                return _renamed(self._table(node), alias, keep=True)
            case exp.Table():
                made = self._value(node.this, Scope(before, self.outer))
                return _table_function(node.this, alias, made)
            case exp.Subquery():
                return _renamed(self.columns(node), alias)
            case exp.Values():
                return self._values(node)
            case exp.Lateral():
                return self._lateral(node, Scope(before, self.outer))
            case _:
                raise Opaque(f"SQL that reads from {type(node).__name__}")

    def _table(self, node: Any) -> list[Column]:
        name = ".".join(part.name for part in node.parts)
        named = self.named.get(name.lower())
        columns = self.walk.table(name) if named is None else named
        aliases = frozenset({name.lower(), node.name.lower()})
        return [replace(column, aliases=aliases) for column in columns]

    def _lateral(self, node: Any, scope: Scope) -> list[Column]:
        alias = node.args.get("alias")
        if isinstance(node.this, exp.Subquery):
            return _renamed(replace(self, outer=scope).columns(node.this), alias)
        return _table_function(node.this, alias, self._value(node.this, scope))

    def _values(self, node: Any) -> list[Column]:
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        columns = [
            merged(self._value(cell, Scope([], self.outer)) for cell in cells)
            for cells in zip(*rows, strict=True)
        ]
        named = [Column(f"col{n}", sources) for n, sources in enumerate(columns, 1)]
        return _renamed(named, node.args.get("alias"))

    def _value(self, node: Any, scope: Scope) -> Sources:
        return value_of(self.walk, node, scope, self._inner)

    def _inner(self, node: Any, scope: Scope) -> list[Column]:
        return replace(self, outer=scope).columns(node)


def _renamed(columns: Sequence[Column], alias: Any, *, keep: bool = False) -> list[Column]:
    """``columns`` under a table alias and its column names; without one, ``keep`` keeps the old aliases."""
    names = [part.name for part in alias.columns] if isinstance(alias, exp.TableAlias) else []
    if names and len(names) != len(columns):
        raise Opaque("an alias with a different number of columns")
    found = list(columns)
    if names:
        found = [replace(column, name=name) for column, name in zip(columns, names, strict=True)]
    label = alias.name.lower() if alias is not None and alias.name else ""
    if not label and keep:
        return found
    return [replace(column, aliases=frozenset({label} if label else ())) for column in found]


def _table_function(node: Any, alias: Any, made: Sources) -> list[Column]:
    names = [part.name for part in alias.columns] if isinstance(alias, exp.TableAlias) else []
    if not names and isinstance(node, exp.Anonymous) and node.name.lower() == "range":
        names = ["id"]
    if not names:
        raise Opaque("a generator without names for its columns")
    return _renamed([Column(name, made) for name in names], alias)
