"""Find one record in blocks, as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.sources.records import RawText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.sources.parsing.encoding import Charset
    from clearwell.sources.parsing.scan import Block

__all__ = ["as_written", "find_record"]


def find_record(blocks: Iterable[Block], number: int, charset: Charset) -> RawText:
    """Record ``number`` of the file that ``blocks`` are cut from; reads only up to its block."""
    last = 0
    for block in blocks:
        if block.first <= number < block.first + len(block):
            return as_written(charset.original(block.raw(number - block.first)), charset)
        last = max(last, block.first + len(block) - 1)
    return RawText(None, last)


def as_written(raw: bytes, charset: Charset) -> RawText:
    """The bytes of a record with their text; bytes that are invalid in the encoding are shown as escapes."""
    try:
        return RawText(raw, None, raw.decode(charset.codec))
    except UnicodeDecodeError:
        return RawText(raw, None, raw.decode(charset.codec, "backslashreplace"), exact=False)
