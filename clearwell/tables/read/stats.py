"""Statistics of a data file for Delta's log: rows; NULLs, minimum and maximum of the safe columns.

No float, double or decimal over 15 digits gets statistics, neither in the log nor in our files' footers: the
embedded engine rebuilds values from them (a NaN reads back as a number). Our own writers name the columns
that may have them; for an engine that can only switch all off, the safe columns are read once here.

Nor do columns that are untold: the least and the greatest value are two persons', and a log and an intent
keep them when the rows are gone. Personal columns are, and the raw records of a quarantine.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.engines.files.statistics import EXACT_DIGITS
from clearwell.names import TableName, Zone
from clearwell.stores import parquet_file

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "FileStats",
    "as_logged",
    "column_statistics",
    "is_safe",
    "observed_bounds",
    "read_statistics",
    "safe_columns",
    "stats_json",
    "untold_in",
]

_MOST_COLUMNS = 32
_LONGEST_TEXT = 64

FileStats = dict[str, Any]
"""``{"numRecords", "nullCount", "minValues", "maxValues"}`` as Delta's log has them."""


def is_safe(kind: pa.DataType) -> bool:
    """Whether engines read values of this type correctly when statistics exist."""
    types = pa.types
    if types.is_decimal(kind):
        return kind.precision <= EXACT_DIGITS
    return types.is_integer(kind) or types.is_string(kind) or types.is_date(kind) or types.is_timestamp(kind)


def untold_in(name: TableName) -> tuple[str, ...]:
    """The columns without bounds of a table by its kind: those of a quarantine that quote raw records."""
    return ("message", "raw") if name.zone is Zone.QUARANTINE else ()


def safe_columns(
    schema: pa.Schema, first: Collection[str] = (), *, untold: Collection[str] = ()
) -> list[str]:
    """The columns that may carry statistics, at most 32: those of ``first``, then in the table's order."""
    hidden = {name.casefold() for name in untold}
    safe = (f.name for f in schema if is_safe(f.type) and f.name.isidentifier())
    plain = [name for name in safe if name.casefold() not in hidden]
    return sorted(plain, key=lambda name: name not in first)[:_MOST_COLUMNS]


def read_statistics(path: str, columns: Collection[str], *, required: Collection[str] = ()) -> FileStats:
    """Statistics of the Parquet file at ``path``: null counts of both lists, bounds of ``columns``."""
    with parquet_file(path, compact=True) as file:
        present = [c for c in dict.fromkeys([*columns, *required]) if c in file.schema_arrow.names]
        nulls = dict.fromkeys(present, 0)
        bounds: dict[str, list[Any]] = {c: [] for c in present if c in columns}
        batches = file.iter_batches(batch_size=1 << 17, columns=present) if present else ()
        for batch in batches:
            for name in present:
                values = batch.column(name)
                nulls[name] += values.null_count
                if name in bounds and values.null_count < len(values):
                    bounds[name] += observed_bounds(values)
        rows = file.metadata.num_rows
    return column_statistics(rows, nulls, bounds)


def observed_bounds(values: pa.Array) -> list[Any]:
    """The minimum and maximum of a column that is not all NULL; [None] if they are unknown."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary.take(pc.unique(values.indices).drop_null())
    zoned = pa.types.is_timestamp(values.type) and values.type.tz is not None
    if zoned:  # without its zone: no time zone database is needed
        values = values.cast(pa.timestamp("us"))
    found = pc.min_max(values)
    try:
        ends = [found["min"].as_py(), found["max"].as_py()]
    except (OverflowError, ValueError):  # outside Python's calendar: no bounds, so no pruning
        return [None]
    return [e.replace(tzinfo=dt.UTC) for e in ends] if zoned else ends


def as_logged(value: Any) -> Any:
    """A value in the form of bounds in Delta's log, so that bounds of any origin compare."""
    if isinstance(value, dt.datetime):
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{text}Z" if value.tzinfo else text
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value


def column_statistics(rows: int, nulls: dict[str, int], bounds: dict[str, list[Any]]) -> FileStats:
    """Statistics in the log's form, from row count, null counts and observed extremes."""
    low: dict[str, Any] = {}
    high: dict[str, Any] = {}
    for name, seen in bounds.items():
        if not seen or any(value is None for value in seen):
            continue
        least, most = min(seen), max(seen)
        if isinstance(least, str) and (len(least) > _LONGEST_TEXT or len(most) > _LONGEST_TEXT):
            continue
        low[name], high[name] = as_logged(least), as_logged(most)
    return {"numRecords": rows, "nullCount": nulls, "minValues": low, "maxValues": high}


def stats_json(stats: FileStats) -> str:
    """The text of an add action's ``stats``."""
    return json.dumps(stats, separators=(",", ":"))
