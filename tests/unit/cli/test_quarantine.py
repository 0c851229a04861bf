"""A rejected row is shown with the value that a check rejects, and with what the check allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.cli.ran import Ran
    from tests.unit.trace.tracing import Shop


@pytest.fixture(autouse=True)
def _in_the_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root)


@pytest.fixture
def suite(shop: Shop) -> Iterator[Path]:
    """The suite of silver_orders; a test may change it."""
    file = shop.root / "expectations/silver_orders.yaml"
    before = file.read_text()
    yield file
    file.write_text(before)


def test_a_row_is_shown_with_the_failing_column_its_value_and_the_bound(
    clearwell: Callable[..., Ran],
) -> None:
    where, why, raw, *_ = clearwell("quarantine", "silver_orders").out.splitlines()
    assert where == "raw/orders/first.csv record 5: amount_usual"
    assert why == "  amount 500.0 above 100"
    assert raw.startswith('  {"order_id": 5, ')
    (row,) = clearwell("quarantine", "silver_orders", "--json").json["rows"]
    assert row["failures"] == ["amount 500.0 above 100"]


def test_long_text_is_cut_to_the_terminal_and_the_way_to_all_of_it_is_said(
    clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, _, raw, told, *_ = clearwell("quarantine", "silver_orders").out.splitlines()
    assert len(raw) == 40
    assert raw.endswith("…")
    assert told == "text is cut to the width of the terminal; --json shows all of it"
    monkeypatch.setenv("COLUMNS", "400")
    assert "text is cut" not in clearwell("quarantine", "silver_orders").out


def test_a_value_of_a_personal_column_is_not_told_as_a_reason(
    suite: Path, clearwell: Callable[..., Ran]
) -> None:
    check = suite.read_text().partition("checks:\n")[2].replace("{column: amount, max_value: 100}", "{}")
    kwargs = "{column: mail, value_set: [bob@example.org]}"
    check = check.replace(
        "values_to_be_between\n    kwargs: {}", f"values_to_be_in_set\n    kwargs: {kwargs}"
    )
    suite.write_text(f"checks:\n{check}")
    assert "example.org" not in clearwell("quarantine", "silver_orders").out.lower()
    shown = clearwell("quarantine", "silver_orders", "--show-personal").out
    assert "mail ED@EXAMPLE.ORG not in {bob@example.org}" in shown


@pytest.mark.parametrize("changed", ["{column: amount, max_value: 900}", "["])
def test_a_suite_that_says_something_else_now_or_nothing_gives_no_bound(
    suite: Path, clearwell: Callable[..., Ran], changed: str
) -> None:
    suite.write_text(suite.read_text().replace("{column: amount, max_value: 100}", changed))
    _, why, *_ = clearwell("quarantine", "silver_orders").out.splitlines()
    assert why == "  fails amount_usual"


def test_the_rows_that_block_a_batch_are_named_with_file_record_and_value(
    clearwell: Callable[..., Ran],
) -> None:
    out = clearwell("quarantine", "silver_orders", "--blocked").out
    assert "  rows that fail amount_sane\n" in out
    assert "    raw/orders/third.csv record 1: amount 5000.0 above 1000\n" in out
    (block,) = clearwell("quarantine", "silver_orders", "--blocked", "--json").json["blocked"]
    rows = {check["name"]: check["rows"] for check in block["checks"]}
    assert rows["amount_sane"] == [
        {
            "file": "raw/orders/third.csv",
            "record": 1,
            "values": {"amount": "5000.0"},
            "failure": "amount 5000.0 above 1000",
        }
    ]


def test_without_the_project_the_rows_that_block_are_named_without_values(
    shop: Shop, clearwell: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = clearwell("quarantine", "silver_orders", "--blocked", "--lake", str(shop.root / "lake")).out
    assert "    raw/orders/third.csv record 1: amount (personal)\n" in out
