"""Render a guard's replacement of an expression as SQL text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clearwell.engines.sail_guard.terms import As, Call, Each, Given, Over, Term, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["to_text"]

_INFIX = {"+", "-", "*", "/", "%", "<", ">", ">=", "=", "or", "and", "div"}
_ELEMENT = "cw_element"


def to_text(term: Term, given: Callable[[Any], str], window: str = "") -> str:
    """The text of ``term``; ``given`` is the original text, ``window`` follows a function over rows."""

    def text(inner: Term) -> str:
        return to_text(inner, given, window)

    match term:
        case Given(expression):
            return given(expression)
        case Value(value):
            return _literal(value)
        case As(what, kind):
            return f"CAST({text(what)} AS {kind})"
        case Over(name, arguments, distinct):
            inside = ", ".join(to_text(argument, given) for argument in arguments)
            return f"{name}({'DISTINCT ' if distinct else ''}{inside}){window}"
        case Call(name, (left, right)) if name in _INFIX:
            return f"({text(left)} {name} {text(right)})"
        case Call("in", (value, *listed)):
            return f"({text(value)} IN ({', '.join(map(text, listed))}))"
        case Call("when", arguments):
            return _case([text(argument) for argument in arguments])
        case Call(name, arguments):
            return f"{name}({', '.join(text(argument) for argument in arguments)})"
        case Each(array, function):
            return f"transform({text(array)}, {_ELEMENT} -> {text(function(Given(_ELEMENT)))})"
        case _:
            raise TypeError(f"no text for {term!r}")


def _case(parts: list[str]) -> str:
    pairs = zip(parts[0::2], parts[1::2], strict=False)
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in pairs)
    last = f" ELSE {parts[-1]}" if len(parts) % 2 else ""
    return f"CASE {whens}{last} END"


def _literal(value: float | str | None) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case float():
            return f"{value!r}D" if math.isfinite(value) else f"CAST('{value}' AS DOUBLE)"
        case int():
            return str(value) if abs(value) < 1 << 31 else f"{value}L"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
