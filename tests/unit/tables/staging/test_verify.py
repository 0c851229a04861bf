"""A staged file is added only as it was staged: whole, with its rows, its columns and no NULL in a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearwell.errors import CandidateRefused
from clearwell.tables import Lake
from clearwell.tables.staging.verify import verify_files
from tests.unit.tables.writing import NAME, SCHEMA, stage

if TYPE_CHECKING:
    from collections.abc import Callable


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def other_values(file: Path) -> None:
    """As many rows, whose text takes more bytes."""
    rows = pq.read_table(file)
    longer = pa.array([f"{text.as_py()} and more" for text in rows["text"]])
    pq.write_table(rows.set_column(1, SCHEMA.field("text"), longer), file, write_statistics=False)


@pytest.mark.parametrize("change", [cut_short, other_values, Path.unlink])
def test_a_file_of_another_size_is_refused(tmp_path: Path, change: Callable[[Path], None]) -> None:
    lake = Lake(tmp_path / "lake")
    intent = stage(lake, [1, 2, 3])
    root = lake.table(NAME).root
    verify_files(root, intent.accepted, SCHEMA, required=("id",), place=str(NAME))
    (staged,) = intent.accepted
    change(Path(root, staged.path))
    with pytest.raises(CandidateRefused, match=r"is missing or was changed") as caught:
        verify_files(root, intent.accepted, SCHEMA, required=("id",), place=str(NAME))
    assert staged.path in caught.value.fact


def test_a_file_with_other_rows_than_were_counted_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    (staged,) = stage(lake, [1, 2, 3]).accepted
    counted = replace(staged, stats={**staged.stats, "numRecords": 4})
    with pytest.raises(CandidateRefused, match=r"holds 3 rows, not 4"):
        verify_files(lake.table(NAME).root, [counted], SCHEMA, place=str(NAME))


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    accepted = stage(lake, [1]).accepted
    other = pa.schema([SCHEMA.field("id"), ("text", pa.int64()), SCHEMA.field("value")])
    with pytest.raises(CandidateRefused, match=r"text"):
        verify_files(lake.table(NAME).root, accepted, other, place=str(NAME))
