"""Typed values: to the types that Delta holds, and from there to a declared type, or not at all.

Nothing is rounded, truncated or wrapped. ``delta_type`` widens (unsigned integers, half floats), unwraps
(dictionaries, views, large and fixed-size lists) and refuses types without a counterpart in Delta: times of
day, durations, decimals of more than 38 digits. ``cast_values`` accepts a value only if it reads back
unchanged; text is cast by the rules of ``cast``.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.sources.values.from_text import cast_text
from clearwell.type_names import type_name

__all__ = ["cast_values", "delta_type"]

_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.null(): pa.string(),
    pa.date64(): pa.date32(),
}
_AS_FOUND = frozenset(
    [pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.date32()]
)
_EXACT_TO = {pa.float32(): 2**24, pa.float64(): 2**53}


def delta_type(kind: pa.DataType) -> pa.DataType | None:
    """The type in which Delta holds every value of ``kind`` (timestamps: those of whole microseconds)."""
    if kind in _AS_FOUND:
        return kind
    if kind in _WIDER:
        return _WIDER[kind]
    if _is_text(kind):
        return pa.string()
    if _is_bytes(kind):
        return pa.binary()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_decimal(kind):
        return pa.decimal128(kind.precision, kind.scale) if 0 <= kind.scale <= kind.precision <= 38 else None
    if pa.types.is_dictionary(kind):
        return delta_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return delta_type(kind.storage_type)
    return _nested(kind)


def cast_values(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, pa.Array | None]:
    """``values``, of a type from ``delta_type``, as ``kind``; and a mask of the misfits or None.

    Raises:
        pa.ArrowException: no value of one type can be a value of the other, for example nested types.
    """
    own = values.type
    if own == kind:
        return values, None
    if pa.types.is_string(own) or (pa.types.is_string(kind) and not pa.types.is_binary(own)):
        return cast_text(values.cast(pa.string()), kind)
    if pa.types.is_binary(own):
        texts, undecodable = _decoded(values)
        cast, failed = cast_text(texts, kind)
        return cast, _either(undecodable, failed)
    if pa.types.is_floating(kind) and pa.types.is_integer(own):
        return _float_of_integer(values, kind)
    if pa.types.is_floating(kind) and pa.types.is_floating(own):
        cast = values.cast(kind, safe=False)
        same = pc.or_(pc.equal(cast.cast(own), values), pc.is_nan(values))
        return _taken(cast, pc.invert(same))
    if pa.types.is_nested(own) or pa.types.is_binary(kind):
        raise pa.ArrowNotImplementedError(f"no cast from {type_name(own)} to {type_name(kind)}")
    return cast_text(values.cast(pa.string()), kind)


def _float_of_integer(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, pa.Array | None]:
    cast = values.cast(kind, safe=False)
    wide = values.cast(pa.int64())
    large = pc.fill_null(pc.or_(pc.greater(wide, _EXACT_TO[kind]), pc.less(wide, -_EXACT_TO[kind])), False)
    pairs = zip(wide.filter(large).to_pylist(), cast.filter(large).to_pylist(), strict=True)
    differ = pa.array([int(float_) != integer for integer, float_ in pairs], pa.bool_())
    return _taken(cast, pc.replace_with_mask(pa.repeat(pa.scalar(False), len(values)), large, differ))


def _decoded(values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    try:
        return values.cast(pa.string()), None
    except pa.ArrowInvalid:
        texts = [None if value is None else _text(value) for value in values.to_pylist()]
        cast = pa.array(texts, pa.string())
        return cast, pc.and_(pc.is_valid(values), pc.is_null(cast))


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _taken(values: pa.Array, failed: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    failed = pc.fill_null(failed, False)
    if not pc.any(failed, min_count=0).as_py():
        return values, None
    return pc.if_else(failed, pa.scalar(None, values.type), values), failed


def _either(one: pa.Array | None, other: pa.Array | None) -> pa.Array | None:
    if one is None or other is None:
        return other if one is None else one
    return pc.or_(one, other)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _nested(kind: pa.DataType) -> pa.DataType | None:
    if isinstance(kind, (pa.ListType, pa.LargeListType, pa.FixedSizeListType)):
        item = delta_type(kind.value_type)
        return None if item is None else pa.list_(kind.value_field.with_type(item))
    if isinstance(kind, pa.MapType):
        key, item = delta_type(kind.key_type), delta_type(kind.item_type)
        return None if key is None or item is None else pa.map_(key, item)
    if isinstance(kind, pa.StructType):
        fields = [(field, delta_type(field.type)) for field in kind]
        if len({field.name.casefold() for field in kind}) < len(fields) or not fields:
            return None
        plain = [field.with_type(inner) for field, inner in fields if inner is not None]
        return pa.struct(plain) if len(plain) == len(fields) else None
    return None
