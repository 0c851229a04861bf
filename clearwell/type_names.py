"""The names of types as people write them in `columns:` of the YAML: Spark's. One function for all messages.

Arrow, Delta and engines have other names for the same types (``int64``, ``long``, ``timestamp[us, tz=UTC]``).
A type that no table can hold, such as a time of day, keeps Arrow's name.
"""

from __future__ import annotations

import re

import pyarrow as pa

__all__ = ["TYPES", "recorded_type", "type_name", "with_article"]

TYPES = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "binary": pa.binary(),
}
"""The types by their names, but for decimals: ``decimal(10,2)``."""

_NAMES = {
    **{kind: name for name, kind in TYPES.items()},
    pa.large_string(): "string",
    pa.string_view(): "string",
    pa.large_binary(): "binary",
    pa.binary_view(): "binary",
    pa.date64(): "date",
}
_RECORDED = {str(kind): name for kind, name in _NAMES.items()}
_DECIMAL = re.compile(r"decimal\d+\((\d+), (\d+)\)")
_LIST = re.compile(r"(?:large_)?list<\w+: (.*?)(?: not null)?>")


def type_name(kind: pa.DataType) -> str:
    """The name of a type: ``bigint``, ``decimal(10,2)``, ``array<struct<day:date>>``."""
    types = pa.types
    if (name := _NAMES.get(kind)) is not None:
        return name
    if types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_timestamp(kind):
        name = "timestamp" if kind.tz else "timestamp_ntz"
        return name if kind.unit == "us" else f"{name} in {kind.unit}"
    if types.is_map(kind):
        return f"map<{type_name(kind.key_type)},{type_name(kind.item_type)}>"
    if types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{type_name(field.type)}' for field in kind)}>"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"array<{type_name(kind.value_type)}>"
    if types.is_dictionary(kind):
        return type_name(kind.value_type)
    return str(kind)


def with_article(kind: pa.DataType) -> str:
    """The same in a sentence: ``an int``, ``a date``."""
    name = type_name(kind)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def recorded_type(text: str) -> str:
    """The name of a type that a manifest has recorded in Arrow's words; other words stay as they are."""
    if found := _DECIMAL.fullmatch(text):
        return f"decimal({found[1]},{found[2]})"
    if found := _LIST.fullmatch(text):
        return f"array<{recorded_type(found[1])}>"
    return _RECORDED.get(text, text)
