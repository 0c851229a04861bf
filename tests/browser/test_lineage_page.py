"""The lineage page does what its reader came for: find a column, see where it comes from and who uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from bench.lineage_page import COLUMNS, EDGES, TABLES, make_lineage
from clearwell.model import Edge
from clearwell.pages.lineage_page import LineageColumn, LineageTable, lineage_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

ANCHORS = ("#", "#silver_orders", "#silver_orders.note", "#silver_orders.town", "#gold_towns.total")
HOSTILE = "x\"><img src=x onerror=alert(1)></script><!--'& ü.日本 %41"


def table(name: str, *columns: str, **more: Any) -> LineageTable:
    zone = name.split("_", maxsplit=1)[0]
    return LineageTable(name, zone, columns=tuple(map(LineageColumn, columns)), **more)


def small() -> str:
    """raw -> bronze -> silver -> gold, with every kind of edge."""
    tables = [
        table("raw_orders", "id", "price", "town"),
        table("bronze_orders", "id", "price", "town"),
        table("silver_orders", "id", "amount", "town", "note", page="tables/silver_orders.html"),
        table("gold_towns", "town", "total", "orders", "source"),
    ]
    edges = {
        "bronze_orders": [Edge(c, "raw_orders", c, "IDENTITY") for c in ("id", "price", "town")],
        "silver_orders": [
            Edge("id", "bronze_orders", "id", "IDENTITY"),
            Edge("amount", "bronze_orders", "price", "TRANSFORMATION"),
            Edge("town", "bronze_orders", "town", "TRANSFORMATION", blurred=True),
            Edge("note", "", "", "MISSING"),
            Edge("", "bronze_orders", "price", "FILTER"),
        ],
        "gold_towns": [
            Edge("town", "silver_orders", "town", "IDENTITY"),
            Edge("total", "silver_orders", "amount", "AGGREGATION"),
            Edge("orders", "silver_orders", "", "AGGREGATION"),
            Edge("source", "", "", "CONSTANT"),
            Edge("", "silver_orders", "town", "GROUP_BY"),
        ],
    }
    return lineage_page("shop", tables, {name: tuple(its) for name, its in edges.items()})


def go(page: Page, anchor: str) -> None:
    """To another address of the page, and until it shows what is there."""
    page.goto(page.url.split("#")[0] + anchor)
    expect(page.locator("h1")).to_have_text(anchor[1:] or "All tables")


def graph(page: Page) -> dict[str, list[str]]:
    """The graph's columns by their label, from left to right, each with the rows or tables in it."""
    levels: dict[str, list[str]] = {}
    for level in page.locator(".level").all():
        rows = level.locator(".row").all()
        names = [str(row.get_attribute("aria-label")).split(",")[0] for row in rows]
        label = str(level.get_attribute("aria-label"))
        levels[label] = names or [name.strip() for name in level.locator("h3 a").all_inner_texts()]
    return levels


def test_of_500_tables_a_column_is_found_by_typing_and_shown_with_both_its_sides(opened: Any) -> None:
    tables, edges = make_lineage()
    assert (len(tables), {len(t.columns) for t in tables}) == (TABLES, {COLUMNS})
    assert sum(map(len, edges.values())) == EDGES
    users: dict[tuple[str, str], set[str]] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for name, its in edges.items():
        for edge in its:
            if edge.is_direct:
                users.setdefault((edge.source, edge.source_column), set()).add(f"{name}.{edge.column}")
                sources.setdefault((name, edge.column), set()).add(f"{edge.source}.{edge.source_column}")
    wanted = next(at for at in sources if at in users and at[0].startswith("silver"))
    page = opened(lineage_page("big", tables, edges))
    page.keyboard.press("/")
    page.keyboard.type(wanted[1])
    page.keyboard.press("Enter")
    page.locator(".start .row").wait_for()
    levels = graph(page)
    assert levels["this column"] == [".".join(wanted)]
    assert set(levels["1 step before"]) == sources[wanted]
    assert set(levels["1 step after"]) <= users[wanted]
    assert levels["1 step after"]
    assert page.locator(".wire").count() >= len(sources[wanted]) + len(levels["1 step after"])


def test_all_tables_stand_by_zone_and_many_are_folded(opened: Any) -> None:
    page = opened(lineage_page("big", *make_lineage()))
    assert page.locator(".band h2 small").all_inner_texts() == ["125 sources", *["125 tables"] * 3]
    assert page.locator(".tile").count() == 4 * 40
    page.get_by_role("button", name="Show all 125").first.click()
    assert page.locator(".tile").count() == 3 * 40 + 125


def test_a_column_has_its_sources_on_the_left_and_its_users_on_the_right(opened: Any) -> None:
    page = opened(small(), "#silver_orders.amount")
    assert graph(page) == {
        "2 steps before": ["raw_orders.price"],
        "1 step before": ["bronze_orders.price"],
        "this column": ["silver_orders.amount"],
        "1 step after": ["gold_towns.total"],
    }
    lefts = [box.bounding_box()["x"] for box in page.locator(".card").all()]
    assert lefts == sorted(lefts)
    assert page.locator(".glyph").all_text_contents() == ["ƒ", "Σ"]
    page.get_by_role("link", name="gold_towns.total").first.click()
    expect(page.locator("h1")).to_have_text("gold_towns.total")
    assert graph(page)["this column"] == ["gold_towns.total"]


def test_filters_and_groupings_are_drawn_dashed_when_asked_for(opened: Any) -> None:
    page = opened(small(), "#silver_orders.town")
    assert page.locator(".wire.indirect").count() == 1  # in the legend
    assert page.locator(".inner .wire.blurred").count() == 1
    page.get_by_label("Filters, joins and groupings (2)").check()
    assert set(graph(page)["1 step before"]) == {"bronze_orders.town", "bronze_orders.price"}
    assert "rows of gold_towns" in graph(page)["1 step after"]
    dashes = page.locator(".inner .wire.indirect").evaluate_all(
        "(all) => all.map((e) => getComputedStyle(e).strokeDasharray)"
    )
    assert len(dashes) == 2
    assert "none" not in dashes


def test_a_column_of_unknown_origin_is_red_and_says_what_to_do(opened: Any) -> None:
    page = opened(small())
    assert page.get_by_text("1 of unknown origin").is_visible()
    page.get_by_text("1 column of unknown origin").click()
    page.get_by_role("link", name="silver_orders.note").click()
    expect(page.locator("h1")).to_have_text("silver_orders.note")
    assert page.locator(".row.bad").inner_text().startswith("note")
    assert page.get_by_text("lineage: {note: [table.column]}").is_visible()


def test_a_table_lists_its_columns_with_sources_and_users(opened: Any) -> None:
    page = opened(small(), "#silver_orders")
    lines = {row.locator("th").inner_text().split("\n")[0]: row for row in page.locator("tbody tr").all()}
    assert list(lines) == ["id", "amount", "town", "noteorigin unknown"]
    assert lines["amount"].get_by_role("link").all_inner_texts() == [
        "amount",
        "price",
        "total",
    ]
    assert graph(page)["1 step after"] == ["gold_towns"]
    assert page.get_by_role("link", name="Data Docs").get_attribute("href") == "tables/silver_orders.html"
    assert page.locator(".ways").first.inner_text().split() == ["bronze_orders.price", "filter"]
    assert page.get_by_text("Its rows are counted by").is_visible()


def test_addresses_lead_to_what_they_name_and_back_goes_back(opened: Any) -> None:
    page = opened(small(), "#gold_towns")
    expect(page.locator("h1")).to_have_text("gold_towns")
    page.get_by_role("link", name="total").first.click()
    expect(page.locator("h1")).to_have_text("gold_towns.total")
    assert page.url.endswith("#gold_towns.total")
    assert page.title() == "gold_towns.total · Lineage of shop"
    page.go_back()
    expect(page.locator("h1")).to_have_text("gold_towns")
    page.goto(page.url.split("#")[0] + "#silver_orders.amont")
    expect(page.locator("h1")).to_have_text("Not here")
    assert "no table or column silver_orders.amont" in page.locator("main").inner_text()
    assert page.get_by_role("link", name="silver_orders").first.is_visible()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("total", ["total", "gold_towns"]),
        ("TOWN", ["town", "gold_towns"]),
        ("silver_orders.am", ["amount", "silver_orders"]),
        ("bronze town", ["town", "bronze_orders"]),
        ("gold", ["gold_towns", "4 columns"]),
        ("ders", ["raw_orders", "3 columns"]),
    ],
)
def test_the_best_match_is_first(opened: Any, typed: str, first: list[str]) -> None:
    page = opened(small())
    page.keyboard.press("/")
    page.keyboard.type(typed)
    assert page.get_by_role("option", selected=True).inner_text().split("\n")[:2] == first


def test_it_is_usable_with_the_keyboard_alone(opened: Any) -> None:
    page = opened(small())
    page.keyboard.press("/")
    page.keyboard.type("town")
    before = page.get_by_role("option", selected=True).inner_text()
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    assert chosen.inner_text() != before
    assert page.locator("#find").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert "match" in page.get_by_role("status").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#found-box").is_hidden()
    page.goto(page.url.split("#")[0] + "#silver_orders.amount")
    expect(page.locator("h1")).to_have_text("silver_orders.amount")
    reached: list[str] = []
    while "#gold_towns.total" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href') || ''"))
        assert len(reached) < 40, "the users of a column cannot be reached by Tab"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("gold_towns.total")


def test_everything_that_can_be_pressed_has_a_name(opened: Any) -> None:
    page = opened(small(), "#silver_orders")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input, [role=region], section")]
        .filter((e) => !(e.getAttribute("aria-label") || e.innerText || "").trim()).map((e) => e.outerHTML)"""
    )
    assert nameless == []
    assert page.get_by_role("combobox", name="Find a table or a column").is_visible()


def test_no_name_is_taken_for_markup(opened: Any) -> None:
    tables = [
        table("raw_orders", HOSTILE, description=HOSTILE, owners=(HOSTILE,), page=HOSTILE),
        LineageTable(HOSTILE, "gold", HOSTILE, (HOSTILE,), (LineageColumn(HOSTILE, HOSTILE),)),
    ]
    edges = {HOSTILE: (Edge(HOSTILE, "raw_orders", HOSTILE, "IDENTITY"),)}
    text = lineage_page(HOSTILE, tables, edges, home=HOSTILE)
    shown = []
    for anchor in ("", f"#{quote(HOSTILE, safe='')}", f"#raw_orders.{quote(HOSTILE, safe='')}", "#%ff%"):
        page = opened(text, anchor)
        page.keyboard.press("/")
        page.keyboard.type("onerror")
        assert page.get_by_role("option").count() == 3
        assert page.locator("img, iframe, object").count() == 0
        assert page.locator("script").count() == 2
        shown.append(page.locator("h1").inner_text())
    assert shown == ["All tables", HOSTILE, f"raw_orders.{HOSTILE}", "Not here"]


def test_the_policy_runs_no_script_but_the_pages_own(opened: Any) -> None:
    page = opened(small())
    ran = page.evaluate(
        """() => {
          const script = document.createElement("script");
          try { script.textContent = "window.ran = true"; } catch { return "refused"; }
          document.body.append(script);
          return window.ran ? "ran" : "refused";
        }"""
    )
    assert ran == "refused"
    opened.errors.clear()  # the refusal is said on the console


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    opened: Any, too_faint: Callable[[Page], list[str]], scheme: str
) -> None:
    page = opened(small(), scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(15, 20, 25)")
    for anchor in ANCHORS:
        go(page, anchor)
        assert too_faint(page) == []
    page.keyboard.press("/")
    page.keyboard.type("o")
    assert too_faint(page) == []


def test_on_a_phone_nothing_hangs_over_the_edge(opened: Any) -> None:
    page = opened(small(), width=360)
    for anchor in ANCHORS:
        go(page, anchor)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        tops = [box.bounding_box()["y"] for box in page.locator(".level, .band").all()]
        assert len(tops) > 1 or anchor.endswith("note")
        assert tops == sorted(set(tops)), "levels stand side by side"


def test_a_lake_without_lineage_says_how_to_get_it(opened: Any) -> None:
    page = opened(lineage_page("new", [table("bronze_orders", "id")], {}))
    assert "No lineage is recorded in this lake yet" in page.locator("main").inner_text()
    assert page.get_by_text("clearwell run --full-refresh").is_visible()
    assert page.get_by_role("link", name="bronze_orders").is_visible()


def test_a_circle_of_tables_ends(opened: Any) -> None:
    tables = [table(f"gold_{name}", "x") for name in "abc"]
    edges = {f"gold_{to}": (Edge("x", f"gold_{of}", "x", "IDENTITY"),) for to, of in ("ab", "bc", "ca")}
    edges["gold_a"] += (Edge("x", "gold_a", "x", "TRANSFORMATION"),)
    page = opened(lineage_page("round", tables, edges), "#gold_a.x")
    assert graph(page) == {
        "2 steps before": ["gold_c.x"],
        "1 step before": ["gold_b.x"],
        "this column": ["gold_a.x"],
    }
