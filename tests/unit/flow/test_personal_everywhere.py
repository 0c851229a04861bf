"""A planted personal value is in the tables and quarantines of the lake, and in nothing else that is kept."""

from __future__ import annotations

import stat
import traceback
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from clearwell.flow.cleanse import cleanse
from clearwell.flow.run import Run
from clearwell.flow.step import Failed, run_step
from clearwell.pages.build import render_pages
from tests.unit.trace.tracing import TRANSFORMS, Shop, make_shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.engines import Engine

PLANTED = b"example.org"
"""Of every mail address of the shop: accepted, replaced, rejected as a record and as a row, and blocked."""

DATA = ("bronze/", "silver/", "gold/", "quarantine/")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop") / "project", engine)


def telling(root: Path) -> Iterator[str]:
    """The files below ``root`` with the planted value, apart from the rows of tables and quarantines."""
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        if not file.is_file():
            continue
        if file.suffix == ".parquet" and "_delta_log" not in name and name.startswith(DATA):
            metadata = pq.read_metadata(file)
            groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
            columns = [group.column(n) for group in groups for n in range(group.num_columns)]
            held = " ".join(str(c.statistics.to_dict()) for c in columns if c.is_stats_set)
        elif file.suffix == ".parquet":
            held = str(pq.read_table(file).to_pylist())
        else:
            held = file.read_bytes().decode("utf-8", "replace")
        if PLANTED.decode() in held.lower() and not name.startswith("errors/"):
            yield name


def test_the_value_is_planted_in_every_kind_of_place(shop: Shop) -> None:
    lake, found = shop.root / "lake", set[str]()
    for file in lake.rglob("*.parquet"):
        if (
            "_delta_log" not in file.parts
            and PLANTED.decode() in str(pq.read_table(file).to_pylist()).lower()
        ):
            found.add("/".join(file.relative_to(lake).parts[:2]))
    assert {"bronze/orders", "silver/orders", "gold/order_details"} <= found
    assert {"quarantine/bronze_orders", "quarantine/silver_orders"} <= found
    assert list((lake / "control/blocked/silver_orders").iterdir())


def test_no_log_footer_intent_block_event_or_release_tells_it(shop: Shop) -> None:
    assert list(telling(shop.root / "lake")) == []


def test_no_page_tells_it(shop: Shop) -> None:
    pages = render_pages(shop.project, shop.lake)
    assert [name for name, text in pages.items() if PLANTED.decode() in text.lower()] == []


def test_other_columns_keep_their_bounds(shop: Shop) -> None:
    for table in ("bronze/orders", "silver/orders"):
        adds = DeltaTable(shop.root / "lake" / table).get_add_actions(flatten=True)
        names = [field.name for field in adds.schema]
        assert {"min.order_id", "max.day"} <= set(names)
        assert not {"min.mail", "min.email"} & set(names)


RETURNED = "return orders.select(*PROVENANCE, 'order_id', 'day', 'amount', 'customer', {}.alias('mail'))"
LEAKS = {
    "engine": (RETURNED.format("F.col('email').cast('int').cast('string')"), "EngineError"),
    "worker": (RETURNED.format("F.udf(lambda mail: str(int(mail)))('email')"), "EngineError"),
    "function": ("raise ValueError(str(orders.select('email').collect()))", "ProjectError"),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_an_error_is_told_without_what_it_quotes_and_kept_for_its_owner(
    shop: Shop, engine: Engine, kind: str
) -> None:
    body, expected = LEAKS[kind]
    shop.write("assets/shop.py", TRANSFORMS)
    code = shop.root / "assets/shop.py"
    start = code.read_text().index('    kept = orders.where("amount <> 0")')
    end = code.read_text().index("def customers")
    code.write_text(f"{code.read_text()[:start]}    {body}\n\n\n{code.read_text()[end:]}")
    run = Run(shop.project, shop.lake, engine)
    try:
        end_of_step = run_step(run, cleanse, run.project.tables["orders"])
    finally:
        shop.write("assets/shop.py", TRANSFORMS)
    assert isinstance(end_of_step, Failed)
    told = end_of_step.error
    assert type(told).__name__ == expected
    text = "".join(traceback.format_exception(told))
    assert PLANTED.decode() not in text.lower()
    assert "(withheld)" in text
    assert told.__cause__ is None
    (log,) = (shop.root / "lake/errors").iterdir()
    assert f"its whole text: {log}" in text
    assert PLANTED in log.read_bytes().lower()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
