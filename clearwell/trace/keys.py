"""Parse keys as users write them into values with the types of a table's columns.

    column=value      any column of the table; several are combined with AND
    v1,v2,...         the values of the columns that form its key, in order

A key is made by `write: {mode: merge, key: [...]}`. A value with a comma is quoted as in CSV.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.errors import ProjectError, did_you_mean
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.sources.values.from_text import cast_text
from clearwell.type_names import type_name, with_article

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clearwell.project.load import Project

__all__ = ["cast_value", "key_columns", "parse_key"]

_NAMED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def key_columns(project: Project, table: str) -> tuple[str, ...]:
    """The columns that identify a row of ``table``; empty when the project does not say.

    They are the key of its merge, or of a dataset that is released from it.
    """
    spec = project.produced.get(table)
    if isinstance(spec, TableSpec) and spec.silver and table == str(spec.silver_table):
        key = spec.silver.write.key
    else:
        key = spec.write.key if isinstance(spec, CuratedSpec) else ()
    released = (d for d in project.datasets.values() if d.from_table == table)
    return key or next((tuple(found) for d in released if (found := getattr(d, "key", None))), ())


def parse_key(
    given: Iterable[str], *, schema: pa.Schema, key: Sequence[str], place: str
) -> dict[str, pa.Scalar[Any]]:
    """The columns and values that ``given`` names, in the types of ``schema``.

    Args:
        given: Texts as above.
        schema: The columns of the table.
        key: The columns that form its key, if it has one.
        place: The table's name, for errors.

    Raises:
        ProjectError: no such column, too many or too few values, a text that is not a value of the type.
    """
    texts: dict[str, str] = {}
    for text in given:
        for column, value in _named(text, schema, key, place).items():
            if column in texts:
                raise ProjectError(f"column {column!r} is given twice", place=place, hint="leave one --key")
            texts[column] = value
    if not texts:
        raise ProjectError("no key is given", place=place, hint=_how(schema, key))
    return {
        column: cast_value(text, schema.field(column).type, column=column, place=place)
        for column, text in texts.items()
    }


def cast_value(text: str, kind: pa.DataType, *, column: str, place: str) -> pa.Scalar[Any]:
    """``text`` as a value of ``kind``, by the rules of raw files; raises ProjectError."""
    if pa.types.is_nested(kind):
        raise ProjectError(
            f"column {column!r} is {type_name(kind)}: rows cannot be looked up by it",
            place=place,
            hint="name another column",
        )
    values, failed = cast_text(pa.array([text], pa.string()), kind)
    if failed is not None or not values[0].is_valid:
        raise ProjectError(
            f"column {column!r}: {text!r} is not {with_article(kind)}", place=place, hint=_example(kind)
        )
    return values[0]


def _named(text: str, schema: pa.Schema, key: Sequence[str], place: str) -> Mapping[str, str]:
    """The columns and texts of one --key."""
    found = _NAMED.fullmatch(text)
    if found and (found[1] in schema.names or len(key) != 1):
        if found[1] not in schema.names:
            near = did_you_mean(found[1], schema.names)
            raise ProjectError(
                f"there is no column {found[1]!r}",
                place=place,
                hint=near or f"columns: {', '.join(schema.names)}",
            )
        return {found[1]: found[2]}
    if not key:
        raise ProjectError(f"{text!r} names no column", place=place, hint=_how(schema, key))
    if missing := [column for column in key if column not in schema.names]:
        raise ProjectError(
            f"its key has the column {missing[0]!r}, but the table does not have it",
            place=place,
            hint="`clearwell run` rebuilds it",
        )
    values = [text] if len(key) == 1 else next(csv.reader(io.StringIO(text, newline="")), [])
    if len(values) != len(key):
        raise ProjectError(
            f"{text!r} has {len(values)} values, but the key has {len(key)} columns",
            place=place,
            hint=_how(schema, key),
        )
    return dict(zip(key, values, strict=True))


def _how(schema: pa.Schema, key: Sequence[str]) -> str:
    if not key:
        columns = ", ".join(schema.names)
        return f"this table has no key: write --key COLUMN=VALUE with any of {columns}"
    return f"its key is {', '.join(key)}: write --key {','.join(name.upper() for name in key)}"


def _example(kind: pa.DataType) -> str | None:
    if pa.types.is_timestamp(kind):
        return "write it as 2013-02-08T05:15:00" + ("Z; without a time zone it is UTC" if kind.tz else "")
    return "write it as 2013-02-08" if pa.types.is_date(kind) else None
