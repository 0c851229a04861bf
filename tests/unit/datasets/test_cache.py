"""What is read from a store is copied once, is what was released, and stays so whatever hits the copy."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.datasets import download as copying
from clearwell.datasets import list_datasets, open_dataset
from clearwell.errors import DatasetError, ReleaseNotFound, StoreError, StoreUnreachable
from tests.unit.publishing.small import live_release, rows
from tests.unit.publishing.storing import delete, objects, publisher_at, put, released

if TYPE_CHECKING:
    from tests.services.s3 import S3Space


@pytest.fixture
def lake(s3: S3Space, tmp_path: Path) -> str:
    """A lake in a bucket with two releases."""
    publisher = publisher_at(s3.url("lake"), tmp_path)
    released(publisher, 1, 50)
    released(publisher, 2, 70)
    return s3.url("lake")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were copied."""
    seen: list[str] = []
    old = copying.open_input

    def note(path: str) -> object:
        seen.append(path)
        return old(path)

    monkeypatch.setattr(copying, "open_input", note)
    return seen


def test_a_release_is_found_by_name_by_address_and_by_that_of_its_dataset(lake: str) -> None:
    assert len(open_dataset("late_flights", lake=lake)) == 70
    assert len(open_dataset("late_flights", version="v1", lake=f"{lake}/")) == 50
    assert open_dataset(f"{lake}/releases/late_flights").version == 2
    assert open_dataset(f"{lake}/releases/late_flights", version=1).version == 1
    assert open_dataset(f"{lake}/releases/late_flights/v1/").version == 1
    (info,) = list_datasets(lake)
    assert (info.name, info.current, info.versions, info.rows) == ("late_flights", 2, (1, 2), 70)
    assert info.path == f"{lake}/releases/late_flights/v2"
    assert open_dataset(info.path).version == 2


def test_it_reads_as_the_same_rows_do_elsewhere(lake: str) -> None:
    dataset = open_dataset("late_flights", lake=lake)
    dataset.verify()
    read = [row for split in ("train", "test") for row in dataset.split(split).to_arrow().to_pylist()]
    assert sorted(map(str, read)) == sorted(map(str, rows(70).to_pylist()))


def test_a_reader_needs_pyarrow_and_deltalake_alone(lake: str) -> None:
    program = f"""
        import sys
        lacking = "click dagster great_expectations numpy obstore pandas psutil pydantic pyspark yaml".split()
        sys.modules.update(dict.fromkeys(lacking))
        import clearwell
        (info,) = clearwell.list_datasets({lake!r})
        for dataset in (clearwell.open_dataset(info.name, lake={lake!r}), clearwell.open_dataset(info.path)):
            dataset.verify()
            print(dataset.version, sum(len(dataset.split(name).to_arrow()) for name in ("train", "test")))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("2 70\n2 70\n", "")


def test_a_release_is_copied_once(lake: str, fetched: list[str]) -> None:
    first = open_dataset("late_flights", lake=lake)
    assert len(fetched) == len(first.manifest.files)
    again = open_dataset(f"{lake}/releases/late_flights/v2")
    assert again.path == first.path
    assert len(fetched) == len(first.manifest.files)


def test_what_is_not_there_is_told_as_in_a_folder(lake: str) -> None:
    with pytest.raises(ReleaseNotFound, match="no dataset 'late_flight' in the lake") as caught:
        open_dataset("late_flight", lake=lake)
    assert lake in caught.value.fact
    assert "did you mean 'late_flights'?" in str(caught.value.hint)
    with pytest.raises(ReleaseNotFound, match="late_flights has no version 4") as caught:
        open_dataset("late_flights", version=4, lake=lake)
    assert caught.value.hint == "versions: 1, 2"
    with pytest.raises(ReleaseNotFound, match="this is version 1, not 2"):
        open_dataset(f"{lake}/releases/late_flights/v1", version=2)
    with pytest.raises(ReleaseNotFound, match=r"there is no manifest\.json"):
        open_dataset(f"{lake}/releases/late_flights/v3")
    with pytest.raises(ReleaseNotFound, match=r"there is no manifest\.json"):
        open_dataset(f"{lake}/releases")
    assert list_datasets(f"{lake}/elsewhere") == []
    with pytest.raises(DatasetError, match="no lake at") as caught:
        open_dataset("late_flights", lake=Path(lake))
    assert caught.value.hint == "pass the address as a string: a Path merges two slashes"


def test_a_release_that_is_being_made_is_none(lake: str) -> None:
    put(f"{lake}/releases/late_flights/v3/{'a' * 32}/data/train-00000.parquet", b"half")
    put(f"{lake}/releases/first/v1/{'a' * 32}/data/train-00000.parquet", b"half")
    assert open_dataset("late_flights", lake=lake).version == 2
    assert [info.versions for info in list_datasets(lake)] == [(1, 2)]
    with pytest.raises(ReleaseNotFound):
        open_dataset("first", lake=lake)


def damage_nothing(folder: Path, name: str) -> None:
    os.utime(folder / name, (1, 1))


def damage_bytes(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).chmod(0o644)
    (folder / name).write_bytes(data)


def damage_size(folder: Path, name: str) -> None:
    (folder / name).chmod(0o644)
    with (folder / name).open("ab") as file:
        file.write(b"more")


def damage_all(folder: Path, name: str) -> None:
    (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "copies"), [(damage_nothing, 0), (damage_bytes, 1), (damage_size, 1), (damage_all, 1)]
)
def test_a_damaged_copy_is_made_good_and_only_what_is_damaged(
    lake: str, fetched: list[str], damage: object, copies: int
) -> None:
    dataset = open_dataset("late_flights", lake=lake)
    name = dataset.manifest.files[0].path
    fetched.clear()
    damage(dataset.path, name)  # type: ignore[operator]
    open_dataset("late_flights", lake=lake).verify()
    assert fetched == [f"{lake}/releases/late_flights/v2/{name}"] * copies


def test_a_copy_without_its_records_is_checked_again_and_not_fetched(lake: str, fetched: list[str]) -> None:
    dataset = open_dataset("late_flights", lake=lake)
    fetched.clear()
    for record in ("copied.json", "current.json", "v2/manifest.json"):
        (dataset.path.parent / record).unlink()
        open_dataset("late_flights", lake=lake).verify()
    assert fetched == []


def test_a_changed_manifest_of_a_copy_is_seen(lake: str) -> None:
    dataset = open_dataset("late_flights", lake=lake)
    manifest = dataset.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"is_late"', '"is_lete"', 1))
    with pytest.raises(DatasetError, match="the manifest has changed"):
        dataset.verify()
    open_dataset("late_flights", lake=lake).verify()


def test_a_file_of_the_store_that_has_changed_is_refused_and_not_kept(lake: str, tmp_path: Path) -> None:
    held = open_dataset("late_flights", version=1, lake=lake).manifest
    address = f"{lake}/releases/late_flights/v1"
    for number, (data, fact) in enumerate(
        [(b"x" * held.files[0].bytes, "its SHA-256 is not the manifest's"), (b"x", "has 1 bytes, not")]
    ):
        put(f"{address}/{held.files[0].path}", data)
        os.environ["CLEARWELL_CACHE"] = str(tmp_path / f"fresh{number}")  # put back by the fixture
        with pytest.raises(DatasetError, match=fact) as caught:
            open_dataset("late_flights", version=1, lake=lake)
        assert caught.value.place == f"{address}/{held.files[0].path}"
        kept = [path for path in (tmp_path / f"fresh{number}").rglob("*") if path.is_file()]
        assert [path.name for path in kept] == [".lock"]
    delete(f"{address}/{held.files[0].path}")
    with pytest.raises(DatasetError, match="a file of the release is missing"):
        open_dataset("late_flights", version=1, lake=lake)


def test_another_release_of_that_number_is_another_copy(lake: str, tmp_path: Path) -> None:
    first = open_dataset("late_flights", version=1, lake=lake)
    for path in objects(f"{lake}/releases"):
        delete(f"{lake}/releases/{path}")
    released(publisher_at(lake, tmp_path), 9, 30)
    second = open_dataset("late_flights", version=1, lake=lake)
    assert (len(first), len(second)) == (50, 30)
    assert len(first.split("train").to_arrow()) + len(first.split("test").to_arrow()) == 50


_READER = """
import sys, clearwell
dataset = clearwell.open_dataset("late_flights", lake=sys.argv[1])
dataset.verify()
print(len(dataset), dataset.path)
for module in ("obstore", "pydantic", "psutil", "yaml", "pyspark", "dagster"):
    assert module not in sys.modules, module
"""


@pytest.mark.full
def test_many_readers_at_once_share_one_copy(lake: str, tmp_path: Path) -> None:
    """Processes, and threads of one."""
    command = [sys.executable, "-c", _READER, lake]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [reader.communicate(timeout=60)[0] for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * 4
    assert len(set(said)) == 1
    assert said[0].startswith("70 ")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: open_dataset("late_flights", version=1, lake=lake).path, range(12)))
    assert len(set(made)) == 1
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_a_reader_that_was_killed_is_no_hindrance(lake: str) -> None:
    dataset = open_dataset("late_flights", lake=lake)
    left = dataset.path / f"{dataset.manifest.files[0].path}.{'a' * 32}.part"
    left.write_bytes(b"half")
    (dataset.path / dataset.manifest.files[0].path).unlink()
    open_dataset("late_flights", lake=lake).verify()
    assert not left.exists()


def test_a_reader_keeps_what_it_has_open_when_the_cache_is_emptied(lake: str, tmp_path: Path) -> None:
    table = open_dataset("late_flights", lake=lake).split("train").to_arrow()
    before = table.to_pylist()
    subprocess.run(["rm", "-rf", str(tmp_path / "cache")], check=True)
    assert str(table.to_pylist()) == str(before)
    assert len(open_dataset("late_flights", lake=lake)) == 70


def test_a_worker_of_a_data_loader_gets_the_copy(lake: str) -> None:
    dataset = pickle.loads(pickle.dumps(open_dataset("late_flights", lake=lake)))
    assert dataset.split("train").to_arrow().num_rows + dataset.split("test").to_arrow().num_rows == 70


def test_rows_are_looked_up_in_a_copy(s3: S3Space, tmp_path: Path) -> None:
    """The index is mapped to memory, so it needs a file."""
    table = pa.table({"id": list(range(500)), "name": [f"n{n}" for n in range(500)]})
    folder = live_release(tmp_path / "state", table, ["id"])
    for file in folder.rglob("*"):
        if file.is_file():
            put(f"{s3.url('copied')}/state/{file.relative_to(folder)}", file.read_bytes())
    state = open_dataset(f"{s3.url('copied')}/state")
    assert state.lookup({"id": [7, 499, 7]}).column("name").to_pylist() == ["n7", "n499", "n7"]
    state.verify()


def test_a_cache_that_cannot_be_written_is_told(
    lake: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEARWELL_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="cannot be written") as caught:
        open_dataset("late_flights", lake=lake)
    assert "CLEARWELL_CACHE" in str(caught.value.hint)


def test_a_full_disk_is_told_before_anything_is_fetched(
    lake: str, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.datasets import cache as module

    class Usage:
        free = 10

    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(DatasetError, match="bytes, but only 10"):
        open_dataset("late_flights", lake=lake)
    assert fetched == []


def test_a_large_copy_says_how_far_it_is(
    lake: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_LARGE", 1)
    monkeypatch.setattr(copying, "_CHUNK", 500)
    with caplog.at_level("INFO", logger="clearwell"):
        open_dataset("late_flights", lake=lake)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) >= 5
    assert said[-1].startswith("late_flights v2: copied 100 % of ")


def test_wrong_credentials_are_one_clear_error_without_them(
    lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2")
    for look in (lambda: open_dataset("late_flights", lake=lake), lambda: list_datasets(lake)):
        with pytest.raises(StoreError, match="access was refused") as caught:
            look()
        assert "AWS_ACCESS_KEY_ID" in str(caught.value.hint)
        assert "hunter2" not in str(caught.value)


def test_no_bucket_and_no_server_are_told(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="there is no such bucket"):
        open_dataset("late_flights", lake="s3://no-such-bucket-of-ours/lake")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnreachable, match="does not answer"):
        open_dataset("late_flights", lake=lake)
