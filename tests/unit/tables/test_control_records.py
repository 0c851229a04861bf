"""Control records outlive the version that wrote them: unknown keys are ignored, later formats refused."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import TableError
from clearwell.model import CheckResult, Edge, FileCounts, InputState, Sample, Scope, Severity
from clearwell.names import TableName
from clearwell.tables import Attempt, Blocked, Intent, Lake, Process, StagedFile
from clearwell.tables.control_records import FORMAT
from tests.project import make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine

NAME = TableName.parse("silver_orders")
FILE = StagedFile("attempt=a/p.parquet", 7, {"numRecords": 1, "minValues": {"a": "x"}})
COUNTS = FileCounts("f" * 32, "raw/a.csv", 3, 2, 1, 0, 9, 8, 1, 1, "2026-01-01T00:00:00+00:00")
CHECK = CheckResult(
    name="small",
    expectation="expect_column_values_to_be_between",
    severity=Severity.WARNING,
    scope=Scope.ROW,
    success=False,
    samples=(Sample("raw/a.csv", 2, (("a", "x"),)),),
)
INTENT = Intent(
    table=str(NAME),
    batch=1,
    generation=1,
    mode="merge",
    attempt="a",
    schema="{}",
    planned_version=0,
    key=("a",),
    required=("a",),
    accepted=(FILE,),
    rejected=(FILE,),
    files=(COUNTS,),
    inputs=(InputState("bronze_orders", 1, 1, 1),),
    checks=(CHECK,),
    table_checks=({"name": "unique"},),
    decided="2026-01-01T00:00:00.000+00:00",
    lineage=(Edge("a", "bronze_orders", "a", "IDENTITY"),),
)
ATTEMPT = Attempt(str(NAME), 1)
BLOCKED = Blocked(str(NAME), 1, "b", "a", "2026-01-01", "small", (CHECK,), (COUNTS,), 3, (FILE,))

RECORDS: dict[str, tuple[Any, Callable[[Lake], Any], Callable[[Lake], Any]]] = {
    "intent": (
        INTENT,
        lambda lake: lake.control.decide(INTENT),
        lambda lake: lake.control.intent(NAME, 1),
    ),
    "attempt": (
        ATTEMPT,
        lambda lake: lake.control.register(ATTEMPT),
        lambda lake: next(iter(lake.control.attempts(NAME))),
    ),
    "blocked": (
        BLOCKED,
        lambda lake: lake.control.block(BLOCKED),
        lambda lake: lake.control.blocked(NAME)[0],
    ),
}


@pytest.fixture(params=RECORDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Lake, Path, Callable[[], Any]]:
    """A record, its lake, its file, and what reads it."""
    record, write, read = RECORDS[request.param]
    lake = Lake(tmp_path / "lake")
    written = write(lake)
    (file,) = (path for path in (tmp_path / "lake" / "control").rglob("*") if path.is_file())
    return (written or record), lake, file, lambda: read(lake)


def with_more(value: Any) -> Any:
    """The same, with a key that nobody knows in every object that a class describes."""
    if isinstance(value, list):
        return [with_more(item) for item in value]
    if isinstance(value, dict):
        return {**{key: with_more(item) for key, item in value.items()}, "of_tomorrow": [1]}
    return value


def test_what_is_written_is_read(kept: Any) -> None:
    record, _, _, read = kept
    assert read() == record


def test_a_key_of_a_later_version_is_ignored_wherever_it_is(kept: Any) -> None:
    record, _, file, read = kept
    file.write_text(json.dumps(with_more(json.loads(file.read_text()))))
    found = read()
    for name in (f.name for f in fields(record)):
        if name not in ("accepted", "rejected", "staged", "table_checks"):  # they hold free objects
            assert getattr(found, name) == getattr(record, name)
    for name in ("accepted", "rejected", "staged"):
        files = getattr(found, name, ())
        assert [(f.path, f.size, f.rows) for f in files] == [
            (f.path, f.size, f.rows) for f in getattr(record, name, ())
        ]


def test_a_record_without_a_format_is_read(kept: Any) -> None:
    record, _, file, read = kept
    raw = json.loads(file.read_text())
    del raw["format"], raw["clearwell"]
    for counts in raw.get("files", ()):
        for key in ("arrival", "batch", "ingested_at"):
            del counts[key]
    file.write_text(json.dumps(raw))
    assert is_dataclass(found := read())
    assert (found.table, found.batch) == (record.table, record.batch)


def test_a_record_of_a_later_format_is_refused_by_name(kept: Any) -> None:
    _, _, file, read = kept
    raw = json.loads(file.read_text())
    assert raw["format"] == FORMAT
    file.write_text(json.dumps({**raw, "format": FORMAT + 1, "clearwell": "9.8.7", "unknown": 1}))
    with pytest.raises(
        TableError, match=f"clearwell 9.8.7 wrote this record in format {FORMAT + 1}"
    ) as error:
        read()
    assert error.value.place == str(file)
    assert error.value.hint == "install clearwell 9.8.7 or later"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "x"}'])
def test_a_damaged_record_is_named(kept: Any, text: str) -> None:
    _, _, file, read = kept
    file.write_text(text)
    with pytest.raises(TableError, match="this record of the lake cannot be read") as error:
        read()
    assert error.value.place == str(file)


def test_a_run_continues_a_decision_with_a_key_of_a_later_version(tmp_path: Path, engine: Engine) -> None:
    project = make_project(tmp_path / "project", mode="merge")
    project.deliver("a.csv", 1, 3)
    run_steps(project, engine)
    for file in (project.lake / "control" / "intents").rglob("*.json"):
        file.write_text(json.dumps(with_more(json.loads(file.read_text()))))
    project.deliver("b.csv", 4, 2)
    bronze, silver = run_steps(project, engine)
    assert (bronze.accepted, silver.accepted, silver.rows) == (2, 2, 5)


def test_a_process_of_a_container_is_not_dead_to_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two containers may share the name of their machine, and see only their own processes."""
    gone = replace(Process.current(), pid=2**22 + 1)
    assert gone.is_dead
    monkeypatch.setattr(os, "readlink", lambda path: {"/proc/self/ns/pid": "pid:[4026532000]"}[path])
    assert not gone.is_dead
    assert replace(gone, host=Process.current().host).is_dead
    assert Process.current().host.endswith("/4026532000")
