"""A source, as a project declares it. Refuses, when made, whatever could not be read later."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError, did_you_mean
from clearwell.sources.parsing.encoding import find_charset
from clearwell.sources.values.columns import parse_type, stored_name, wrong_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from clearwell.sources.parsing.encoding import Charset

__all__ = ["FORMATS", "SourceSpec"]

FORMATS = ("csv", "jsonl", "parquet", "text")
_CHOICES = {
    "format": FORMATS,
    "new_column": ("evolve", "reject"),
    "missing_column": ("null", "reject"),
    "on_change": ("refuse", "replace"),
}


@dataclass(frozen=True)
class SourceSpec:
    """Where raw files are, and how they are read.

    Args:
        path: A pattern relative to the project: ``*``, ``?``, ``[...]`` within a name, ``**`` for any
            depth. A name that starts with a dot is matched only by a pattern that does.
        format: ``csv``, ``jsonl``, ``parquet`` or ``text`` (one document a file).
        nulls: CSV: texts that, unquoted, are null; they replace the default, the empty field.
        columns: Name -> Spark type; other columns stay text (Parquet: as found).
        delimiter: CSV: one ASCII character.
        encoding: Of text formats; a byte order mark of it is skipped.
        new_column: ``evolve`` or ``reject`` a file with a column that the table has not.
        missing_column: ``null`` or ``reject`` a file without an expected column.
        on_change: ``refuse`` or ``replace`` when a known path has other content.
        settle_seconds: Files younger than this are looked at twice.
        place: ``file:line`` of the declaration, for errors.

    Raises:
        ProjectError: a value that no file could be read with.
    """

    path: str
    format: str = "csv"
    nulls: tuple[str, ...] = ("",)
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    delimiter: str = ","
    encoding: str = "utf-8"
    new_column: str = "evolve"
    missing_column: str = "null"
    on_change: str = "refuse"
    settle_seconds: float = 1.0
    place: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        for name, known in _CHOICES.items():
            if (value := getattr(self, name)) not in known:
                fact = f"{value!r} is no {name}"
                hint = did_you_mean(str(value), known) or f"one of {', '.join(known)}"
                raise ProjectError(fact, place=self.place, hint=hint)
        parts = PurePosixPath(self.path).parts
        if not parts or self.path.startswith("/") or ".." in parts or "\x00" in self.path:
            raise ProjectError(
                f"source path {self.path!r} must be relative to the project, without '..'",
                place=self.place,
                hint="for data that lies elsewhere, make a link to its folder inside the project",
            )
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n\0':
            raise ProjectError(
                f"{self.delimiter!r} cannot be a delimiter", place=self.place, hint="use one ASCII character"
            )
        if not 0 <= self.settle_seconds <= 3600:
            raise ProjectError("settle_seconds must be from 0 to 3600", place=self.place)
        self._check_columns()
        find_charset(self.encoding, delimiter=self.delimiter, place=self.place)

    @cached_property
    def types(self) -> dict[str, pa.DataType]:
        """The declared columns' Arrow types."""
        return {name: parse_type(text, place=self.place) for name, text in self.columns.items()}

    @cached_property
    def charset(self) -> Charset:
        """The encoding, ready to decode."""
        return find_charset(self.encoding, delimiter=self.delimiter, place=self.place)

    def _check_columns(self) -> None:
        seen: dict[str, str] = {}
        for name in self.types:
            if name != (stored := stored_name(name)):
                hint = f"its column is {stored!r} in the table: declare that name"
                raise ProjectError(f"no column is stored as {name!r}", place=self.place, hint=hint)
            if why := wrong_name(name, seen):
                raise ProjectError(why, place=self.place)
            seen[name.casefold()] = name
        if self.format == "text" and dict(self.columns) not in ({}, {"text": "string"}):
            raise ProjectError("a text source has one column, `text: string`", place=self.place)
