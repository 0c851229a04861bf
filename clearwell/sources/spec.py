"""A source: its declaration in a project, and the reader of its format.

``SourceSpec`` refuses at construction all values with which no file could be read. ``Source`` is the class of
a format: of the four built-in ones, and those of plugins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import pyarrow as pa

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import is_url
from clearwell.sources.options import read_options
from clearwell.sources.order import ARRIVAL, wrong_order
from clearwell.sources.parsing.encoding import find_charset, open_stream
from clearwell.sources.parsing.long_fields import LongFields
from clearwell.sources.plugins import FORMATS, find_offer, load_offer
from clearwell.sources.records import RECORD_NO
from clearwell.sources.values.columns import parse_type, stored_name, wrong_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from clearwell.sources.parsing.encoding import Charset
    from clearwell.sources.parsing.scan import ByteStream
    from clearwell.sources.records import Parsed, RawText

__all__ = ["OpenFile", "Source", "SourceSpec", "find_source"]

_CHOICES = {
    "quoted_empty": ("text", "missing"),
    "new_column": ("evolve", "reject"),
    "missing_column": ("null", "reject"),
    "on_change": ("refuse", "replace"),
    "rehash": ("changed", "always", "never"),
    "links": ("refuse", "follow"),
}


@dataclass(frozen=True)
class OpenFile:
    """A raw file that is not empty, open at its start.

    Args:
        stream: To read and to seek in; the caller closes it.
        spec: The declaration: ``types`` of declared columns, ``charset``, ``nulls``, ``options``.
        place: The file's path, for errors.
        block_bytes: About how many bytes of the file are read for one part.
    """

    stream: BinaryIO
    spec: SourceSpec
    place: str
    block_bytes: int

    def text(self) -> tuple[ByteStream, Charset]:
        """The bytes after a byte order mark, and their encoding.

        Raises:
            UnreadableFile: the first bytes belong to another encoding or kind of file.
        """
        return open_stream(self.stream, self.spec.charset, place=self.place)


class Source(ABC):
    """A raw format: how the bytes of a file become records, each accepted or rejected, none lost.

    A format must define ``version``, ``read`` and ``read_record``. It may define ``suffixes`` and
    ``options``, and override ``check`` and ``infer_columns``. It is created without arguments, and keeps no
    state of a file.

    Raise ``UnreadableFile`` if not every record of a file can be determined: then nothing of the file is
    ingested, and the other files continue. An error of any other class has the same effect.
    """

    version: ClassVar[str]
    """Change it when the same bytes give other records, columns or values: then the next run rebuilds
    every table of the format from its raw files."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    """File name suffixes of the format, such as ``(".csv",)``: a scaffold finds the format by them."""

    options: ClassVar[type[BaseModel] | None] = None
    """The keys below ``options:`` in YAML, as a pydantic model; ``spec.options`` has the values."""

    @abstractmethod
    def read(self, file: OpenFile) -> Iterator[Parsed]:
        """The records of a file in their order, in parts of bounded size.

        They are numbered from 1, including rejected ones. A part has the columns of its own rows;
        ``split_rows`` makes one, casts the declared columns, and rejects the rows with invalid values.

        Raises:
            UnreadableFile: the file as a whole cannot be ingested.
        """

    @abstractmethod
    def read_record(self, file: OpenFile, number: int) -> RawText:
        """One record as it was written, by its number from ``read``; `clearwell trace` shows it.

        Read only up to that record. If there is none, return the number of records.

        Raises:
            UnreadableFile: the file cannot be read.
        """

    def check(self, spec: SourceSpec) -> None:  # noqa: B027 - most formats take whatever is declared
        """Override it to refuse settings with which no file could be read, by a ProjectError.

        It is called when a project is loaded; ``spec.place`` is the ``file:line`` for the error.
        """

    def infer_columns(self, file: OpenFile) -> pa.Schema:
        """The columns of the file's first part; undeclared ones with the type in which they are read.

        Override it where a file has a schema that is cheaper to read.
        """
        for part in self.read(file):
            return pa.schema([column for column in part.accepted.schema if column.name != RECORD_NO])
        return pa.schema([])


def find_source(format: str, *, place: str | None = None) -> Source:
    """The reader of the files of ``format``.

    Raises:
        ProjectError: there is none, two packages offer it, or the plugin cannot be loaded; ``place`` is the
            ``file:line`` that names the format.
    """
    offer = find_offer(format, place=place)
    made = load_offer(offer, place=place)
    wrong = "is not a subclass of clearwell.sources.Source"
    if isinstance(made, type) and issubclass(made, Source):
        missing = sorted(getattr(made, "__abstractmethods__", ()))
        if not missing and isinstance(getattr(made, "version", None), str):
            return made()
        wrong = f"has no {' and no '.join(missing)}" if missing else "has no `version` that is a string"
    raise ProjectError(
        f"the format {format!r} of {offer.package}: {offer.point.value} {wrong}",
        place=place,
        hint="report this to the authors of the plugin",
    )


@dataclass(frozen=True)
class SourceSpec:
    """Where raw files are, and how they are read.

    Args:
        path: A pattern relative to the project: ``*``, ``?``, ``[...]`` within a name, ``**`` for any
            depth. A name that starts with a dot is matched only by a pattern that does.
        format: ``csv``, ``jsonl``, ``parquet``, ``text`` (one document per file), or that of a plugin.
        nulls: CSV: strings that, unquoted, are null; they replace the default, the empty field.
        quoted_empty: CSV: what ``""`` is where a column is no text: ``text`` all the same, so that its record
            is rejected, or ``missing``, so that it is null.
        columns: Name -> Spark type; other columns stay strings (Parquet: as found).
        delimiter: CSV: one ASCII character.
        encoding: Of text formats; a byte order mark of it is skipped.
        new_column: ``evolve`` or ``reject`` a file with a column that the table lacks.
        missing_column: ``null`` or ``reject`` a file without an expected column.
        on_change: ``refuse`` or ``replace`` when a known path has other content.
        order: Which file is later: ``arrival``, ``name``, or fields of the path: ``{day}``.
        rehash: Which known files are read again to see whether their content is the same: ``changed`` (size,
            time, inode or time of change), ``always`` all, ``never`` one.
        links: ``refuse`` or ``follow`` a link to a file that is not in the source's folder.
        max_field: CSV: the longest field that is expected.
        settle_seconds: Files younger than this are checked twice.
        options: Of a plugin's format, by name; defaults are added.
        place: ``file:line`` of the declaration, for errors.

    Raises:
        ProjectError: a value with which no file could be read.
    """

    path: str
    format: str = "csv"
    nulls: tuple[str, ...] = ("",)
    quoted_empty: str = "text"
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    delimiter: str = ","
    encoding: str = "utf-8"
    new_column: str = "evolve"
    missing_column: str = "null"
    on_change: str = "refuse"
    order: str = ARRIVAL
    rehash: str = "changed"
    links: str = "refuse"
    max_field: LongFields = field(default_factory=LongFields)
    settle_seconds: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    place: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        taken = read_options(self.format, self.source.options, self.options, lambda _: self.place)
        object.__setattr__(self, "options", MappingProxyType(taken))
        for name, known in _CHOICES.items():
            if (value := getattr(self, name)) not in known:
                fact = f"{value!r} is not a valid {name}"
                hint = did_you_mean(str(value), known) or f"one of {', '.join(known)}"
                raise ProjectError(fact, place=self.place, hint=hint)
        if wrong := wrong_order(self.order, self.path):
            raise ProjectError(wrong[0], place=self.place, hint=wrong[1])
        if is_url(self.path):
            raise ProjectError(
                f"source path {self.path!r} is an address, and raw files are read from folders only",
                place=self.place,
                hint="copy them into a folder of the project before a run, or mount the bucket there",
            )
        parts = PurePosixPath(self.path).parts
        if not parts or self.path.startswith("/") or ".." in parts or "\x00" in self.path:
            raise ProjectError(
                f"source path {self.path!r} must be relative to the project, without '..'",
                place=self.place,
                hint="for data elsewhere, create a link to its folder inside the project",
            )
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n\0':
            raise ProjectError(
                f"{self.delimiter!r} cannot be a delimiter", place=self.place, hint="use one ASCII character"
            )
        if not 0 <= self.settle_seconds <= 3600:
            raise ProjectError("settle_seconds must be from 0 to 3600", place=self.place)
        self._check_columns()
        find_charset(self.encoding, delimiter=self.delimiter, place=self.place)
        self.source.check(self)

    @property
    def rejects_drift(self) -> bool:
        """Whether a file can be refused for the columns that it has or lacks."""
        return "reject" in (self.new_column, self.missing_column)

    @cached_property
    def source(self) -> Source:
        """The reader of the format."""
        return find_source(self.format, place=self.place)

    @property
    def is_built_in(self) -> bool:
        """Whether its format needs no plugin."""
        return self.format in FORMATS

    @cached_property
    def types(self) -> dict[str, pa.DataType]:
        """The declared columns' Arrow types."""
        return {name: parse_type(text, place=self.place) for name, text in self.columns.items()}

    @cached_property
    def charset(self) -> Charset:
        """The encoding's decoder."""
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
