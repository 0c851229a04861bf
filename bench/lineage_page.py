"""The lineage page of 500 tables of 20 columns and 10,000 edges, in headless Chromium.

Measured are wall-clock milliseconds as a reader has them: from navigation until the page can be used and is
painted, and from the first key of a column's name until the column stands in the middle of its lineage.
Beside them an empty page, whose milliseconds are the browser's own. Each run has a fresh browser context.
"""

from __future__ import annotations

import random
import tempfile
import time
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bench.chromium import open_chromium
from bench.measure import Comparison, compare_in_turn
from clearwell.model import Edge
from clearwell.pages.lineage_page import LineageColumn, LineageTable, lineage_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["compare", "make_lineage"]

OPENS, FINDS = 2_000.0, 1_000.0
TABLES, COLUMNS, EDGES = 500, 20, 10_000
_OPEN, _FIND, _EMPTY = "until usable", "until found", "an empty page"
_ZONES = ("raw", "bronze", "silver", "gold")
_WORDS = ("id", "day", "amount", "status", "origin", "dest", "code", "price", "weight", "city")
_KINDS = ("IDENTITY", "IDENTITY", "TRANSFORMATION", "AGGREGATION")
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def make_lineage(
    tables: int = TABLES, columns: int = COLUMNS, edges: int = EDGES
) -> tuple[list[LineageTable], dict[str, tuple[Edge, ...]]]:
    """Tables by zone, each made of two or three of the zone before: the same ones at every call."""
    chance = random.Random(20130101)
    made = list(_tables(tables, columns))
    before = {zone: [t for t in made if t.zone == earlier] for earlier, zone in pairwise(_ZONES)}
    found: dict[str, set[Edge]] = {}
    targets = [(table, column) for table in made if table.zone in before for column in table.columns]
    parents = {t.name: chance.sample(before[t.zone], 3) for t in made if t.zone in before}
    for table, column in cycle(targets):
        if sum(map(len, found.values())) == edges:
            break
        source = chance.choice(parents[table.name])
        origin, kind = chance.choice(source.columns), chance.choice(_KINDS)
        joins = chance.random() < 0.05
        edge = Edge("" if joins else column.name, source.name, origin.name, "JOIN" if joins else kind)
        found.setdefault(table.name, set()).add(edge)
    return made, {name: tuple(sorted(its)) for name, its in found.items()}


def compare(repeats: int) -> Comparison:
    """Milliseconds of opening and of finding; raises RuntimeError without a browser."""
    tables, edges = make_lineage()
    text = lineage_page("bench", tables, edges)
    wanted = next(table for table in reversed(tables) if table.zone == "gold").columns[-1]
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder, open_chromium() as browser:
        empty, page = Path(folder, "empty.html"), Path(folder, "lineage.html")
        empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
        page.write_text(text, encoding="utf-8")
        runs: dict[str, Callable[[], float]] = {
            _EMPTY: lambda: _measure(browser, empty, lambda _: None),
            _OPEN: lambda: _measure(browser, page, lambda _: None),
            _FIND: lambda: _measure(browser, page, lambda opened: _find(opened, wanted.name)),
        }
        milliseconds = compare_in_turn(runs, repeats, unit="ms")
    return Comparison(
        claim=f"{TABLES} tables of {COLUMNS} columns and {EDGES:,} edges: usable within {OPENS:,.0f} ms, "
        f"a column found within {FINDS:,.0f} ms of the first key",
        holds=lambda medians: medians[_OPEN] <= OPENS and medians[_FIND] <= FINDS,
        reference=_EMPTY,
        seconds=milliseconds,
        facts=[f"the page is one file of {len(text.encode()):,} bytes"],
        unit="ms",
    )


def _tables(count: int, columns: int) -> Iterator[LineageTable]:
    for number, zone in enumerate(islice(cycle(_ZONES), count)):
        names = [f"{_WORDS[n % len(_WORDS)]}_{number}_{n}" for n in range(columns)]
        yield LineageTable(
            f"{zone}_table_{number}",
            zone,
            f"Table {number}.",
            ("team:bench",),
            tuple(map(LineageColumn, names)),
        )


def _measure(browser: Browser, file: Path, act: Callable[[Page], float | None]) -> float:
    """Milliseconds until ``file`` is open and painted; those of ``act``, if it gives some."""
    with browser.new_context() as context, context.new_page() as page:
        start = time.perf_counter()
        page.goto(file.as_uri())
        page.evaluate(_PAINTED)
        opened = 1000 * (time.perf_counter() - start)
        acted = act(page)
        return opened if acted is None else acted


def _find(page: Page, name: str) -> float:
    start = time.perf_counter()
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.locator('[role="option"][aria-selected="true"]', has_text=name).wait_for()
    page.keyboard.press("Enter")
    page.locator(".start .row", has_text=name).wait_for()
    page.evaluate(_PAINTED)
    return 1000 * (time.perf_counter() - start)
