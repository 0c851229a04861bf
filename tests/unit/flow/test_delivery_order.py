"""The order of files decides which row of a key stays: in one run, in many, and in a rebuild."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.errors import ProjectError, SourceError
from clearwell.model import Outcome
from clearwell.project.load import load_project
from clearwell.tables import files_of
from clearwell.tables.records import ledger
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

TRANSFORM = """
from pyspark.sql import DataFrame

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, *(c for c in orders.columns if c not in PROVENANCE))
"""

MERGE = "{mode: merge, key: [k]}"
PARTITIONS = "{mode: replace_partitions, partition_by: [k]}"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.write_transform(TRANSFORM)
    return project


def declare(
    project: SmallProject, *source: str, write: str = MERGE, path: str = "raw/*.csv", suite: bool = False
) -> None:
    lines = ["format: csv", "settle_seconds: 0", f'path: "{path}"', *source]
    text = f"""\
        type: clearwell.components.Table
        attributes:
          name: orders
          source: {{{", ".join(lines)}}}
          silver:
            transform: "assets.orders:clean"
            write: {write}
            {"expectations: silver_orders" if suite else ""}
        """
    (project.root / "pipelines" / "orders" / "defs.yaml").parent.mkdir(exist_ok=True)
    (project.root / "pipelines" / "orders" / "defs.yaml").write_text(textwrap.dedent(text))


def put(project: SmallProject, name: str, *lines: str) -> None:
    file = project.raw / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def silver(project: SmallProject, *columns: str) -> list[tuple[object, ...]]:
    rows = project.open().existing("silver_orders").to_arrow(columns).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def test_a_rebuild_keeps_the_row_of_the_later_file(project: SmallProject, engine: Engine) -> None:
    declare(project)
    put(project, "a.csv", "k,status", "1,placed")
    run_steps(project, engine)
    put(project, "b.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    assert silver(project, "k", "status") == [("1", "shipped")]
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "k", "status") == [("1", "shipped")]


def test_a_later_file_wins_over_a_greater_order(project: SmallProject, engine: Engine) -> None:
    declare(project, "columns: {seq: bigint}", write="{mode: merge, key: [k], order_by: [seq]}")
    put(project, "a.csv", "k,seq,status", "1,2,placed", "1,1,new")
    run_steps(project, engine)
    assert silver(project, "status") == [("placed",)]
    put(project, "b.csv", "k,seq,status", "1,1,returned")
    run_steps(project, engine)
    assert silver(project, "status") == [("returned",)]
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "status") == [("returned",)]


def test_files_of_one_run_come_by_name(project: SmallProject, engine: Engine) -> None:
    declare(project)
    put(project, "b.csv", "k,status", "1,shipped")
    put(project, "a.csv", "k,status", "1,placed", "2,placed")
    run_steps(project, engine)
    assert silver(project, "k", "status") == [("1", "shipped"), ("2", "placed")]


def test_the_order_of_arrival_outlives_a_rebuild(project: SmallProject, engine: Engine) -> None:
    declare(project)
    put(project, "z.csv", "k,status", "1,placed")
    run_steps(project, engine)
    put(project, "a.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    before = project.open().existing("bronze_orders").to_arrow().to_pylist()
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "status") == [("shipped",)]
    lake = project.open()
    bronze = lake.existing("bronze_orders")
    assert [(f.path, f.arrival, f.batch) for f in files_of(lake, bronze)] == [
        ("raw/z.csv", 1, 1),
        ("raw/a.csv", 2, 2),
    ]
    assert sorted(map(str, bronze.to_arrow().to_pylist())) == sorted(map(str, before))


def test_a_ledger_of_an_earlier_version_is_read_and_its_order_kept(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no columns of the arrival: files came by batch, and in a batch by path."""
    columns = [field for field in ledger.FILES if field.name not in ("arrival", "batch", "ingested_at")]
    with monkeypatch.context() as earlier:
        earlier.setattr(ledger, "FILES", pa.schema(columns))
        declare(project)
        put(project, "z.csv", "k,status", "1,placed")
        run_steps(project, engine)
    lake = project.open()
    assert "arrival" not in lake.existing("files_bronze_orders").schema.names
    put(project, "a.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    run_steps(project, engine, full_refresh=True)
    assert silver(project, "status") == [("shipped",)]
    found = files_of(lake, lake.existing("bronze_orders"))
    assert [(f.path, f.arrival, f.batch) for f in found] == [("raw/z.csv", 1, 1), ("raw/a.csv", 2, 2)]


def test_a_row_that_is_rejected_takes_the_place_of_none(project: SmallProject, engine: Engine) -> None:
    declare(project, "columns: {amount: double}", suite=True)
    project.write_suite(
        """
        checks:
          - name: amount_small
            expectation: expect_column_values_to_be_between
            kwargs: {column: amount, max_value: 100}
            severity: warning
            why: no order is larger
        """
    )
    put(project, "a.csv", "k,amount", "1,5", "2,999")
    put(project, "b.csv", "k,amount", "1,999", "2,7")
    bronze, first = run_steps(project, engine)
    assert (bronze.accepted, first.accepted, first.quarantined) == (4, 2, 2)
    assert silver(project, "k", "amount") == [("1", 5.0), ("2", 7.0)]


def test_a_later_file_replaces_a_partition_in_the_same_run(project: SmallProject, engine: Engine) -> None:
    declare(project, write=PARTITIONS)
    put(project, "a.csv", "k,v", "1,old", "1,older", "2,stays")
    put(project, "b.csv", "k,v", "1,new")
    run_steps(project, engine)
    assert silver(project, "k", "v") == [("1", "new"), ("2", "stays")]


def test_files_of_equal_fields_are_one_delivery(project: SmallProject, engine: Engine) -> None:
    declare(project, 'order: "{day}"', write=PARTITIONS, path="raw/{day}/*.csv")
    put(project, "2026-01-10/a.csv", "k,v", "1,ten")
    put(project, "2026-01-09/a.csv", "k,v", "1,nine", "2,nine")
    run_steps(project, engine)
    assert silver(project, "k", "v") == [("1", "ten"), ("2", "nine")]
    put(project, "2026-01-10/b.csv", "k,v", "1,ten too")  # more of a day that has been taken
    *_, result = run_steps(project, engine)
    assert "came out of its order" in result.reason
    assert silver(project, "k", "v") == [("1", "ten"), ("1", "ten too"), ("2", "nine")]


def test_a_file_that_comes_late_takes_its_place_by_name(project: SmallProject, engine: Engine) -> None:
    declare(project, "order: name")
    put(project, "b.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    put(project, "a.csv", "k,status", "1,placed", "2,placed")
    *_, result = run_steps(project, engine)
    assert result.reason == "a file of orders came out of its order"
    assert silver(project, "k", "status") == [("1", "shipped"), ("2", "placed")]
    put(project, "c.csv", "k,status", "2,shipped")
    *_, result = run_steps(project, engine)
    assert result.reason == "new rows in bronze_orders"
    assert silver(project, "k", "status") == [("1", "shipped"), ("2", "shipped")]


def test_another_order_builds_the_table_again_and_leaves_bronze(
    project: SmallProject, engine: Engine
) -> None:
    declare(project)
    put(project, "b.csv", "k,status", "1,placed")
    run_steps(project, engine)
    put(project, "a.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    declare(project, "order: name")
    bronze, result = run_steps(project, engine)
    assert (bronze.outcome, result.outcome) == (Outcome.UNCHANGED, Outcome.BUILT)
    assert silver(project, "status") == [("placed",)]


def test_drift_is_judged_file_by_file(project: SmallProject, engine: Engine) -> None:
    declare(project, "drift: {new_column: reject}")
    put(project, "a.csv", "k,status", "1,placed")
    put(project, "b.csv", "k,status,extra", "2,placed,x")
    result, _ = run_steps(project, engine)
    assert any("b.csv: new column 'extra'" in note for note in result.notes)
    assert silver(project, "k") == [("1",)]
    put(project, "0.csv", "k,status", "3,placed")  # before the others by name
    for refresh in (False, True):
        result, _ = run_steps(project, engine, full_refresh=refresh)
        assert any("b.csv: new column 'extra'" in note for note in result.notes)
        assert silver(project, "k") == [("1",), ("3",)]


def test_names_that_differ_only_in_case_are_refused_within_a_run(
    project: SmallProject, engine: Engine
) -> None:
    declare(project)
    put(project, "a.csv", "k,status", "1,placed")
    put(project, "b.csv", "k,Status", "2,placed")
    result, _ = run_steps(project, engine)
    assert any("'Status' differs only in case from 'status'" in note for note in result.notes)


def test_what_was_refused_is_not_taken_by_a_rebuild(project: SmallProject, engine: Engine) -> None:
    declare(project)
    put(project, "a.csv", "k,status", "1,placed")
    run_steps(project, engine)
    put(project, "a.csv", "k,status", "1,forged")
    run_steps(project, engine)
    with pytest.raises(SourceError, match=r"1 have other content: raw/a\.csv") as error:
        run_steps(project, engine, full_refresh=True)
    assert "on_change: replace" in (error.value.hint or "")
    assert silver(project, "status") == [("placed",)]


def test_a_corrected_file_keeps_its_place(project: SmallProject, engine: Engine) -> None:
    declare(project, "on_change: replace")
    put(project, "a.csv", "k,status", "1,placed", "2,placed")
    put(project, "b.csv", "k,status", "1,shipped")
    run_steps(project, engine)
    put(project, "a.csv", "k,status", "1,corrected", "2,corrected")
    run_steps(project, engine)
    assert silver(project, "k", "status") == [("1", "shipped"), ("2", "corrected")]


@pytest.mark.parametrize(
    ("order", "path", "fact"),
    [
        ("size", "raw/*.csv", "'size' is not a valid order"),
        ('"{day}"', "raw/*.csv", "order names {day}, which is not in 'raw/*.csv'"),
        ('"{day}"', "raw/{day}/{day}.csv", "order names {day}, which is twice in 'raw/{day}/{day}.csv'"),
        ('"by {day}"', "raw/{day}.csv", "'by {day}' is not a valid order"),
    ],
)
def test_an_order_that_means_nothing_is_told(project: SmallProject, order: str, path: str, fact: str) -> None:
    declare(project, f"order: {order}", path=path)
    with pytest.raises(ProjectError) as error:
        load_project(project.settings)
    assert error.value.fact == fact
    assert "defs.yaml:" in (error.value.place or "")


@pytest.mark.parametrize(
    "write", ["{mode: merge, key: [k]}", "{mode: replace_partitions, partition_by: [k]}"]
)
def test_a_curated_table_has_no_rows_of_what_its_inputs_had_before(
    project: SmallProject, engine: Engine, write: str
) -> None:
    """An order moves to another group: the group that it leaves is gone, as after a build of both files."""
    declare(project, write="{mode: merge, key: [id]}")
    file = project.root / "pipelines" / "orders" / "defs.yaml"
    curated = {"name": "sizes", "inputs": ["silver_orders"], "transform": "assets.orders:sizes"}
    described = ", ".join(f"{name}: {json.dumps(value)}" for name, value in curated.items())
    component = f"type: clearwell.components.Curated\nattributes: {{{described}, write: {write}}}\n"
    file.write_text(f"{file.read_text()}---\n{component}")
    count = 'return silver_orders.groupBy("k").count()'
    project.write_transform(
        f"{TRANSFORM}\n\ndef sizes(silver_orders: DataFrame) -> DataFrame:\n    {count}\n"
    )
    for name, *lines in (("1.csv", "id,k", "1,a", "2,b"), ("2.csv", "id,k", "1,b")):
        put(project, name, *lines)
        run_steps(project, engine)
    found = project.open().existing("gold_sizes").to_arrow(("k", "count")).to_pylist()
    assert found == [{"k": "b", "count": 2}]


def test_files_that_the_path_no_longer_matches_are_told(project: SmallProject, engine: Engine) -> None:
    declare(project, path="raw/test/{k}.csv")
    put(project, "test/1.csv", "k,status", "1,placed")
    run_steps(project, engine)
    declare(project, path="raw/prod/**/*.csv")
    put(project, "prod/day=2/2.csv", "k,status", "2,placed")
    first, _ = run_steps(project, engine)
    told = "which `path` does not match any more; `clearwell retract` takes them back: 'raw/test/1.csv'"
    assert [note for note in first.notes if "stay" in note] == [f"the rows of 1 files stay, {told}"]
    with pytest.raises(SourceError, match="clearwell retract"):
        run_steps(project, engine, full_refresh=True)
