"""Tables that others made with Delta of their own: read right or refused, never broken by our commits."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from clearwell.errors import TableError
from clearwell.names import TableName
from clearwell.tables import Lake, WriteKind, changed_by_others, commits_of_others, maintain
from tests.unit.tables.writing import NAME, SCHEMA, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

FOREIGN = TableName.parse("silver_foreign")
ROWS = [
    {"id": 1, "text": "a", "value": 1.0},
    {"id": 2, "text": None, "value": math.nan},
    {"id": 3, "text": "b", "value": 1.0},
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def made_by_others(lake: Lake, **options: Any) -> str:
    root = lake.table(FOREIGN).root
    write_deltalake(root, pa.Table.from_pylist(ROWS, SCHEMA.remove_metadata()), **options)
    return root


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((row["id"], row["text"], str(row["value"])) for row in rows)


def change_log(root: str, **change: Any) -> None:
    """Let the first commit say something else: as other writers would have made the table."""
    from pathlib import Path

    entry = Path(root, "_delta_log", f"{0:020}.json")
    actions = [json.loads(line) for line in entry.read_text().splitlines()]
    for action in actions:
        for name, value in change.items():
            if name in action:
                action[name].update(value)
    entry.write_text("\n".join(map(json.dumps, actions)))


@pytest.mark.promise("P6")
def test_the_embedded_engine_reads_what_statistics_would_make_up(lake: Lake, engine: Engine) -> None:
    made_by_others(lake)
    snapshot = lake.existing(FOREIGN)
    frame = snapshot.read(engine)
    assert told(frame.toArrow().to_pylist()) == told(ROWS)
    assert frame.where("isnan(value)").count() == 1


def test_maintenance_takes_such_statistics_away(lake: Lake) -> None:
    made_by_others(lake)
    done = {m.table: m for m in maintain(lake)}
    assert (done[str(FOREIGN)].joined, done[str(FOREIGN)].made) == (1, 1)
    assert all(file.is_ours for file in lake.existing(FOREIGN).files)
    assert told(lake.existing(FOREIGN).to_arrow().to_pylist()) == told(ROWS)


def test_values_of_partitions_are_read_from_the_log(lake: Lake, engine: Engine) -> None:
    made_by_others(lake, partition_by=["text"])
    snapshot = lake.existing(FOREIGN)
    assert told(snapshot.to_arrow().to_pylist()) == told(ROWS)
    assert sorted(str(v) for v in snapshot.to_arrow(["text"])["text"].to_pylist()) == ["None", "a", "b"]
    assert told(snapshot.read(engine).toArrow().to_pylist()) == told(ROWS)


def test_a_partitioned_table_is_not_compacted_nor_written(lake: Lake) -> None:
    made_by_others(lake, partition_by=["text"])
    maintain(lake)
    assert told(lake.existing(FOREIGN).to_arrow().to_pylist()) == told(ROWS)
    for kind in WriteKind:
        with pytest.raises(TableError, match="partition columns"):
            lake.existing(FOREIGN).require_writable(kind)


def test_other_names_in_the_files_are_refused_with_the_way_back(lake: Lake, engine: Engine) -> None:
    root = made_by_others(lake)
    schema = json.loads(DeltaTable(root).schema().to_json())
    for number, field in enumerate(schema["fields"]):
        field["metadata"] = {
            "delta.columnMapping.id": number,
            "delta.columnMapping.physicalName": f"col-{number}",
        }
    change_log(
        root,
        protocol={"minReaderVersion": 2, "minWriterVersion": 5},
        metaData={
            "schemaString": json.dumps(schema),
            "configuration": {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "3"},
        },
    )
    snapshot = lake.existing(FOREIGN)
    for read in (snapshot.to_arrow, lambda: snapshot.read(engine)):
        with pytest.raises(TableError, match="columnMapping") as caught:
            read()
        assert "--engine spark" in str(caught.value)
    with pytest.raises(TableError, match=r"'delta.columnMapping.mode' = 'none'"):
        snapshot.require_writable(WriteKind.APPEND)


SETTINGS = {
    "delta.appendOnly": {WriteKind.REPLACE, WriteKind.REWRITE},
    "delta.enableChangeDataFeed": {WriteKind.REWRITE},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_others_forbids_what_it_says(lake: Lake, setting: str) -> None:
    made_by_others(lake, configuration={setting: "true"})
    snapshot = lake.existing(FOREIGN)
    phrases = {
        WriteKind.REPLACE: "a replacement of all rows would break features that another writer uses",
        WriteKind.REWRITE: "a rewrite of some files would break features that another writer uses",
    }
    for kind in WriteKind:
        if kind in SETTINGS[setting]:
            with pytest.raises(TableError, match=f"'{setting}' = 'false'") as caught:
                snapshot.require_writable(kind)
            assert caught.value.fact.startswith(phrases[kind])
        else:
            snapshot.require_writable(kind)


def test_a_condition_of_others_forbids_our_commits(lake: Lake) -> None:
    root = made_by_others(lake)
    DeltaTable(root).alter.add_constraint({"positive": "id > 0"})
    with pytest.raises(TableError, match="DROP CONSTRAINT `positive`"):
        lake.existing(FOREIGN).require_writable(WriteKind.APPEND)


def test_a_compacted_log_is_read_once(lake: Lake) -> None:
    for start in range(4):
        write(lake, [start])
    handle = DeltaTable(lake.table(NAME).root)
    handle.compact_logs(0, handle.version())
    assert sorted(lake.existing(NAME).to_arrow()["id"].to_pylist()) == [0, 1, 2, 3]


def test_timestamps_of_old_writers_are_read_beyond_nanoseconds(lake: Lake, tmp_path: Path) -> None:
    far = pa.array([253402300799123456, -62135596800000000], pa.timestamp("us", "UTC"))
    root = lake.table(FOREIGN).root
    write_deltalake(root, pa.table({"at": far}))
    (file,) = DeltaTable(root).file_uris()
    pq.write_table(pa.table({"at": far}), file, use_deprecated_int96_timestamps=True)
    assert (
        lake.existing(FOREIGN).to_arrow()["at"].cast(pa.int64()).to_pylist()
        == far.cast(pa.int64()).to_pylist()
    )


def test_a_commit_of_others_counts_even_if_ours_came_after(lake: Lake) -> None:
    write(lake, [1, 2])
    seen = lake.existing(NAME)
    write(lake, [3])
    assert not changed_by_others(lake.existing(NAME), seen.version)
    DeltaTable(seen.root).delete("id = 1")
    write(lake, [4])
    now = lake.existing(NAME)
    assert changed_by_others(now, seen.version)
    assert [commit.operation for commit in commits_of_others(now)] == ["DELETE"]
    assert sorted(now.to_arrow()["id"].to_pylist()) == [2, 3, 4]


@pytest.mark.promise("P8")
def test_maintenance_leaves_what_others_are_writing(lake: Lake) -> None:
    from pathlib import Path

    write(lake, [1])
    root = Path(lake.table(NAME).root)
    unfinished = root / "part-00000-of-another-writer.snappy.parquet"
    vector = root / "deletion_vector_0.bin"
    for file in (unfinished, vector):
        file.write_bytes(b"another writer's")
    maintain(lake, retention_hours=0)
    assert unfinished.is_file()
    assert vector.is_file()
