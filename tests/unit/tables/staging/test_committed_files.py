"""What is staged is what the engine says that it committed, never simply what a listing shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.engines.base import Capability
from clearwell.errors import CandidateRefused
from clearwell.names import TableName
from clearwell.tables import Lake, stage_frame, verify_rows
from clearwell.tables.staging.committed_files import committed_files

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

NAME = TableName.parse("silver_orders")
FOLDER = "attempt=1/rows"
PARTS = [f"cw_verdict=accepted/part-0000{n}-c000.snappy.parquet" for n in range(3)]
LEFT = "cw_verdict=accepted/part-00001-of-a-lost-task.parquet"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    for part in PARTS:
        lake.store.put(f"{NAME.path}/{FOLDER}/{part}", b"rows")
    return lake


def mark(lake: Lake, text: bytes) -> None:
    lake.store.put(f"{NAME.path}/{FOLDER}/_SUCCESS", text)


def named(*paths: str, above: str = "/lake/silver/orders/attempt=1/rows") -> bytes:
    return json.dumps({"committer": "magic", "filenames": [f"{above}/{path}" for path in paths]}).encode()


def found(lake: Lake, *, marked: bool = True) -> list[str]:
    files = committed_files(lake, NAME, FOLDER, marked=marked)
    return [file.path.removeprefix(f"{NAME.path}/{FOLDER}/") for file in files]


@pytest.mark.parametrize(
    "above",
    [
        "/lake/silver/orders/attempt=1/rows",
        "s3a://bucket/lake/silver/orders/attempt=1/rows",
        "file:/tmp/my%20lake/silver/orders/attempt%3D1/rows",
    ],
)
def test_what_a_lost_task_left_is_not_taken(lake: Lake, above: str) -> None:
    lake.store.put(f"{NAME.path}/{FOLDER}/{LEFT}", b"rows")
    mark(lake, named(*PARTS, above=above))
    assert found(lake) == PARTS


def test_a_committed_file_that_is_not_there_is_refused(lake: Lake) -> None:
    mark(lake, named(*PARTS, "cw_verdict=accepted/part-00009.parquet"))
    with pytest.raises(CandidateRefused, match=r"1 committed files are not in .*part-00009"):
        found(lake)


def test_a_list_that_was_cut_names_some_of_the_files(lake: Lake) -> None:
    many = [f"part-{n:05}.parquet" for n in range(120)]
    for part in many:
        lake.store.put(f"{NAME.path}/{FOLDER}/{part}", b"rows")
    mark(lake, named(*many[:100]))
    assert found(lake) == sorted([*PARTS, *many])
    mark(lake, named(*many[:99], "part-99999.parquet"))
    with pytest.raises(CandidateRefused, match="part-99999"):
        found(lake)


@pytest.mark.parametrize("text", [b"", b"  ", b"done", b"[]", b'{"filenames": 3}', b'{"name": "other"}'])
def test_a_mark_without_names_says_only_that_the_work_has_ended(lake: Lake, text: bytes) -> None:
    mark(lake, text)
    assert found(lake) == PARTS


def test_without_a_mark_what_spark_wrote_is_refused_and_what_sail_wrote_is_taken(lake: Lake) -> None:
    assert found(lake, marked=False) == PARTS
    with pytest.raises(CandidateRefused, match="no success mark shows that they are complete"):
        found(lake)


def test_a_frame_without_rows_may_leave_nothing(tmp_path: Path) -> None:
    assert found(Lake(tmp_path)) == []


def test_the_temporary_files_of_committers_are_no_data(lake: Lake) -> None:
    for left in ("_temporary/0/task_1/part-1.parquet", "__magic/job/part-1.parquet", ".part-1.parquet"):
        lake.store.put(f"{NAME.path}/{FOLDER}/{left}", b"rows")
    assert found(lake, marked=False) == PARTS


def test_rows_that_a_listing_lacks_are_missed(tmp_path: Path, engine: Engine) -> None:
    """Sail says nothing of what it has written, so its rows are counted."""
    assert Capability.SUCCESS_MARK in engine.lacks

    lake = Lake(tmp_path)
    real = lake.store.list
    lake.store.list = lambda prefix: iter(sorted(real(prefix), key=lambda f: f.path)[1:])  # type: ignore[method-assign]
    frame = engine.session().createDataFrame(pa.table({"n": range(100)})).repartition(3)
    candidate = stage_frame(lake, NAME, lake.begin(NAME, 1), frame, engine)
    with pytest.raises(CandidateRefused, match="100 rows were counted"):
        verify_rows(candidate.returned, candidate.accepted_rows, candidate.rejected_rows, place=str(NAME))
