"""Tables in short notation: columns with Spark's type names, and one tuple per row.

    table("id bigint, at timestamp, tags array<string>", (1, noon, ["a"]), (2, None, None))

The input of a case and its answer are both written so, and an engine's answer is formatted the same way, so
that two tables are compared as strings: NaN equals NaN, -0.0 is not 0.0, 1.10 is not 1.1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pyarrow as pa

from clearwell.type_names import TYPES

__all__ = ["clock", "half_up", "moment", "name_type", "parse_columns", "read_type", "spell_rows", "table"]

_PLAIN = {**TYPES, "void": pa.null(), "interval day to second": pa.duration("us")}
_NAMES = {kind: name for name, kind in _PLAIN.items()}


def table(columns: str, *rows: tuple[Any, ...]) -> pa.Table:
    """The Arrow table of ``rows``, whose columns have the names and types of ``columns``."""
    schema = parse_columns(columns)
    if wrong := [row for row in rows if len(row) != len(schema)]:
        raise ValueError(f"{len(wrong[0])} values for {len(schema)} columns: {wrong[0]!r}")
    arrays = [
        pa.array([_exact(row[n], field.type) for row in rows], field.type) for n, field in enumerate(schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def moment(*parts: int) -> datetime:
    """A time in UTC: year, month, day, hour, ..."""
    year, month, day, *rest = parts
    return datetime(year, month, day, *rest, tzinfo=UTC)


def clock(*parts: int) -> datetime:
    """A time without a zone."""
    return moment(*parts).replace(tzinfo=None)


def parse_columns(columns: str) -> pa.Schema:
    """The Arrow schema of ``id bigint, tags array<string>``."""
    parts = [part.strip().partition(" ") for part in _split(columns)]
    return pa.schema([(name, read_type(kind)) for name, _, kind in parts])


def read_type(text: str) -> pa.DataType:
    """The Arrow type of a Spark type's name; nested ones are written ``struct<a:int,b:array<date>>``."""
    text = text.strip()
    head, _, rest = text.partition("<")
    inner = rest.removesuffix(">")
    if head == "array":
        return pa.list_(read_type(inner))
    if head == "map":
        key, value = _split(inner)
        return pa.map_(read_type(key), read_type(value))
    if head == "struct":
        fields = [part.strip().partition(":") for part in _split(inner)]
        return pa.struct([(name, read_type(kind)) for name, _, kind in fields])
    if text.startswith("decimal("):
        precision, scale = text.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return _PLAIN[text]


def name_type(kind: pa.DataType) -> str:
    """Spark's name of an Arrow type; Arrow's own name if Spark has none."""
    types = pa.types
    if types.is_decimal128(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{name_type(field.type)}' for field in kind)}>"
    if types.is_map(kind):
        return f"map<{name_type(kind.key_type)},{name_type(kind.item_type)}>"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_list_view(kind):
        return f"array<{name_type(kind.value_type)}>"
    if types.is_large_string(kind) or types.is_string_view(kind):
        return "string"
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return "binary"
    if types.is_timestamp(kind) and kind.unit == "us":
        return "timestamp" if kind.tz else "timestamp_ntz"
    return _NAMES.get(kind, str(kind))


def spell_rows(rows: pa.Table, *, ordered: bool) -> list[str]:
    """Each row as a string that is equal only for equal values; sorted unless ``ordered``."""
    kinds = [field.type for field in rows.schema]
    columns = [column.to_pylist() for column in rows.columns]
    spelled = [
        f"({', '.join(_spell(value, kind) for value, kind in zip(row, kinds, strict=True))})"
        for row in zip(*columns, strict=True)
    ]
    return spelled if ordered else sorted(spelled)


def _exact(value: Any, kind: pa.DataType) -> Any:
    """A decimal may be given as a string."""
    return Decimal(value) if isinstance(value, str) and pa.types.is_decimal(kind) else value


def _spell(value: Any, kind: pa.DataType) -> str:
    if value is None:
        return "NULL"
    if pa.types.is_struct(kind):
        return f"{{{', '.join(f'{field.name}: {_spell(value[field.name], field.type)}' for field in kind)}}}"
    if pa.types.is_map(kind):  # a map has no order
        pairs = sorted(f"{_spell(k, kind.key_type)}: {_spell(v, kind.item_type)}" for k, v in value)
        return f"map({', '.join(pairs)})"
    if isinstance(value, list):
        return f"[{', '.join(_spell(part, kind.value_type) for part in value)}]"
    if isinstance(value, datetime):
        return (
            value.isoformat(sep=" ")
            if value.tzinfo is None
            else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}Z"
        )
    return repr(value) if isinstance(value, str | bytes | float) else str(value)


def _split(text: str) -> list[str]:
    """``text`` split at its commas, except for those within brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def half_up(value: float, digits: int) -> float:
    """``value`` rounded by its shortest text, half away from zero, to so many digits after the point."""
    with localcontext(prec=400):
        exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return float(exact) or 0.0
