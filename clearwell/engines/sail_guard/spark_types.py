"""Spark's type rules: how many digits a decimal needs, and the common type of several types."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pyspark.sql import types

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "common_kind",
    "compared_digits",
    "decimal_digits",
    "decimal_of",
    "is_decimal",
    "is_float",
    "is_integral",
    "literal_kind",
    "literal_value",
    "quotient_digits",
    "variable_kinds",
    "widest",
]

MOST_DIGITS = 38
_FEWEST_KEPT = 6
_INTEGRAL: tuple[type[types.DataType], ...] = (
    types.ByteType,
    types.ShortType,
    types.IntegerType,
    types.LongType,
)
_DIGITS: dict[type[types.DataType], int] = dict(zip(_INTEGRAL, (3, 5, 10, 20), strict=True))

Digits = tuple[int, int]
"""All digits of a decimal, and those after its point."""


def is_integral(kind: types.DataType | None) -> bool:
    """Whether it is an integer."""
    return isinstance(kind, _INTEGRAL)


def is_decimal(kind: types.DataType | None) -> bool:
    """Whether it is a decimal."""
    return isinstance(kind, types.DecimalType)


def is_float(kind: types.DataType | None) -> bool:
    """Whether it is a float or double."""
    return isinstance(kind, types.FloatType | types.DoubleType)


def widest(*kinds: types.DataType) -> types.DataType:
    """The widest of several integer types."""
    return max(kinds, key=lambda kind: _INTEGRAL.index(type(kind)))


def decimal_of(kind: types.DataType) -> Digits | None:
    """The decimal that holds an integer or is one already; None for any other type."""
    if isinstance(kind, types.DecimalType):
        return kind.precision, kind.scale
    return next(((digits, 0) for whole, digits in _DIGITS.items() if isinstance(kind, whole)), None)


def literal_value(expression: Any) -> int | str | None:
    """An integer or string literal; None for anything else."""
    if expression.WhichOneof("expr_type") != "literal":
        return None
    name = expression.literal.WhichOneof("literal_type")
    return getattr(expression.literal, name) if name in _LITERALS or name == "string" else None


_LITERALS: dict[str, types.DataType] = {
    "byte": types.ByteType(),
    "short": types.ShortType(),
    "integer": types.IntegerType(),
    "long": types.LongType(),
}
_ALL_LITERALS: dict[str, types.DataType] = _LITERALS | {
    "boolean": types.BooleanType(),
    "double": types.DoubleType(),
    "float": types.FloatType(),
    "string": types.StringType(),
    "date": types.DateType(),
    "null": types.NullType(),
}


def literal_kind(expression: Any) -> types.DataType | None:
    """The type of a literal, without asking the engine; None for anything else, or if it is ambiguous."""
    if expression.WhichOneof("expr_type") != "literal":
        return None
    name = expression.literal.WhichOneof("literal_type")
    if name == "decimal":
        return _decimal_literal(expression.literal.decimal)
    return _ALL_LITERALS.get(name or "")


def is_null(expression: Any) -> bool:
    """Whether an expression is NULL as a constant, of any type."""
    while expression.HasField("cast"):
        expression = expression.cast.expr
    return expression.HasField("literal") and expression.literal.HasField("null")


def _decimal_literal(literal: Any) -> types.DecimalType:
    """Its own digits, and at least those that the client states: for each it states decimal(10,0)."""
    _, digits, exponent = Decimal(literal.value).as_tuple()
    scale = max(0, -int(exponent))
    precision = max(len(digits) + max(0, int(exponent)), scale)
    if literal.HasField("precision"):
        precision, scale = max(precision, literal.precision), max(scale, literal.scale)
    return types.DecimalType(precision, scale)


def decimal_digits(operator: str, left: Digits, right: Digits) -> Digits:
    """The type that the result of ``+ - * %`` needs in Spark, before it drops digits."""
    (p1, s1), (p2, s2) = left, right
    if operator == "%":
        return min(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2)
    if operator == "*":
        return p1 + p2 + 1, s1 + s2
    scale = max(s1, s2)
    return max(p1 - s1, p2 - s2) + scale + 1, scale


def quotient_digits(left: Digits, right: Digits) -> Digits:
    """The type of a quotient of decimals in Spark."""
    (p1, s1), (p2, s2) = left, right
    scale = max(_FEWEST_KEPT, s1 + p2 + 1)
    precision = p1 - s1 + s2 + scale
    if precision <= MOST_DIGITS:
        return precision, scale
    whole = precision - scale
    return MOST_DIGITS, max(MOST_DIGITS - whole, min(scale, _FEWEST_KEPT))


def compared_digits(digits: Sequence[Digits]) -> Digits:
    """The decimal in which Spark compares decimals: of more than 38 digits, the last ones are rounded off."""
    scale = max(s for _, s in digits)
    whole = max(p - s for p, s in digits)
    return min(whole + scale, MOST_DIGITS), min(scale, MOST_DIGITS - whole)


def common_kind(kinds: Sequence[types.DataType]) -> str | None:
    """The common type of several number types in Spark, as in SQL; None if none is needed.

    Columns that are not all numbers are left unchanged, and NULL fits any of them.
    """
    given = [kind for kind in kinds if not isinstance(kind, types.NullType)]
    if len({kind.simpleString() for kind in given}) < 2:
        return None
    if any(decimal_of(kind) is None and not is_float(kind) for kind in given):
        return None
    if all(is_integral(kind) for kind in given):
        return widest(*given).simpleString()
    if any(is_float(kind) for kind in given):
        return "double"
    digits = [found for kind in given if (found := decimal_of(kind))]
    scale = max(s for _, s in digits)
    precision = max(p - s for p, s in digits) + scale
    return f"decimal({precision},{scale})" if precision <= MOST_DIGITS else None


def variable_kinds(
    name: str, kinds: Sequence[types.DataType | None], number: int
) -> list[types.DataType | None]:
    """The types of the variables of the lambda with that number, from the function's argument types."""
    first = kinds[0] if kinds else None
    if name in ("aggregate", "reduce"):
        start = kinds[1] if len(kinds) > 1 else None
        return [start, first.elementType if isinstance(first, types.ArrayType) else None][: 2 - number]
    if isinstance(first, types.ArrayType):
        return [first.elementType, types.IntegerType()]
    if isinstance(first, types.MapType):
        return [first.keyType, first.valueType]
    return []
