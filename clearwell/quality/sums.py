"""Sums and means where those of Great Expectations are refused or rounded on Spark; they take their place.

Great Expectations casts whole numbers to 38 digits before it adds those of a row, which asks the engine for
39, and to double before it adds up a column, which rounds beyond 2^53. It has no mean of small integers.
NULL counts as zero in the sum of a row, as it does there.
"""

from __future__ import annotations

import math
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any

from clearwell.quality.literals import INTEGERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

__all__ = ["exact_sums", "type_of_sum"]

_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 19}
_MOST_DIGITS = 38


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
def exact_sums() -> tuple[type, ...]:
    """Define them once: Great Expectations registers a metric when its class is defined."""
    from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
    from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
        ColumnAggregateMetricProvider,
        column_aggregate_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
        multicolumn_condition_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
        MulticolumnMapMetricProvider,
    )
    from pyspark.sql import functions as F

    class _Sum(ColumnAggregateMetricProvider):
        metric_name = "column.sum"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, *, _table: DataFrame, _column_name: str, **_: Any) -> Column:  # noqa: N805
            kind = _table.select(_column_name).schema[0].dataType.typeName()
            return F.sum(column.cast(f"decimal({_DIGITS[kind]},0)") if kind in INTEGERS else column)

    class _Mean(ColumnAggregateMetricProvider):
        metric_name = "column.mean"

        @column_aggregate_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column: Column, **_: Any) -> Column:  # noqa: N805
            return F.mean(column)

    class _SumOfRow(MulticolumnMapMetricProvider):
        condition_metric_name = "multicolumn_sum.equal"
        condition_value_keys = ("sum_total",)

        @multicolumn_condition_partial(engine=SparkDFExecutionEngine)
        def _spark(cls, column_list: DataFrame, *, sum_total: Any, **_: Any) -> Column:  # noqa: N805
            return _sum_of_row(column_list) == F.lit(sum_total)

    return _Sum, _Mean, _SumOfRow


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
