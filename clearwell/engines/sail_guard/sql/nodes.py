"""What the guards look for in SQL text: functions with their arguments, and their context."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from clearwell.engines.sail_guard.rules import RULES
from clearwell.engines.sail_guard.sql.spans import WRAPPERS, Text, parts_of
from clearwell.engines.sail_guard.verified import WHOLE_DAYS, needs_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "WRAPPERS",
    "Found",
    "Query",
    "around_of",
    "is_null",
    "keys_of",
    "literal_of",
    "may_name_items",
    "names_in",
    "site_of",
]

Found = tuple[str, list[Any]]
"""The name of a function or operator, and its arguments."""

Query = tuple[str, str]
"""A query without its select list: the text before it, and the text after it."""

_DAYS = {"day", "week", "month", "quarter", "year"}
_OPERATORS: dict[type, str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "<=>",
    exp.NullSafeNEQ: "<=>",
    exp.DPipe: "||",
    exp.RegexpLike: "rlike",
}


def site_of(text: Text, node: Any) -> Found | None:
    """The function, operator or cast that a node is, if a rule knows it."""
    if (name := _OPERATORS.get(type(node))) is not None and not text.name(node):
        return name, [node.this, node.expression]
    if isinstance(node, exp.Case):
        pairs = [part for branch in node.args["ifs"] for part in (branch.this, branch.args["true"])]
        parts = [*pairs, *filter(None, [node.args.get("default")])]
        return ("when", parts) if node.this is None else ("case", [node.this, *parts])
    if isinstance(node, exp.In):
        query = node.args.get("query")
        return (
            ("in_query", [node.this, query]) if query is not None else ("in", [node.this, *node.expressions])
        )
    if isinstance(node, exp.Between):
        return "between", [node.this, node.args["low"], node.args["high"]]
    if isinstance(node, exp.Cast):  # TRY_CAST is one of them, and string(x) another
        called = text.name(node)
        return None if node.args.get("safe") else (called if called in RULES else "cast", [node.this])
    if not isinstance(node, exp.Func) or not (name := text.name(node)):
        return None
    if name not in RULES and not needs_kinds(name):
        return None
    if name == "count" and not isinstance(node.this, exp.Distinct):
        return None
    arguments: list[Any] = []
    for part in parts_of(text, node):
        arguments += part.expressions if isinstance(part, exp.Distinct) else [part]
    return name, _with_words(text, node, name, arguments)


def _with_words(text: Text, node: Any, name: str, arguments: list[Any]) -> list[Any]:
    """The arguments, and those that the parser keeps as a word elsewhere: a unit, a format."""
    once = {text.span(argument) or id(argument): argument for argument in arguments}
    made, written = list(once.values()), text.slice(node) or ""
    unit, form = node.args.get("unit"), node.args.get("format")
    if name == "date_trunc" and unit is not None:
        return [unit, *made]
    if name == "trunc" and len(made) == 1 and unit is not None:
        return [*made, unit]
    word = re.match(r"\w+\s*\(\s*(\w+)\s*,", written)
    starts = {span[0] - (text.span(node) or (0, 0))[0] for one in made if (span := text.span(one))}
    if unit is not None and word and word.start(1) not in starts:
        return [unit, *made]
    last = max((span[1] for argument in made if (span := text.span(argument))), default=0)
    end = (text.span(node) or (0, 0))[1]
    return [*made, form] if form is not None and "'" in text.text[last:end] else made


def keys_of(node: Any) -> list[Any]:
    """The keys that a window is partitioned and ordered by."""
    if not isinstance(node, exp.Window):
        return []
    order = node.args.get("order")
    return [
        *(node.args.get("partition_by") or []),
        *(part.this for part in (order.expressions if order else ())),
    ]


def groups_of(node: Any) -> list[Any]:
    """The expressions by which equal rows are found: of GROUP BY, and the items of SELECT DISTINCT."""
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        return [
            item.this if isinstance(item, exp.Alias) else item
            for item in node.expressions
            if not item.is_star
        ]
    return (
        [one for one in node.expressions if not isinstance(one, exp.Literal)]
        if isinstance(node, exp.Group)
        else []
    )


def literal_of(node: Any) -> int | str | None:
    """An integer or string literal, or a bare word, as written; None for anything else.

    An interval of whole days is the word that says so.
    """
    if isinstance(node, exp.Interval) and str(node.args.get("unit")).lower().removesuffix("s") in _DAYS:
        return WHOLE_DAYS
    if isinstance(node, exp.Var):  # the field of extract(dow from ...)
        return str(node.name)
    if isinstance(node, exp.Neg) and isinstance(positive := literal_of(node.this), int):
        return -positive
    if not isinstance(node, exp.Literal):
        return None
    return node.this if node.is_string else int(node.this) if node.this.isdigit() else None


def is_null(node: Any) -> bool:
    """Whether a part is NULL as a constant, of any type."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return isinstance(node, exp.Null)


def may_name_items(node: Any) -> bool:
    """Whether a name there may be defined by the select list."""
    return isinstance(
        node.find_ancestor(exp.Order, exp.Having, exp.Group, exp.Select), exp.Order | exp.Having | exp.Group
    )


def names_in(text: Text, node: Any) -> Iterator[Any]:
    """The names in a part that may be variables of a lambda."""
    for name in node.find_all(exp.Column, exp.Identifier):
        inside = isinstance(name, exp.Identifier) and isinstance(name.parent, exp.Column)
        if not inside and text.span(name) is not None:
            yield name


def around_of(text: Text, query: Any) -> Query | None:
    """The context of a query's select list: the queries of WITH before it, and its FROM."""
    if query is None:
        return None
    spans = (text.span(part) for part in (query, *query.expressions))  # the first query of a union has none
    at = next(filter(None, spans), (0, 0))[0]
    named: list[str] = []
    outer = query
    while outer is not None:
        spans = [text.span(cte) for cte in (outer.args.get("with_") or exp.With()).expressions]
        named = [text.text[a:b] for a, b in filter(None, spans) if outer is query or b <= at] + named
        outer = outer.parent
    parts = [query.args.get("from_"), *(query.args.get("joins") or ()), *(query.args.get("laterals") or ())]
    found = [span for part in parts if part is not None and (span := text.span(part)) is not None]
    source = text.text[min(a for a, _ in found) : max(b for _, b in found)] if found else ""
    return (f"WITH {', '.join(named)} " if named else ""), source
