"""User functions in Python: of batches, groups, windows and tables."""

from __future__ import annotations

from typing import Any

from clearwell.testing.conformance.case import ask, grouped
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_GROUPS = table("k string, v bigint", ("a", 1), ("a", 3), ("b", 5))
_OTHERS = table("k string, w string", ("a", "p"), ("c", "q"))


def _functions() -> Any:
    """Without type hints, which cannot refer to a nested function."""
    from pyspark.sql import functions

    return functions


# These are nested functions, so they are sent by value, not as the name of a module.


def _pandas_aggregate(trial: Any) -> Any:
    return trial.frame(_GROUPS).groupBy("k").agg(_mean()("v").alias("m"))


def _pandas_window(trial: Any) -> Any:
    from pyspark.sql import Window

    return trial.frame(_GROUPS).select("v", _mean()("v").over(Window.partitionBy("k")).alias("m"))


def _mean() -> Any:
    import pandas as pd

    F = _functions()

    def mean(values: pd.Series) -> float:
        return float(values.mean())

    mean.__annotations__ = {"values": pd.Series, "return": float}
    return F.pandas_udf(mean, "double")


def _map_in_arrow(trial: Any) -> Any:
    def keep(batches: Any) -> Any:
        import pyarrow.compute as pc

        for batch in batches:
            yield batch.filter(pc.greater(batch.column("v"), 1))

    return trial.frame(_GROUPS).mapInArrow(keep, "k string, v bigint")


def _map_in_pandas(trial: Any) -> Any:
    def keep(batches: Any) -> Any:
        for batch in batches:
            yield batch[batch.v > 1]

    return trial.frame(_GROUPS).mapInPandas(keep, "k string, v bigint")


def _apply_in_pandas(trial: Any) -> Any:
    def count(key: Any, rows: Any) -> Any:
        return rows.assign(k=key[0], v=rows.v - rows.v.min())[["k", "v"]]

    return trial.frame(_GROUPS).groupBy("k").applyInPandas(count, "k string, v bigint")


def _apply_in_arrow(trial: Any) -> Any:
    def head(rows: Any) -> Any:
        return rows.sort_by("v").slice(0, 1)

    return trial.frame(_GROUPS).groupBy("k").applyInArrow(head, "k string, v bigint")


def _cogroup(trial: Any) -> Any:
    def pair(left: Any, right: Any) -> Any:
        import pandas as pd

        keys = [*left.k, *right.k]
        return pd.DataFrame({"k": keys[:1], "n": [len(left)], "m": [len(right)]})

    left, right = (trial.frame(rows).groupBy("k") for rows in (_GROUPS, _OTHERS))
    return left.cogroup(right).applyInPandas(pair, "k string, n bigint, m bigint")


def _udtf(_: Any) -> Any:
    F = _functions()

    class Squares:
        def eval(self, least: int, most: int):  # noqa: ANN202
            for n in range(least, most + 1):
                yield n, n * n

    return F.udtf(Squares, returnType="n: int, square: int")(F.lit(2), F.lit(3))


def _udtf_of_a_table(trial: Any) -> Any:
    F = _functions()

    class Sum:
        def __init__(self) -> None:
            self.sum = 0

        def eval(self, row: Any) -> None:
            self.sum += row["v"]

        def terminate(self):  # noqa: ANN202
            yield (self.sum,)

    trial.session.udtf.register("sum_of", F.udtf(Sum, returnType="s: int"))
    return trial.sql("select s from sum_of(table(t) partition by k)", t=_GROUPS)


CASES = grouped(
    "functions",
    ask(
        "pandas_aggregate",
        "a function of a group's pandas series",
        _pandas_aggregate,
        table("k string, m double", ("a", 2.0), ("b", 5.0)),
    ),
    ask(
        "pandas_window",
        "the same over a window",
        _pandas_window,
        table("v bigint, m double", (1, 2.0), (3, 2.0), (5, 5.0)),
    ),
    ask("map_in_arrow", "mapInArrow", _map_in_arrow, table("k string, v bigint", ("a", 3), ("b", 5))),
    ask("map_in_pandas", "mapInPandas", _map_in_pandas, table("k string, v bigint", ("a", 3), ("b", 5))),
    ask(
        "apply_in_pandas",
        "applyInPandas with the group's key",
        _apply_in_pandas,
        table("k string, v bigint", ("a", 0), ("a", 2), ("b", 0)),
    ),
    ask("apply_in_arrow", "applyInArrow", _apply_in_arrow, table("k string, v bigint", ("a", 1), ("b", 5))),
    ask(
        "cogroup",
        "cogroup has the groups of both sides",
        _cogroup,
        table("k string, n bigint, m bigint", ("a", 2, 1), ("b", 1, 0), ("c", 0, 1)),
    ),
    ask("udtf", "a table function of values", _udtf, table("n int, square int", (2, 4), (3, 9))),
    ask(
        "udtf_of_a_table",
        "a table function of a table, one call per partition",
        _udtf_of_a_table,
        table("s int", (4,), (5,)),
    ),
)
