"""Enforce the contract of a plugin's format: a violation sets the file aside, as any unreadable file.

A plugin's code is trusted like that of any installed package; its results are not: columns that no table can
hold, or a record without its number, would be found only when the batch is committed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.errors import ClearwellError
from clearwell.sources.records import RECORD_NO, Parsed, RawText, UnreadableFile
from clearwell.sources.values.columns import require_names, stored_name
from clearwell.sources.values.from_arrow import delta_type

if TYPE_CHECKING:
    from collections.abc import Generator

    from clearwell.sources.spec import SourceSpec

__all__ = ["guarded", "require_part", "require_text"]

_HINT = "the file or the plugin for its format is wrong: see the plugin's documentation"


@contextmanager
def guarded(spec: SourceSpec, place: str) -> Generator[None]:
    """Within the block every error of a plugin's code becomes an UnreadableFile; Clearwell's errors pass."""
    try:
        yield
    except ClearwellError:
        raise
    except Exception as error:
        if spec.is_built_in:
            raise
        fact = f"the format {spec.format!r} could not read it: {type(error).__name__}: {error}"
        raise UnreadableFile(fact, place=place, hint=_HINT, quotes=str(error) or None) from error


def require_part(part: Any, spec: SourceSpec, place: str) -> None:
    """Check that ``part`` is a valid result of a format.

    Raises:
        UnreadableFile: the text says what is wrong with it.
    """
    if not isinstance(part, Parsed):
        raise _broken(spec, place, f"returned a {type(part).__name__}, not a Parsed")
    schema: pa.Schema = part.accepted.schema
    numbers = schema.names.count(RECORD_NO)
    if numbers != 1 or schema.field(RECORD_NO).type != pa.int64():
        raise _broken(spec, place, f"returned rows without one column {RECORD_NO!r} of 64-bit integers")
    columns = [column for column in schema if column.name != RECORD_NO]
    require_names([column.name for column in columns], place=place)
    for column in columns:
        if stored_name(column.name) != column.name:
            raise _broken(spec, place, f"returned a column {column.name!r}, which no table can store")
        wanted = spec.types.get(column.name) or delta_type(column.type)
        if wanted != column.type:
            wants = wanted or "none that a table can hold"
            raise _broken(spec, place, f"returned {column.name!r} as {column.type}; its type is {wants}")
    for reject in part.rejects:
        number: Any = reject.record_no
        raw: Any = reject.raw
        if not isinstance(number, int) or not isinstance(raw, bytes):
            raise _broken(spec, place, "rejected a record without its number or its bytes")


def require_text(found: Any, spec: SourceSpec, place: str) -> RawText:
    """``found``, if it is a valid result for one record; raises UnreadableFile."""
    raw: Any = getattr(found, "raw", None)
    if not isinstance(found, RawText) or not isinstance(raw, bytes | None):
        raise _broken(spec, place, f"returned a {type(found).__name__}, not a RawText with the bytes")
    return found


def _broken(spec: SourceSpec, place: str, what: str) -> UnreadableFile:
    return UnreadableFile(f"the format {spec.format!r} {what}", place=place, hint=_HINT)
