"""JSON lines: one object per line, every value a string as written, declared columns cast.

Numbers keep their digits, ``true`` and ``false`` are those words, nested values are JSON text, null and a
missing key are null. Rejected line by line: a line that is not JSON, not an object, or invalid in the
encoding; a repeated key (at any depth); a key that conflicts with the columns before it; nesting deeper than
MAX_DEPTH. NaN, Infinity and -Infinity count as numbers.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.sources.parsing.find import find_record
from clearwell.sources.parsing.scan import line_blocks
from clearwell.sources.parsing.split import split_rows
from clearwell.sources.records import Parsed, RawText, Reject
from clearwell.sources.spec import Source
from clearwell.sources.values.columns import MAX_COLUMNS, stored_name, wrong_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearwell.sources.parsing.encoding import Charset
    from clearwell.sources.parsing.scan import Block
    from clearwell.sources.spec import OpenFile, SourceSpec

__all__ = ["MAX_DEPTH", "JsonLines"]

MAX_DEPTH = 200
_CELLS = 4_000_000  # rows times columns of one part: lines with always new keys must not fill the memory


class JsonLines(Source):
    """Files with one JSON object per line."""

    version = "1"
    suffixes = (".jsonl", ".json")

    def read(self, file: OpenFile) -> Iterator[Parsed]:
        """The records of an open file. A part has the columns of its own lines.

        Raises:
            UnreadableFile: the file is not in the declared format.
        """
        spec = file.spec
        stream, charset = file.text()
        lines = _Lines(spec)
        for block in line_blocks(stream, place=file.place, size=file.block_bytes):
            part = _Part(block, spec, charset)
            for index in range(len(block)):
                raw = block.raw(index)
                try:
                    record = lines.parse(charset.decode(raw))
                except UnicodeDecodeError as error:
                    why = f"not {spec.encoding}: {error.reason} at byte {error.start}"
                    part.reject(index, charset.check, why)
                except _Refused as error:
                    part.reject(index, error.check, error.why)
                else:
                    if part.cells + len(record) > _CELLS:
                        yield part.finish()
                        part = _Part(block, spec, charset)
                    part.add(index, record)
            yield part.finish()

    def read_record(self, file: OpenFile, number: int) -> RawText:
        """A line as written, without its line end."""
        stream, charset = file.text()
        return find_record(line_blocks(stream, place=file.place, size=file.block_bytes), number, charset)


class _Refused(Exception):
    def __init__(self, check: str, why: str) -> None:
        super().__init__(why)
        self.check = check
        self.why = why


class _Number(str):
    """A number within a nested value, with its digits: there it must stay distinct from a string."""

    __slots__ = ()


_NESTED = frozenset({dict, list})


def _decoder(number: type[str]) -> Callable[[str], Any]:
    return json.JSONDecoder(
        object_pairs_hook=_object, parse_int=number, parse_float=number, parse_constant=number
    ).decode


class _Lines:
    """Parses lines; remembers the keys of all previous lines."""

    def __init__(self, spec: SourceSpec) -> None:
        self._columns = {name.casefold(): name for name in spec.columns}
        self._names = set(spec.columns)
        self._declared = frozenset(spec.columns)
        self._renamed: dict[str, str] = {}
        self._decode = _decoder(str)
        self._decode_nested = _decoder(_Number)

    def parse(self, line: str) -> dict[str, str | None]:
        """One line's columns as text; raises _Refused."""
        try:
            value = self._decode(line)
            if type(value) is not dict:
                raise _Refused("json_object", f"a JSON {_kind(value)}, not an object")
            if not _NESTED.isdisjoint(map(type, value.values())):
                value = self._decode_nested(line)
            record = {key: text if type(text) is str else _text(text) for key, text in value.items()}
            if "\\u" in line:
                for piece in (*record, *record.values()):
                    (piece or "").encode()
        except json.JSONDecodeError as error:
            raise _Refused("json_syntax", f"{error.msg} at character {error.pos + 1}") from None
        except RecursionError:
            raise _Refused("json_depth", f"nested deeper than {MAX_DEPTH} levels") from None
        except UnicodeEncodeError:
            raise _Refused("json_text", "an escaped half of a surrogate pair") from None
        if not self._names.issuperset(record):
            self._admit(record)
        if not self._renamed.keys().isdisjoint(record):
            stored = {str(self._renamed.get(key, key)): text for key, text in record.items()}
            if len(stored) < len(record):
                raise _Refused("json_keys", "two keys that are stored under one name")
            return stored
        return record

    def _admit(self, record: dict[str, Any]) -> None:
        new: dict[str, str] = {}
        names: dict[str, str] = {}
        for key in record:
            if key in self._names:
                continue
            name = names[key] = stored_name(key)
            why = None if name in self._declared else wrong_name(name, self._columns) or wrong_name(name, new)
            if not name:
                why = "an empty key"
            if why is None and len(self._names) + len(new) >= MAX_COLUMNS:
                why = f"key {key[:80]!r} is one more than the {MAX_COLUMNS} columns that are read"
            if why:
                raise _Refused("json_keys", why)
            new[name.casefold()] = name
        self._columns.update(new)
        self._names.update(names)
        self._renamed.update((key, name) for key, name in names.items() if key != name)


class _Part:
    """Columns under construction, each as long as its last value."""

    def __init__(self, block: Block, spec: SourceSpec, charset: Charset) -> None:
        self._block = block
        self._spec = spec
        self._charset = charset
        self._columns: dict[str, list[str | None]] = {}
        self._taken: list[int] = []
        self._rejects: list[Reject] = []

    @property
    def cells(self) -> int:
        return len(self._columns) * len(self._taken)

    def add(self, index: int, record: dict[str, str | None]) -> None:
        row = len(self._taken)
        for key, text in record.items():
            column = self._columns.setdefault(key, [])
            if len(column) < row:
                column.extend([None] * (row - len(column)))
            column.append(text)
        self._taken.append(index)

    def reject(self, index: int, check: str, why: str) -> None:
        self._rejects.append(Reject(self._block.first + index, check, why, self._raw(index)))

    def finish(self) -> Parsed:
        rows = len(self._taken)
        columns = {
            name: pa.array(texts + [None] * (rows - len(texts)), pa.string())
            for name, texts in self._columns.items()
        }
        numbers = [self._block.first + index for index in self._taken]
        return split_rows(
            columns, self._spec.types, numbers, lambda row: self._raw(self._taken[row]), self._rejects
        )

    def _raw(self, index: int) -> bytes:
        return self._charset.original(self._block.raw(index))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _Refused("json_keys", f"key {twice[:80]!r} stands twice in one object")
    return found


def _text(value: Any) -> str | None:
    """A value of a record that is not a string yet."""
    return None if value is None else _dump(value, 2)


def _dump(value: Any, depth: int) -> str:
    if isinstance(value, _Number):
        return str(value)
    if depth > MAX_DEPTH and isinstance(value, (dict, list)):
        raise RecursionError
    if isinstance(value, dict):
        inner = (f"{encode_basestring(key)}: {_dump(item, depth + 1)}" for key, item in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_dump(item, depth + 1) for item in value)}]"
    if isinstance(value, str):
        return encode_basestring(value)
    return "null" if value is None else "true" if value else "false"


def _kind(value: Any) -> str:
    return "null" if value is None else {list: "array", bool: "boolean"}.get(type(value), "number or string")
