"""Apply the rules to SQL text: only the parts that differ are rewritten.

The engine is asked for the types of arguments by queries with the same FROM, whose rows are not computed. If
a part that differs cannot be separated from the text around it, the text is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from clearwell.engines.sail_guard.call_site import Refused, Site
from clearwell.engines.sail_guard.names import Guard
from clearwell.engines.sail_guard.rules import RULES
from clearwell.engines.sail_guard.rules.casts import cast
from clearwell.engines.sail_guard.rules.functions import positive_zero
from clearwell.engines.sail_guard.rules.signed_zeros import require_told_apart
from clearwell.engines.sail_guard.spark_types import variable_kinds
from clearwell.engines.sail_guard.sql.nodes import (
    WRAPPERS,
    around_of,
    groups_of,
    is_null,
    keys_of,
    literal_of,
    may_name_items,
    names_in,
    site_of,
)
from clearwell.engines.sail_guard.sql.pairs import guard_pairs
from clearwell.engines.sail_guard.sql.refused_forms import frames_in, refuse_forms, require_frame
from clearwell.engines.sail_guard.sql.render import to_text
from clearwell.engines.sail_guard.sql.spans import Text, parts_of
from clearwell.engines.sail_guard.terms import As, Call, Given, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql.types import DataType

    from clearwell.engines.sail_guard.sql.nodes import Found, Query
    from clearwell.engines.sail_guard.verified import Trust

__all__ = ["Kinds", "guarded_text", "refuse_statement", "view_query"]

Kinds = Callable[["Query | None", "Sequence[str]"], "list[DataType | None]"]
"""Types of expressions in a query, or outside of any; None where there is none."""

_FILES = {"csv", "json", "parquet", "delta", "text", "orc", "avro"}


def guarded_text(text: str, kinds: Kinds, trust: Trust) -> str:
    """The text that Sail computes as Spark would compute ``text``; raises Refused."""
    read = Text(text)
    if read.tree is None:
        return text  # the engine reports the error
    _refuse(read.tree)
    refuse_forms(read.tree)
    for node in read.tree.find_all(exp.Func):
        trust.require(read.name(node))
    guard_pairs(read, kinds)
    return _Rewrite(read, kinds, trust).whole()


def view_query(text: str) -> tuple[str, str, str]:
    """A statement that creates a view, in three parts: before its query, the query, after it.

    Any other statement is the middle part; for a query, the middle part is empty.
    """
    read = Text(text)
    tree = read.tree
    if isinstance(tree, exp.Query) or tree is None:
        return "", "", ""
    if isinstance(tree, exp.Create) and tree.kind == "VIEW" and (span := read.span(tree.expression)):
        return text[: span[0]], text[slice(*span)], text[span[1] :]
    return "", text, ""


def refuse_statement(text: str) -> None:
    """Raise Refused for a statement or query that writes a table or reads files directly."""
    if (tree := Text(text).tree) is not None:
        _refuse(tree)


def _refuse(tree: Any) -> None:
    """What writes a table, or reads files directly."""
    written = isinstance(tree, exp.Insert | exp.Merge | exp.Delete | exp.Update)
    if written or (isinstance(tree, exp.Create) and tree.kind == "TABLE"):
        raise Refused(Guard.OWN_WRITERS, "a transform writes a table directly", "its return value")
    for table in tree.find_all(exp.Table):
        if table.db.lower() in _FILES:
            raise Refused(Guard.OWN_READERS, f"{table.sql()} is read directly", "an input in the YAML")


class _Rewrite:
    """The parts of one text."""

    def __init__(self, text: Text, kinds: Kinds, trust: Trust) -> None:
        self._text = text
        self._trust = trust
        self._ask = kinds
        self._kinds: dict[int, DataType | None] = {}
        nodes = list(text.tree.walk())
        self._sites = {id(node): found for node in nodes if (found := site_of(text, node)) is not None}
        self._keys = {id(key): key for node in nodes for key in keys_of(node)}
        self._groups = {id(group): group for node in nodes for group in groups_of(node)}

    def whole(self) -> str:
        """The whole text, rewritten."""
        if self._sites or self._keys or self._groups:
            self._learn()
        require_told_apart("equal rows by", map(self._kinds.get, self._groups))
        for key in (key for node in self._text.tree.walk() for key in frames_in(node)):
            require_frame(self._kinds.get(id(key)))
        start, end = self._text.span(self._text.tree) or (0, 0)
        return self._text.text[:start] + self._part(self._text.tree) + self._text.text[end:]

    def _learn(self) -> None:
        """Request the types of all arguments, query by query."""
        wanted = [a for _, arguments in self._sites.values() for a in arguments]
        wanted += [*self._keys.values(), *self._groups.values()]
        queries: dict[int, tuple[Any, list[Any]]] = {}
        for node in wanted:
            query = node.find_ancestor(exp.Select)
            queries.setdefault(id(query), (query, []))[1].append(node)
        for query, nodes in queries.values():
            spoken = [(n, said) for n in nodes if (said := self._said(n, query)) is not None]
            kinds = self._ask(around_of(self._text, query), [said for _, said in spoken])
            self._kinds |= {id(node): kind for (node, _), kind in zip(spoken, kinds, strict=True)}

    def _said(self, node: Any, query: Any) -> str | None:
        """A part in the form for a type request: without lambda variables and names of the query itself."""
        if query is not None and isinstance(node, exp.Column) and not node.table and may_name_items(node):
            for item in query.expressions:
                if isinstance(item, exp.Alias) and item.alias.lower() == node.name.lower():
                    return self._text.slice(item.this)
        if (
            isinstance(node, exp.Subquery) and node.arg_key == "query"
        ):  # that of an IN, without its parentheses
            inside = self._text.span(node.this)
            return f"({self._text.text[slice(*inside)]})" if inside else None
        text, span = self._text.slice(node), self._text.span(node)
        around = node.find_ancestor(exp.Lambda)
        if text is None or span is None or around is None:
            return text
        known = self._variables(around, query)
        made, at = "", span[0]
        for name in sorted(names_in(self._text, node), key=lambda n: self._text.span(n) or span):
            start, end = self._text.span(name) or span
            if (kind := known.get(name.name)) is not None and start >= at:
                made += f"{self._text.text[at:start]}CAST(NULL AS {kind.simpleString()})"
                at = end
        return made + self._text.text[at : span[1]]

    def _variables(self, around: Any, query: Any) -> dict[str, DataType | None]:
        """The types of the variables of a lambda, and of those around it."""
        outer = around.parent.find_ancestor(exp.Lambda) if around.parent else None
        found = self._variables(outer, query) if outer is not None else {}
        parts = list(parts_of(self._text, around.parent))
        plain = [self._said(part, query) for part in parts if not isinstance(part, exp.Lambda)]
        kinds = self._ask(around_of(self._text, query), [said for said in plain if said is not None])
        number = [part for part in parts if isinstance(part, exp.Lambda)].index(around)
        names = [variable.name for variable in around.expressions]
        name = self._text.name(around.parent)
        return found | dict(zip(names, variable_kinds(name, kinds, number), strict=False))

    def _spliced(self, node: Any, span: tuple[int, int], instead: dict[int, str] | None = None) -> str:
        """The text of a span, with the parts of ``node`` in it rewritten, or its replacement ``instead``."""
        made, at = "", span[0]
        for part in parts_of(self._text, node):
            start, end = self._text.span(part) or (0, 0)
            if start >= at and end <= span[1]:
                inside = (instead or {}).get(id(part))
                made += self._text.text[at:start] + (self._part(part) if inside is None else inside)
                at = end
        return made + self._text.text[at : span[1]]

    def _part(self, node: Any) -> str:
        """A part, rewritten."""
        span = self._text.span(node) or (0, 0)
        inner = node
        while isinstance(inner, WRAPPERS):
            inner = inner.this
        inside = isinstance(node.parent, WRAPPERS) and node is node.parent.this
        found = None if inside else self._sites.get(id(inner))
        term = self._term(inner, found) if found else None
        text = (
            self._spliced(node, span) if term is None or found is None else self._said_anew(term, node, inner)
        )
        if id(node) in self._keys and (key := positive_zero(Given(node), self._kinds.get(id(node)))):
            return to_text(key, lambda _: text)
        return text

    def _said_anew(self, term: Term, node: Any, inner: Any) -> str:
        name, arguments = self._sites[id(inner)]
        span = self._text.span(node) or (0, 0)
        if isinstance(term, Call) and term.name == name and len(term.arguments) == len(arguments):
            said = [to_text(argument, self._given) for argument in term.arguments]
            return self._spliced(node, span, dict(zip(map(id, arguments), said, strict=True)))
        call = self._text.span(inner) or span
        window = self._spliced(node, (call[1], span[1])) if inner is not node else ""
        original = Call(name, tuple(Given(argument) for argument in arguments))
        if isinstance(term, As) and term.what == original:  # unchanged, in another type
            return f"CAST({self._spliced(inner, call)}{window} AS {term.kind})"
        return to_text(term, self._given, window)

    def _given(self, node: Any) -> str:
        if isinstance(node, str):
            return node
        if self._text.slice(node) is None:
            why = "a part of this SQL differs between engines, and is not separable from the text around it"
            raise Refused(Guard.REFUSED_FUNCTIONS, why, "columns (F.col)")
        return self._part(node)

    def _term(self, node: Any, found: Found) -> Term | None:
        name, arguments = found
        site = Site(
            name,
            tuple(Given(argument) for argument in arguments),
            tuple(self._kinds.get(id(argument)) for argument in arguments),
            tuple(literal_of(argument) for argument in arguments),
            isinstance(node.this, exp.Distinct),
            isinstance(node.parent, exp.Window),
            frozenset(n for n, argument in enumerate(arguments) if is_null(argument)),
        )
        if name == "cast":
            return cast(site, node.args["to"].sql(dialect="spark").lower())
        term = RULES[name](site) if name in RULES else None
        self._trust.require_kinds(site)
        return term
