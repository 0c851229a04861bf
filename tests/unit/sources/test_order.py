"""Where a file is in the order of its source."""

from __future__ import annotations

from itertools import pairwise

import pytest

from clearwell.sources.order import delivery_key


@pytest.mark.parametrize(
    ("order", "pattern", "paths"),
    [
        ("name", "raw/*.csv", ["raw/10.csv", "raw/9.csv", "raw/a.csv"]),
        ("{n}", "raw/{n}.csv", ["raw/9.csv", "raw/10.csv", "raw/x.csv"]),
        ("{day}", "raw/{day}/*.csv", ["raw/2026-01-09/z.csv", "raw/2026-01-10/a.csv"]),
        ("{day}{n}", "raw/{n}/x-{day}.csv", ["raw/2/x-2026-01-01.csv", "raw/10/x-2026-01-01.csv"]),
        ("{day}", "raw/**/{day}.csv", ["raw/b/c/1.csv", "raw/2.csv", "raw/a/3.csv"]),
        ("{n}", "raw/[ab]_{n}?.csv", ["raw/b_1x.csv", "raw/a_2x.csv"]),
    ],
)
def test_files_are_in_this_order(order: str, pattern: str, paths: list[str]) -> None:
    keys = [delivery_key(order, pattern, path, 0) for path in paths]
    assert all(earlier < later for earlier, later in pairwise(keys))


def test_the_ledger_decides_where_arrival_does() -> None:
    assert delivery_key("arrival", "raw/*", "raw/z", 1) < delivery_key("arrival", "raw/*", "raw/a", 2)


def test_equal_fields_are_one_delivery() -> None:
    first, second = (delivery_key("{day}", "raw/{day}/*", f"raw/1/{name}", n) for n, name in enumerate("ab"))
    assert first == second


def test_a_path_of_a_former_pattern_comes_first_of_all_numbers() -> None:
    moved = delivery_key("{n}", "new/{n}.csv", "old/5.csv", 0)
    assert moved == delivery_key("{n}", "new/{n}.csv", "old/6.csv", 0)
