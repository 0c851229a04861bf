"""Time zones and daylight saving time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from clearwell.testing.conformance.case import ask, grouped, refused, sql
from clearwell.testing.conformance.notation import clock, moment, table

if TYPE_CHECKING:
    from clearwell.testing.conformance.trial import Trial

__all__ = ["CASES"]


_GAP, _TWICE = clock(2024, 3, 10, 2, 30), clock(2024, 11, 3, 1, 30)
_NEW_YORK = table(
    "at timestamp, local timestamp_ntz",
    (moment(2024, 3, 10, 6, 30), clock(2024, 3, 10, 1, 30)),
    (moment(2024, 3, 10, 7, 30), clock(2024, 3, 10, 3, 30)),
    (moment(2024, 11, 3, 5, 30), _TWICE),
    (moment(2024, 11, 3, 6, 30), _TWICE),
    (moment(1883, 11, 18, 12), clock(1883, 11, 18, 7, 3, 58)),
)

CASES = grouped(
    "zones",
    sql(
        "from_utc",
        "from_utc_timestamp returns local time, across daylight saving time and before standard time",
        "select cast(from_utc_timestamp(at, 'America/New_York') as timestamp_ntz) local from t",
        _NEW_YORK.select(["local"]),
        t=_NEW_YORK,
    ),
    sql(
        "to_utc",
        "to_utc_timestamp uses the first of two equal hours, and shifts a skipped hour forward",
        "select to_utc_timestamp(local, 'America/New_York') at from t",
        table(
            "at timestamp",
            (moment(2024, 3, 10, 7, 30),),
            (moment(2024, 11, 3, 5, 30),),
            (moment(2024, 7, 1, 16),),
        ),
        t=table("local timestamp_ntz", (_GAP,), (_TWICE,), (clock(2024, 7, 1, 12),)),
    ),
    sql(
        "convert",
        "convert_timezone converts between the local times of two zones",
        "select convert_timezone('America/New_York', 'Asia/Kolkata', local) a from t",
        table("a timestamp_ntz", (clock(2024, 7, 1, 21, 30),)),
        t=table("local timestamp_ntz", (clock(2024, 7, 1, 12),)),
    ),
    refused(
        "no_such_zone",
        "an unknown zone is an error",
        "select from_utc_timestamp(at, zone) a from t",
        bad=table("at timestamp, zone string", (moment(2024, 7, 1, 12), "Mars/Olympus")),
        good=table("at timestamp, zone string", (moment(2024, 7, 1, 12), "Asia/Tokyo")),
        gives=table("a timestamp", (moment(2024, 7, 1, 21),)),
    ),
    ask(
        "session_zone",
        "in a session of another zone, times and days are in that zone",
        lambda t: _in_zone(t, "select hour(at) h, cast(at as date) d, cast(at as string) s from t"),
        table("h int, d date, s string", (20, dt.date(2024, 6, 30), "2024-06-30 20:30:00")),
    ),
    ask(
        "zone_taken_off",
        "in a session of another zone, a timestamp cast to one without zone is in that zone",
        lambda t: _in_zone(t, "select cast(at as timestamp_ntz) n from t"),
        table("n timestamp_ntz", (clock(2024, 6, 30, 20, 30),)),
    ),
    ask(
        "day_across_summer_time",
        "one day later is the same local time, also across a clock change",
        lambda t: _in_zone(t, "select timestamp'2024-03-09 12:00:00' + interval 1 day a from t"),
        table("a timestamp", (moment(2024, 3, 10, 16),)),
    ),
    ask(
        "days_of_a_zone",
        "date_trunc to the day in a session of another zone, across a clock change",
        lambda t: _in_zone(
            t,
            "select date_trunc('day', timestamp'2024-03-10 12:00:00') a, timestamp'2024-03-10 02:30:00' b, "
            "timestamp'2024-11-03 01:30:00' c from t",
        ),
        table(
            "a timestamp, b timestamp, c timestamp",
            (moment(2024, 3, 10, 5), moment(2024, 3, 10, 7, 30), moment(2024, 11, 3, 5, 30)),
        ),
    ),
)


def _in_zone(trial: Trial, query: str) -> Any:
    midnight = table("at timestamp", (moment(2024, 7, 1, 0, 30),))
    with trial.zone("America/New_York"):
        return trial.sql(query, t=midnight).toArrow()
