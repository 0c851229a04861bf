"""Dates and times: the calendar, parts and intervals, parsing and formatting."""

from __future__ import annotations

import datetime as dt

from clearwell.testing.conformance.case import grouped, refused, sql
from clearwell.testing.conformance.notation import clock, moment, table

__all__ = ["CASES"]


_DAY = table("day date", (dt.date(2024, 2, 29),), (None,))
_AT = table("at timestamp, n int", (moment(2024, 5, 17, 22, 11, 12, 345678), 7))

CASES = grouped(
    "times",
    sql(
        "months",
        "one month after the last day of a month is the last day",
        "select add_months(day, 12) a, add_months(day, -1) b, last_day(day) c, next_day(day, 'Mon') d, "
        "trunc(day, 'quarter') e, months_between(date'2024-03-31', day) f from t where day is not null",
        table(
            "a date, b date, c date, d date, e date, f double",
            (
                dt.date(2025, 2, 28),
                dt.date(2024, 1, 29),
                dt.date(2024, 2, 29),
                dt.date(2024, 3, 4),
                dt.date(2024, 1, 1),
                1.0,
            ),
        ),
        t=_DAY,
    ),
    sql(
        "parts",
        "year, quarter, week and day of a date, by ISO's weeks",
        "select year(day) a, quarter(day) b, month(day) c, day(day) d, dayofweek(day) e, weekday(day) f, "
        "dayofyear(day) g, weekofyear(date'2024-12-30') h from t",
        table(
            "a int, b int, c int, d int, e int, f int, g int, h int",
            (2024, 1, 2, 29, 5, 3, 60, 1),
            (None, None, None, None, None, None, None, 1),
        ),
        t=_DAY,
    ),
    sql(
        "year_of_week",
        "the year of ISO's week",
        "select extract(yearofweek from date'2024-12-30') i from t where day is not null",
        table("i int", (2025,)),
        t=_DAY,
    ),
    sql(
        "days_between",
        "datediff and the difference of dates count days",
        "select cast(datediff(date'2024-03-01', day) as int) a, date_sub(day, 1) b, date_add(day, 1) c from "
        "t "
        "where day is not null",
        table("a int, b date, c date", (1, dt.date(2024, 2, 28), dt.date(2024, 3, 1))),
        t=_DAY,
    ),
    sql(
        "type_of_days_between",
        "datediff is an int",
        "select datediff(date'2024-03-01', day) a from t where day is not null",
        table("a int", (1,)),
        t=_DAY,
        columns=lambda t, F: t.where("day is not null").select(
            F.datediff(F.lit("2024-03-01").cast("date"), "day").alias("a")
        ),
    ),
    sql(
        "difference_of_dates",
        "the difference of two dates is an interval of days",
        "select date'2024-03-01' - day a from t where day is not null",
        table("a interval day to second", (dt.timedelta(days=1),)),
        t=_DAY,
        columns=lambda t, F: t.where("day is not null").select(
            (F.lit("2024-03-01").cast("date") - t.day).alias("a")
        ),
    ),
    sql(
        "clock",
        "hour, minute and second, and truncated timestamps",
        "select hour(at) a, minute(at) b, second(at) c, extract(second from at) d, date_trunc('hour', at) e, "
        "date_trunc('week', at) f, date_trunc('month', at) g from t",
        table(
            "a int, b int, c int, d decimal(8,6), e timestamp, f timestamp, g timestamp",
            (22, 11, 12, "12.345678", moment(2024, 5, 17, 22), moment(2024, 5, 13), moment(2024, 5, 1)),
        ),
        t=_AT,
    ),
    sql(
        "seconds",
        "timestamps as seconds, milliseconds and microseconds since 1970, and back",
        "select unix_timestamp(at) a, unix_millis(at) b, unix_micros(at) c, timestamp_seconds(n) d, "
        "timestamp_millis(1) e, timestamp_micros(-1) f, from_unixtime(0) g from t",
        table(
            "a bigint, b bigint, c bigint, d timestamp, e timestamp, f timestamp, g string",
            (
                1715983872,
                1715983872345,
                1715983872345678,
                moment(1970, 1, 1, 0, 0, 7),
                moment(1970, 1, 1, 0, 0, 0, 1000),
                moment(1969, 12, 31, 23, 59, 59, 999999),
                "1970-01-01 00:00:00",
            ),
        ),
        t=_AT,
    ),
    sql(
        "parts_of_seconds",
        "fractions of seconds since 1970 are kept",
        "select timestamp_seconds(x) d from t",
        table("d timestamp", (moment(1970, 1, 1, 0, 0, 1, 500000),)),
        t=table("x double", (1.5,)),
        columns=lambda t, F: t.select(F.timestamp_seconds("x").alias("d")),
    ),
    sql(
        "days_added",
        "a date and an interval of whole days make a date",
        "select day + interval 2 days a, day - interval 1 week b, day + interval 1 month c from t",
        table("a date, b date, c date", (dt.date(2024, 3, 2), dt.date(2024, 2, 22), dt.date(2024, 3, 29))),
        t=table("day date", (dt.date(2024, 2, 29),)),
    ),
    sql(
        "hours_added",
        "a date and an interval of hours make a time",
        "select day + interval 36 hours a from t",
        table("a timestamp", (moment(2024, 3, 1, 12),)),
        t=table("day date", (dt.date(2024, 2, 29),)),
    ),
    sql(
        "intervals",
        "months are added by the calendar, days and hours by the clock",
        "select at + interval 1 month a, at - interval 36 hours b, at + make_dt_interval(1, 2, 3, 4.5) c, "
        "at + make_ym_interval(1, 1) d, timestampdiff(HOUR, at, at + interval 2 days) e from t",
        table(
            "a timestamp, b timestamp, c timestamp, d timestamp, e bigint",
            (
                moment(2024, 6, 17, 22, 11, 12, 345678),
                moment(2024, 5, 16, 10, 11, 12, 345678),
                moment(2024, 5, 19, 0, 14, 16, 845678),
                moment(2025, 6, 17, 22, 11, 12, 345678),
                48,
            ),
        ),
        t=_AT,
    ),
    sql(
        "times_without_zone",
        "the same for times without a zone",
        "select at + interval 1 month a, hour(at) c, cast(at as date) d, at - at2 e from t",
        table(
            "a timestamp_ntz, c int, d date, e interval day to second",
            (
                clock(2024, 2, 29, 1, 30),
                1,
                dt.date(2024, 1, 31),
                dt.timedelta(days=1, hours=1, minutes=30),
            ),
        ),
        t=table("at timestamp_ntz, at2 timestamp_ntz", (clock(2024, 1, 31, 1, 30), clock(2024, 1, 30))),
    ),
    sql(
        "truncated_long_ago",
        "timestamps are truncated in any century",
        "select date_trunc('hour', at) h from t",
        table("h timestamp", (moment(53, 2, 3, 4),), (moment(9999, 1, 1, 1),)),
        t=table("at timestamp", (moment(53, 2, 3, 4, 5),), (moment(9999, 1, 1, 1, 1),)),
    ),
    sql(
        "truncated_without_zone",
        "date_trunc of a timestamp without zone returns a timestamp",
        "select date_trunc('day', at) b from t",
        table("b timestamp", (moment(2024, 1, 31),)),
        t=table("at timestamp_ntz", (clock(2024, 1, 31, 1, 30),)),
        columns=lambda t, F: t.select(F.date_trunc("day", "at").alias("b")),
    ),
    sql(
        "shown",
        "date_format with Java's pattern letters",
        "select date_format(at, 'yyyy-MM-dd HH:mm:ss.SSSSSS') a, date_format(at, 'EEE, d MMM yy, hh:mm a') "
        "b, "
        "date_format(at, 'D/DDD QQQ') c, cast(at as string) d, cast(cast(at as date) as string) e from t",
        table(
            "a string, b string, c string, d string, e string",
            (
                "2024-05-17 22:11:12.345678",
                "Fri, 17 May 24, 10:11 PM",
                "138/138 Q2",
                "2024-05-17 22:11:12.345678",
                "2024-05-17",
            ),
        ),
        t=_AT,
    ),
    sql(
        "parsed",
        "strings become dates and timestamps by a pattern",
        "select to_date(a, 'dd MMM yyyy') a, to_timestamp(b, 'yyyy-MM-dd HH.mm.ss') b, to_date(c, "
        "'yyyyMMdd') c, "
        "to_timestamp(d, 'MM/dd/yyyy hh:mm a') d, unix_timestamp(e, 'yyyy-MM-dd') e from t",
        table(
            "a date, b timestamp, c date, d timestamp, e bigint",
            (
                dt.date(2024, 5, 17),
                moment(2024, 5, 17, 10, 11, 12),
                dt.date(2024, 5, 17),
                moment(2024, 5, 17, 22, 11),
                1715904000,
            ),
        ),
        t=table(
            "a string, b string, c string, d string, e string",
            ("17 May 2024", "2024-05-17 10.11.12", "20240517", "05/17/2024 10:11 PM", "2024-05-17"),
        ),
    ),
    sql(
        "parsed_by_itself",
        "ISO strings need no pattern, with or without an offset",
        "select cast(a as date) a, cast(b as timestamp) b, cast(c as timestamp) c, cast(b as timestamp_ntz) "
        "d from t",
        table(
            "a date, b timestamp, c timestamp, d timestamp_ntz",
            (
                dt.date(2024, 1, 2),
                moment(2024, 5, 17, 10, 11, 12, 123456),
                moment(2024, 5, 17, 8, 11),
                clock(2024, 5, 17, 10, 11, 12, 123456),
            ),
        ),
        t=table(
            "a string, b string, c string",
            ("2024-1-2", "2024-05-17T10:11:12.123456", "2024-05-17 10:11:00+02:00"),
        ),
    ),
    refused(
        "parsed_strictly",
        "a string that does not match the pattern is an error",
        "select to_date(s, 'yyyy-MM-dd') d from t",
        bad=table("s string", ("17.05.2024",)),
        good=table("s string", ("2024-05-17",)),
        gives=table("d date", (dt.date(2024, 5, 17),)),
    ),
    sql(
        "tried",
        "try_to_timestamp gives NULL instead",
        "select try_to_timestamp(s) a, try_to_timestamp(s, 'yyyy') b from t",
        table("a timestamp, b timestamp", (None, None)),
        t=table("s string", ("17.05.2024",)),
    ),
    sql(
        "tried_dates",
        "try_to_date gives NULL instead",
        "select try_to_date(s, 'yyyy-MM-dd') c from t",
        table("c date", (None,)),
        t=table("s string", ("17.05.2024",)),
    ),
    sql(
        "made",
        "timestamps are made from their parts",
        "select make_date(y, 2, 29) a, make_timestamp_ntz(y, 1, 2, 3, 4, 5.5) b, make_timestamp(y, 1, 2, 3, "
        "4, 5.5) c, "
        "date_from_unix_date(-1) d, unix_date(make_date(y, 1, 1)) e from t",
        table(
            "a date, b timestamp_ntz, c timestamp, d date, e int",
            (
                dt.date(2024, 2, 29),
                clock(2024, 1, 2, 3, 4, 5, 500000),
                moment(2024, 1, 2, 3, 4, 5, 500000),
                dt.date(1969, 12, 31),
                19723,
            ),
        ),
        t=table("y int", (2024,)),
    ),
    sql(
        "ranges",
        "sequence of dates steps by days or months, also from the last day of a month",
        "select sequence(date'2024-01-31', date'2024-04-01', interval 1 month) a from t",
        table("a array<date>", ([dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(2024, 3, 31)],)),
        t=table("n int", (1,)),
    ),
)
