"""A release is made again from bronze alone, whatever became of its lake since, or says why it cannot be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import DatasetError, ProjectError, TableError
from clearwell.flow.curate import curate
from clearwell.flow.ingest import ingest
from clearwell.names import TableName
from clearwell.reproduce.scratch_lake import scratch_lake
from clearwell.tables import decide, delete_rows, maintain, void_batch
from tests.project import EDITED, MODES
from tests.unit.reproduce.verifying import DEFS, GOLD, Orders, change_cell, contents, make_orders

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

SILVER = TableName.parse("silver_orders")


@pytest.fixture
def orders(tmp_path: Path, engine: Engine) -> Orders:
    return make_orders(tmp_path / "project", engine)


def delete(orders: Orders, table: str, predicate: str) -> int:
    name = TableName.parse(table)
    return delete_rows(orders.lake, name, predicate, engine=orders.engine, recheck=lambda *_: True)


def batches(found: Any, table: str = "silver_orders") -> int:
    return next(t.batches for t in found.tables if t.table == table)


@pytest.mark.variants
@pytest.mark.parametrize("mode", sorted(MODES))
def test_a_release_is_made_again_as_its_batches_came(tmp_path: Path, engine: Engine, mode: str) -> None:
    """Also where rows were deleted by hand between them, and rows are kept out by checks."""
    orders = make_orders(tmp_path / "project", engine, mode=mode, suite=True)
    assert delete(orders, "silver_orders", "order_id = 2") == 1
    orders.small.deliver("c.csv", 95, 10, day="2026-01-01")  # those from 100.5 on are rejected
    orders.build()
    published = orders.publish()
    found = orders.verify()
    assert found.equal
    assert found.differs is None
    assert found.fingerprint == published.fingerprint
    assert {s.split: s.rows_now for s in found.splits} == published.splits
    assert all(table.as_recorded for table in found.tables)
    assert sum(table.rejected for table in found.tables) == 5
    assert batches(found) == (1 if mode == "replace" else 4)


def test_a_transform_that_looks_at_other_rows_of_its_batch(orders: Orders) -> None:
    """One build of all rows gives another table: only the batches one by one give the one of the release."""
    orders.small.write_transform(
        """
from pyspark.sql import Window
from pyspark.sql import functions as F

from clearwell.names import PROVENANCE


def clean(orders):
    mean = F.avg("amount").over(Window.partitionBy(F.lit(1)))
    return orders.select(*PROVENANCE, "order_id", "day", (F.col("amount") - mean).alias("amount"))
"""
    )
    orders.build(gold=False)
    orders.small.deliver("c.csv", 100, 3, day="2026-01-02")
    orders.build()
    first = orders.publish()
    orders.build(refresh=True)
    second = orders.publish()
    assert first.fingerprint != second.fingerprint
    assert orders.verify(version=1).equal
    assert orders.verify(version=2).equal


def test_what_came_later_does_not_count(orders: Orders) -> None:
    orders.build()
    orders.publish()
    orders.small.deliver("c.csv", 50, 4)
    orders.build()
    second = orders.publish()
    assert second.version == 2
    first = orders.verify(version=1)
    assert first.equal
    assert next(t.rows for t in first.tables if t.table == "bronze_orders") == 12
    assert orders.verify(version=2).equal


def test_a_version_that_maintenance_has_freed_is_taken_from_a_later_one(orders: Orders) -> None:
    orders.build()
    orders.publish()
    orders.small.deliver("c.csv", 50, 4)
    orders.build()
    maintain(orders.lake, retention_hours=0)
    for file in (orders.small.lake / "bronze" / "orders").rglob("*.parquet"):
        assert "group-" in str(file)  # what was joined, and nothing else, is there
    found = orders.verify()
    assert found.equal
    assert "version 2 of bronze_orders is gone" in found.notes[0]
    assert next(t.rows for t in found.tables if t.table == "bronze_orders") == 12


@pytest.mark.variants
@pytest.mark.parametrize("what", ["deleted", "replaced", "made anew", "no table"])
def test_rows_that_bronze_has_no_more_are_told(orders: Orders, what: str) -> None:
    orders.build()
    orders.publish()
    bronze = orders.small.lake / "bronze" / "orders"
    if what == "deleted":
        delete(orders, "bronze_orders", "order_id = 1")
    elif what == "replaced":
        run = orders.run()
        run.full_refresh = True
        ingest(run, run.project.tables["orders"])
    if what in ("deleted", "replaced"):
        assert orders.verify().equal  # as long as the old files are there
        maintain(orders.lake, retention_hours=0)
    else:
        shutil.rmtree(bronze)
    if what == "made anew":
        for part in ("control/intents/bronze_orders", "files/bronze_orders"):
            shutil.rmtree(orders.small.lake / part)
        run = orders.run()
        ingest(run, run.project.tables["orders"])
    with pytest.raises(TableError, match="no longer exist") as raised:
        orders.verify()
    said = {
        "deleted": "deleted or replaced since",
        "replaced": "deleted or replaced since",
        "made anew": "recreated since",
        "no table": "the table no longer exists",
    }
    assert said[what] in raised.value.fact
    assert raised.value.place == "bronze_orders"
    assert "backup" in str(raised.value.hint)


def test_a_changed_cell_in_bronze_is_found_and_its_split_named(orders: Orders) -> None:
    orders.build()
    orders.publish()
    change_cell(orders.bronze_files()[1], "amount", 2, 6.25)  # of January 4th: in the test split
    found = orders.verify()
    assert not found.equal
    assert [split.equal for split in found.splits] == [True, False]
    assert found.differs is not None
    assert "split 'test' is the first that differs" in found.differs
    assert "the recorded number of rows, so values differ" in found.differs


def test_an_altered_cell_that_does_not_reach_the_release_is_noted(orders: Orders) -> None:
    """The release is what it was; that a file of bronze is not is told all the same."""
    orders.build()
    orders.publish()
    change_cell(orders.bronze_files()[0], "_batch_id", 0, 0)  # gold takes no provenance
    found = orders.verify()
    assert found.equal
    assert "a file of bronze_orders does not have the size in its log" in found.notes[0]


def test_a_damaged_file_of_bronze_is_named(orders: Orders) -> None:
    """An engine that reads it would blame the transform."""
    orders.build()
    orders.publish()
    file = orders.bronze_files()[0]
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(
        TableError, match="a file of bronze_orders does not have the size in its log"
    ) as raised:
        orders.verify()
    assert file.name in raised.value.fact
    file.unlink()
    with pytest.raises(TableError, match="1 of 1 files of version 1 are gone"):
        orders.verify()


def test_the_first_batch_with_other_rows_is_named(tmp_path: Path, engine: Engine) -> None:
    orders = make_orders(tmp_path / "project", engine, suite=True)
    orders.build()
    orders.publish()
    change_cell(orders.bronze_files()[1], "amount", 2, 1e9)
    found = orders.verify()
    assert found.differs is not None
    assert "test' is the first that differs: 5 rows, not 6" in found.differs
    assert "batch 2 of silver_orders is the first with other rows: 5 accepted and 1 rejected" in found.differs
    assert [t.table for t in found.tables if not t.as_recorded] == ["silver_orders", "gold_days"]


def test_a_batch_that_a_critical_check_would_block_now_is_told(tmp_path: Path, engine: Engine) -> None:
    orders = make_orders(tmp_path / "project", engine)
    suite = """
        checks:
          - name: amount_there
            expectation: expect_column_values_to_be_between
            kwargs: {column: amount, max_value: 100}
            severity: critical
            why: no order is larger
        """
    orders.small.write_suite(suite)
    orders.write_defs(suite="silver_orders")
    orders.build()
    orders.publish()
    orders.small.write_suite(suite.replace("100", "9"))
    with pytest.raises(DatasetError, match="batch 3 was published, but would be blocked now"):
        orders.verify(present_code=True)
    orders.small.write_suite(suite)
    change_cell(orders.bronze_files()[0], "amount", 0, 101.0)
    with pytest.raises(TableError, match="would be blocked now") as raised:
        orders.verify()
    assert raised.value.fact.startswith("a file of bronze_orders does not have the size in its log")


def test_other_code_is_refused_and_told_first(orders: Orders) -> None:
    orders.build()
    orders.publish()
    orders.small.write_transform(EDITED)
    with pytest.raises(
        DatasetError, match="has changed since the release: that of silver_orders was "
    ) as raised:
        orders.verify()
    assert "--with-present-code" in str(raised.value.hint)
    found = orders.verify(present_code=True)
    assert found.equal  # gold does not take the column that the edit adds
    assert "made with the project's current code" in found.notes[0]
    orders.write_gold(GOLD.replace("> 6", "> 7"))
    found = orders.verify(present_code=True)
    assert [split.equal for split in found.splits] == [False, False]


def test_settings_of_the_release_are_those_of_then(orders: Orders) -> None:
    orders.build()
    orders.publish()
    orders.write_defs(
        more=DEFS.replace("2026-01-03", "2026-01-02").replace("label: is", "exclude: [amount]\n  label: is")
    )
    assert orders.publish().version == 2
    assert orders.verify(version=1).equal
    assert orders.verify(version=2).equal


def test_a_table_or_dataset_that_the_project_has_no_more(orders: Orders) -> None:
    orders.build()
    orders.publish()
    orders.write_defs(more=DEFS.replace("large_orders", "larger_orders"))
    with pytest.raises(ProjectError, match="no longer has the dataset 'large_orders'") as raised:
        orders.verify()
    assert raised.value.hint == "did you mean 'larger_orders'?"
    orders.write_defs(
        more=DEFS.replace("name: days", "name: weeks").replace("from: gold_days", "from: gold_weeks")
    )
    with pytest.raises(DatasetError, match=r"gold_days was .* is no longer in the project"):
        orders.verify()
    with pytest.raises(ProjectError, match="no longer makes it"):
        orders.verify(present_code=True)


def test_a_lost_record_of_a_batch_is_told(orders: Orders) -> None:
    orders.build()
    orders.publish()
    (orders.small.lake / "control" / "intents" / "silver_orders" / "0000000001.json").unlink()
    with pytest.raises(DatasetError, match="no record of batch 1") as raised:
        orders.verify()
    assert raised.value.place == "silver_orders"


def test_a_damaged_file_of_the_release_is_found_first(orders: Orders) -> None:
    orders.build()
    path = orders.publish().path / "data" / "train-00000.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError, match="bytes, not"):
        orders.verify()


def test_a_voided_batch_is_left_out_again(orders: Orders) -> None:
    lake = orders.lake
    last = lake.control.intent(SILVER, 2)
    assert last is not None
    void = decide(lake, replace(last, batch=3, attempt="somebody-elses"))
    void_batch(lake, void)
    orders.small.deliver("c.csv", 50, 4)
    orders.build()
    orders.publish()
    found = orders.verify()
    assert found.equal
    assert batches(found) == 4


def test_a_table_that_was_read_in_two_states_is_made_in_both(orders: Orders) -> None:
    """`gold_both` reads silver as it is, and `gold_days`, which is still of the silver before."""
    both = DEFS.replace("name: days\n", "name: both\n").replace(
        "[silver_orders]", "[gold_days, silver_orders]"
    )
    both = both.replace("gold:days", "gold:both").replace("from: gold_days", "from: gold_both")
    curated = DEFS.split("---\n")[1]
    both_curated, both_dataset = both.split("---\n")[1:]
    orders.write_gold(
        GOLD
        + """

def both(gold_days, silver_orders):
    from pyspark.sql import functions as F

    known = gold_days.select("order_id", F.lit(True).alias("is_large"))
    return silver_orders.join(known, "order_id", "left").select(
        "order_id", "day", "amount", F.coalesce("is_large", F.lit(False)).alias("is_large")
    )
"""
    )
    orders.write_defs(more="".join(f"---\n{part}" for part in (curated, both_curated, both_dataset)))
    orders.build()
    orders.small.deliver("c.csv", 50, 4)
    orders.build(gold=False)
    run = orders.run()
    curate(run, run.project.curated["both"])
    published = orders.publish()
    last = run.lake.control.intent(TableName.parse("gold_both"), 2)
    before = run.lake.control.intent(TableName.parse("gold_days"), 1)
    assert last is not None
    assert before is not None
    assert (last.inputs[1].batch, before.inputs[0].batch) == (3, 2)
    found = orders.verify()
    assert found.equal
    assert found.fingerprint == published.fingerprint
    assert [t.table for t in found.tables] == ["bronze_orders", "silver_orders", "gold_days", "gold_both"]


@pytest.mark.variants
@pytest.mark.parametrize("latest", [True, False])
def test_an_inference_release_needs_no_training_table(orders: Orders, latest: bool) -> None:
    """Only the tables that it was made of are made again; its features are those of its manifest."""
    live = """\
---
type: clearwell.components.Curated
attributes:
  name: latest
  inputs: [silver_orders]
  transform: "assets.gold:latest"
  write: {mode: replace}
---
type: clearwell.components.Dataset
attributes:
  name: large_orders_live
  from: gold_latest
  kind: inference
  like: large_orders
  key: [order_id]
"""
    orders.write_gold(
        GOLD
        + """

def latest(silver_orders):
    return silver_orders.select("order_id", "day", "amount").distinct()
"""
    )
    more = live + "  latest_by: day\n" if latest else live
    if not latest:
        orders.small.write_yaml(mode="merge")
    orders.write_defs(more=DEFS + more, mode="append" if latest else "merge")
    orders.build()
    orders.publish()
    published = orders.publish("large_orders_live")
    assert published.rows == 10  # of twelve rows of silver: two orders came twice
    found = orders.verify("large_orders_live")
    assert found.equal
    assert [t.table for t in found.tables] == ["bronze_orders", "silver_orders", "gold_latest"]
    change_cell(orders.bronze_files()[0], "amount", 0, 77.0)
    assert orders.verify("large_orders_live").differs


def test_a_release_of_bronze_is_read_and_not_made(orders: Orders) -> None:
    orders.write_defs(
        more=DEFS.split("---\n")[2]
        .join(["---\n", ""])
        .replace("gold_days", "bronze_orders")
        .replace("is_large", "amount")
    )
    orders.build(gold=False)
    orders.publish()
    found = orders.verify()
    assert found.equal
    assert [t.table for t in found.tables] == ["bronze_orders"]


def test_the_scratch_place_is_empty_again_whatever_happens(orders: Orders, tmp_path: Path) -> None:
    orders.build()
    orders.publish()
    scratch = tmp_path / "scratch"
    assert orders.verify(scratch=str(scratch)).equal
    assert list(scratch.iterdir()) == []
    orders.small.write_transform("def clean(orders):\n    raise ValueError('no')\n")
    with pytest.raises(ProjectError, match="no"):
        orders.verify(scratch=str(scratch), present_code=True)
    assert list(scratch.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(TableError, match="no scratch folder can be made here") as raised:
        orders.verify(scratch=str(tmp_path / "file"), present_code=True)
    assert "--scratch" in str(raised.value.hint)


def test_a_cluster_gets_its_scratch_place_beside_the_tables(orders: Orders) -> None:
    """Its workers do not see this machine's temporary folder; a shared lake they do see."""
    before = contents(orders.small.lake)
    with scratch_lake(orders.lake, "sc://host:1") as own:
        beside = [path for path in orders.small.lake.iterdir() if path.name.startswith("verify-")]
        assert len(beside) == 1
        assert own.store.absolute("silver/orders") == str(beside[0] / "silver" / "orders")
        assert not own.root.is_relative_to(orders.small.lake)
    assert contents(orders.small.lake) == before
