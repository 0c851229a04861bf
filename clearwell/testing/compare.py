"""Compare the rows of a frame with the rows that a test expects, and show the differences clearly.

The order of rows does not matter, the number of equal rows does. NULL equals NULL and NaN equals NaN;
decimals, times and booleans never equal numbers of another kind, and a time with a zone never equals one
without. Only the expected columns are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from clearwell.errors import did_you_mean
from clearwell.testing.frames import make_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["assert_rows", "rows"]

Content: TypeAlias = "DataFrame | pa.Table | Sequence[Mapping[str, Any]]"

_MOST_SHOWN = 60


def rows(frame: DataFrame | pa.Table) -> list[dict[str, Any]]:
    """The rows of a frame as Python values with distinct types: no NaN for NULL, no shifted times."""
    table: pa.Table = frame if isinstance(frame, pa.Table) else frame.toArrow()
    return table.to_pylist()


def assert_rows(actual: Content, expected: str | Content) -> None:
    """Fail unless ``actual`` has exactly the ``expected`` rows, in any order.

    Args:
        actual: A frame, an Arrow table, or rows as mappings.
        expected: The same, or a table of text (see ``clearwell.testing.frames``) whose columns have the
            types of ``actual``. A value of a mapping may be ``pytest.approx(...)``.
    """
    __tracebackhide__ = True
    found, types = _read(actual)
    if isinstance(expected, str):
        table = make_table(expected, types)
        wanted, columns = table.to_pylist(), table.column_names
    else:
        wanted, named = _read(expected)
        columns = list(named or types)
    if types and (lacking := [column for column in columns if column not in types]):
        near = did_you_mean(lacking[0], types)
        have = f"there are {', '.join(types)}"
        raise AssertionError(f"no column {lacking[0]!r}: {f'{near} ' if near else ''}{have}")
    surplus = list(found)
    missing: list[Mapping[str, Any]] = []
    for row in wanted:
        at = next((n for n, other in enumerate(surplus) if not _differing(row, other, columns)), None)
        if at is None:
            missing.append(row)
        else:
            del surplus[at]
    if missing or surplus:
        head = (
            f"{len(wanted)} rows expected (-), {len(found)} found (+): "
            f"{len(missing)} are missing, {len(surplus)} are not expected"
        )
        raise AssertionError("\n".join([head, *_shown(missing, surplus, columns)]))


def _read(content: Content) -> tuple[Sequence[Mapping[str, Any]], dict[str, pa.DataType]]:
    """Rows, and the type of each of their columns; empty for rows without columns."""
    if isinstance(content, Sequence):
        names = dict.fromkeys(name for row in content for name in row)
        return content, {name: _type_of([row.get(name) for row in content]) for name in names}
    table: pa.Table = content if isinstance(content, pa.Table) else content.toArrow()
    return table.to_pylist(), {field.name: field.type for field in table.schema}


def _type_of(values: list[Any]) -> pa.DataType:
    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError, TypeError, ValueError):  # such as pytest.approx
        return pa.string()


def _differing(wanted: Mapping[str, Any], found: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The columns in which two rows differ."""
    return [column for column in columns if not _same(wanted.get(column), found.get(column))]


def _same(wanted: Any, found: Any) -> bool:
    if wanted is None or found is None:
        return wanted is found
    if isinstance(wanted, float) and isinstance(found, float) and math.isnan(wanted):
        return math.isnan(found)
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return wanted.keys() == found.keys() and all(_same(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    if isinstance(wanted, bool) != isinstance(found, bool) and isinstance(wanted, int | float | Decimal):
        return False
    if {type(wanted), type(found)} == {float, Decimal}:
        return False
    return bool(wanted == found)


def _shown(
    missing: Sequence[Mapping[str, Any]], surplus: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> list[str]:
    """Each missing row, with the most similar surplus row, and marks where they differ."""
    lines: list[tuple[str, Sequence[str]]] = [(" ", columns)]
    left = list(surplus)
    for row in missing:
        lines.append(("-", [_cell(row.get(column)) for column in columns]))
        near = min(left, key=lambda other: len(_differing(row, other, columns)), default=None)
        if near is not None and len(wrong := _differing(row, near, columns)) < len(columns):
            left.remove(near)
            cells = [_cell(near.get(column)) for column in columns]
            marks = ["^" * len(cell) if c in wrong else "" for c, cell in zip(columns, cells, strict=True)]
            lines += [("+", cells), ("?", marks)]
    lines += [("+", [_cell(row.get(column)) for column in columns]) for row in left]
    widths = [max(len(cells[n]) for _, cells in lines) for n in range(len(columns))]
    shown = [
        f"{mark} {'  '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))}".rstrip()
        for mark, cells in lines
    ]
    return shown[:_MOST_SHOWN] + (
        [f"... {len(shown) - _MOST_SHOWN} more"] if len(shown) > _MOST_SHOWN else []
    )


def _cell(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case datetime():
            return value.isoformat(sep=" ")
        case date() | Decimal():
            return str(value)
        case _:
            return repr(value)
