"""A release can be found by its name, copied anywhere, read in three ways and proved whole."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clearwell
from clearwell.datasets import list_datasets, open_dataset
from clearwell.errors import DatasetError, ReleaseNotFound
from tests.unit.publishing.small import SCHEMA, Release, rows


def test_a_release_reads_as_arrow_pandas_and_polars(release: Release, lake: Path) -> None:
    release(count=9000)
    dataset = open_dataset("late_flights", lake=lake)
    assert (dataset.name, dataset.version, dataset.label, dataset.splits) == (
        "late_flights",
        1,
        "is_late",
        ("train", "test"),
    )
    assert repr(dataset) == "Dataset('late_flights', v1, train 4,500, test 4,500 rows)"
    train = dataset.split("train")
    table = train.to_arrow()
    assert len(train) == table.num_rows == len(train.to_pandas()) == train.to_polars().height == 4500
    assert table.schema.names == train.schema.names == SCHEMA.names
    expected = [row for row in rows(9000).to_pylist() if row["day"].month == 2]
    assert sorted(map(str, table.to_pylist())) == sorted(map(str, expected))
    assert list(train.to_pandas()["carrier"].isna()) == [v is None for v in table["carrier"].to_pylist()]
    assert [batch.num_rows for batch in train.to_batches()] == [4096, 404]
    assert train.to_arrow(["is_late", "day"]).column_names == ["is_late", "day"]


def test_arrow_files_are_memory_mapped_not_copied(release: Release, lake: Path) -> None:
    release(count=9000)
    before = pa.total_allocated_bytes()
    table = open_dataset("late_flights", lake=lake).split("train").to_arrow()
    assert table.nbytes > 100_000
    assert pa.total_allocated_bytes() - before < 10_000


def test_awkward_values_come_back_as_they_were(release: Release, lake: Path) -> None:
    release(count=50)
    for table in (open_dataset("late_flights", lake=lake).split(s).to_arrow() for s in ("train", "test")):
        values = table["distance"].to_pylist()
        assert sum(v is None for v in values) == 5
        assert sum(v is not None and math.isnan(v) for v in values) == 5
        assert sum(v == 0 and math.copysign(1, v) < 0 for v in values if v is not None) == 5


def test_parquet_is_read_where_there_is_no_arrow(release: Release, lake: Path) -> None:
    folder = release(count=50)
    expected = str(open_dataset("late_flights", lake=lake).split("test").to_arrow().to_pylist())
    (folder / "data/test-00000.arrow").unlink()
    assert str(open_dataset(folder).split("test").to_arrow().to_pylist()) == expected
    only = release(2, formats=("parquet",))
    assert not list(only.rglob("*.arrow"))
    assert str(open_dataset(only).split("test").to_arrow().to_pylist()) == expected
    open_dataset(only).verify()


def test_a_copied_folder_is_verified_offline(release: Release, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "flights"
    shutil.copytree(release(), copy)
    dataset = open_dataset(copy)
    dataset.verify()
    assert len(open_dataset(str(copy), version=1).split("train")) == 25
    with pytest.raises(ReleaseNotFound, match="this is version 1, not 2"):
        open_dataset(copy, version=2)
    shutil.copytree(release(2).parent, tmp_path / "whole")
    assert open_dataset(tmp_path / "whole").version == 2
    assert open_dataset(tmp_path / "whole", version="v1").version == 1
    with pytest.raises(ReleaseNotFound, match=r"no manifest\.json"):
        open_dataset(tmp_path / "whole", version=3)


def _flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_flip_a_byte, "SHA-256"),
        (Path.unlink, "missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes, not"),
    ],
    ids=["changed", "missing", "truncated"],
)
@pytest.mark.parametrize("name", ["data/train-00000.parquet", "data/test-00000.arrow"])
def test_verify_names_the_damaged_file(release: Release, damage: Any, said: str, name: str) -> None:
    folder = release()
    damage(folder / name)
    with pytest.raises(DatasetError, match=said) as caught:
        open_dataset(folder).verify()
    assert str(folder / name) in str(caught.value)


def test_verify_names_a_file_that_does_not_belong(release: Release) -> None:
    folder = release()
    (folder / "data/train-00001.parquet").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"train-00001\.parquet: a file that the manifest does not list"):
        open_dataset(folder).verify()


def test_verify_looks_at_the_rows_and_not_only_at_the_bytes(release: Release) -> None:
    """A manifest that was made to fit other files still has the fingerprint of the old rows."""
    folder = release()
    path = folder / "data/train-00000.parquet"
    table = pq.read_table(path)
    changed = table.set_column(1, "carrier", pa.array(["X"] * table.num_rows))
    pq.write_table(changed, path)
    from clearwell.datasets.manifest import hash_file

    raw = json.loads((folder / "manifest.json").read_text())
    for file in raw["splits"][0]["files"]:
        if file["format"] == "parquet":
            file.update(sha256=hash_file(path), bytes=path.stat().st_size)
    (folder / "manifest.json").write_text(json.dumps(raw))
    with pytest.raises(DatasetError, match="manifest has changed"):
        open_dataset(folder).verify()
    (folder.parent / "current.json").unlink()
    with pytest.raises(DatasetError, match="the rows of split 'train' are not those of the manifest"):
        open_dataset(folder).verify()


def test_a_damaged_file_is_a_dataset_error_when_read(release: Release) -> None:
    folder = release()
    (folder / "data/test-00000.arrow").write_bytes(b"ARROW1")
    with pytest.raises(DatasetError, match=r"test-00000\.arrow: not readable"):
        open_dataset(folder).split("test").to_arrow()
    for file in folder.glob("data/test-*"):
        file.unlink()
    with pytest.raises(DatasetError, match="missing"):
        open_dataset(folder).split("test").to_arrow()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("{", "not readable"),
        ("[]", "not a manifest"),
        ("{}", "not a manifest"),
        ({"format": 99}, "written in format 99, but this version of Clearwell reads up to 2"),
        ({"format": 0}, "not a manifest: its format is 0"),
        ({"splits": [{"name": "train"}]}, "not a manifest"),
        ({"path": "../../secret"}, "not a manifest"),
        ({"path": "/etc/passwd"}, "not a manifest"),
    ],
)
def test_a_bad_manifest_is_refused_by_its_name(release: Release, change: Any, said: str) -> None:
    folder = release()
    file = folder / "manifest.json"
    raw = json.loads(file.read_text())
    if isinstance(change, dict) and "path" in change:
        raw["splits"][0]["files"][0].update(change)
        change = raw
    file.write_text(change if isinstance(change, str) else json.dumps({**raw, **change}))
    with pytest.raises(DatasetError, match=said) as caught:
        open_dataset(folder)
    assert str(file) in str(caught.value)


def test_unknown_keys_of_a_manifest_are_for_later_versions(release: Release) -> None:
    folder = release()
    file = folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "croissant": "croissant.json"}))
    assert open_dataset(folder).version == 1


def test_names_that_are_not_there_get_a_hint(release: Release, lake: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no lake at"):
        open_dataset("late_flights", lake=tmp_path / "none")
    lake.mkdir()
    with pytest.raises(ReleaseNotFound, match="nothing has been released yet"):
        open_dataset("late_flights", lake=lake)
    release()
    with pytest.raises(ReleaseNotFound, match=r"did you mean 'late_flights'\? datasets here: late_flights"):
        open_dataset("late_flight", lake=lake)
    with pytest.raises(ReleaseNotFound, match=r"(?s)has no version 4.*versions: 1"):
        open_dataset("late_flights", version=4, lake=lake)
    with pytest.raises(ReleaseNotFound, match="is not a version"):
        open_dataset("late_flights", version="latest", lake=lake)
    with pytest.raises(
        ReleaseNotFound, match=r"no split 'tset'(?s:.*)did you mean 'test'\? splits: train, test"
    ):
        open_dataset("late_flights", lake=lake).split("tset")
    with pytest.raises(DatasetError, match=r"no column 'dya'(?s:.*)did you mean 'day'"):
        open_dataset("late_flights", lake=lake).split("test").to_arrow(["dya"])
    with pytest.raises(ReleaseNotFound, match=r"no manifest\.json"):
        open_dataset(tmp_path)


def test_the_lake_is_that_of_the_project(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    monkeypatch.delenv("CLEARWELL_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"no lake was named, and .*(?s:.*)pass lake="):
        open_dataset("late_flights")
    (tmp_path / "pyproject.toml").write_text("[tool.clearwell]\n")
    assert open_dataset("late_flights").version == 1
    assert [info.name for info in clearwell.list_datasets()] == ["late_flights"]


def test_list_datasets_says_what_there_is(release: Release, lake: Path) -> None:
    lake.mkdir()
    assert list_datasets(lake) == []
    release(1)
    release(2, count=70)
    release(1, name="delays")
    (lake / "releases/begun/.attempt-1").mkdir(parents=True)
    found = list_datasets(lake)
    assert [(info.name, info.current, info.versions, info.rows) for info in found] == [
        ("delays", 1, (1,), 50),
        ("late_flights", 2, (1, 2), 70),
    ]
    assert found[1].splits == {"train": 35, "test": 35}
    assert found[1].bytes == sum(f.stat().st_size for f in (found[1].path / "data").iterdir())


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_library_is_said_with_the_command(
    release: Release, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = open_dataset(release()).split("train")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DatasetError, match=f"(?s){library} is not installed.*pip install {library}"):
        getattr(split, f"to_{library}")()


def test_importing_clearwell_loads_nothing_heavy() -> None:
    heavy = ["pyarrow", "pandas", "numpy", "pyspark", "dagster", "great_expectations", "deltalake"]
    code = f"import sys, clearwell; print([m for m in {heavy} if m in sys.modules], len(clearwell.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(" ")[0] == "[]"


def test_the_reader_needs_pyarrow_and_nothing_else(release: Release) -> None:
    """In a training image there is no Spark, no Dagster, no pydantic, no YAML."""
    folder = release()
    refused = [
        "pandas",
        "polars",
        "pyspark",
        "dagster",
        "great_expectations",
        "pydantic",
        "yaml",
        "psutil",
        "obstore",
    ]
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {refused}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import clearwell\n"
        f"d = clearwell.open_dataset({str(folder)!r}); d.verify()\n"
        "print(d.split('train').to_arrow().num_rows)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "25"


def test_the_face_has_what_it_lists() -> None:
    assert {name for name in clearwell.__all__ if not hasattr(clearwell, name)} == set()
    assert dir(clearwell) == sorted(clearwell.__all__)
    with pytest.raises(AttributeError, match="open_datasets"):
        clearwell.open_datasets  # noqa: B018
