"""Verdicts: the results of a suite's checks on counted rows, and on a whole table.

A check without a verdict has failed: Great Expectations records an exception and continues, we report it as
the check's message. Only what the engine cannot do, or did not survive, is raised. Observed values are shown
by the rule of ``clearwell.quality.explain.redaction``.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError
from clearwell.model import CheckResult, Scope
from clearwell.quality.conditions import conditions_of, count_failures, judged
from clearwell.quality.expectations import build, fitted, require_columns
from clearwell.quality.explain.failures import explain
from clearwell.quality.explain.redaction import WITHHELD, is_personal, shown_value
from clearwell.quality.literals import is_wide
from clearwell.quality.metrics import Metrics
from clearwell.quality.suites import ROW_EXPECTATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyspark.sql import DataFrame

    from clearwell.quality.suites import Check, Suite

__all__ = ["judge_rows", "judge_table"]

_MOST_OBSERVED = 20
_MOST_DIGITS = 38
_MOST_OF_A_MEAN = 17
_NO_VALUES = ("expect_table_", "_count_", "_proportion_", "_column_to_exist", "_type_", "unexpected_rows")
"""Parts of the names of expectations that observe no row values, only row counts, or names and types."""
_QUERY = "expect_query_results_to_match_comparison"


def judge_rows(suite: Suite, rows: int, failures: Mapping[str, int]) -> tuple[CheckResult, ...]:
    """The results of the checks of row scope, in the suite's order.

    Args:
        suite: The suite.
        rows: The number of checked rows.
        failures: For each check, by name, the number of failing rows (``count_failures``). A check that is
            missing here has no verdict: it has failed.
    """
    results: list[CheckResult] = []
    for check in suite.of(Scope.ROW):
        failed = failures.get(check.name)
        message = "it was not evaluated" if failed is None else _count(failed, rows)
        results.append(
            _result(check, success=failed == 0, message=message, element_count=rows, unexpected_count=failed)
        )
    return tuple(results)


def judge_table(suite: Suite, frame: DataFrame, *, personal: Collection[str] = ()) -> tuple[CheckResult, ...]:
    """The results of the checks of table scope on ``frame``, in the suite's order.

    Args:
        suite: The suite.
        frame: The table's rows.
        personal: Columns whose observed values are withheld.

    Raises:
        ProjectError: an invalid check, or one that names a column which ``frame`` lacks.
        EngineError: the engine cannot compute what a check needs.
    """
    checks = suite.of(Scope.TABLE)
    require_columns(checks, suite, frame)
    shares = [check for check in checks if check.expectation in ROW_EXPECTATIONS]
    rest = [check for check in checks if check.expectation not in ROW_EXPECTATIONS]
    results = {
        result.name: result
        for result in (
            *_judge_shares(suite, shares, frame),
            *_judge_together(suite, rest, frame, personal),
        )
    }
    return tuple(
        results.get(check.name) or _result(check, message="it was not evaluated") for check in checks
    )


def _judge_shares(suite: Suite, checks: Sequence[Check], frame: DataFrame) -> list[CheckResult]:
    """Row expectations with ``mostly``: the fraction of applicable rows that pass."""
    if not checks:
        return []
    conditions = conditions_of(suite, checks, frame)
    of = {f"{check.name} judged": judged(check) for check in checks}
    rows, counts = count_failures(frame, conditions | of)
    results: list[CheckResult] = []
    for check in checks:
        failed, rated = counts[check.name], counts[f"{check.name} judged"]
        success = rated == 0 or (rated - failed) / rated >= check.kwargs["mostly"]
        message = f"{_count(failed, rated)}, more than mostly: {check.kwargs['mostly']} allows"
        results.append(
            _result(check, success=success, message=message, element_count=rows, unexpected_count=failed)
        )
    return results


def _judge_together(
    suite: Suite, checks: Sequence[Check], frame: DataFrame, personal: Collection[str]
) -> list[CheckResult]:
    if not checks:
        return []
    metrics = Metrics(frame)
    results: list[CheckResult] = []
    fits: list[tuple[Check, Any]] = []
    for check, expectation in [(check, build(check, suite)) for check in checks]:
        try:
            fits.append((check, fitted(expectation, check, suite, frame)))
        except ProjectError as error:
            results.append(_result(check, message=error.fact))
    expectations = [expectation for _, expectation in fits]
    try:
        values = None if any(map(_is_wide, expectations)) else metrics.values(expectations)
    except Exception:  # noqa: BLE001 - the failing check is found when each is evaluated alone
        values = None
    for check, expectation in fits:
        try:
            its = metrics.values([expectation]) if values is None else values
            verdict, counts = metrics.verdict(expectation, its)
        except Exception as error:  # noqa: BLE001 - the message of a check that has no verdict
            why = explain(error, check, suite)  # in the words of the engine, which may quote any value
            results.append(_result(check, message=f"it was not evaluated: {WITHHELD}" if personal else why))
        else:
            results.append(_verdict(check, expectation, verdict, counts, personal))
    return results


def _is_wide(expectation: Any) -> bool:
    """Whether it is computed alone: metrics are told apart by JSON, where decimals are doubles."""
    return is_wide(expectation.configuration.kwargs)


def _verdict(
    check: Check, expectation: Any, verdict: Any, counts: Mapping[str, Any], personal: Collection[str]
) -> CheckResult:
    rows = counts.get("table.row_count")
    failed = counts.get(f"{getattr(expectation, 'map_metric', None)}.unexpected_count")
    observed = _told(_discreet(_observed(verdict.result or {}), check, personal))
    if failed is not None:
        message = _count(failed, rows or 0)
    elif observed is not None:
        message = f"{check.expectation} does not hold: observed {observed}"
    else:
        message = f"{check.expectation} does not hold"
    return _result(
        check,
        success=bool(verdict.success),
        message=message,
        element_count=rows if failed is not None else None,
        unexpected_count=failed,
        observed=observed,
    )


def _result(check: Check, *, message: str, success: bool = False, **counted: Any) -> CheckResult:
    return CheckResult(
        name=check.name,
        expectation=check.expectation,
        severity=check.severity,
        scope=check.scope,
        success=success,
        why=check.why,
        message=None if success else message,
        **counted,
    )


def _count(failed: int, rows: int) -> str:
    return f"{failed:,} of {rows:,} rows fail"


def _observed(result: Mapping[str, Any]) -> Any:
    """The observation: the statistic, or the surplus and missing values."""
    if result.get("observed_value") is not None:
        return _plain(result["observed_value"])
    values = {
        "unexpected": result.get("partial_unexpected_list"),
        "missing": result.get("partial_missing_list"),
    }
    return _plain({key: value for key, value in values.items() if value}) or None


def _discreet(observed: Any, check: Check, personal: Collection[str]) -> Any:
    """``observed``, with values that must not be shown withheld."""
    if observed is None or any(part in check.expectation for part in _NO_VALUES):
        return observed
    if any(is_personal(column, personal) for column in check.columns):
        return WITHHELD
    if personal and check.expectation == _QUERY:  # it may have read any column
        return WITHHELD
    return _shown(observed)


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {shown_value(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return WITHHELD if shown_value(value) == WITHHELD else value


def _plain(value: Any) -> Any:
    """Lists, mappings and values of Python, and not too many."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in list(value.items())[:_MOST_OBSERVED]}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in list(value)[:_MOST_OBSERVED]]
    return value.item() if hasattr(value, "item") else value


def _told(value: Any) -> Any:
    """``value`` in JSON-compatible form. Whether it may be shown was decided before, by its type."""
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > _MOST_DIGITS:  # a mean: 1/3
        value = Context(prec=max(_MOST_OF_A_MEAN, value.adjusted() + 7)).plus(value)
    return str(value) if isinstance(value, date | Decimal) else value  # a datetime is a date
