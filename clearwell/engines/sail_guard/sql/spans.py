"""SQL text with the position of each part, so that a part can be replaced and the rest stays as written.

sqlglot's trees lack positions; here its parser records at each step what it has read. The module depends on
private parts of a pinned version, so each part to be replaced is parsed again separately as a check.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WRAPPERS", "Text", "parts_of"]

_SPAN = "clearwell_span"
WRAPPERS = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)


class _Parser(Spark.Parser):  # type: ignore[misc, name-defined] - sqlglot makes it at run time
    """Records for each node the range of text that it was read from."""

    def _replace_lambda(self, node: Any, expressions: Any) -> Any:
        for column in node.find_all(exp.Column) if node is not None else ():
            if _SPAN in column.meta:  # its name takes its place
                column.this.meta[_SPAN] = column.meta[_SPAN]
        return super()._replace_lambda(node, expressions)


def _noting(name: str) -> Any:
    step = getattr(Spark.Parser, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        first = self._index
        found = step(self, *args, **kwargs)
        if hasattr(found, "meta") and self._index > first:
            start, end = self._tokens[first].start, self._tokens[self._index - 1].end + 1
            before = found.meta.get(_SPAN, (start, end))
            found.meta[_SPAN] = (min(start, before[0]), max(end, before[1]))
        return found

    return method


for _name, _ in inspect.getmembers(Spark.Parser, inspect.isfunction):
    if _name.startswith("_parse_"):
        setattr(_Parser, _name, _noting(_name))


class Text:
    """SQL, as written, with its tree. ``tree`` is None if it cannot be parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        dialect = Spark()
        try:
            self._tokens = dialect.tokenize(text)
            trees = _Parser(dialect=dialect).parse(self._tokens, text)
            self.tree: Any = trees[0] if len(trees) == 1 else None
        except (SqlglotError, RecursionError):
            self.tree = None

    def span(self, node: Any) -> tuple[int, int] | None:
        """The start and end of ``node`` in the text; None where that is not certain."""
        if (found := node.meta.get(_SPAN)) is not None:
            return found
        if isinstance(node, exp.Binary):  # inside of a chain: a + b of a + b + c
            left, right = self.span(node.this), self.span(node.expression)
            return (left[0], right[1]) if left and right else None
        if isinstance(node.parent, WRAPPERS) and node is node.parent.this:
            outer = self.span(node.parent)
            return (outer[0], self._call_end(outer[0])) if outer else None
        return None

    def slice(self, node: Any) -> str | None:
        """The text of ``node``, if it means the same when parsed separately."""
        if (found := self.span(node)) is None:
            return None
        text = self.text[slice(*found)]
        again = Text(f"SELECT {text}").tree
        alone = again.expressions[0] if again is not None and len(again.expressions) == 1 else None
        while isinstance(alone, exp.Paren) and not isinstance(node, exp.Paren):
            alone = alone.this
        same = alone is not None and alone.sql(dialect="spark") == node.sql(dialect="spark")
        return text if same else None

    def name(self, node: Any) -> str:
        """The name of a function as written, in lower case; empty for anything that is not a call."""
        found = self.span(node)
        match = re.match(r"(\w+)\s*\(", self.text[found[0] : found[1]]) if found else None
        is_call = match is not None and found is not None and self._call_end(found[0]) == found[1]
        return match[1].lower() if match and is_call else ""

    def _call_end(self, start: int) -> int:
        """Where the call that begins at ``start`` closes its parenthesis."""
        depth = 0
        for token in self._tokens:
            if token.start < start:
                continue
            depth += (token.text == "(") - (token.text == ")")
            if token.text == ")" and not depth:
                return token.end + 1
        return len(self.text)


def parts_of(text: Text, node: Any) -> Iterator[Any]:
    """The nearest nodes inside ``node`` that occur in the text, in order."""
    found: list[Any] = []
    waiting = list(node.iter_expressions())
    while waiting:
        part = waiting.pop()
        if text.span(part) is not None:
            found.append(part)
        else:
            waiting += list(part.iter_expressions())
    yield from sorted(found, key=lambda part: text.span(part) or (0, 0))
