"""The keys of an inference release: their digests, and the keys of a lookup.

A lookup may pass a list of dicts, a dict of lists, an Arrow table or record batch, or a frame of pandas or
Polars. A value is converted to the release's type only if the conversion is exact: integers of another width,
times in another unit, a midnight as its date (pandas has no dates). A string is never converted to a number
or a date, a float is never a key, and a time with a zone does not equal one without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from clearwell.errors import DatasetError
from clearwell.fingerprint.rows import row_digests
from clearwell.type_names import type_name

if TYPE_CHECKING:
    import pandas
    import polars

    Keys = (
        Sequence[Mapping[str, Any]]
        | Mapping[str, Sequence[Any]]
        | pa.Table
        | pa.RecordBatch
        | pandas.DataFrame
        | polars.DataFrame
    )

__all__ = ["asked_keys", "can_be_key", "key_digests", "same_keys"]

_FORMS = "pass a list of dicts, a dict of lists, an Arrow table or record batch, or a data frame"


def key_digests(keys: pa.RecordBatch) -> list[bytes]:
    """The digest of each key: as in ``clearwell-rows-v1`` for a row with the columns of the key."""
    return row_digests(keys)


def can_be_key(kind: Any) -> bool:
    """Whether a column of this type can be a key: equality of its values is well defined."""
    return _family(kind) is not None


def same_keys(left: pa.RecordBatch, right: pa.RecordBatch) -> Any:
    """For each row, whether both keys are equal; no key value is NULL."""
    same: Any = None
    for mine, other in zip(left.columns, right.columns, strict=True):
        equal = pc.equal(mine, other)
        same = equal if same is None else pc.and_(same, equal)
    return same


def asked_keys(asked: Keys, schema: pa.Schema) -> pa.RecordBatch:
    """The requested keys as one batch with the columns of ``schema``, the key's.

    Raises:
        DatasetError: a key column is missing, there is an extra one, or values have another type.
    """
    columns = _columns(asked, schema.names)
    _require(schema.names, columns)
    arrays = [_exactly(columns[field.name], field) for field in schema]
    if len(lengths := {len(array) for array in arrays}) > 1:
        raise DatasetError(
            f"the columns of the keys have {' and '.join(map(str, sorted(lengths)))} values",
            hint="give each column one value for each key",
        )
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns(asked: Any, names: list[str]) -> dict[str, Any]:
    """Column -> its values, as Arrow or as given."""
    if isinstance(asked, pa.RecordBatch):
        asked = pa.table(asked)
    elif type(asked).__module__.partition(".")[0] == "pandas" and hasattr(asked, "columns"):
        asked = _from_pandas(asked)
    elif not isinstance(asked, pa.Table) and hasattr(asked, "__arrow_c_stream__"):
        asked = pa.table(asked)
    if isinstance(asked, pa.Table):
        return dict(zip(asked.column_names, asked.columns, strict=True))
    if isinstance(asked, Mapping):
        return dict(cast("Mapping[str, Any]", asked))
    if isinstance(asked, Sequence) and not isinstance(asked, str | bytes):
        return _from_rows(cast("Sequence[Any]", asked), names)
    raise DatasetError(f"keys cannot be a {type(asked).__name__}", hint=_FORMS)


def _from_pandas(frame: Any) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DatasetError(
            f"the frame of keys cannot be read: {str(error).splitlines()[0]}",
            hint="give each column values of one type",
        ) from error


def _from_rows(rows: Sequence[Any], names: list[str]) -> dict[str, list[Any]]:
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise DatasetError(f"key {number} is a {type(row).__name__}, not a dict", hint=_FORMS)
        if set(cast("Mapping[str, Any]", row)) != set(names):
            _require(names, cast("Mapping[str, Any]", row), which=f"key {number}")
    return {name: [row[name] for row in rows] for name in names}


def _require(names: list[str], given: Mapping[str, Any], *, which: str = "the keys") -> None:
    """Check that ``given`` has exactly the columns of the key."""
    listed = f"the key is {', '.join(names)}"
    has = "has" if which != "the keys" else "have"
    for name in names:
        if name not in given:
            hint = f"{listed}; given: {', '.join(map(str, list(given)[:20])) or 'nothing'}"
            raise DatasetError(f"{which} {has} no column {name!r}", hint=hint)
    if others := [str(name) for name in given if name not in names]:
        shown = ", ".join(map(repr, others[:5]))
        raise DatasetError(f"{which} {has} columns that are not of the key: {shown}", hint=listed)


def _exactly(values: Any, field: pa.Field[Any]) -> Any:
    """``values`` as one array of the type of ``field``, if that is exact."""
    try:
        if isinstance(values, pa.ChunkedArray):
            array: Any = values.combine_chunks()
        else:
            array = values if isinstance(values, pa.Array) else pa.array(values)
        if types.is_dictionary(array.type):
            array = array.dictionary_decode()
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise DatasetError(
            f"the key column {field.name!r} cannot be read: {str(error).splitlines()[0]}",
            hint=f"give {type_name(field.type)}, every value of that one type",
        ) from error
    if array.type == field.type:
        return array
    if types.is_null(array.type):
        return pa.nulls(len(array), field.type)
    mine, asked = _family(field.type), _family(array.type)
    if mine == asked or (mine == "date" and asked == "timestamp"):
        try:
            cast_values = array.cast(field.type)
            # Arrow truncates a time to its day silently.
            if mine == asked or cast_values.cast(array.type).equals(array):
                return cast_values
        except pa.ArrowException:
            pass
    raise DatasetError(
        f"the key column {field.name!r} is {type_name(field.type)}, but the given values are "
        f"{type_name(array.type)}" + (": not every value has an exact counterpart" if mine == asked else ""),
        hint=_HINTS.get(mine or "", f"give values of the type {type_name(field.type)}"),
    )


def _family(kind: Any) -> str | None:
    """Groups of types with comparable values; None for types that cannot be part of a key."""
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    if types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "moment"
    families = {
        "number": types.is_integer,
        "boolean": types.is_boolean,
        "date": types.is_date,
        "time": types.is_time,
        "decimal": types.is_decimal,
        "binary": lambda k: types.is_binary(k) or types.is_large_binary(k) or types.is_fixed_size_binary(k),
    }
    return next((name for name, matches in families.items() if matches(kind)), None)


_HINTS = {
    "number": "give integers: int(value), or frame.astype({'column': 'int64'})",
    "date": "give dates: datetime.date(2013, 10, 31), or midnights of a pandas column",
    "timestamp": "give times without a zone: datetime.datetime(2013, 10, 31, 6, 0)",
    "moment": "give times with a zone: datetime.datetime(2013, 10, 31, 6, 0, tzinfo=datetime.UTC)",
    "decimal": 'give decimals: decimal.Decimal("1.50")',
}
