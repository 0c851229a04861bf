"""Small frames from a test's own text: a table of text, or rows as mappings.

    order_id bigint | drink  | paid decimal(6,2) | note
    1               | latte  | 4.20              | " as it is "
    2               |        | NULL              |

The first line names the columns, with the Spark types of those that are not strings. Spaces around a value
are ignored, unless it is in double quotes, as in JSON. An empty value, or NULL, is NULL. A value is converted
to its type by the rules of raw files; one that does not fit is refused with its line.
"""

from __future__ import annotations

import json
import re
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.errors import ProjectError
from clearwell.names import PROVENANCE
from clearwell.sources import parse_type
from clearwell.sources.values.from_arrow import cast_values
from clearwell.sources.values.from_text import cast_text
from clearwell.tables import normalise
from clearwell.type_names import type_name, with_article

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

__all__ = ["make_frame", "make_table"]

_CELL = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<plain>[^|"\s][^|]*?)|)\s*(?:(?P<more>\|)|$)')
_TYPES = (pa.string(), pa.int64(), pa.int64(), pa.timestamp("us", "UTC"))


def make_table(
    content: str | Sequence[Mapping[str, Any]], types: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """The Arrow table of a text or of rows, with ``types`` for columns without a type in the text.

    Raises:
        ProjectError: a text that is not a table, or a value that does not fit its type.
    """
    known = dict(types or {})
    return _from_text(content, known) if isinstance(content, str) else _from_rows(content, known)


def make_frame(table: pa.Table, engine: Engine, folder: Path, *, provenance: bool) -> DataFrame:
    """``table`` as a frame of ``engine``, through a file in ``folder``, as tables are read.

    With ``provenance`` its columns are added if they are missing: one file, records 1, 2, 3 ..., batch 1.
    """
    if provenance:
        count = table.num_rows
        origin = (
            ["0" * 32] * count,
            range(1, count + 1),
            [1] * count,
            [datetime(2026, 1, 1, tzinfo=UTC)] * count,
        )
        for name, values, kind in zip(PROVENANCE, origin, _TYPES, strict=True):
            if name not in table.column_names:
                table = table.append_column(pa.field(name, kind), pa.array(list(values), kind))
    table = table.cast(normalise(table.schema, place="the frame"))
    file = folder / f"{uuid4().hex}.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, write_statistics=False)  # an engine may read NaN wrong from them
    return engine.read_parquet([str(file)], table.schema)


def _from_text(text: str, types: dict[str, pa.DataType]) -> pa.Table:
    lines = [line for line in textwrap.dedent(text).splitlines() if line.strip()]
    if not lines:
        raise ProjectError("an empty text is not a table", hint="name its columns: order_id bigint | drink")
    names: list[str] = []
    for cell in _cells(lines[0]):
        name, _, kind = (cell or "").partition(" ")
        if not name or name in names:
            fact = f"the column {name!r} exists twice" if name else "a column without a name"
            raise ProjectError(fact, place=lines[0].strip(), hint="write order_id bigint | drink")
        names.append(name)
        if kind.strip():
            types[name] = parse_type(kind, place=lines[0].strip())
    records = [_cells(line) for line in lines[1:]]
    for line, record in zip(lines[1:], records, strict=True):
        if len(record) != len(names):
            raise ProjectError(f"{len(record)} values for {len(names)} columns", place=line.strip())
    texts = [pa.array([record[n] for record in records], pa.string()) for n in range(len(names))]
    kinds = [types.get(name, pa.string()) for name in names]
    columns = [_typed(*column, lines[1:]) for column in zip(texts, kinds, names, strict=True)]
    return pa.table(columns, names=names)


def _cells(line: str) -> list[str | None]:
    """The values of a line; None for NULL."""
    cells: list[str | None] = []
    at = 0
    line = line.strip()
    while True:
        found = _CELL.match(line, at)
        if found is None:
            raise _wrong_quotes(line)
        try:
            quoted = json.loads(found["quoted"] or "null")
        except ValueError as error:
            raise _wrong_quotes(line) from error
        cells.append(None if found["plain"] == "NULL" else found["plain"] or quoted)
        if not found["more"]:
            return cells
        at = found.end()


def _wrong_quotes(line: str) -> ProjectError:
    return ProjectError(
        "a value that is neither quoted nor plain", place=line, hint='write quotes as in "a \\" b"'
    )


def _typed(texts: pa.Array, kind: pa.DataType, name: str, lines: list[str]) -> pa.Array:
    if pa.types.is_nested(kind):
        raise ProjectError(
            f"column {name!r} is {type_name(kind)}: it cannot be written as text",
            hint="write rows as dicts",
        )
    values, failed = cast_text(texts, kind)
    if failed is not None:
        wrong: int = failed.to_pylist().index(True)
        raise ProjectError(
            f"{name}: {texts[wrong].as_py()!r} is not {with_article(kind)}", place=lines[wrong].strip()
        )
    return values


def _from_rows(rows: Sequence[Mapping[str, Any]], types: dict[str, pa.DataType]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(types)
    columns = [_column(name, [row.get(name) for row in rows], types.get(name)) for name in names]
    return pa.table(columns, names=names)


def _column(name: str, values: list[Any], kind: pa.DataType | None) -> pa.Array:
    """The values as one type, their own or ``kind``; Arrow alone would truncate 1.5 to an integer."""
    try:
        column = pa.array(values)
        if pa.types.is_null(column.type):
            if kind is None:
                raise ProjectError(
                    f"column {name!r} has no value that shows its type", hint=f"types={{{name!r}: ...}}"
                )
            return pa.nulls(len(values), kind)
        taken, failed = cast_values(column, kind or column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise ProjectError(f"column {name!r}: {error}", hint="give all its values one type") from error
    if failed is not None:
        wrong = values[failed.to_pylist().index(True)]
        raise ProjectError(f"column {name!r}: {wrong!r} is not {with_article(taken.type)}")
    return taken
