"""`clearwell trace` prints a row's way back and a record's way forward; wrong usage says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.trace.tracing import Shop, make_shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.engines import Engine
    from tests.unit.cli.ran import Ran


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop") / "project", engine)


@pytest.fixture(autouse=True)
def _in_the_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root)


def test_the_way_back_ends_with_the_raw_text(clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("trace", "silver_orders", "--key", "6", "--show-personal")
    assert ran.code == 0, ran.err
    assert "silver_orders\n" in ran.out
    assert "made from bronze_orders" in ran.out
    assert "raw/orders/first.csv  record 6" in ran.out
    assert '    6,2026-01-02,60.25,8,"fay\n    @example.org"' in ran.out


def test_personal_values_reach_neither_text_nor_json(clearwell: Callable[..., Ran]) -> None:
    for arguments in (
        ("trace", "gold_order_details", "--key", "order_id=2"),
        ("trace", "gold_order_details", "--key", "order_id=2", "--json"),
        ("trace", "silver_orders", "--key", "5"),
        ("trace", "--file", "first.csv", "--record", "2", "--json"),
        ("trace", "--file", "first.csv", "--record", "3"),
        ("trace", "--file", "first.csv", "--record", "5"),
    ):
        ran = clearwell(*arguments)
        assert ran.code == 0, ran.err
        assert "(personal)" in ran.out
        assert "example.org" not in (ran.out + ran.err).lower()


def test_json_is_one_document_of_the_whole_way(clearwell: Callable[..., Ran]) -> None:
    found = clearwell("trace", "gold_order_details", "--key", "order_id=2", "--json").json
    assert [step["table"] for step in found["steps"]] == [
        "gold_order_details",
        "silver_orders",
        "bronze_orders",
    ]
    assert (found["raw"]["path"], found["raw"]["record_no"]) == ("raw/orders/first.csv", 2)
    assert found["steps"][1]["values"]["day"] == "2026-01-02"


def test_the_way_forward_of_a_merged_record_names_its_successor(clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("trace", "--file", "first.csv", "--record", "1")
    assert ran.code == 0, ran.err
    assert "silver_orders: record 1 of raw/orders/second.csv has the same key, order_id=1" in ran.out
    assert "big_orders v1: split train" in ran.out
    (found,) = clearwell("trace", "--file", "first.csv", "--record", "1", "--json").json
    assert [stop["state"] for stop in found["stops"]] == ["row", "superseded", "released"]


def test_several_rows_are_listed_with_how_to_narrow(clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("trace", "gold_order_details", "--key", "day=2026-01-02")
    assert "2 rows of gold_order_details match" in ran.out
    assert "narrow it by --key COLUMN=VALUE with order_id" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Give either TABLE and --key, or --file and --record"),
        (["silver_orders", "--file", "x", "--record", "1"], 2, "Give either"),
        (["--file", "first.csv"], 2, "Give either"),
        (["--file", "first.csv", "--record", "0"], 2, "0 is not in the range x>=1"),
        (["--file", "first.csv", "--record", "7"], 1, "record 7 was asked for, and the file has 6 records"),
        (["--file", "frist.csv", "--record", "1"], 1, "did you mean 'first.csv'?"),
        (["silver_orders"], 1, "its key is order_id: write --key ORDER_ID"),
        (["silver_orders", "--key", "many"], 1, "column 'order_id': 'many' is not a bigint"),
        (["silver_orders", "--key", "77"], 1, "none of its 3 rows has order_id=77"),
        (["silver_order", "--key", "1"], 1, "did you mean 'silver_orders'?"),
        (["gold_order_details", "--key", "mail=who"], 1, "has mail=(personal)"),
    ],
)
def test_what_cannot_be_traced_says_why(
    clearwell: Callable[..., Ran], arguments: list[str], code: int, said: str
) -> None:
    ran = clearwell("trace", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_control_characters_of_raw_data_do_not_reach_the_terminal(
    shop: Shop, clearwell: Callable[..., Ran]
) -> None:
    shop.write("raw/customers/odd.jsonl", '{"id": 10, "city": "\x1b[31mred"}\n')
    ran = clearwell("trace", "--file", "odd.jsonl", "--record", "1")
    assert ran.code == 0, ran.err
    assert "\x1b[31mred" not in ran.out
    assert "\\x1b[31mred" in ran.out
    (shop.root / "raw/customers/odd.jsonl").unlink()
