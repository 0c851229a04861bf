"""Window functions: ranks, frames, ties, and the order of NULL and NaN."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from clearwell.testing.conformance.case import ask, grouped, sql
from clearwell.testing.conformance.notation import moment, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["CASES"]

_NAN = math.nan
_TIES = table(
    "g string, n int, v int", ("x", 1, 1), ("x", 2, 2), ("x", 3, 2), ("x", 4, 5), ("y", 5, None), ("y", 6, 7)
)
_DAYS = ((1, dt.date(2024, 1, 1)), (2, dt.date(2024, 1, 10)), (4, dt.date(2024, 3, 1)))
_READINGS = table("i int, v int", (1, 10), (2, None), (3, None), (4, 5), (5, None))


def _at(hour: int, minute: int = 0, day: int = 1) -> dt.datetime:
    return moment(2026, 1, day, hour, minute)


_EVENTS = table(
    "at timestamp, v int", (_at(0, 1), 1), (_at(0, 4), 2), (_at(0, 30), 4), (_at(12), 8), (_at(0, 0, 3), 16)
)

CASES = grouped(
    "windows",
    sql(
        "ranks",
        "ties share a rank; row_number, rank and dense_rank continue differently",
        "select n, row_number() over (partition by g order by v, n) r, rank() over w k, dense_rank() over w "
        "d "
        "from t window w as (partition by g order by v)",
        table(
            "n int, r int, k int, d int",
            (1, 1, 1, 1),
            (2, 2, 2, 2),
            (3, 3, 2, 2),
            (4, 4, 4, 3),
            (5, 1, 1, 1),
            (6, 2, 2, 2),
        ),
        t=_TIES,
    ),
    sql(
        "shares",
        "percent_rank, cume_dist and ntile",
        "select n, percent_rank() over w p, cume_dist() over w c, ntile(2) over (partition by g order by v, "
        "n) t "
        "from t where g = 'x' window w as (partition by g order by v)",
        table(
            "n int, p double, c double, t int",
            (1, 0.0, 0.25, 1),
            (2, 1 / 3, 0.75, 1),
            (3, 1 / 3, 0.75, 2),
            (4, 1.0, 1.0, 2),
        ),
        t=_TIES,
    ),
    sql(
        "neighbours",
        "lag and lead stop at the partition's ends, where a default applies",
        "select n, lag(v) over w a, lead(v, 2) over w b, lag(v, 1, -1) over w c "
        "from t where g = 'x' window w as (partition by g order by n)",
        table("n int, a int, b int, c int", (1, None, 2, -1), (2, 1, 5, 1), (3, 2, None, 2), (4, 2, None, 2)),
        t=_TIES,
    ),
    sql(
        "default_frame",
        "with an order the frame ends at the last peer row",
        "select n, sum(v) over (order by v) s, last_value(v) over (order by v) l, count(*) over (order by v) "
        "c "
        "from t where g = 'x'",
        table("n int, s bigint, l int, c bigint", (1, 1, 1, 1), (2, 5, 2, 3), (3, 5, 2, 3), (4, 10, 5, 4)),
        t=_TIES,
    ),
    sql(
        "whole_partition",
        "without an order the frame is the whole partition",
        "select n, sum(v) over (partition by g) s, max(v) over () m from t where n in (1, 4, 5, 6)",
        table("n int, s bigint, m int", (1, 6, 7), (4, 6, 7), (5, 7, 7), (6, 7, 7)),
        t=_TIES,
    ),
    sql(
        "row_frames",
        "a frame of rows counts rows, and is empty where there are none",
        "select n, sum(v) over (order by n rows between 1 preceding and 1 following) a, "
        "sum(v) over (order by n rows between 3 following and 4 following) b from t where g = 'x'",
        table("n int, a bigint, b bigint", (1, 3, 5), (2, 5, None), (3, 9, None), (4, 7, None)),
        t=_TIES,
    ),
    sql(
        "range_frames",
        "a range frame is defined by values, not by rows",
        "select n, sum(v) over (order by v range between 1 preceding and current row) a, "
        "count(*) over (order by v desc range between 3 preceding and 1 preceding) b from t where g = 'x'",
        table("n int, a bigint, b bigint", (1, 1, 2), (2, 5, 1), (3, 5, 1), (4, 5, 0)),
        t=_TIES,
    ),
    sql(
        "range_of_time",
        "a frame may be a range of time",
        "select v, sum(v) over (order by at range between interval 12 hours preceding and current row) s "
        "from t",
        table("v int, s bigint", (1, 1), (2, 3), (4, 7), (8, 15), (16, 16)),
        t=_EVENTS,
    ),
    sql(
        "range_of_days",
        "a frame over dates may be a number of days",
        "select v, sum(v) over (order by d range between interval 15 days preceding and current row) s "
        "from t",
        table("v int, s bigint", (1, 1), (2, 3), (4, 4)),
        t=table("v int, d date", *_DAYS),
    ),
    sql(
        "collected_without_null",
        "collect_list over a frame leaves NULL out",
        "select n, collect_list(v) over (partition by g order by n) l from t",
        table("n int, l array<int>", (1, [5]), (2, [5]), (3, [5, 6])),
        t=table("g int, n int, v int", (1, 1, 5), (1, 2, None), (1, 3, 6)),
        columns=lambda t, F: t.select("n", _over_n(F.collect_list("v")).alias("l")),
    ),
    sql(
        "averages_of_nothing",
        "the average of a frame without values is NULL",
        "select n, avg(v) over (partition by n) a from t",
        table("n int, a decimal(9,6)", (1, Decimal("1.500000")), (2, None)),
        t=table("n int, v decimal(5,2)", (1, "1.5"), (2, None)),
    ),
    sql(
        "ignore_nulls",
        "IGNORE NULLS returns the last non-NULL value",
        "select i, last_value(v) ignore nulls over (order by i) l, lag(v) ignore nulls over (order by i) g, "
        "first_value(v) ignore nulls over (order by i rows between current row and unbounded following) f "
        "from t",
        table(
            "i int, l int, g int, f int",
            (1, 10, None, 10),
            (2, 10, 10, 5),
            (3, 10, 10, 5),
            (4, 5, 10, 5),
            (5, 5, 5, None),
        ),
        t=_READINGS,
    ),
    sql(
        "nth_value",
        "nth_value is NULL until the frame has that row",
        "select i, nth_value(i, 2) over (order by i) x, nth_value(v, 2) ignore nulls over (order by i) y "
        "from t",
        table("i int, x int, y int", (1, None, None), (2, 2, None), (3, 2, None), (4, 2, 5), (5, 2, 5)),
        t=_READINGS,
    ),
    sql(
        "nulls_first",
        "NULL comes first in ascending order, last in descending, or as specified",
        "select i, row_number() over (order by v, i) a, row_number() over (order by v desc, i) b, "
        "row_number() over (order by v nulls last, i) c, row_number() over (order by v desc nulls first, i) "
        "d from t",
        table(
            "i int, a int, b int, c int, d int",
            (1, 5, 1, 2, 4),
            (2, 1, 3, 3, 1),
            (3, 2, 4, 4, 2),
            (4, 4, 2, 1, 5),
            (5, 3, 5, 5, 3),
        ),
        t=_READINGS,
    ),
    sql(
        "nan_is_greatest",
        "NaN is ranked above infinity, and NULL below all",
        "select n, row_number() over (order by x) r, rank() over (order by x desc) d from t",
        table("n int, r int, d int", (1, 3, 2), (2, 2, 3), (3, 1, 4), (4, 4, 1)),
        t=table("n int, x double", (1, math.inf), (2, -math.inf), (3, None), (4, _NAN)),
    ),
    sql(
        "partition_by_odd_keys",
        "NULL, NaN and zero of either sign each form one partition",
        "select n, count(*) over (partition by x) c from t",
        table("n int, c bigint", (1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2)),
        t=table("n int, x double", (1, None), (2, None), (3, _NAN), (4, _NAN), (5, 0.0), (6, -0.0)),
        columns=lambda t, F: t.select("n", F.count("*").over(_by("x")).alias("c")),
    ),
    sql(
        "running_decimal",
        "a running sum of decimals is exact, and ten digits wider",
        "select n, sum(d) over (order by n) s, avg(d) over (order by n) a from t",
        table(
            "n int, s decimal(20,2), a decimal(14,6)",
            (1, "0.10", "0.1"),
            (2, "0.30", "0.15"),
            (3, "0.31", "0.103333"),
        ),
        t=table("n int, d decimal(10,2)", (1, "0.10"), (2, "0.20"), (3, "0.01")),
        columns=lambda t, F: t.select(
            "n",
            F.sum("d").over(_by().orderBy("n")).alias("s"),
            F.avg("d").over(_by().orderBy("n")).alias("a"),
        ),
    ),
    sql(
        "collected",
        "collect_list over a window follows its order",
        "select n, collect_list(v) over (partition by g order by n) l from t where g = 'x'",
        table("n int, l array<int>", (1, [1]), (2, [1, 2]), (3, [1, 2, 2]), (4, [1, 2, 2, 5])),
        t=_TIES,
    ),
    ask(
        "keep_latest",
        "row_number by descending time keeps the latest row of each key",
        lambda t: _latest(t.frame(_TIES)),
        table("g string, n int, v int", ("x", 4, 5), ("y", 6, 7)),
    ),
    sql(
        "of_aggregates",
        "a window may be over aggregates of the same query",
        "select g, sum(v) s, rank() over (order by sum(v) desc) r, sum(sum(v)) over () a from t group by g",
        table("g string, s bigint, r int, a bigint", ("x", 10, 1, 17), ("y", 7, 2, 17)),
        t=_TIES,
    ),
    sql(
        "distinct_within",
        "size(collect_set) over a window counts distinct values",
        "select n, size(collect_set(v) over (partition by g)) d from t",
        table("n int, d int", (1, 3), (2, 3), (3, 3), (4, 3), (5, 1), (6, 1)),
        t=_TIES,
    ),
    sql(
        "tumbling",
        "windows of five minutes start on the five minutes",
        "select window.start s, window.end e, sum(v) v from t where v < 8 group by window(at, '5 minutes')",
        table("s timestamp, e timestamp, v bigint", (_at(0), _at(0, 5), 3), (_at(0, 30), _at(0, 35), 4)),
        t=_EVENTS,
    ),
    sql(
        "sliding",
        "sliding windows contain a row more than once",
        "select window.start s, sum(v) v from t where v < 4 group by window(at, '10 minutes', '5 minutes')",
        table("s timestamp, v bigint", (_at(23, 55).replace(year=2025, month=12, day=31), 3), (_at(0), 3)),
        t=_EVENTS,
    ),
    sql(
        "sessions",
        "session_window joins rows with less than a gap between them",
        "select session_window.start s, sum(v) v from t where v < 8 group by session_window(at, '5 minutes')",
        table("s timestamp, v bigint", (_at(0, 1), 3), (_at(0, 30), 4)),
        t=_EVENTS,
    ),
    sql(
        "qualified",
        "a subquery filters by rank, with ties ordered by a second column",
        "select g, n from (select *, row_number() over (partition by g order by v desc nulls last, n desc) r "
        "from t) "
        "where r <= 2",
        table("g string, n int", ("x", 4), ("x", 3), ("y", 6), ("y", 5)),
        t=_TIES,
    ),
)


def _by(*keys: str) -> Any:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return Window.partitionBy(*keys or [F.lit(1)])  # PySpark warns of a window without a partition


def _latest(frame: DataFrame) -> DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    newest = Window.partitionBy("g").orderBy(F.col("n").desc())
    return frame.withColumn("r", F.row_number().over(newest)).where("r = 1").drop("r")


def _over_n(column: Any) -> Any:
    from pyspark.sql import Window

    return column.over(Window.partitionBy("g").orderBy("n"))
