"""Sessions: views, local data, errors that end no session, several queries at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from typing import Any

from clearwell.errors import ClearwellError
from clearwell.testing.conformance.case import Case, ask, grouped
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_ROWS = table("n int, s string", (1, "a"), (2, None))


def _view(trial: Any) -> Any:
    trial.frame(_ROWS).createOrReplaceTempView("seen")
    trial.frame(_ROWS.slice(0, 1)).createOrReplaceTempView("seen")
    return trial.session.table("seen")


def _dropped(drop: bool) -> Any:
    def question(trial: Any) -> Any:
        trial.frame(_ROWS).createOrReplaceTempView("gone")
        if drop:
            trial.session.catalog.dropTempView("gone")
        return trial.session.sql("select * from gone")

    return question


def _frame_before_view(trial: Any) -> Any:
    trial.frame(_ROWS).createOrReplaceTempView("moved")
    return trial.session.table("moved").where("n = 2")


def _isolated(trial: Any) -> Any:
    """A second session of the same engine sees no view of the first."""
    trial.frame(_ROWS).createOrReplaceTempView("private")
    other = _second(trial.session)
    try:
        with suppress(Exception):
            other.sql("select * from private").collect()
            return table("seen boolean, own bigint", (True, -1))
        return table("seen boolean, own bigint", (False, other.range(3).count()))
    finally:
        other.stop()
        _known_again(trial.session)


def _second(session: Any) -> Any:
    """Another session with the same server, over a separate channel."""
    from pyspark.sql.connect.session import SparkSession

    builder = copy(session.client._builder)  # noqa: SLF001, there is no public way to open a second session
    builder.channel = None  # the first session's, where the builder keeps it
    return SparkSession.Builder().channelBuilder(builder).create()


def _known_again(session: Any) -> None:
    type(session)._set_default_and_active_session(session)  # noqa: SLF001


def _after_an_error(trial: Any) -> Any:
    for query in ("select nothing", "select 1 +", "select cast('x' as int)"):
        with suppress(ClearwellError, Exception):
            trial.session.sql(query).collect()
    return trial.sql("select n from t", t=_ROWS)


def _at_once(trial: Any) -> Any:
    frames = [trial.frame(_ROWS).selectExpr(f"sum(n) + {n} as s") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        return table("s bigint", *[(rows[0].s,) for rows in pool.map(lambda frame: frame.collect(), frames)])


def _local(trial: Any) -> Any:
    return trial.session.createDataFrame([(1, "a"), (2, None)], "n int, s string")


def _local_many(trial: Any) -> Any:
    rows = [(n, f"text {n}") for n in range(20_000)]
    return trial.session.createDataFrame(rows, "n int, s string").selectExpr(
        "count(*) c", "sum(n) s", "max(length(s)) m"
    )


def _pandas(trial: Any) -> Any:
    import pyarrow as pa

    frame = trial.frame(_ROWS).toPandas()
    frame.attrs = {}  # what PySpark stores there is not sent to Arrow
    return pa.Table.from_pandas(frame, schema=_ROWS.schema)


def _iterated(trial: Any) -> Any:
    rows = trial.session.range(10).toLocalIterator()
    return table("s bigint", (sum(row.id for row in rows),))


def _conf(trial: Any) -> Any:
    conf = trial.session.conf
    return table(
        "zone string, ansi string",
        (conf.get("spark.sql.session.timeZone"), conf.get("spark.sql.ansi.enabled")),
    )


def _artifact(trial: Any) -> Any:
    from pyspark.sql import functions as F

    module = trial.folder / "cw_conformance_shipped.py"
    module.write_text("def plus(n):\n    return n + 40\n")
    trial.session.addArtifacts(str(module), pyfile=True)

    # Without type hints, which PySpark interprets as batch types.
    def shipped(n):  # noqa: ANN001, ANN202 # pyright: ignore[reportMissingParameterType]
        import cw_conformance_shipped  # type: ignore[import-not-found]

        return cw_conformance_shipped.plus(n)

    return trial.frame(_ROWS).select(F.udf(shipped, "int")("n").alias("n"))


def _checkpointed(trial: Any) -> Any:
    return trial.frame(_ROWS).localCheckpoint()


def _columns(query: str) -> Any:
    return lambda trial: trial.sql(query, t=_ROWS)


CASES = grouped(
    "sessions",
    ask("view", "a view replaces one of the same name", _view, _ROWS.slice(0, 1)),
    Case(
        "dropped_view",
        "a dropped view is an error",
        _dropped(drop=True),
        None,
        control=(_dropped(drop=False), _ROWS),
    ),
    ask("filtered_view", "a view is a frame", _frame_before_view, _ROWS.slice(1, 1)),
    ask(
        "isolated",
        "two sessions do not see each other's views",
        _isolated,
        table("seen boolean, own bigint", (False, 3)),
    ),
    ask("after_an_error", "an error ends no session", _after_an_error, _ROWS.select(["n"])),
    ask(
        "at_once",
        "several queries at once all return",
        _at_once,
        table("s bigint", (3,), (4,), (5,), (6,)),
    ),
    ask("local", "rows of the client are a frame", _local, _ROWS),
    ask(
        "local_many",
        "many rows of the client are a frame",
        _local_many,
        table("c bigint, s bigint, m int", (20_000, 199_990_000, 10)),
    ),
    ask("pandas", "a frame is converted to pandas and back", _pandas, _ROWS),
    ask("iterated", "rows can be iterated", _iterated, table("s bigint", (45,))),
    ask(
        "settings",
        "the session's zone is UTC, and its arithmetic follows ANSI",
        _conf,
        table("zone string, ansi string", ("UTC", "true")),
    ),
    ask(
        "artifact",
        "a module that the client sends can be imported in a function",
        _artifact,
        table("n int", (41,), (42,)),
    ),
    ask("checkpoint", "localCheckpoint computes a frame once", _checkpointed, _ROWS),
    Case(
        "unknown_column",
        "an unknown column is an error",
        _columns("select m from t"),
        None,
        control=(_columns("select n, s from t"), _ROWS),
    ),
    Case(
        "unknown_function",
        "an unknown function is an error",
        _columns("select nofun(n) from t"),
        None,
        control=(_columns("select n, s from t"), _ROWS),
    ),
    Case(
        "ambiguous_column",
        "an ambiguous column of two tables is an error",
        _columns("select n from t a join t b on a.n = b.n"),
        None,
        control=(_columns("select a.n, b.s from t a join t b on a.n = b.n"), _ROWS),
    ),
    Case(
        "column_without_group",
        "a column that is neither grouped nor aggregated is an error",
        _columns("select n, count(*) from t"),
        None,
        control=(_columns("select n, s from t group by n, s"), _ROWS),
    ),
)
