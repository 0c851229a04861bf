"""A lake's bytes behave alike in a folder, in a bucket, and in any mixture of the two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearwell.errors import StoreError
from clearwell.stores import Store, file_sizes, open_output, parquet_file, parquet_metadata, read_file
from clearwell.stores import remote as remote_module

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Space

KINDS = ["folder", "bucket", "other folder"]
ODD = "attempt=1/cw_verdict=accepted/a b+c%20ü.parquet"


@pytest.fixture(params=KINDS)
def store(tmp_path: Path, s3: S3Space, request: pytest.FixtureRequest) -> Store:
    """A store whose ``gold`` lies where the kind says; everything else lies in its folder."""
    places = {"bucket": s3.url("lake/gold"), "other folder": str(tmp_path / "elsewhere" / "gold")}
    chosen = {"gold": places[request.param]} if request.param in places else {}
    return Store(tmp_path / "lake", chosen)


def paths(store: Store, prefix: str) -> list[str]:
    return sorted(file.path for file in store.list(prefix))


def test_what_was_written_is_read_listed_and_deleted(store: Store) -> None:
    for path in ("gold/a/1.json", "gold/a/b/2.json", f"gold/a/{ODD}", "gold/aa/3.json"):
        store.put(path, path.encode())
    assert store.get("gold/a/b/2.json") == b"gold/a/b/2.json"
    assert store.get(f"gold/a/{ODD}") == f"gold/a/{ODD}".encode()
    assert store.size("gold/a/1.json") == len("gold/a/1.json")
    assert paths(store, "gold/a") == sorted(["gold/a/1.json", "gold/a/b/2.json", f"gold/a/{ODD}"])
    assert {file.path: file.size for file in store.list("gold/aa")} == {"gold/aa/3.json": 14}
    assert store.folders("gold") == ["a", "aa"]
    assert store.folders("gold/a") == ["attempt=1", "b"]
    store.delete(["gold/a/1.json", f"gold/a/{ODD}", "gold/never/was.json"])
    assert paths(store, "gold") == ["gold/a/b/2.json", "gold/aa/3.json"]


def test_what_is_not_there_is_none_and_no_error(store: Store) -> None:
    assert store.get("gold/none.json") is None
    assert store.size("gold/none.json") is None
    assert not store.exists("gold/none.json")
    assert paths(store, "gold") == []
    assert store.folders("gold") == []
    store.delete(["gold/none.json"])
    assert file_sizes([store.absolute("gold/none.json"), store.absolute("gold/nor/this")]) == [None, None]
    assert read_file(store.absolute("gold/none.json")) is None


def test_a_look_makes_no_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "lake", {"gold": str(tmp_path / "gold")})
    assert store.get("gold/x") is None
    assert store.folders("control") == []
    assert list(store.list("")) == []
    assert list(tmp_path.iterdir()) == []


def test_of_many_writers_of_one_name_one_wins(store: Store) -> None:
    start = Barrier(8)

    def write(writer: int) -> int | None:
        start.wait()
        return writer if store.put_new("gold/intent.json", str(writer).encode()) else None

    with ThreadPoolExecutor(8) as pool:
        won = [writer for writer in pool.map(write, range(8)) if writer is not None]
    assert len(won) == 1
    assert store.get("gold/intent.json") == str(won[0]).encode()
    assert paths(store, "") == ["gold/intent.json"]  # what was tried out before is gone


def test_the_whole_lake_is_listed_each_part_where_it_lies(store: Store, tmp_path: Path) -> None:
    store.put("bronze/a.json", b"1")
    store.put("gold/b.json", b"22")
    assert {file.path: file.size for file in store.list("")} == {"bronze/a.json": 1, "gold/b.json": 2}
    if store.places:
        shadowed = tmp_path / "lake" / "gold"
        shadowed.mkdir()
        (shadowed / "of-before.json").write_bytes(b"333")
        assert paths(store, "") == ["bronze/a.json", "gold/b.json"]


def test_parquet_is_written_and_read_by_address(store: Store) -> None:
    path = store.absolute(f"gold/t/{ODD}")
    table = pa.table({"n": range(100_000), "x": [0.5] * 100_000})
    sink = open_output(path)
    pq.write_table(table, sink, row_group_size=30_000)
    if not isinstance(sink, str):
        sink.close()
    assert parquet_metadata(path).num_rows == 100_000
    with parquet_file(path) as file:
        assert file.read(columns=["n"]) == table.select(["n"])
    assert file_sizes([path]) == [store.size(f"gold/t/{ODD}")]
    assert pq.read_table(store.open_input(f"gold/t/{ODD}")) == table


def test_local_files_are_opened_by_their_path(tmp_path: Path) -> None:
    """So they are mapped and read as fast as pyarrow can."""
    store = Store(tmp_path, {"gold": "s3://bucket/gold"})
    assert store.open_input("bronze/x.parquet") == str(tmp_path / "bronze" / "x.parquet")
    assert store.options("bronze/x") is None
    assert store.is_local("bronze/x")
    assert not store.is_local("gold/x")
    assert store.absolute("gold/x/y") == "s3://bucket/gold/x/y"
    assert store.uri("bronze/x") == (tmp_path / "bronze" / "x").as_uri()


def test_what_delta_is_told_holds_no_secret(s3: S3Space, tmp_path: Path) -> None:
    store = Store(tmp_path, {"gold": s3.url("gold")})
    told = f"{store.options('gold/x')} {store.__dict__}"
    for name, value in s3.environment.items():
        if "KEY" in name:
            assert value not in told


def test_an_address_is_no_folder_of_a_lake() -> None:
    with pytest.raises(StoreError, match="must be local"):
        Store("s3://bucket/lake")


def test_a_store_that_ignores_the_condition_is_refused(
    s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such servers exist. What they answer is made here: the put is sent without its condition."""
    import obstore

    real = obstore.put
    monkeypatch.setattr(obstore, "put", lambda store, path, data, **_: real(store, path, data))
    store = Store(tmp_path, {"control": s3.url("lake/control")})
    with pytest.raises(StoreError, match="would lose data") as refused:
        store.put_new("control/intents/x.json", b"{}")
    assert "conditional put" in str(refused.value.hint)
    monkeypatch.undo()
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    assert paths(store, "control") == []


def test_the_condition_is_tried_out_once(
    s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = remote_module._put_new
    monkeypatch.setattr(
        remote_module, "_put_new", lambda base, key, data: tried.append(key) or real(base, key, data)
    )
    store = Store(tmp_path, {"control": s3.url("lake/control")})
    for number in range(5):
        assert store.put_new(f"control/{number}.json", b"")
    assert sum("probe" in key for key in tried) == 2


def test_what_spark_leaves_for_a_folder_is_no_file(s3: S3Space, tmp_path: Path) -> None:
    """It would be an orphan for ever: its key ends with a slash, which the library does not send."""
    store = Store(tmp_path, {"gold": s3.url("lake/gold")})
    for path in (
        "gold/t/attempt=1/rows",
        "gold/t/attempt=1/rows/_SUCCESS",
        "gold/t/attempt=1/rows/empty.json",
    ):
        store.put(path, b"")
    store.put("gold/t/attempt=1/plain", b"not empty")
    assert paths(store, "gold") == [
        "gold/t/attempt=1/plain",
        "gold/t/attempt=1/rows/_SUCCESS",
        "gold/t/attempt=1/rows/empty.json",
    ]
