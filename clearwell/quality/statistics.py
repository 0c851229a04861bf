"""Statistics where those of Great Expectations are refused or rounded on Spark; they take their place.

Great Expectations casts whole numbers to 38 digits before it adds those of a row, which asks the engine for
39, and to double before it adds up a column, which rounds beyond 2^53. Here integers and decimals are added
as they are; their mean is that sum, divided; their deviation is that of the distances from the least value,
where the values themselves would be rounded. NULL counts as zero in the sum of a row, as it does there.

Medians, quantiles, z-scores and outliers are made of doubles by the engines, so they are refused for values
that doubles do not tell apart.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any

from clearwell.quality.literals import INTEGERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

__all__ = ["exact_statistics", "type_of_sum"]

_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 19}
_MOST_DIGITS = 38
_QUOTIENT = Context(prec=100)
"""A mean of 38 digits and a bound of as many, which are not equal, differ within these."""
_APART = 2**51
"""Up to here, in units of the last decimal, doubles tell numbers and the means of two of them apart."""


def type_of_sum(types: Sequence[DataType]) -> DataType:
    """The type of a sum of one value of each of these types; exact unless one of them is a float.

    Raises:
        ValueError: it needs more digits than engines have.
    """
    from pyspark.sql.types import DecimalType, DoubleType, FloatType

    names = {kind.typeName() for kind in types}
    if names == {"float"}:
        return FloatType()
    if names & {"float", "double"}:
        return DoubleType()
    scale = max(_scale(kind) for kind in types)
    whole = max(_DIGITS.get(kind.typeName()) or _precision(kind) - _scale(kind) for kind in types)
    digits = whole + scale + math.ceil(math.log2(len(types)))
    if digits > _MOST_DIGITS:
        raise ValueError(digits)
    return DecimalType(digits, scale)


@cache
def exact_statistics() -> tuple[type, ...]:  # noqa: C901 - a class for each
    """Define them once: Great Expectations registers a metric when its class is defined."""
    from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
    from great_expectations.expectations.metrics import (
        ColumnOutlierStatistics,
        ColumnQuantileValues,
        ColumnValuesZScore,
    )
    from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
        ColumnAggregateMetricProvider,
        column_aggregate_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.column_function_partial import (
        column_function_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
        multicolumn_condition_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
        MulticolumnMapMetricProvider,
    )
    from great_expectations.expectations.metrics.metric_provider import metric_value
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from pyspark.sql import functions as F

    quantiles: Any = ColumnQuantileValues
    outliers: Any = ColumnOutlierStatistics

    class _Needing:
        """A metric that needs others of its column."""

        needs = ("column.min", "column.max")

        @classmethod
        def _get_evaluation_dependencies(cls, metric: Any, *rest: Any, **named: Any) -> dict[str, Any]:
            above: Any = super()
            found = above._get_evaluation_dependencies(metric, *rest, **named)  # noqa: SLF001 - their protocol
            if metric.metric_name == "column.mean":  # not the aggregate whose place it takes
                del found["metric_partial_fn"]
            return found | {
                name: MetricConfiguration(name, metric.metric_domain_kwargs) for name in cls.needs
            }

    class _Sum(ColumnAggregateMetricProvider):
        metric_name = "column.sum"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, *, _table: DataFrame, _column_name: str, **_: Any) -> Column:  # noqa: N805
            kind = _table.select(_column_name).schema[0].dataType.typeName()
            return F.sum(column.cast(f"decimal({_DIGITS[kind]},0)") if kind in INTEGERS else column)

    class _Count(ColumnAggregateMetricProvider):
        metric_name = "column.count_of_values"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, **_: Any) -> Column:  # noqa: N805
            return F.count(column)

    class _Mean(_Needing, ColumnAggregateMetricProvider):
        metric_name = "column.mean"
        needs = ("column.sum", "column.count_of_values")

        @metric_value(engine=SparkDFExecutionEngine)
        def _spark(cls, *, metrics: Mapping[str, Any], **_: Any) -> Any:  # noqa: N805
            return _mean(*(metrics[name] for name in cls.needs))

    class _Deviation(_Needing, ColumnAggregateMetricProvider):
        metric_name = "column.standard_deviation"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, *, _metrics: Mapping[str, Any], **_: Any) -> Column:  # noqa: N805
            return F.stddev_samp(_spread(column, *(_metrics[name] for name in cls.needs)))

    class _Middle(ColumnAggregateMetricProvider):
        metric_name = "column.middle"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, **_: Any) -> Column:  # noqa: N805
            return F.median(column.cast("double"))

    class _Median(_Needing, ColumnAggregateMetricProvider):
        metric_name = "column.median"
        needs = ("column.min", "column.max", "column.middle")

        @metric_value(engine=SparkDFExecutionEngine)
        def _spark(cls, *, metrics: Mapping[str, Any], **_: Any) -> float | None:  # noqa: N805
            decimals = _told_apart(metrics)
            middle = metrics["column.middle"]
            return middle if decimals is None or middle is None else round(middle, decimals + 1)

    class _Quantiles(_Needing, quantiles):
        @metric_value(engine=SparkDFExecutionEngine)
        def _spark(cls, *, metrics: Mapping[str, Any], **given: Any) -> Any:  # noqa: N805
            _told_apart(metrics)
            return quantiles._spark.__wrapped__(cls, metrics=metrics, **given)  # noqa: SLF001 - see above

    class _Outliers(_Needing, outliers):
        @metric_value(engine=SparkDFExecutionEngine)
        def _spark(cls, *, metrics: Mapping[str, Any], **given: Any) -> Any:  # noqa: N805
            _told_apart(metrics)
            return outliers._spark.__wrapped__(cls, metrics=metrics, **given)  # noqa: SLF001 - see above

    class _ZScore(_Needing, ColumnValuesZScore):
        @column_function_partial(engine=SparkDFExecutionEngine)
        def _spark_function(cls, column: Column, _metrics: Mapping[str, Any], **_: Any) -> Column:  # noqa: N805
            _told_apart(_metrics)
            mean, deviation = _metrics["column.mean"], _metrics["column.standard_deviation"]
            if not deviation:  # of one value, or of equal ones
                return F.lit(None)
            return (column.cast("double") - F.lit(float(mean))) / F.lit(deviation)

    class _SumOfRow(MulticolumnMapMetricProvider):
        condition_metric_name = "multicolumn_sum.equal"
        condition_value_keys = ("sum_total",)

        @multicolumn_condition_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column_list: DataFrame, *, sum_total: Any, **_: Any) -> Column:  # noqa: N805
            return _sum_of_row(column_list) == F.lit(sum_total)

    aggregates = (_Sum, _Count, _Mean, _Deviation, _Middle, _Median, _Quantiles, _Outliers)
    return *aggregates, _ZScore, _SumOfRow


def _mean(total: Any, count: int) -> Any:
    """Exactly, unless the column has floats; a float where one is exactly it."""
    if not count or not isinstance(total, Decimal):
        return total / count if count else None
    mean = _QUOTIENT.divide(total, count)
    return float(mean) if Decimal(float(mean)) == mean else mean


def _spread(column: Column, least: Any, most: Any) -> Column:
    """Doubles that deviate as the values do: the values, or if they are larger than that, their distances."""
    from pyspark.sql import functions as F

    if not isinstance(least, int | Decimal):
        return column.cast("double")
    largest = max((Decimal(bound) for bound in (least, most)), key=Decimal.copy_abs)
    if abs(Fraction(largest)) <= 2 * (Fraction(most) - Fraction(least)):
        return column.cast("double")
    digits, decimals = len(largest.as_tuple().digits), -int(largest.as_tuple().exponent)
    kind = f"decimal({max(digits, decimals)},{decimals})"
    return (column.cast(kind) - F.lit(Decimal(least)).cast(kind)).cast("double")


def _told_apart(metrics: Mapping[str, Any]) -> int | None:
    """The decimals of a column whose values doubles tell apart, by its bounds; None if it has doubles.

    Raises:
        ValueError: they do not.
    """
    bounds = [bound for bound in (metrics["column.min"], metrics["column.max"]) if bound is not None]
    if not bounds or isinstance(bounds[0], float):
        return None
    decimals = -int(Decimal(bounds[0]).as_tuple().exponent)
    if max(abs(Fraction(bound)) for bound in bounds) * 10**decimals > _APART:
        raise ValueError(
            "the column has numbers of more than 15 digits, and engines compute this with doubles, which"
            " round them; divide or cast them in the transform"
        )
    return decimals


def _sum_of_row(frame: DataFrame) -> Column:
    """In pairs, so that the digits grow by one for each doubling, as those of the sum do."""
    from pyspark.sql import functions as F

    types = [field.dataType for field in frame.schema]
    kind = type_of_sum(types)
    if kind.typeName() != "decimal":
        return reduce(add, (F.coalesce(F.col(c), F.lit(0.0)).cast(kind) for c in frame.columns))
    doublings = math.ceil(math.log2(len(types)))
    term = f"decimal({_precision(kind) - doublings},{_scale(kind)})"
    terms = [F.coalesce(F.col(column).cast(term), F.lit(0).cast(term)) for column in frame.columns]
    while len(terms) > 1:
        odd = terms[len(terms) // 2 * 2 :]
        terms = [*map(add, terms[::2], terms[1::2]), *odd]
    return terms[0]


def _precision(kind: Any) -> int:
    return kind.precision


def _scale(kind: Any) -> int:
    return getattr(kind, "scale", 0)
