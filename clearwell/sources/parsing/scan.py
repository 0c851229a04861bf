"""Cut a stream of bytes into blocks of whole records, with the position of each record.

CSV is cut by RFC 4180, as in Python's csv module: LF, CR and CRLF end a record unless quoted, a quote that
does not open a field is a plain character, blank lines are not records. It is stricter than Python in two
cases, in which rows swallow others and look valid: text behind a closing quote, and a quote that is never
closed. Such a record is *broken*, and will be rejected.

Refused: a record over MAX_RECORD_BYTES.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from clearwell.sources.records import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "BLOCK_BYTES",
    "MAX_BLOCK_RECORDS",
    "MAX_RECORD_BYTES",
    "Block",
    "ByteStream",
    "csv_blocks",
    "line_blocks",
]

BLOCK_BYTES = 8 * 2**20
MAX_BLOCK_RECORDS = 100_000
MAX_RECORD_BYTES = 128 * 2**20

Positions = npt.NDArray[np.int64]

_NONE: Positions = np.empty(0, np.int64)
_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D
_TURN = re.compile(rb'["\r\n]')
_BEHIND = "text behind a closing quote"
_OPEN = "a quote is opened and never closed"


class ByteStream(Protocol):
    """The source that records are cut from."""

    def read(self, size: int, /) -> bytes:
        """About ``size`` bytes; none only at the end of the stream."""
        ...


@dataclass(frozen=True, eq=False)
class Block:
    """Whole records: record ``first + i`` of the file is ``data[starts[i]:ends[i]]``."""

    data: bytes
    starts: Positions
    ends: Positions
    broken: Mapping[int, str]
    first: int

    def __len__(self) -> int:
        return len(self.starts)

    def raw(self, index: int) -> bytes:
        """The bytes of a record, without its line end."""
        return self.data[self.starts[index] : self.ends[index]]

    def without(self, indexes: Sequence[int]) -> bytes:
        """The data with these records (ascending) replaced by blank lines."""
        parts: list[bytes] = []
        at = 0
        for index in indexes:
            parts.append(self.data[at : self.starts[index]])
            at = int(self.ends[index])
        return b"".join([*parts, self.data[at:]])


@dataclass(frozen=True, eq=False)
class _Cut:
    starts: Positions
    ends: Positions
    used: int
    broken: Mapping[int, str]


def csv_blocks(stream: ByteStream, delimiter: str, *, place: str, size: int) -> Iterator[Block]:
    """Blocks of CSV records; the header, if the file has one, is record 0."""
    return _blocks(stream, partial(_cut_csv, delimiter=ord(delimiter)), 0, place, size)


def line_blocks(stream: ByteStream, *, place: str, size: int) -> Iterator[Block]:
    """Blocks of lines that end in LF or CRLF and are not blank; the first is record 1."""
    return _blocks(stream, _cut_lines, 1, place, size)


def _blocks(
    stream: ByteStream, cut: Callable[[bytes, bool], _Cut], number: int, place: str, size: int
) -> Iterator[Block]:
    rest = b""
    while True:
        # A record longer than the block: read as much again, so that its bytes are cut only twice.
        data, final = _fill(stream, rest, max(size, min(len(rest), MAX_RECORD_BYTES - len(rest))))
        found = cut(data, final)
        yield from _pieces(data, found, number)
        number += len(found.starts)
        if final:
            return
        rest = data[found.used :]
        if len(rest) > MAX_RECORD_BYTES:
            raise UnreadableFile(
                f"record {number} is longer than {MAX_RECORD_BYTES >> 20} MiB",
                place=place,
                hint="check it for an unclosed quote, or a wrong kind of line end",
            )


def _pieces(data: bytes, cut: _Cut, first: int) -> Iterator[Block]:
    """The records of a cut, at most MAX_BLOCK_RECORDS at a time: any may become a Python object."""
    if not cut.used:
        return
    at = 0
    for low in range(0, max(len(cut.starts), 1), MAX_BLOCK_RECORDS):
        high = low + MAX_BLOCK_RECORDS
        end = int(cut.starts[high]) if high < len(cut.starts) else cut.used
        broken = {index - low: why for index, why in cut.broken.items() if low <= index < high}
        yield Block(data[at:end], cut.starts[low:high] - at, cut.ends[low:high] - at, broken, first + low)
        at = end


def _fill(stream: ByteStream, rest: bytes, size: int) -> tuple[bytes, bool]:
    """``rest`` and at least ``size`` more bytes, and whether the stream ends with them."""
    parts = [rest]
    while size > 0:
        fresh = stream.read(size)
        if not fresh:
            return b"".join(parts), True
        parts.append(fresh)
        size -= len(fresh)
    return b"".join(parts), False


def _cut_csv(data: bytes, final: bool, *, delimiter: int) -> _Cut:
    view = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(view == _QUOTE) if b'"' in data else _NONE
    if len(quotes) and not _regular(view, quotes, delimiter):
        return _walk(data, final, delimiter)
    breaks = np.flatnonzero(view == _LF)
    if b"\r" in data:
        returns = np.flatnonzero(view == _CR)
        if len(returns) and returns[-1] == len(view) - 1 and not final:
            returns = returns[:-1]  # its LF may be the next byte of the stream
        alone = view[np.minimum(returns + 1, len(view) - 1)] != _LF
        breaks = np.sort(np.concatenate([breaks, returns[alone]]))
    if len(quotes):
        breaks = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    cut = _between(view, breaks, final)
    unclosed = final and len(quotes) % 2
    return replace(cut, broken={len(cut.starts) - 1: _OPEN}) if unclosed else cut


def _regular(view: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> bool:
    """Whether parity alone shows of every quote whether it opens, closes or doubles.

    By induction: if each quote of even rank begins a field or follows a closing one (a doubled quote), and
    each of odd rank ends a field or is followed by one, the rank separates quoted from unquoted text.
    """
    around = np.zeros(256, bool)
    around[[delimiter, _LF, _CR, _QUOTE]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = around[view[np.maximum(opening - 1, 0)]]
    after = around[view[np.minimum(closing + 1, len(view) - 1)]]
    return bool(before.all() and after.all())


def _cut_lines(data: bytes, final: bool) -> _Cut:
    view = np.frombuffer(data, np.uint8)
    cut = _between(view, np.flatnonzero(view == _LF), final)
    if b" " not in data and b"\t" not in data and b"\r" not in data:
        return cut
    maybe = np.flatnonzero(np.isin(view[cut.starts], np.frombuffer(b" \t\r", np.uint8)))
    blank = [i for i in maybe.tolist() if not data[cut.starts[i] : cut.ends[i]].strip(b" \t\r")]
    return replace(cut, starts=np.delete(cut.starts, blank), ends=np.delete(cut.ends, blank))


def _between(view: npt.NDArray[np.uint8], breaks: Positions, final: bool) -> _Cut:
    """The records between line ends; after the last one is a record only at the stream's end."""
    used = len(view) if final else (int(breaks[-1]) + 1 if len(breaks) else 0)
    ends = np.append(breaks, used) if final else breaks
    starts = np.append(0, breaks + 1)[: len(ends)]
    if len(view):
        crlf = (view[np.maximum(ends - 1, 0)] == _CR) & (ends < len(view)) & (ends > starts)
        ends = ends - crlf
    kept = ends > starts
    return _Cut(starts[kept], ends[kept], used, {})


def _walk(data: bytes, final: bool, delimiter: int) -> _Cut:
    """The same, quote by quote: for data with a quote in a place that RFC 4180 does not allow."""
    starts: list[int] = []
    ends: list[int] = []
    broken: dict[int, str] = {}
    start = at = 0
    why = ""

    def record(end: int, upto: int) -> None:
        nonlocal start, why
        if end > start:
            if why:
                broken[len(starts)] = why
            starts.append(start)
            ends.append(end)
        start, why = upto, ""

    while turn := _TURN.search(data, at):
        here = turn.start()
        at = here + 1
        if data[here] == _QUOTE:
            if here > start and data[here - 1] != delimiter:
                continue
            close = _closing(data, at)
            if close < 0:
                why = _OPEN
                break
            at = close + 1
            if at < len(data) and data[at] not in (delimiter, _LF, _CR):
                why = _BEHIND
        elif data[here] == _CR and at == len(data) and not final:
            break
        else:
            if data[here] == _CR and data[at : at + 1] == b"\n":
                at += 1
            record(here, at)
    if final:
        record(len(data), len(data))
    return _Cut(np.array(starts, np.int64), np.array(ends, np.int64), start, broken)


def _closing(data: bytes, at: int) -> int:
    while (close := data.find(b'"', at)) >= 0 and data[close + 1 : close + 2] == b'"':
        at = close + 2
    return close
