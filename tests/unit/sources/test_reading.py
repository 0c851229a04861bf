"""A file is read as it was found, or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clearwell.sources import SourceSpec, UnreadableFile, read
from tests.unit.sources.conftest import write_raw

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "text"])
def test_no_bytes_are_no_records(tmp_path: Path, format: str) -> None:
    file = write_raw(tmp_path / "f", b"")
    assert list(read(file, SourceSpec("f", format=format))) == []


def test_a_file_that_changed_since_it_was_found_is_refused(tmp_path: Path) -> None:
    file = write_raw(tmp_path / "f", b"a\n1\n")
    with pytest.raises(UnreadableFile, match="changed after it was found"):
        list(read(replace(file, size=3), SourceSpec("f")))


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = write_raw(tmp_path / "f", b"a\n1\n2\n")
    parts = read(file, SourceSpec("f"), block_bytes=2)
    next(parts)
    with file.absolute.open("ab") as stream:
        stream.write(b"3\n")
    with pytest.raises(UnreadableFile, match="changed after it was found"):
        list(parts)


def test_a_file_that_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    file = write_raw(tmp_path / "f", b"a\n")
    file.absolute.unlink()
    with pytest.raises(UnreadableFile, match="No such file") as caught:
        list(read(file, SourceSpec("f")))
    assert caught.value.place == "f"
    os.mkfifo(file.absolute)
    with pytest.raises(UnreadableFile, match="not a regular file"):
        list(read(file, SourceSpec("f")))
