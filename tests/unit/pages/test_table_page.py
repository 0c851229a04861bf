"""Data Docs say what is known of a table, and hold for one of which hardly anything is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from clearwell.model import Edge, FileCounts, Severity
from clearwell.pages.check_doc import CheckDoc, CheckRun
from clearwell.pages.index_page import index_page
from clearwell.pages.table_doc import BatchDoc, BlockedDoc, ColumnDoc, TableDoc
from clearwell.pages.table_page import table_page
from tests.unit.reports.reading import Reader, allowed, hashed

HOSTILE = "x\"><script>alert(1)</script>&'"
WHEN = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)


def check(name: str = "amount_sane", severity: Severity = Severity.CRITICAL, *runs: CheckRun) -> CheckDoc:
    return CheckDoc(name, "expect_x", severity, "row", 'column: "amount"', "sane is sane", runs)


def run(batch: int, failed: int, *, is_blocked: bool = False) -> CheckRun:
    return CheckRun(batch, f"day {batch}", failed == 0, failed, 10, is_blocked=is_blocked)


def full() -> TableDoc:
    edges = [Edge("total", "bronze_orders", name, "TRANSFORMATION") for name in "abcdefgh"]
    return TableDoc(
        name="silver_orders",
        zone="silver",
        description="What customers ordered.",
        owners=("team:sales", "team:data"),
        license="CC0-1.0",
        tags={"domain": "sales"},
        version=7,
        rows=12_345,
        bytes=2_500_000,
        columns=(
            ColumnDoc(
                "id",
                "int64",
                False,
                edges=(Edge("id", "bronze_orders", "id", "IDENTITY"),),
                description="The number on the receipt.",
            ),
            ColumnDoc("email", "string", True, is_personal=True, edges=(Edge("email", "", "", "MISSING"),)),
            ColumnDoc("kind", "string", True, edges=(Edge("kind", "", "", "CONSTANT"),)),
            ColumnDoc("total", "double", True, edges=tuple(edges)),
            ColumnDoc("n", "int64", True, edges=(Edge("n", "bronze_orders", "", "AGGREGATION", True),)),
        ),
        batches=(BatchDoc(1, WHEN, "replace", 12_000, 5), BatchDoc(2, WHEN, "append", 345, 7)),
        suite="expectations/silver_orders.yaml",
        checks=(
            check("amount_sane", Severity.CRITICAL, run(1, 0), run(2, 4)),
            check("amount_usual", Severity.WARNING, run(1, 3), run(2, 0)),
            check("new_check", Severity.INFO),
            CheckDoc("old_check", "expect_y", Severity.INFO, "table", runs=(run(1, 0),), is_gone=True),
        ),
        quarantine=(("amount_usual", 9), ("id_present", 3)),
        quarantined=12,
        files=tuple(FileCounts(f"f{n}", f"raw/{n:03}.csv", 10, 8, 2) for n in range(120)),
        before=(("bronze_orders", "bronze_orders.html"),),
        after=(("gold_totals", "gold_totals.html"), ("late_orders", "")),
        has_lineage=True,
    )


def test_it_says_what_is_known_of_a_table() -> None:
    page = Reader(table_page(full()))
    for fact in (
        "What customers ordered.",
        "The number on the receipt.",
        "12,345",
        "2.4 MiB",
        "2026-01-02 03:04 UTC",
        "345 rows (append), 7 quarantined",
        "team:sales, team:data",
        "CC0-1.0",
        "domain: sales",
        "Rows accepted by the last 2 batches, at most 12,000",
    ):
        assert fact in page.text
    assert "bronze_orders.html" in page.links
    assert "../lineage.html#late_orders" in page.links
    assert "../lineage.html#silver_orders" in page.links
    assert "../index.html" in page.links


def test_columns_say_where_they_come_from() -> None:
    text = table_page(full())
    page = Reader(text)
    assert "../lineage.html#bronze_orders.id" in page.links
    assert "../lineage.html#silver_orders.email" in page.links
    assert "id of bronze_orders, as it is" in page.text
    assert "a , b , c , d , e , f , 2 more of bronze_orders, computed" in page.text
    assert "rows of bronze_orders, aggregated, perhaps" in page.text
    assert '<b class="mark bad">origin unknown</b>' in text
    assert text.count(">personal</b>") == 1
    assert text.count(">not null</b>") == 1
    unrecorded = replace(full(), columns=(ColumnDoc("id", "int64", True),), has_lineage=False)
    assert "not recorded yet" in Reader(table_page(unrecorded)).text


def test_checks_say_how_they_went_and_what_follows() -> None:
    text = table_page(full())
    page = Reader(text)
    assert "amount_sane fails: 4 of 10 rows fail sane is sane" in page.text
    assert "critical: blocks the batch" in page.text
    assert "amount_usual passes: 0 of 10 rows fail" in page.text
    assert "warning: quarantines the row" in page.text
    assert "new_check not checked yet" in page.text
    assert "no longer in the suite" in page.text
    assert 'aria-label="amount_sane passed in 1 of the last 2 batches"' in text
    assert "batch 2, day 2: failed: 4 of 10 rows fail" in page.text


def test_a_warning_that_judges_the_table_quarantines_nothing() -> None:
    doc = replace(full(), checks=(replace(check("x", Severity.WARNING), scope="table"),))
    assert "warning: reports of the table" in Reader(table_page(doc)).text


def test_files_are_capped_but_counted_whole() -> None:
    page = Reader(table_page(full()))
    listed = [text for text in page.texts if text.startswith("raw/")]
    assert listed == [f"raw/{n:03}.csv" for n in range(119, 69, -1)]
    assert "all 120 1,200 960 240 0" in page.text
    assert "The newest 50 of 120; delivered = accepted + quarantined + blocked." in page.text


def test_quarantine_is_counted_by_reason() -> None:
    text = table_page(full())
    assert "Quarantine (12)" in text
    assert "amount_usual 9 id_present 3" in Reader(text).text
    assert 'width="100.0%"' in text
    assert 'width="33.3%"' in text


def test_a_first_batch_that_was_blocked_is_told_before_there_is_a_table() -> None:
    blocked = BlockedDoc("2026-01-02 03:04 UTC", 7, ("amount_sane: 2 of 7 rows fail",))
    doc = TableDoc("silver_orders", "silver", blocked=(blocked,), checks=(check(), check("b", Severity.INFO)))
    page = Reader(table_page(doc))
    assert "New data was rejected: 7 records are kept out. There is no published table yet." in page.text
    assert "amount_sane: 2 of 7 rows fail" in page.text
    assert "clearwell quarantine silver_orders --blocked" in page.text
    assert "not built yet" in page.text
    built = replace(doc, version=3)
    assert "The published table is unchanged." in Reader(table_page(built)).text


def test_raw_files_that_were_set_aside_are_named() -> None:
    files = tuple(FileCounts(f"f{n}", f"raw/{n}.csv", 1, 0, 0, 1) for n in range(5))
    page = Reader(
        table_page(TableDoc("bronze_a", "bronze", blocked=(BlockedDoc("now", 5, files=files),), files=files))
    )
    assert "5 raw files set aside: raw/0.csv, raw/1.csv, raw/2.csv and 2 more" in page.text
    assert "all 5 5 0 0 5" in page.text


def test_a_table_of_which_nothing_is_known_has_a_page() -> None:
    page = Reader(table_page(TableDoc("bronze_orders", "bronze")))
    assert "not built yet: clearwell run builds it" in page.text
    assert "No suite judges this table." in page.text


def test_no_name_is_taken_for_markup_and_there_is_no_script() -> None:
    column = ColumnDoc(HOSTILE, HOSTILE, True, edges=(Edge(HOSTILE, HOSTILE, HOSTILE, HOSTILE, True),))
    doc = TableDoc(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        (HOSTILE,),
        HOSTILE,
        {HOSTILE: HOSTILE},
        version=1,
        columns=(column,),
        batches=(BatchDoc(1, None, HOSTILE, 1, 0, True), BatchDoc(2, None, HOSTILE, 1, 0)),
        blocked=(
            BlockedDoc(HOSTILE, 1, (HOSTILE,)),
            BlockedDoc(HOSTILE, 1, files=(FileCounts("", HOSTILE, 1, 0, 0, 1),)),
        ),
        suite=HOSTILE,
        checks=(CheckDoc(HOSTILE, HOSTILE, Severity.INFO, "row", HOSTILE, HOSTILE, (run(1, 1), run(2, 1))),),
        quarantine=((HOSTILE, 1),),
        files=(FileCounts("f", HOSTILE, 1, 1, 0),),
        before=((HOSTILE, HOSTILE),),
        after=((HOSTILE, ""),),
    )
    for text in (table_page(doc), index_page(HOSTILE, [doc], [(HOSTILE, HOSTILE)])):
        page = Reader(text)
        assert "script" not in page.tags
        assert allowed(page.policy, "script-src") == []
        assert allowed(page.policy, "style-src") == [hashed(style) for style in page.inline["style"]]
        assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
        assert HOSTILE in page.text


def test_the_index_leads_to_every_page_and_says_how_tables_are() -> None:
    bad = replace(
        full(), checks=(check("a", Severity.CRITICAL, run(1, 1)), check("b", Severity.INFO, run(1, 0)))
    )
    docs = [
        TableDoc("bronze_orders", "bronze"),
        replace(bad, blocked=(BlockedDoc("now", 1),)),
        replace(full(), name="gold_totals", zone="gold", checks=(check("b", Severity.INFO, run(1, 0)),)),
    ]
    page = Reader(index_page("shop", docs, [("Storage cost", "storage-cost.html")]))
    assert page.links == [
        "lineage.html",
        "storage-cost.html",
        "tables/bronze_orders.html",
        "tables/silver_orders.html",
        "tables/gold_totals.html",
    ]
    assert "bronze_orders not built yet 0" in page.text.replace("bronze_ orders", "bronze_orders")
    assert "new data rejected 1 of 2 fail 12,345 12" in page.text
    assert "1 pass 12,345 12" in page.text
