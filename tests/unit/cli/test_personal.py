"""Commands hide the values of personal columns and of those derived from them, unless they are requested."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from tests.unit.cli.ran import Ran
    from tests.unit.trace.tracing import Shop


@pytest.fixture(autouse=True)
def _in_the_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root)


@contextmanager
def edited(shop: Shop, words: str, others: str) -> Generator[None]:
    """The shop's code with ``others`` in the place of ``words``."""
    code = shop.root / "assets" / "shop.py"
    before = code.read_text()
    assert words in before
    code.write_text(before.replace(words, others))
    try:
        yield
    finally:
        code.write_text(before)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_rejected_record_and_row_are_shown_without_personal_values(
    clearwell: Callable[..., Ran], form: tuple[str, ...]
) -> None:
    for table in ("bronze_orders", "silver_orders"):
        ran = clearwell("quarantine", table, *form)
        assert ("(personal)" if form else "values that may be personal are hidden") in ran.out
        assert "example.org" not in (ran.out + ran.err).lower()
        shown = clearwell("quarantine", table, "--show-personal", *form).out
        assert "hidden" not in shown
        assert table == "silver_orders" or "cy@example.org" in shown
    (row,) = clearwell("quarantine", "silver_orders", "--json").json["rows"]
    assert row["message"] == "fails amount_usual"
    raw = {"order_id": 5, "day": "2026-01-02", "amount": 500.0, "customer": "8", "mail": "(personal)"}
    assert json.loads(row["raw"]) == raw


def test_without_the_project_nothing_says_what_is_personal_so_all_is_hidden(
    shop: Shop, clearwell: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("", '[project]\nname = "bakery"\n\n[tool.clearwell]\n'):
        if other:
            (tmp_path / "pyproject.toml").write_text(other)
            (tmp_path / "pipelines").mkdir()
        monkeypatch.chdir(tmp_path)
        ran = clearwell("quarantine", "silver_orders", "--lake", str(shop.root / "lake"))
        assert "amount_usual" in ran.out
        assert "values that may be personal are hidden; --show-personal shows them" in ran.out
        assert "example.org" not in ran.out.lower()


def test_a_preview_hides_what_the_present_code_derives(shop: Shop, clearwell: Callable[..., Ran]) -> None:
    rows = clearwell("preview", "silver_orders", "--json").json
    assert {row["mail"] for row in rows} == {"(personal)"}
    assert 10.5 in [row["amount"] for row in rows]
    with edited(shop, 'F.upper("email").alias("mail")', 'F.substring("email", 1, 3).alias("who")'):
        ran = clearwell("preview", "silver_orders")
        shown = clearwell("preview", "silver_orders", "--show-personal", "--json").json
    assert "(personal)" in ran.out
    assert "ann" not in ran.out
    assert "ann" in [row["who"] for row in shown]


def test_a_run_that_fails_on_a_personal_value_tells_it_neither_here_nor_to_dagster(
    shop: Shop, clearwell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shop.root / "dagster"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    body = 'raise ValueError(str(orders.select("email").collect()))'
    with edited(shop, 'kept = orders.where("amount <> 0")', body):
        ran = clearwell("run", "silver_orders", "--debug")
    assert ran.code == 1
    assert "assets.shop:clean raised ValueError: (withheld)" in ran.err
    assert "example.org" not in (ran.out + ran.err).lower()
    kept = b"".join(file.read_bytes().lower() for file in home.rglob("*") if file.is_file())
    assert b"raised valueerror: (withheld)" in kept
    assert b"example.org" not in kept
    (log,) = (shop.root / "lake/errors").iterdir()
    assert "example.org" in log.read_text()


def test_a_verification_that_fails_on_a_personal_value_does_not_tell_it(
    shop: Shop, clearwell: Callable[..., Ran]
) -> None:
    failing = 'kept = orders.withColumn("amount", F.concat("email", F.lit("!")).cast("double"))'
    with edited(shop, 'kept = orders.where("amount <> 0")', failing):
        ran = clearwell("verify", "big_orders", "--with-present-code")
    assert ran.code == 1
    assert "(withheld)" in ran.err
    assert "its whole text: " in ran.err
    assert "example.org" not in (ran.out + ran.err).lower()


@pytest.mark.parametrize("known", [True, False])
def test_a_fingerprint_that_fails_near_personal_columns_tells_no_words_of_the_engine(
    shop: Shop, clearwell: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    where = () if known else ("--lake", str(shop.root / "lake"))
    if not known:
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "bakery"\n\n[tool.clearwell]\n')
        (tmp_path / "pipelines").mkdir()
        monkeypatch.chdir(tmp_path)
    with broken(shop, "silver/orders"):
        ran = clearwell("fingerprint", "silver_orders", *where)
    assert ran.code == 1
    assert "(withheld)" in ran.err
    assert "its whole text: " in ran.err


@contextmanager
def broken(shop: Shop, table: str) -> Generator[None]:
    """The table with files that no engine can read, of the same size."""
    files = {file: file.read_bytes() for file in (shop.root / "lake" / table).rglob("*.parquet")}
    for file, data in files.items():
        file.write_bytes(b"?" * len(data))
    try:
        yield
    finally:
        for file, data in files.items():
            file.write_bytes(data)
