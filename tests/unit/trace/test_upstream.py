"""A row is traced to the text that it began as; a raw record to every place that it ended in."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import SourceError, TableError, TableNotFound
from clearwell.project.personal_data import PERSONAL
from clearwell.tables import delete_rows
from clearwell.trace.downstream import trace_record
from clearwell.trace.upstream import trace_row
from tests.unit.trace.tracing import FIRST, Shop, make_shop

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.trace.records import DownstreamTrace, Stop, UpstreamTrace

RAW = "raw/orders/first.csv"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop") / "project", engine)


@pytest.fixture
def own(shop: Shop, tmp_path: Path) -> Shop:
    """A copy that a test may change."""
    shutil.copytree(shop.root, tmp_path / "copy")
    return Shop(tmp_path / "copy")


def back(shop: Shop, table: str, *key: str, **options: Any) -> UpstreamTrace:
    return trace_row(shop.project, shop.lake, table, key, **options)


def forward(
    shop: Shop, file: str, number: int, engine: Engine | None = None, **options: Any
) -> DownstreamTrace:
    def start() -> Engine:
        assert engine is not None, "this trace must not need an engine"
        return engine

    (found,) = trace_record(shop.project, shop.lake, file, number, engine=start, **options)
    return found


def by_place(found: DownstreamTrace) -> dict[str, Stop]:
    return {stop.where: stop for stop in found.stops}


def states(found: DownstreamTrace) -> dict[str, str]:
    return {stop.where: stop.state for stop in found.stops}


def test_a_gold_row_comes_from_a_silver_a_bronze_and_a_raw_record(shop: Shop) -> None:
    trail = back(shop, "gold_order_details", "order_id=2", show_personal=True)
    assert [(step.table, step.state) for step in trail.steps] == [
        ("gold_order_details", "current"),
        ("silver_orders", "current"),
        ("bronze_orders", "current"),
    ]
    assert trail.raw
    assert (trail.raw.path, trail.raw.record_no, trail.raw.state) == (RAW, 2, "as it was")
    assert trail.raw.text == "2,2026-01-02,20.5,7,bob@example.org"
    assert trail.raw.records == 6
    assert [(j.into, j.table, j.columns) for j in trail.joined] == [
        ("gold_order_details", "silver_customers", ("city",))
    ]
    assert trail.steps[1].batch == 1


def test_the_raw_text_is_all_of_a_record_over_two_lines(shop: Shop) -> None:
    trail = back(shop, "silver_orders", "6", show_personal=True)
    assert trail.raw
    assert trail.raw.text == '6,2026-01-02,60.25,8,"fay\n@example.org"'


def test_personal_values_and_raw_text_are_withheld_unless_asked_for(shop: Shop) -> None:
    trail = back(shop, "gold_order_details", "order_id=2")
    assert trail.steps[0].values["mail"] == PERSONAL
    assert trail.steps[2].values["email"] == PERSONAL
    assert trail.raw
    assert trail.raw.text is None
    assert "--show-personal" in (trail.raw.note or "")
    assert "bob" not in repr(trail).lower()
    assert back(shop, "silver_orders", "2", show_personal=True).steps[0].values["mail"] == "BOB@EXAMPLE.ORG"


def test_a_column_made_from_a_personal_one_is_withheld_whatever_its_name_is(own: Shop) -> None:
    defs = own.root / "pipelines" / "shop" / "defs.yaml"
    defs.write_text(defs.read_text().replace("personal: [email, mail]", "personal: [email]"))
    trail = back(own, "gold_order_details", "order_id=2")
    assert [step.values.get("mail") for step in trail.steps[:2]] == [PERSONAL, PERSONAL]
    assert "bob" not in repr(trail).lower()


def test_without_personal_columns_the_text_is_shown(shop: Shop) -> None:
    trail = back(shop, "silver_customers", "customer=8")
    assert trail.raw
    assert trail.raw.text == '{"id": 8, "city": "Ulm"}'


def test_a_row_in_quarantine_has_its_reasons_and_its_way_back(shop: Shop) -> None:
    trail = back(shop, "silver_orders", "5", show_personal=True)
    assert (trail.matches, trail.steps[0].state) == (0, "quarantined")
    assert trail.steps[0].reasons == ("amount_usual",)
    assert trail.steps[0].values["amount"] == 500.0
    assert trail.steps[1].table == "bronze_orders"
    assert trail.raw
    assert trail.raw.text == "5,2026-01-02,500,8,ed@example.org"


def test_a_row_of_a_blocked_batch_says_what_blocks_it(shop: Shop) -> None:
    trail = back(shop, "silver_orders", "9")
    assert trail.steps[0].state == "blocked"
    assert "amount_sane" in (trail.steps[0].note or "")
    assert trail.raw
    assert trail.raw.path == "raw/orders/third.csv"


def test_an_aggregate_names_its_inputs(shop: Shop) -> None:
    trail = back(shop, "gold_totals", "day=2026-01-01")
    assert trail.raw is None
    assert trail.notes == (
        "gold_totals has no row provenance: a row may aggregate many. Its inputs: silver_orders",
    )


def test_several_rows_are_told_apart_by_the_key(shop: Shop) -> None:
    trail = back(shop, "gold_order_details", "day=2026-01-02")
    assert trail.matches == 2
    assert not trail.steps
    assert {row["order_id"] for row in trail.first} == {2, 6}
    assert trail.narrow_by == ("order_id",)


def test_a_row_of_a_release_is_traced_too(shop: Shop) -> None:
    trail = back(shop, "big_orders", "order_id=6", show_personal=True)
    assert [step.table for step in trail.steps] == [
        "big_orders",
        "gold_order_details",
        "silver_orders",
        "bronze_orders",
    ]
    assert trail.steps[0].note == "version 2, split test"
    assert "mail" not in trail.steps[0].values
    assert trail.raw
    assert trail.raw.record_no == 6
    with pytest.raises(TableError, match="none of the 3 rows of version 2 has order_id=77"):
        back(shop, "big_orders", "order_id=77")


def test_a_key_of_no_row_says_what_was_looked_through(shop: Shop) -> None:
    with pytest.raises(TableError, match="none of its 3 rows has order_id=77, and no row in its quarantine"):
        back(shop, "silver_orders", "77")
    with pytest.raises(TableError, match="a rejected record has no columns") as caught:
        back(shop, "bronze_orders", "order_id=3")
    assert "clearwell quarantine bronze_orders" in (caught.value.hint or "")


@pytest.mark.parametrize("table", ["silver_order", "gold_nothing", "nonsense", "silver_"])
def test_a_table_that_is_not_there_is_an_error(shop: Shop, table: str) -> None:
    with pytest.raises(TableNotFound):
        back(shop, table, "1")


def test_records_of_clearwells_own_cannot_be_traced(shop: Shop) -> None:
    with pytest.raises(TableError, match="Clearwell's own records") as caught:
        back(shop, "quarantine_silver_orders", "1")
    assert caught.value.hint == "trace silver_orders"


def test_a_raw_file_that_is_gone_changed_or_moved_is_told(own: Shop) -> None:
    raw = own.root / RAW
    raw.rename(raw.with_name("renamed.csv"))
    trail = back(own, "silver_orders", "2", show_personal=True)
    assert trail.raw
    assert (trail.raw.state, trail.raw.found_at) == ("moved", "raw/orders/renamed.csv")
    assert trail.raw.text == "2,2026-01-02,20.5,7,bob@example.org"
    raw.with_name("renamed.csv").write_text("order_id\n1\n")
    trail = back(own, "silver_orders", "2")
    assert trail.raw
    assert (trail.raw.state, trail.raw.text) == ("gone", None)
    raw.write_text(FIRST.replace("bob", "eve"))
    trail = back(own, "silver_orders", "2")
    assert trail.raw
    assert (trail.raw.state, trail.raw.text) == ("changed", None)
    assert trail.steps[-1].values["amount"] == 20.5


def test_a_record_goes_to_every_table_and_release(shop: Shop) -> None:
    found = forward(shop, RAW, 2, show_personal=True)
    assert states(found) == {
        "bronze_orders": "row",
        "silver_orders": "row",
        "gold_order_details": "row",
        "gold_totals": "aggregate",
        "big_orders v1": "released",
        "big_orders v2": "released",
    }
    assert by_place(found)["big_orders v1"].said == "split test"
    assert found.raw.text == "2,2026-01-02,20.5,7,bob@example.org"


@pytest.mark.parametrize("name", [RAW, "first.csv", "orders/first.csv"])
def test_a_file_is_named_by_its_path_or_a_unique_end_of_it(shop: Shop, name: str) -> None:
    assert forward(shop, name, 2).raw.path == RAW


def test_a_file_is_named_by_its_hash_or_from_anywhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    file_id = forward(shop, RAW, 2).raw.file_id
    assert forward(shop, file_id, 2).raw.path == RAW
    assert forward(shop, file_id[:12], 2).raw.path == RAW
    assert forward(shop, str(shop.root / RAW), 2).raw.path == RAW
    monkeypatch.chdir(shop.root / "raw" / "orders")
    assert forward(shop, "first.csv", 2).raw.path == RAW


def test_a_record_that_could_not_be_read_is_in_bronzes_quarantine(shop: Shop) -> None:
    stop = by_place(forward(shop, RAW, 3, show_personal=True))["quarantine of bronze_orders"]
    assert (stop.state, stop.rows[0].reasons) == ("quarantined", ("type_amount",))
    assert "'a lot' is not a double" in stop.said
    assert list(states(forward(shop, RAW, 3))) == ["quarantine of bronze_orders"]
    assert "a lot" not in repr(forward(shop, RAW, 3))


def test_a_record_that_a_check_rejected_is_in_silvers_quarantine(shop: Shop) -> None:
    found = forward(shop, RAW, 5)
    assert states(found) == {"bronze_orders": "row", "quarantine of silver_orders": "quarantined"}
    assert by_place(found)["quarantine of silver_orders"].said == "rejected by amount_usual"


def test_a_merged_record_names_the_one_that_took_its_place(shop: Shop, engine: Engine) -> None:
    found = forward(shop, RAW, 1, engine)
    assert states(found) == {
        "bronze_orders": "row",
        "silver_orders": "superseded",
        "big_orders v1": "released",
    }
    stop = by_place(found)["silver_orders"]
    assert stop.said == "record 1 of raw/orders/second.csv has the same key, order_id=1, and replaced it"
    assert stop.rows[0].values["amount"] == 11.5


def test_a_record_that_the_transform_drops_is_told_so(shop: Shop, engine: Engine) -> None:
    stop = by_place(forward(shop, RAW, 4, engine))["silver_orders"]
    assert stop.state == "dropped"
    assert "returns no row for this record" in stop.said


def test_a_record_of_a_blocked_batch_says_what_blocks_it(shop: Shop) -> None:
    stop = by_place(forward(shop, "third.csv", 1))["silver_orders"]
    assert stop.state == "blocked"
    assert "amount_sane" in stop.said


def test_a_joined_record_is_said_to_be_joined(shop: Shop) -> None:
    stops = by_place(forward(shop, "all.jsonl", 2))
    assert stops["silver_customers"].state == "row"
    assert stops["gold_order_details"].state == "joined"


def test_a_record_number_beyond_the_file_says_how_many_there_are(shop: Shop) -> None:
    with pytest.raises(SourceError, match="record 7 was asked for, and the file has 6 records") as caught:
        forward(shop, RAW, 7)
    assert caught.value.place == RAW


def test_an_unknown_file_or_an_ambiguous_one_is_an_error(own: Shop) -> None:
    with pytest.raises(SourceError, match=r"no raw file 'frist\.csv'") as caught:
        forward(own, "frist.csv", 1)
    assert caught.value.hint == "did you mean 'first.csv'?"
    with pytest.raises(SourceError, match="does not match any source of this project"):
        forward(own, "pyproject.toml", 1)
    own.write("raw/customers/first.csv", "not matched by any source")
    own.write("raw/orders/sub/first.csv", "not either")
    assert forward(own, "first.csv", 2).raw.path == RAW


def test_a_file_that_waits_or_is_set_aside_is_told(own: Shop, engine: Engine) -> None:
    own.write("raw/orders/new.csv", "order_id,day,amount,customer,email\n20,2026-01-04,1,7,x\n")
    found = forward(own, "new.csv", 1, show_personal=True)
    assert states(found) == {"bronze_orders": "waiting"}
    assert found.raw.text == "20,2026-01-04,1,7,x"
    with pytest.raises(SourceError, match="record 2 was asked for, and the file has 1 record"):
        forward(own, "new.csv", 2)
    own.write("raw/orders/copy.csv", FIRST)
    assert forward(own, "copy.csv", 2).notes == ("raw/orders/copy.csv is a copy of it",)
    own.write("raw/orders/torn.csv", '"order_id,day\n1,2\n')
    own.run(engine)
    found = forward(own, "torn.csv", 1)
    assert states(found) == {"bronze_orders": "blocked"}
    assert "the file is set aside" in found.stops[0].said


def test_what_bronze_has_and_silver_has_not_taken_waits(own: Shop, engine: Engine) -> None:
    from clearwell.flow.ingest import ingest
    from clearwell.flow.run import Run

    own.write("raw/customers/more.jsonl", '{"id": 9, "city": "Jena"}\n')
    run = Run(own.project, own.lake, engine)
    ingest(run, run.project.tables["customers"])
    stop = by_place(forward(own, "more.jsonl", 1))["silver_customers"]
    assert (stop.state, stop.said) == (
        "waiting",
        "has not processed batch 2 of bronze yet: `clearwell run` does",
    )


def test_a_deleted_row_is_not_said_to_be_anywhere(own: Shop, engine: Engine) -> None:
    bronze = own.project.tables["customers"].bronze_table
    delete_rows(own.lake, bronze, "id = 8", engine=engine, recheck=lambda *_: True)
    found = forward(own, "all.jsonl", 2)
    assert states(found)["bronze_customers"] == "absent"
    assert "deleted" in found.stops[0].said


def test_every_record_of_a_file_is_found_by_its_number(shop: Shop, engine: Engine) -> None:
    lines = list(csv.DictReader(FIRST.splitlines(keepends=True)))
    for number, line in enumerate(lines, 1):
        found = forward(shop, RAW, number, engine, show_personal=True)
        assert found.raw.text
        assert found.raw.text.startswith(f"{line['order_id']},")
        assert found.stops
