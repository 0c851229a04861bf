"""Which columns a table can hold, and how two schemas compare. Arrow is the common format.

Refused, with the column's name: names that differ only in case, names that Delta cannot hold, types without
an exact counterpart in Delta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.errors import CandidateRefused
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyspark.sql import DataFrame

__all__ = ["added_columns", "compare", "frame_schema", "normalise"]

_FORBIDDEN = set(" ,;{}()\n\t=")


def frame_schema(frame: DataFrame, *, place: str | None = None) -> pa.Schema:
    """The Arrow schema of a Spark frame; raises CandidateRefused naming the column."""
    from pyspark.sql.pandas.types import to_arrow_type
    from pyspark.sql.types import CharType, StringType, VarcharType

    fields: list[pa.Field] = []
    for field in frame.schema.fields:
        kind = StringType() if isinstance(field.dataType, CharType | VarcharType) else field.dataType
        try:
            fields.append(pa.field(field.name, to_arrow_type(kind, timezone="UTC")))
        except Exception as error:  # pyspark has several errors for an unknown type
            raise CandidateRefused(
                f"column {field.name!r} has type {kind.simpleString()}, which a table cannot hold",
                place=place,
                hint="cast it in the transform",
            ) from error
    return normalise(pa.schema(fields), place=place)


def normalise(schema: pa.Schema, *, place: str | None = None, required: Collection[str] = ()) -> pa.Schema:
    """``schema`` in the types that Delta reads back; columns of ``required`` are NOT NULL."""
    seen: dict[str, str] = {}
    fields: list[pa.Field] = []
    for field in schema:
        name = field.name
        if not name or _FORBIDDEN & set(name):
            raise CandidateRefused(
                f"column {name!r} cannot be stored",
                place=place,
                hint="use no spaces and none of ,;{}()= in names",
            )
        if (other := seen.setdefault(name.lower(), name)) is not name:
            raise CandidateRefused(
                f"columns {other!r} and {name!r} differ only in case", place=place, hint="rename one of them"
            )
        fields.append(pa.field(name, _normal_type(field.type, name, place), nullable=name not in required))
    return pa.schema(fields)


def compare(found: pa.Schema, promised: pa.Schema) -> list[str]:
    """What keeps a file with columns ``found`` out of a table of ``promised``; empty if nothing does.

    A file may lack a column that may be NULL: readers then see NULL.
    """
    wrong = [f"unknown column {f.name!r}" for f in found if f.name not in promised.names]
    for field in promised:
        if field.name not in found.names:
            if not field.nullable:
                wrong.append(f"column {field.name!r} is missing and may not be NULL")
            continue
        have = found.field(field.name).type
        if _normal_type(have, field.name, None) != field.type:
            wrong.append(f"column {field.name!r} is {type_name(have)}, not {type_name(field.type)}")
    return wrong


def added_columns(old: pa.Schema, new: pa.Schema, *, place: str | None = None) -> list[pa.Field]:
    """The columns that ``new`` adds to ``old``; raises CandidateRefused when a type has changed."""
    for field in new:
        if field.name in old.names and old.field(field.name).type != field.type:
            raise CandidateRefused(
                f"column {field.name!r} was {type_name(old.field(field.name).type)} and is now "
                f"{type_name(field.type)}",
                place=place,
                hint="rebuild the table with --full-refresh",
            )
    return [field for field in new if field.name not in old.names]


def _normal_type(kind: pa.DataType, name: str, place: str | None) -> pa.DataType:
    types = pa.types
    if types.is_timestamp(kind) and kind.unit == "us":
        return pa.timestamp("us", "UTC") if kind.tz else kind
    if types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_struct(kind):
        return pa.struct([pa.field(f.name, _normal_type(f.type, f"{name}.{f.name}", place)) for f in kind])
    if types.is_map(kind):
        return pa.map_(_normal_type(kind.key_type, name, place), _normal_type(kind.item_type, name, place))
    if types.is_list(kind) or types.is_large_list(kind):
        return pa.list_(_normal_type(kind.value_type, f"{name}[]", place))
    if types.is_signed_integer(kind) or types.is_decimal128(kind) or kind in _EXACT:
        return kind
    raise CandidateRefused(
        f"column {name!r} has type {type_name(kind)}, which a table cannot hold exactly",
        place=place,
        hint="cast it first",
    )


_EXACT = {pa.string(), pa.binary(), pa.bool_(), pa.float32(), pa.float64(), pa.date32()}
