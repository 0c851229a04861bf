"""A row as one JSON string, the same on every engine and without loss of values.

By default Spark's ``to_json`` truncates microseconds, and Sail's writes decimals through a double and labels
a timestamp without zone as UTC. So times have six digits, decimals are strings, and floats exact doubles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column

__all__ = ["row_as_json"]

_LOCAL = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
_ZONED = {"timestampFormat": f"{_LOCAL}XXX"}


def row_as_json(columns: pa.Schema) -> Column:
    """The columns as a JSON object; those that are NULL are left out. The session's time zone is UTC."""
    from pyspark.sql import functions as F

    exact = [_exact(F.col(quoted(f.name)), f.type).alias(f.name) for f in columns]
    return F.to_json(F.struct(*exact), _ZONED)


def _exact(value: Column, kind: pa.DataType) -> Column:
    """``value`` in a form that all engines write the same way."""
    from pyspark.sql import functions as F

    types = pa.types
    if types.is_decimal(kind):
        return value.cast("string")
    if types.is_float32(kind):
        return value.cast("double")
    if types.is_timestamp(kind) and kind.tz is None:
        return F.date_format(value, _LOCAL)
    if _is_plain(kind):
        return value
    if types.is_struct(kind):
        parts = [_exact(value[f.name], f.type).alias(f.name) for f in kind]
        return F.when(value.isNotNull(), F.struct(*parts))
    if types.is_map(kind):
        values = F.transform(F.map_values(value), lambda item: _exact(item, kind.item_type))
        return F.when(value.isNotNull(), F.map_from_arrays(F.map_keys(value), values))
    return F.transform(value, lambda item: _exact(item, kind.value_type))


def _is_plain(kind: pa.DataType) -> bool:
    """Whether no part of it needs another form."""
    parts = [kind.field(n).type for n in range(kind.num_fields)]
    inexact = pa.types.is_decimal(kind) or pa.types.is_float32(kind)
    local = pa.types.is_timestamp(kind) and kind.tz is None
    return not inexact and not local and all(_is_plain(part) for part in parts)
