"""A project under test: its types, transforms and suites by name, and runs that touch nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import clearwell
from clearwell.errors import BatchBlocked, ProjectError
from clearwell.model import Outcome
from clearwell.names import PROVENANCE
from clearwell.project.load import load_project
from clearwell.testing import ProjectUnderTest, assert_rows, rows
from tests.components.shop import deliver, make_shop, write

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

CODE = """
from pyspark.sql import DataFrame, functions as F

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, "order_id", "day", "amount")


def totals(silver_orders: DataFrame) -> DataFrame:
    return silver_orders.groupBy("dai").agg(F.sum("amount").alias("total"))
"""


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> ProjectUnderTest:
    monkeypatch.delenv("SHOP_RAW", raising=False)
    settings = make_shop(tmp_path / "shop")
    return ProjectUnderTest(load_project(settings), engine, tmp_path / "made")


def test_a_bronze_frame_has_the_types_of_the_yaml_and_all_its_columns(shop: ProjectUnderTest) -> None:
    frame = shop.bronze("orders", "order_id | extra\n1 | a")
    types = dict(frame.dtypes)
    assert {n: types[n] for n in ("order_id", "day", "amount", "extra")} == {
        "order_id": "bigint",
        "day": "date",
        "amount": "double",
        "extra": "string",
    }
    assert set(PROVENANCE) < set(types)
    assert_rows(frame, [{"order_id": 1, "day": None, "amount": None, "extra": "a"}])


def test_a_source_that_is_not_there_is_named_with_the_nearest(shop: ProjectUnderTest) -> None:
    with pytest.raises(ProjectError, match="did you mean 'orders'"):
        shop.bronze("order", "order_id\n1")


def test_transforms_run_by_the_names_of_their_tables(shop: ProjectUnderTest) -> None:
    silver = shop.run_transform(
        "silver_orders", shop.bronze("orders", "day | amount\n2026-01-01 | 2\n2026-01-01 | 3")
    )
    totals = shop.run_transform("gold_totals", silver_orders=silver)
    assert_rows(totals, "day | total | dearest\n2026-01-01 | 5 | 3")


def test_the_inputs_must_be_those_of_the_yaml(shop: ProjectUnderTest) -> None:
    frame = shop.frame("day date | amount double\n2026-01-01 | 2")
    with pytest.raises(ProjectError, match="silver_orders=") as caught:
        shop.run_transform("gold_totals", orders=frame)
    assert caught.value.place == f"{shop.root}/pipelines/others/defs.yaml:4"
    with pytest.raises(ProjectError, match="takes one frame"):
        shop.run_transform("silver_orders", frame, frame)
    with pytest.raises(ProjectError, match="did you mean 'gold_totals'"):
        shop.run_transform("gold_total", silver_orders=frame)


def test_code_that_fails_is_told_with_its_line(shop: ProjectUnderTest) -> None:
    write(shop.root / "assets" / "shop.py", CODE)
    with pytest.raises(ProjectError, match="no column 'dai'") as caught:
        shop.run_transform("gold_totals", silver_orders=shop.frame("day date | amount double"))
    assert (caught.value.place, caught.value.hint) == (
        f"{shop.root}/assets/shop.py:11",
        "did you mean 'day'?",
    )
    assert len(caught.traceback) < 5
    write(shop.root / "assets" / "shop.py", CODE.replace("silver_orders.groupBy", "silver_orders.grouped"))
    with pytest.raises(ProjectError) as caught:
        shop.run_transform("gold_totals", silver_orders=shop.frame("day date | amount double"))
    assert caught.value.place == f"{shop.root}/assets/shop.py:11"
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_suite_rejects_rows_with_their_reasons_and_says_what_else_fails(shop: ProjectUnderTest) -> None:
    judged = shop.judge(
        "silver_orders", shop.frame("order_id bigint | amount double\n1 | 5\n2 | 1001\n3 | -1\n4 |")
    )
    assert_rows(judged.rejected, "order_id | reasons\n2 | amount_plausible")
    assert [row["order_id"] for row in judged.accepted] == [1, 3, 4]
    assert {name: check.unexpected_count for name, check in judged.failed.items()} == {
        "amount_plausible": 1,
        "amount_not_negative": 1,
        "enough_orders": None,
    }
    assert judged.blocks


def test_sound_rows_pass_a_suite(shop: ProjectUnderTest) -> None:
    lines = "\n".join(f"{n} | {n}.5" for n in range(5))
    judged = shop.judge("silver_orders", shop.frame(f"order_id bigint | amount double\n{lines}"))
    assert (judged.rejected, judged.failed, judged.blocks) == ([], {}, False)
    assert len(judged.accepted) == 5
    assert set(PROVENANCE) < set(judged.accepted[0])


def test_a_suite_needs_its_columns(shop: ProjectUnderTest) -> None:
    with pytest.raises(ProjectError, match="no column 'amount'") as caught:
        shop.judge("silver_orders", shop.frame("order_id bigint\n1"))
    assert caught.value.place == f"{shop.root}/expectations/silver_orders.yaml:4"
    with pytest.raises(ProjectError, match="gold_totals has no suite"):
        shop.judge("gold_totals", shop.frame("total double\n1"))


def test_judging_is_what_a_run_does(shop: ProjectUnderTest) -> None:
    file = deliver(shop.root, "third.csv", "2026-01-03", [7, 1001, 1002, 8])
    lake = shop.run("bronze_orders", "silver_orders", raw={"orders": "raw/third.csv"})
    raw = file.read_text().replace(",", " | ")
    judged = shop.judge("silver_orders", shop.run_transform("silver_orders", shop.bronze("orders", raw)))
    assert_rows(lake.rows("silver_orders"), [_data(row) for row in judged.accepted])
    assert [row["reasons"] for row in lake.rejected("silver_orders")] == [
        row["reasons"] for row in judged.rejected
    ]


def test_a_run_makes_everything_in_a_lake_of_its_own(shop: ProjectUnderTest) -> None:
    lake = shop.run()
    assert [*lake.results] == [
        "bronze_orders",
        "silver_orders",
        "gold_totals",
        "daily_totals",
        "storage_cost",
    ]
    assert_rows(lake.rows("gold_totals"), "day date | total double\n2026-01-01 | 6\n2026-01-02 | 15")
    assert clearwell.open_dataset("daily_totals", lake=lake.root).splits == ("train", "test")
    assert not (shop.root / "lake").exists()
    assert not (shop.root / "dagster_home").exists()


def test_a_second_run_on_a_lake_adds_what_is_new_alone(shop: ProjectUnderTest) -> None:
    lake = shop.run()
    again = shop.run(lake=lake.root)
    assert {r.outcome for r in again.results.values()} == {Outcome.UNCHANGED}
    deliver(shop.root, "third.csv", "2026-01-03", [7, 8, 9])
    shop.run(lake=lake.root)
    assert len(lake.rows("bronze_orders")) == 9
    assert shop.run().root != lake.root


def test_other_raw_files_can_be_run(shop: ProjectUnderTest) -> None:
    write(shop.root / "tests" / "mine.csv", "order_id,day,amount\n1,2026-01-01,5\n2,2026-01-02,6\n3,soon,7\n")
    lake = shop.run(raw={"orders": "tests/*.csv"})
    assert_rows(lake.rows("bronze_orders"), [{"order_id": 1}, {"order_id": 2}])
    assert_rows(lake.rejected("bronze_orders"), [{"_record_no": 3, "reasons": "type_day", "raw": "3,soon,7"}])
    with pytest.raises(ProjectError, match="did you mean 'orders'"):
        shop.run(raw={"order": "tests/*.csv"})


def test_a_part_of_a_project_can_be_run(shop: ProjectUnderTest) -> None:
    lake = shop.run("bronze_orders")
    assert [*lake.results] == ["bronze_orders"]
    assert [*shop.run("gold_totals", "silver_orders", lake=lake.root).results] == [
        "silver_orders",
        "gold_totals",
    ]
    with pytest.raises(ProjectError, match="did you mean 'gold_totals'"):
        shop.run("gold_total")


def test_a_blocked_batch_is_raised(shop: ProjectUnderTest) -> None:
    deliver(shop.root, "third.csv", "2026-01-03", [-1])
    with pytest.raises(BatchBlocked, match="amount_not_negative"):
        shop.run()


def test_rows_of_a_session_frame_are_rows(shop: ProjectUnderTest, engine: Engine) -> None:
    assert rows(engine.session().range(2)) == [{"id": 0}, {"id": 1}]
    assert rows(shop.frame("id bigint\n7", provenance=False)) == [{"id": 7}]


def _data(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in PROVENANCE}
