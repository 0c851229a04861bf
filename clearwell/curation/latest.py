"""Keep the latest row of each key.

    keep_latest(orders, key=["order_id"], order_by=["changed_at", "_record_no"])

Spark uses a window. On the embedded engine a window sorts whole rows, so there the order is packed into one
number per row, the greatest per key is found, and rows are joined to it: less than half of the window's CPU
(docs/decisions.md). Both give the same rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from clearwell.engines.dialects import answers_as_sail
from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

__all__ = ["keep_latest"]

_DIGITS = 38
"""Digits of a decimal: enough for a timestamp and a 64-bit number, or three 32-bit numbers."""

_FIRST_MICROS, _LAST_MICROS = -62_200_000_000_000_000, 37_700_000_000_000_000
"""Covers years before 1 up to 3164: with more digits, no 64-bit number would fit beside it."""


def keep_latest(frame: DataFrame, *, key: Sequence[str], order_by: Sequence[str]) -> DataFrame:
    """For each ``key``, the rows with the greatest ``order_by``; the columns stay.

    Rows are compared by the first column of ``order_by``, then by the next. NULL sorts before everything
    else. Rows that tie all stay, so that nothing is dropped by chance: order by enough columns to
    distinguish them. NULL in a key equals nothing: such rows all stay. On the embedded engine, timestamps
    from the year 3164 on may count as equal, so that all of them stay.

    Raises:
        ProjectError: no key, no order, or a column that the frame does not have.
    """
    for what, names in (("key", key), ("order_by", order_by)):
        if not names:
            raise ProjectError(f"keep_latest has no {what}", hint=f"name at least one column: {what}=[...]")
        for name in names:
            if name not in frame.columns:
                raise ProjectError(
                    f"keep_latest: {what} names {name!r}, which the frame does not have",
                    hint=did_you_mean(name, frame.columns) or f"columns: {', '.join(frame.columns)}",
                )
    packed = _packed(frame, order_by) if answers_as_sail(frame.sparkSession) else None
    return _by_window(frame, key, order_by) if packed is None else _by_join(frame, key, packed)


def _by_window(frame: DataFrame, key: Sequence[str], order_by: Sequence[str]) -> DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    window = Window.partitionBy(*map(_column, key)).orderBy(
        *(_column(name).desc_nulls_last() for name in order_by)
    )
    ranked = frame.withColumn("cw_rank", F.rank().over(window))
    return ranked.where((F.col("cw_rank") == 1) | _has_null(key)).drop("cw_rank")


def _by_join(frame: DataFrame, key: Sequence[str], packed: Column) -> DataFrame:
    """The same without a sort. The join is on the key alone; the greatest number selects the rows."""
    from pyspark.sql import functions as F

    numbered = frame.withColumn("cw_order", packed)
    names = [f"cw_key_{number}" for number in range(len(key))]
    keys = [_column(column).alias(name) for column, name in zip(key, names, strict=True)]
    greatest = numbered.groupBy(*keys).agg(F.max("cw_order").alias("cw_greatest"))
    same = F.col("cw_order") >= F.col("cw_greatest")
    for column, name in zip(key, names, strict=True):
        same &= _column(column) == F.col(name)
    latest = numbered.join(greatest, same, "left_semi").drop("cw_order")
    return latest.unionAll(frame.where(_has_null(key)))


def _has_null(key: Sequence[str]) -> Column:
    from pyspark.sql import functions as F

    found = F.lit(False)
    for column in key:
        found |= _column(column).isNull()
    return found


def _packed(frame: DataFrame, order_by: Sequence[str]) -> Column | None:
    """One number that orders rows as ``order_by`` does; None if 38 digits are not enough.

    Each column is a digit of a mixed radix, shifted so that NULL is 0 and the least value is 1.
    """
    from pyspark.sql import functions as F

    packed: Column | None = None
    bound = 1
    for name in order_by:
        digit = _digit(_column(name), frame.schema[name].dataType)
        if digit is None:
            return None
        value, radix = digit
        value = value.cast(_decimal(radix))
        if packed is not None:
            # Engines reserve one more digit for a product, and one for a sum, than these numbers need.
            if len(str(bound)) + len(str(radix)) + 1 > _DIGITS or len(str(bound * radix)) + 1 > _DIGITS:
                return None
            value = (packed * F.lit(Decimal(radix))).cast(_decimal(bound * radix)) + value
        bound *= radix
        packed = value.cast(_decimal(bound))
    return packed


def _digit(column: Column, kind: DataType) -> tuple[Column, int] | None:
    """The value as an integer from 1 on, NULL as 0, and its exclusive upper bound."""
    from pyspark.sql import functions as F
    from pyspark.sql import types

    if isinstance(kind, types.TimestampType | types.TimestampNTZType):
        micros = F.unix_micros(column.cast("timestamp"))
        number = F.least(F.greatest(micros, F.lit(_FIRST_MICROS)), F.lit(_LAST_MICROS))
        least, most = _FIRST_MICROS, _LAST_MICROS
    elif isinstance(kind, types.DateType):
        number, least, most = F.unix_date(column), -(2**31), 2**31 - 1
    elif isinstance(kind, types.LongType):
        number, least, most = column, -(2**63), 2**63 - 1
    elif isinstance(kind, types.IntegerType | types.ShortType | types.ByteType):
        number, least, most = column, -(2**31), 2**31 - 1
    else:
        return None
    moved = number.cast("decimal(20,0)") + F.lit(Decimal(1 - least))
    return F.coalesce(moved, F.lit(Decimal(0))), most - least + 2


def _decimal(bound: int) -> str:
    return f"decimal({len(str(bound))},0)"


def _column(name: str) -> Column:
    from pyspark.sql import functions as F

    return F.col(quoted(name))
