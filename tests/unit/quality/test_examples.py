"""Every example of docs/reference/suites.md is right for the orders on that page, on the engines it names."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import EngineError
from clearwell.model import Scope
from clearwell.quality import count_failures, judge_rows, judge_table, row_conditions, suite_of
from clearwell.quality.expectations import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines import Engine
    from clearwell.model import CheckResult
    from clearwell.quality import Suite

DOCS = Path(__file__).parents[3] / "docs"
sys.path.append(str(DOCS))

import suites_page  # noqa: E402 - beside the documents that it is written for

pytestmark = pytest.mark.filterwarnings(
    "ignore:WARN WindowExpression"
)  # PySpark's, of a window over all rows

PAGE = (DOCS / "reference" / "suites.md").read_text()
TYPES = {"order_id": "bigint", "day": "date", "paid": "decimal(8,2)"}
TEXTS = ("drink", "receipt", "month")


def orders(session: SparkSession) -> DataFrame:
    """The table of the page."""
    rows = [line.strip("| \n").split(" | ") for line in re.findall(r"^\| .*", PAGE, re.MULTILINE)]
    start = next(number for number, row in enumerate(rows) if row[0] == "order_id")
    names, _, *values = rows[start : start + 6]
    frame = session.createDataFrame([tuple(row) for row in values], names)
    kinds = {name: "string" if name in TEXTS else TYPES.get(name, "int") for name in names}
    return frame.select(*(frame[name].cast(kind).alias(name) for name, kind in kinds.items()))


def example(names: Iterable[str]) -> Suite:
    return suite_of("examples", map(suites_page.record, sorted(names)))


def results(suite: Suite, frame: DataFrame) -> Iterator[CheckResult]:
    if suite.of(Scope.ROW):
        yield from judge_rows(suite, *count_failures(frame, row_conditions(suite, frame)))
    yield from judge_table(suite, frame)


def test_every_example_is_right(engine: Engine) -> None:
    suite = example(suites_page.EXAMPLES.keys() - suites_page.ON_SPARK_ALONE)
    here = {check.expectation for check in suite.checks if not problems_of(check, suite)}
    found = {result.name: result.message for result in results(example(here), orders(engine.session()))}
    assert found == dict.fromkeys(here)


@pytest.mark.parametrize("name", sorted(suites_page.ON_SPARK_ALONE))
def test_what_is_for_spark_alone_is_an_error_here_that_says_so(engine: Engine, name: str) -> None:
    with pytest.raises(EngineError, match=f"the engine cannot evaluate {name}") as caught:
        list(results(example([name]), orders(engine.session())))
    assert "--engine spark" in (caught.value.hint or "")


@pytest.mark.full
def test_what_is_for_spark_alone_is_right_there(spark_engine: Engine) -> None:
    frame = orders(spark_engine.session())
    found = [result.message for result in results(example(suites_page.ON_SPARK_ALONE), frame)]
    assert found == [None] * len(suites_page.ON_SPARK_ALONE)


def test_an_expectation_without_an_example_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(suites_page.EXAMPLES, "expect_column_to_exist")
    with pytest.raises(ValueError, match="expect_column_to_exist"):
        list(suites_page.write_suites())
