"""The values that functions are tried on: for each kind of argument its ordinary, extreme and odd values.

The first values of a kind are the ones that matter most: questions with several arguments take only these.
"""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KINDS", "groups_of", "table_of"]

_FEW = {1: 24, 2: 6, 3: 4}
"""Arguments of a question -> the most values of each."""

_NAN, _INFINITE = math.nan, math.inf
_DOUBLES = (
    None,
    1.5,
    _NAN,
    -0.0,
    -2.5,
    1.005,
    _INFINITE,
    0.0,
    1e300,
    -_INFINITE,
    0.1,
    2.5,
    5e-324,
    123456.789,
    -1.0,
    1e7,
    1e-5,
)
_TEXTS = (
    None,
    "abc",
    "",
    "1.50",
    "ÄÖ ß",
    "2024-02-29",
    "a,b,,c",
    "-12",
    '{"a": 1.50, "b": [1, null]}',
    " pad ",
    "😀x日本",
    "2024-03-31 02:30:00",
    "%_\\",
    "true",
    "NaN",
    "Spark SQL is fun",
    "http://me@example.org:8080/p/a?x=1&y=2#f",
    "abc" * 1000,
    "a\nb\tc",
    "0",
    "ff",
    'O\'Reilly "q"',
)
_NUMERALS = ("7", None, "0", "-12", "100")
_DAYS = ("2024-02-29", None, "1969-12-31", "2024-03-31 02:30:00", "1900-01-01")
_TRUTHS = ("true", None, "false", "no", "T")
_DATES = (
    None,
    date(2024, 2, 29),
    date(1970, 1, 1),
    date(1582, 10, 4),
    date(9999, 12, 31),
    date(1969, 12, 31),
    date(1, 1, 1),
    date(2023, 12, 31),
    date(1900, 3, 1),
    date(2021, 1, 3),
)
_MOMENTS = (
    None,
    *map(
        datetime.fromisoformat,
        (
            "2024-02-29 12:34:56.789012",
            "1970-01-01",
            "1969-12-31 23:59:59.999999",
            "2024-03-31 01:30:00",
            "0001-01-01",
            "9999-12-31 23:59:59.999999",
            "1582-10-04 03:00:00",
            "2023-10-29 00:59:59",
            "1900-01-01",
        ),
    ),
)


def _whole(bits: int) -> tuple[int | None, ...]:
    top = 1 << (bits - 1)
    return (None, 1, 0, -1, 2, top - 1, -top, 7, 13, -3, 100, 65, 31, -100)


def _decimals(*values: str) -> tuple[Decimal | None, ...]:
    return (None, *map(Decimal, values))


def _struct(a: int | None, b: str | None) -> dict[str, Any]:
    return {"a": a, "b": b}


KINDS: dict[str, list[tuple[pa.DataType, Sequence[Any]]]] = {
    "boolean": [(pa.bool_(), (None, True, False))],
    "tinyint": [(pa.int8(), _whole(8))],
    "smallint": [(pa.int16(), _whole(16))],
    "int": [(pa.int32(), _whole(32))],
    "bigint": [(pa.int64(), _whole(64))],
    "float": [(pa.float32(), tuple(1e30 if v == 1e300 else v for v in _DOUBLES))],
    "double": [(pa.float64(), _DOUBLES)],
    "decimal": [
        (pa.decimal128(9, 2), _decimals("1.05", "-2.50", "0", "9999999.99", "0.01")),
        (
            pa.decimal128(38, 10),
            _decimals("0.5", "-12345678901234567.0123456789", "9999999999999999999999999999.9999999999"),
        ),
    ],
    "string": [(pa.string(), texts) for texts in (_TEXTS, _NUMERALS, _DAYS, _TRUTHS)],
    "binary": [(pa.binary(), (None, b"abc", b"", b"\x00\xff", "ÄÖ".encode(), b"1"))],
    "date": [(pa.date32(), _DATES)],
    "timestamp": [(pa.timestamp("us", "UTC"), tuple(v and v.replace(tzinfo=UTC) for v in _MOMENTS))],
    "timestamp_ntz": [(pa.timestamp("us"), _MOMENTS)],
    "interval": [
        (
            pa.duration("us"),
            (
                None,
                timedelta(days=1),
                timedelta(0),
                timedelta(seconds=-1, microseconds=-500000),
                timedelta(days=400, hours=5),
            ),
        )
    ],
    "array<int>": [(pa.list_(pa.int32()), (None, [3, 1, 2], [], [1, None, 1], [1]))],
    "array<double>": [
        (pa.list_(pa.float64()), (None, [2.5, _NAN, None, 1.0], [], [-0.0, 0.0], [_INFINITE, 1e7]))
    ],
    "array<string>": [(pa.list_(pa.string()), (None, ["b", "a", None, "a"], [], ["ÄÖ", ""], ["1"]))],
    "array<array>": [(pa.list_(pa.list_(pa.int32())), (None, [[1, 2], [3]], [], [[], [None]], [[1], None]))],
    "array<struct>": [
        (
            pa.list_(pa.struct([("a", pa.int32()), ("b", pa.string())])),
            (None, [_struct(1, "x"), _struct(None, "y")], [], [_struct(1, None), None]),
        )
    ],
    "map": [
        (pa.map_(pa.string(), pa.int32()), (None, [("a", 1), ("b", None)], [], [("", -1)])),
        (pa.map_(pa.int32(), pa.float64()), (None, [(1, _NAN), (2, -0.0)], [])),
    ],
    "struct": [
        (
            pa.struct([("a", pa.int32()), ("b", pa.string())]),
            (None, _struct(1, "x"), _struct(None, None), _struct(2, "")),
        ),
        (pa.struct([("x", pa.float64())]), (None, {"x": 1e7}, {"x": None})),
    ],
}
"""Kind of an argument -> the types that it is tried as, each with its values."""


@cache
def table_of(columns: tuple[tuple[str, int], ...]) -> pa.Table:
    """Each combination of the values of some kinds: columns ``a``, ``b``, ... and the row's number ``n``.

    A column is a kind and the number of its type there.
    """
    few = _FEW[max(1, len(columns))]
    chosen = [KINDS[kind][number] for kind, number in columns]
    rows = list(itertools.product(*(values[:few] for _, values in chosen)))
    made = {
        name: pa.array([row[at] for row in rows], kind)
        for at, (name, (kind, _)) in enumerate(zip("abc", chosen, strict=False))
    }
    return pa.table({"n": pa.array(range(len(rows)), pa.int64())} | made)


@cache
def groups_of(columns: tuple[tuple[str, int], ...]) -> pa.Table:
    """The rows of ``table_of``, each a group ``n`` of its own; then some together.

    These are all, the last 3, NULL, and all without a NaN.
    """
    rows = table_of(columns)
    count = rows.num_rows
    parts = [rows]
    last, null = rows.slice(max(0, count - 3)), pa.concat_tables([rows.slice(0, 1)] * 2)
    for number, chosen in enumerate((rows, last, null, _without_nan(rows))):
        parts.append(chosen.set_column(0, "n", pa.array([count + number] * chosen.num_rows, pa.int64())))
    return pa.concat_tables(parts)


def _without_nan(rows: pa.Table) -> pa.Table:
    for name, kind in zip(rows.column_names, rows.schema.types, strict=True):
        if pa.types.is_floating(kind):
            rows = rows.filter(pc.fill_null(pc.invert(pc.is_nan(rows[name])), True))
    return rows
