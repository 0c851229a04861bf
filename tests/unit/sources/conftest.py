"""Bytes in, records out: each test of a format writes a file and reads it as the flow does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.sources import RawFile, Reject, SourceSpec, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa


@dataclass(frozen=True)
class Outcome:
    """All parts of one file."""

    parts: tuple[pa.RecordBatch, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[tuple[str, ...], ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Accepted rows without their numbers."""
        return [{k: v for k, v in row.items() if k != "_record_no"} for row in self._rows]

    @property
    def numbers(self) -> list[int]:
        """Record numbers of the accepted rows."""
        return [row["_record_no"] for row in self._rows]

    @property
    def checks(self) -> dict[int, str]:
        """Record number -> check of the rejected ones."""
        return {reject.record_no: reject.check for reject in self.rejects}

    @property
    def raw(self) -> dict[int, bytes]:
        """Record number -> bytes of the rejected ones."""
        return {reject.record_no: reject.raw for reject in self.rejects}

    @property
    def _rows(self) -> list[dict[str, Any]]:
        return [row for part in self.parts for row in part.to_pylist()]


def write_raw(file: Path, data: bytes) -> RawFile:
    file.write_bytes(data)
    status = file.stat()
    return RawFile(file.name, file, hashlib.sha256(data).hexdigest()[:32], status.st_size, status.st_mtime_ns)


def parse_file(file: Path, data: bytes, *, block_bytes: int = 1 << 20, **options: Any) -> Outcome:
    """Read ``data``; every record must be accounted for once, in order."""
    spec = SourceSpec(file.name, **options)
    parts, rejects, notes = [], [], []
    for part in read(write_raw(file, data), spec, block_bytes=block_bytes):
        part.accepted.validate(full=True)
        assert [r.record_no for r in part.rejects] == sorted(r.record_no for r in part.rejects)
        parts.append(part.accepted)
        rejects += part.rejects
        notes.append(part.notes)
    outcome = Outcome(tuple(parts), tuple(rejects), tuple(notes))
    assert outcome.numbers == sorted(outcome.numbers)
    everything = sorted([*outcome.numbers, *outcome.checks])
    assert everything == list(range(1, len(outcome.numbers) + len(outcome.rejects) + 1))
    return outcome


@pytest.fixture
def parse(tmp_path: Path) -> Callable[..., Outcome]:
    def parse(data: bytes, **options: Any) -> Outcome:
        return parse_file(tmp_path / "raw", data, **options)

    return parse
