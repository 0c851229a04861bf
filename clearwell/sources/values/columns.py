"""Columns of raw files: Spark's names of their types, and names that are refused.

Refused everywhere: two names that differ only in case (Delta holds one of them) and the names of the
provenance columns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import PROVENANCE
from clearwell.sources.records import UnreadableFile
from clearwell.type_names import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_COLUMNS", "parse_type", "require_names", "stored_name", "type_schema", "wrong_name"]

MAX_COLUMNS = 10_000

_UNSTORABLE = re.compile(r"[ ,;{}()\n\t=]")

_ALIASES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint", "real": "float"}
_DECIMAL = re.compile(r"(?:decimal|dec|numeric)(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")


def parse_type(text: str, *, place: str | None = None) -> pa.DataType:
    """The Arrow type for a Spark type's name, such as ``bigint`` or ``decimal(10,2)``.

    Raises:
        ProjectError: there is no such type, or raw text cannot be cast to it.
    """
    name = text.strip().lower()
    if found := _DECIMAL.fullmatch(name):
        precision, scale = int(found[1] or 10), int(found[2] or 0)
        if 1 <= precision <= 38 and scale <= precision:
            return pa.decimal128(precision, scale)
        raise ProjectError(f"{text!r}: precision is 1 to 38, scale at most precision", place=place)
    if (known := TYPES.get(_ALIASES.get(name, name))) is not None:
        return known
    if "<" in name:
        hint = "nested values are read as JSON text: declare string and parse it in the transform"
    else:
        hint = did_you_mean(name, [*TYPES, "decimal"]) or f"types are {', '.join([*TYPES, 'decimal(p,s)'])}"
    raise ProjectError(f"{text!r} is not a type that raw data can be cast to", place=place, hint=hint)


def type_schema() -> dict[str, Any]:
    """JSON schema of the names that ``parse_type`` accepts. Upper case is not checked in detail."""
    decimal = f"^(?:{_DECIMAL.pattern})$"
    return {
        "type": "string",
        "anyOf": [{"enum": [*TYPES, *_ALIASES]}, {"pattern": decimal}, {"pattern": "[A-Z]"}],
    }


def stored_name(name: str) -> str:
    """A raw column's name in a table: trimmed, and characters that Delta refuses become ``_``."""
    return _UNSTORABLE.sub("_", name.strip())


def wrong_name(name: str, seen: dict[str, str]) -> str | None:
    """Why a table cannot have ``name`` with the names in ``seen`` (casefolded -> name), or None."""
    folded = name.casefold()
    if folded in PROVENANCE:
        return f"column {name!r} has the name of a provenance column"
    if folded in seen:
        if name == seen[folded]:
            return f"two columns {name!r}"
        return f"columns {seen[folded]!r} and {name!r} differ only in case"
    if "\x00" in name:
        return f"column {name!r} holds a NUL character"
    return None


def require_names(names: Iterable[str], *, place: str) -> None:
    """Raises UnreadableFile if a table cannot have columns with these names."""
    seen: dict[str, str] = {}
    for name in names:
        if why := wrong_name(name, seen):
            raise UnreadableFile(why, place=place, hint="rename the column in the file")
        seen[name.casefold()] = name
    if len(seen) > MAX_COLUMNS:
        raise UnreadableFile(f"{len(seen)} columns; at most {MAX_COLUMNS} are read", place=place)
