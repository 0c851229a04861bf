"""Statistics of numbers that doubles do not tell apart are exact, or refused with the reason."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import EngineError
from clearwell.quality import Suite, judge_table, suite_of
from tests.unit.quality.pandas_peer import Peer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

LEAST: dict[str, Any] = {
    "bigint": 2**60 + 1,
    "decimal(38,0)": Decimal(10**36 + 1),
    "decimal(38,10)": Decimal("12345678901234567890.0000000001"),
}
WIDE = Context(prec=100)
STEPS = (0, 1, None, 5)
DEVIATION = math.sqrt(7)
MOST = 10**38 - 1
OF_DOUBLES = {
    "expect_column_median_to_be_between": {"min_value": 1},
    "expect_column_quantile_values_to_be_between": {
        "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, 3]]}
    },
    "expect_column_value_z_scores_to_be_less_than": {"threshold": 3, "double_sided": True},
    "expect_column_values_to_not_be_outliers": {"method": "iqr", "multiplier": 3},
}


def checks(*checks: tuple[str, dict[str, Any]]) -> Suite:
    whole = {"severity": "warning", "why": None, "line": 1}
    return suite_of(
        "s",
        [
            whole | {"name": str(n), "expectation": expectation, "kwargs": {"column": "c"} | kwargs}
            for n, (expectation, kwargs) in enumerate(checks)
        ],
    )


def column(engine: Engine, kind: str, *values: Any) -> DataFrame:
    return engine.session().createDataFrame([(value,) for value in values], f"c {kind}")


def at_and_above(value: Any) -> list[dict[str, Any]]:
    return [{"min_value": str(value), "strict_min": strict} for strict in (False, True)]


def from_least(kind: str, step: int) -> Any:
    """A Decimal is added up without rounding, which its operators would do."""
    return LEAST[kind] + step if kind == "bigint" else WIDE.add(LEAST[kind], step)


def require_exact(engine: Engine, kind: str) -> None:
    values = [None if step is None else from_least(kind, step) for step in STEPS]
    total = sum(Fraction(value) for value in values if value is not None)
    written = str(WIDE.divide(Decimal(total.numerator), total.denominator))
    spread = {"min_value": DEVIATION - 1e-12, "max_value": DEVIATION + 1e-12}
    suite = checks(
        *(("expect_column_sum_to_be_between", bounds) for bounds in at_and_above(written)),
        *(("expect_column_mean_to_be_between", bounds) for bounds in at_and_above(from_least(kind, 2))),
        ("expect_column_stdev_to_be_between", spread),
    )
    ours = judge_table(suite, column(engine, kind, *values))
    assert [result.success for result in ours] == [True, False, True, False, True], ours
    # pandas makes doubles for means and deviations: it gets the distances from the least value.
    distances = Peer({"c": [step for step in STEPS if step is not None]})
    shifted = [{"column": "c"} | bounds | {"min_value": 2} for bounds in at_and_above(2)]
    theirs = [distances.judge("expect_column_mean_to_be_between", kwargs) for kwargs in shifted]
    theirs.append(distances.judge("expect_column_stdev_to_be_between", {"column": "c"} | spread))
    assert [result.success for result in ours[2:]] == [their.success for their in theirs], theirs


@pytest.mark.parametrize("kind", LEAST)
def test_sums_means_and_deviations_beyond_doubles_are_those_of_pandas_on_fractions(
    engine: Engine, kind: str
) -> None:
    require_exact(engine, kind)


@pytest.mark.full
@pytest.mark.parametrize("kind", LEAST)
def test_they_are_on_spark(spark_engine: Engine, kind: str) -> None:
    require_exact(spark_engine, kind)


def test_a_mean_is_not_rounded_to_its_bound(engine: Engine) -> None:
    found = checks(*(("expect_column_mean_to_be_between", bounds) for bounds in at_and_above("0.003333")))
    at, above = judge_table(found, column(engine, "decimal(10,2)", *map(Decimal, ("0.01", "0", "0"))))
    assert (at.success, above.success, at.observed) == (True, True, "0.0033333333333333333")


def test_a_median_of_decimals_is_the_middle_of_two(engine: Engine) -> None:
    at, above = (
        ("expect_column_median_to_be_between", {"min_value": 0.15, "max_value": 0.15}),
        ("expect_column_median_to_be_between", {"min_value": 0.15, "strict_min": True}),
    )
    results = judge_table(checks(at, above), column(engine, "decimal(10,2)", Decimal("0.1"), Decimal("0.2")))
    assert [result.success for result in results] == [True, False]


@pytest.mark.parametrize("kind", LEAST)
def test_what_engines_compute_with_doubles_is_refused_beyond_them(engine: Engine, kind: str) -> None:
    frame = column(engine, kind, LEAST[kind], from_least(kind, 1))
    results = judge_table(checks(*OF_DOUBLES.items()), frame)
    assert [(result.success, "more than 15 digits" in (result.message or "")) for result in results] == [
        (False, True)
    ] * len(OF_DOUBLES), results


@pytest.mark.parametrize("expectation", ["sum", "mean"])
def test_a_sum_that_needs_more_digits_than_engines_have_is_refused(engine: Engine, expectation: str) -> None:
    found = checks((f"expect_column_{expectation}_to_be_between", {"min_value": 1}))
    (result,) = judge_table(found, column(engine, "decimal(38,0)", Decimal(MOST), Decimal(1)))
    assert not result.success
    assert "more than 38 digits" in (result.message or "")


def test_a_deviation_that_needs_more_digits_than_engines_have_is_refused(engine: Engine) -> None:
    found = checks(("expect_column_stdev_to_be_between", {"min_value": 1}))
    with pytest.raises(EngineError, match="needs 39 digits"):
        judge_table(found, column(engine, "decimal(38,0)", Decimal(MOST), Decimal(MOST - 1)))
