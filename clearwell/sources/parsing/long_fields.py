"""Find fields that are longer than a source expects: a stray quote far away may have swallowed records.

Two stray quotes in a file pair up, and all between them is one field, by RFC 4180. No parser can know that it
was not meant. So such a field is a warning with its place, or its record is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from clearwell.sources.parsing.scan import Block

__all__ = ["LongFields", "find_long"]

_LF = 0x0A


@dataclass(frozen=True)
class LongFields:
    """The longest field expected: line ends, bytes in UTF-8; ``longer``: ``warn`` or ``reject``."""

    lines: int = 100
    size: int = 2**20
    longer: str = "warn"


def find_long(
    block: Block,
    kept: npt.NDArray[np.int64],
    columns: Mapping[str, pa.Array],
    limit: LongFields,
) -> dict[int, str]:
    """The rows with a field over ``limit``, and what it holds; ``kept``: the rows' records in ``block``."""
    lengths = block.ends - block.starts
    long = lengths > limit.size
    if b'"' in block.data:
        breaks = np.flatnonzero(np.frombuffer(block.data, np.uint8) == _LF)
        inside = np.searchsorted(breaks, block.ends) - np.searchsorted(breaks, block.starts)
        long |= inside > limit.lines
    if not long.any():
        return {}
    rows = np.flatnonzero(long[kept]).tolist()
    found = {row: _longest(row, columns, limit) for row in rows}
    return {row: what for row, what in found.items() if what}


def _longest(row: int, columns: Mapping[str, pa.Array], limit: LongFields) -> str:
    for name, values in columns.items():
        data: bytes = values[row].cast(pa.binary()).as_py() or b""
        lines = data.count(b"\n")
        if lines > limit.lines or len(data) > limit.size:
            return f"column {name!r} holds {len(data):,} bytes in {lines + 1:,} lines"
    return ""
