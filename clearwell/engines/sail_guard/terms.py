"""A guard's replacement of an expression: small terms, and their form in a Spark Connect plan.

``Given`` is a part of the user's own expression. ``Over`` is a function over many rows: if the user's is over
a window, so is each one that replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["As", "Call", "Each", "Given", "Over", "Term", "Value", "choose", "to_expression"]


@dataclass(frozen=True)
class Term:
    """A part of an expression."""


@dataclass(frozen=True)
class Given(Term):
    """What the user wrote, as it is in the plan."""

    expression: Any


@dataclass(frozen=True)
class Value(Term):
    """A literal."""

    value: bool | int | float | str | None


@dataclass(frozen=True)
class Call(Term):
    """A function of its arguments, by its name in SQL; operators are functions too."""

    name: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True)
class Over(Term):
    """A function over many rows."""

    name: str
    arguments: tuple[Term, ...]
    distinct: bool = False


@dataclass(frozen=True)
class As(Term):
    """A cast, which fails where the value does not fit. ``kind`` is a type as in SQL."""

    what: Term
    kind: str


@dataclass(frozen=True)
class Each(Term):
    """The result of ``function`` for each element of an array."""

    array: Term
    function: Callable[[Term], Term]


@dataclass(frozen=True)
class _Element(Term):
    """An element, inside of ``Each``."""


def choose(condition: Term, then: Term, otherwise: Term) -> Call:
    """``then`` where ``condition`` holds, else ``otherwise``."""
    return Call("when", (condition, then, otherwise))


def to_expression(term: Term, window: Any = None) -> Any:
    """The plan expression for ``term``; ``window`` wraps functions over rows."""
    made = pb.Expression()
    match term:
        case Given(expression):
            made.CopyFrom(expression)
        case Value(value):
            _put_literal(made.literal, value)
        case As(what, kind):
            made.cast.expr.CopyFrom(to_expression(what, window))
            made.cast.type_str = kind
        case Call(name, arguments):
            _put_call(made, name, arguments, window)
        case Over(name, arguments, distinct):
            target = made if window is None else made.window.window_function
            if window is not None:
                made.window.CopyFrom(window)
                made.window.window_function.Clear()
            _put_call(target, name, arguments, None)
            target.unresolved_function.is_distinct = distinct
        case Each(array, function):
            _put_call(made, "transform", (array,), window)
            mapped = made.unresolved_function.arguments.add().lambda_function
            mapped.function.CopyFrom(to_expression(function(_Element()), window))
            mapped.arguments.add().name_parts.append(_NAME)
        case _Element():
            made.unresolved_named_lambda_variable.name_parts.append(_NAME)
        case _:
            raise TypeError(f"no expression for {term!r}")
    return made


_NAME = "cw_element"


def _put_call(target: Any, name: str, arguments: tuple[Term, ...], window: Any) -> None:
    target.unresolved_function.function_name = name
    for argument in arguments:
        target.unresolved_function.arguments.add().CopyFrom(to_expression(argument, window))


def _put_literal(literal: Any, value: float | str | None) -> None:
    match value:
        case None:
            literal.null.null.SetInParent()
        case bool():
            literal.boolean = value
        case int() if abs(value) < 1 << 31:
            literal.integer = value
        case int():
            literal.long = value
        case float():
            literal.double = value
        case str():
            literal.string = value
