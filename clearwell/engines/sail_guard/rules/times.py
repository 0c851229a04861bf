"""Functions of dates and times that Sail computes differently from Spark, and their replacements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import types

from clearwell.engines.sail_guard.rules.casts import moment_of, seconds_of
from clearwell.engines.sail_guard.terms import As, Call, Value, choose

if TYPE_CHECKING:
    from clearwell.engines.sail_guard.call_site import Rule, Site
    from clearwell.engines.sail_guard.terms import Term

__all__ = ["TIMES"]

_MOST_OF_INTERVALS = ((24_855, "days"), (596_523, "hours"), (35_791_394, "minutes"))
"""So many have less than 2^31 seconds."""
_DATE_UNITS = {"year", "yyyy", "yy", "quarter", "month", "mon", "mm", "week"}


def _timestamp_seconds(site: Site) -> Term | None:
    return moment_of(site.given[0], site.kinds[0])


def _unix_seconds(site: Site) -> Term | None:
    """Rounded down."""
    is_moment = len(site.kinds) == 1 and isinstance(site.kinds[0], types.TimestampType)
    return seconds_of(site.given[0]) if is_moment else None


def _unix_timestamp(site: Site) -> Term | None:
    """Rounded towards 1970."""
    if not site.kinds or not isinstance(site.kinds[0], types.TimestampType | types.TimestampNTZType):
        return None
    micros = Call("unix_micros", (As(site.given[0], "timestamp"),))
    return Call("div", (micros, Value(1_000_000)))


def _unix_millis(site: Site) -> Term | None:
    micros = Call("unix_micros", site.given)
    return Call("div", (Call("-", (micros, Call("pmod", (micros, Value(1000))))), Value(1000)))


def _timestamp_millis(site: Site) -> Term | None:
    """Sail wraps where the number of microseconds is too large."""
    if not isinstance(site.kinds[0], types.LongType):
        return None
    micros = Call("*", (As(site.given[0], "decimal(19,0)"), As(Value(1000), "decimal(4,0)")))
    return Call("timestamp_micros", (As(micros, "bigint"),))


def _interval_made(site: Site) -> Term | None:
    """Sail counts seconds in 32 bits: more days, hours or minutes than these fail."""
    made: list[Term] = list(site.given)
    for at, (most, unit) in enumerate(_MOST_OF_INTERVALS[: len(made)]):
        if isinstance(literal := site.literals[at], int) and abs(literal) <= most:
            continue
        given = site.given[at]
        is_much = Call("or", (Call(">", (given, Value(most))), Call("<", (given, Value(-most)))))
        message = f"{site.name} of more than {most} {unit} is not computed here"
        made[at] = choose(is_much, As(Call("raise_error", (Value(message),)), "int"), given)
    return Call(site.name, tuple(made)) if made != list(site.given) else None


def _truncated(site: Site) -> Term | None:
    is_moment = site.kinds[-1] is None or isinstance(site.kinds[-1], types.TimestampType)
    return None if is_moment else As(Call(site.name, site.given), "timestamp")


def _truncated_date(site: Site) -> Term | None:
    """There is no date for a unit that is shorter than a week."""
    unit = site.literals[1] if len(site.literals) > 1 else None
    is_known = not isinstance(unit, str) or unit.lower() in _DATE_UNITS
    return None if is_known else As(Value(None), "date")


def _part_of_time(site: Site) -> Term | None:
    """Sunday is the first day of a week, Sail's is number 0."""
    is_day = str(site.literals[0]).lower() == "dow"
    return Call("dayofweek", site.given[1:]) if is_day else None


def _weekday(site: Site) -> Term | None:
    """Sail counts Sundays before 1970 as -1."""
    return As(Call("pmod", (Call(site.name, site.given), Value(7))), "int")


def _as_kind(kind: str) -> Rule:
    return lambda site: As(Call(site.name, site.given), kind)


TIMES: dict[str, Rule] = {
    **dict.fromkeys(["datediff", "date_diff"], _as_kind("int")),
    "date_trunc": _truncated,
    "trunc": _truncated_date,
    **dict.fromkeys(["date_part", "datepart", "extract"], _part_of_time),
    "weekday": _weekday,
    "timestamp_seconds": _timestamp_seconds,
    "unix_seconds": _unix_seconds,
    **dict.fromkeys(["unix_timestamp", "to_unix_timestamp"], _unix_timestamp),
    "unix_millis": _unix_millis,
    "timestamp_millis": _timestamp_millis,
    "make_dt_interval": _interval_made,
}
"""The functions of times that differ, by their names in SQL."""
