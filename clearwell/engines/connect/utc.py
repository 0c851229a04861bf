"""Times without a zone in Python mean UTC, as the texts of raw files and of SQL do.

PySpark takes the zone of the machine, where a ``datetime`` becomes a literal or a row, and where a row
becomes a ``datetime``. So a transform with ``F.lit(datetime(2013, 11, 1))`` gave other rows on another
machine, although the session's zone was UTC.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_times_as_utc"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - it is what has no zone
_SECOND = 1_000_000


@cache
def read_times_as_utc() -> None:
    """From now on, in this process: PySpark has no place for it in a session."""
    from pyspark.sql import conversion
    from pyspark.sql.types import TimestampType

    kind: Any = TimestampType
    kind.toInternal, kind.fromInternal = _micros, _naive
    _convert(conversion.LocalDataToArrowConversion, _zoned)
    _convert(conversion.ArrowTableToRowsConversion, _bare)


def _convert(into: Any, change: Callable[[datetime], datetime]) -> None:
    """Let ``change`` convert the values of timestamps, also of those inside other types."""
    from pyspark.sql.types import TimestampType

    plain = into._create_converter  # noqa: SLF001 - where PySpark decides it, for columns and for parts of them

    @wraps(plain)
    def made(dataType: Any, *options: Any, **named: Any) -> Callable[[Any], Any]:  # noqa: N803, pyspark's name
        usual = plain(dataType, *options, **named)
        if not isinstance(dataType, TimestampType):
            return usual
        return lambda value: change(value) if isinstance(value, datetime) else usual(value)

    into._create_converter = staticmethod(made)  # noqa: SLF001


def _micros(_: Any, value: datetime | None) -> int | None:
    if value is None:
        return None
    return calendar.timegm(value.utctimetuple()) * _SECOND + value.microsecond


def _naive(_: Any, micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _zoned(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _bare(value: datetime) -> datetime:
    return _zoned(value).replace(tzinfo=None)
