"""Every example of docs/reference/sql.md has the lineage that the page says, or is refused as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import EngineError
from tests.unit.lineage.told import lines

if TYPE_CHECKING:
    from tests.unit.lineage.conftest import Desk

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "sql.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
REFUSED = re.findall(r"^\| `+([A-Z].+?) ?`+ \| (.+) \|$", PAGE, re.MULTILINE)
ORDERS = "order_id bigint, day date, drink string, cups int, paid decimal(8,2), wait_seconds int"


def test_every_example_is_tried() -> None:
    assert PAGE.count("\n```") == 4 * len(EXAMPLES)
    assert len(REFUSED) == PAGE.partition("| SQL |")[2].partition("\n\n")[0].count("\n") - 1


@pytest.mark.parametrize(("code", "lineage"), EXAMPLES, ids=lambda text: text.split("(")[0].split("\n")[0])
def test_an_example_has_the_lineage_below_it(desk: Desk, code: str, lineage: str) -> None:
    defined: dict[str, Any] = {}
    exec(compile(code, "docs/reference/sql.md", "exec"), defined)
    (transform,) = (made for name, made in defined.items() if not name.startswith("_"))
    made = transform(desk.table("silver_orders", ORDERS, [(1, None, "latte", 1, None, 61)]))
    assert made.count() == 1
    assert desk.told(made) == lines(lineage)


@pytest.mark.parametrize(("query", "message"), REFUSED, ids=str)
def test_sql_that_the_page_calls_refused_is_refused(desk: Desk, query: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        desk.session.sql(query).collect()
