"""Why a row fails a check, in words: the column, its value, and what the check allows.

The words are those of the suite as it is now. Where it has changed since the row was judged, and plainly
accepts the value, nothing is said: a changed suite builds its table again, and then the row is judged by it.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clearwell.quality.suites import Check

__all__ = ["failure_of"]

_NULL = "NULL"
_LONGEST = 60
_MOST_MEMBERS = 5
_BETWEEN = "expect_column_values_to_be_between"


def failure_of(check: Check, row: Mapping[str, Any]) -> str | None:
    """Why ``row`` fails a check of row scope, such as ``wind_speed 1048.4 not in 0..100``.

    Args:
        check: The check, as its suite defines it now.
        row: Values by column, as JSON or as text. A column that it lacks is NULL.

    Returns:
        None: the check as it is now accepts these values, or is not of row scope.
    """
    words = _WORDS.get(check.expectation)
    values = {column: _text(_value(row, column)) for column in check.columns}
    if words is None or _accepts(check, [*values.values()]):
        return None
    told = words(check.kwargs)
    if "nan" in [value.casefold() for value in values.values()] and check.expectation == _BETWEEN:
        told = "is no number"
    shown = ", ".join(f"{column} {value}" for column, value in values.items())
    return f"{shown}{'' if len(values) == 1 else ':'} {told}"


def _accepts(check: Check, values: list[str]) -> bool:
    """Whether a check plainly accepts a value; False where that is not plain."""
    if check.is_of_null:
        return values != [_NULL]
    if check.expectation != _BETWEEN:
        return False
    low, high = check.kwargs.get("min_value"), check.kwargs.get("max_value")
    try:
        value = Decimal(values[0])
        return (low is None or value > Decimal(str(low))) and (high is None or value < Decimal(str(high)))
    except InvalidOperation:  # no number, or NaN
        return False


def _value(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; that of a part of a nested column is named by its path."""
    if column in row or "." not in column:
        return row.get(column)
    outer, _, inner = column.partition(".")
    held = row.get(outer)
    return _value(held, inner) if isinstance(held, dict) else None


def _text(value: Any) -> str:
    match value:
        case None:
            return _NULL
        case str():
            text = value
        case _:
            text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _range(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if high is None:
        return f"{'not above' if kwargs.get('strict_min') else 'below'} {low}"
    if low is None:
        return f"{'not below' if kwargs.get('strict_max') else 'above'} {high}"
    excluded = [
        f", without {bound}"
        for bound, strict in ((low, "strict_min"), (high, "strict_max"))
        if kwargs.get(strict)
    ]
    return f"not in {low}..{high}{''.join(excluded)}"


def _set(members: Iterable[Any]) -> str:
    items = [str(tuple(m)) if isinstance(m, list | tuple) else _text(m) for m in members if m is not None]
    more = [f"… {len(items):,} in all"] if len(items) > _MOST_MEMBERS else []
    return f"{{{', '.join([*items[:_MOST_MEMBERS], *more])}}}"


def _listed(kwargs: Mapping[str, Any]) -> str:
    return ", ".join(map(str, kwargs.get("regex_list", ())))


def _greater(kwargs: Mapping[str, Any]) -> str:
    word = "below" if kwargs.get("or_equal") else "not above"
    return f"{kwargs.get('column_A')} is {word} {kwargs.get('column_B')}"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": _greater,
    "expect_column_pair_values_to_be_equal": lambda _: "not equal",
    "expect_column_pair_values_to_be_in_set": lambda k: f"not in {_set(k['value_pairs_set'])}",
    "expect_column_value_lengths_to_be_between": lambda k: f"has a length {_range(k)}",
    "expect_column_value_lengths_to_equal": lambda k: f"has another length than {k['value']}",
    _BETWEEN: _range,
    "expect_column_values_to_be_in_set": lambda k: f"not in {_set(k['value_set'])}",
    "expect_column_values_to_be_json_parseable": lambda _: "is no JSON",
    "expect_column_values_to_be_null": lambda _: "is not NULL",
    "expect_column_values_to_match_regex": lambda k: f"does not match {k['regex']}",
    "expect_column_values_to_match_regex_list": lambda k: (
        f"does not match {k.get('match_on', 'any')} of {_listed(k)}"
    ),
    "expect_column_values_to_match_strftime_format": lambda k: f"does not match {k['strftime_format']}",
    "expect_column_values_to_not_be_in_set": lambda k: f"in {_set(k['value_set'])}",
    "expect_column_values_to_not_be_null": lambda _: "not allowed",
    "expect_column_values_to_not_match_regex": lambda k: f"matches {k['regex']}",
    "expect_column_values_to_not_match_regex_list": lambda k: f"matches one of {_listed(k)}",
    "expect_multicolumn_sum_to_equal": lambda k: f"the sum is not {k['sum_total']}",
    "expect_multicolumn_values_to_be_equal": lambda _: "not all equal",
    "expect_select_column_values_to_be_unique_within_record": lambda _: "not all different",
}
"""What a failing value is, after the column and the value: one for each of ``ROW_EXPECTATIONS``."""
