"""The tasks of the benchmark of engines, each by Clearwell on any engine and by DuckDB.

Every function returns what it found, in words that all variants must agree on; only what is done inside
``tree.counting()`` is measured.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.orders import EMAIL, make_changes, make_events
from clearwell.curation import keep_latest
from clearwell.engines import open_engine
from clearwell.names import TableName
from clearwell.settings import Settings
from clearwell.tables import (
    Intent,
    Lake,
    PartWriter,
    apply_batch,
    decide,
    read_staged,
    schema_json,
    stage_frame,
    verify_files,
    verify_keys,
    verify_required,
    verify_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb
    from pyspark.sql import DataFrame

    from bench.measure import ProcessTree
    from clearwell.engines import Engine
    from clearwell.tables import Candidate

__all__ = ["BY_CLEARWELL", "BY_DUCKDB", "TASKS", "prepare"]

_EVENTS, _CLEAN = TableName.parse("bronze_events"), TableName.parse("silver_events")
_KEY = ("event_id",)
_MERGES = {
    "merge 1 % spread": (0.01, False),
    "merge 1 % clustered": (0.01, True),
    "merge 10 % spread": (0.1, False),
}
TASKS = ("cleanse", *_MERGES, "audit")
_PART = 500_000
_MEMORY = 8 << 30


def prepare(folder: Path, rows: int) -> None:
    """The events as a table of a lake and as bare files, the changes of each merge, and the suite."""
    make_events(folder / "events.parquet", rows)
    for task, (share, clustered) in _MERGES.items():
        make_changes(_changes(folder, task), rows, share=share, clustered=clustered)
    (folder / "suite.yaml").write_text(_suite(rows))
    lake = Lake(folder / "lake")
    attempt = lake.begin(_EVENTS, 1)
    with pq.ParquetFile(folder / "events.parquet") as file:
        schema = pa.schema([f.with_nullable(f.name not in _KEY) for f in file.schema_arrow])
        staged = []
        for number, batch in enumerate(file.iter_batches(batch_size=_PART)):
            part = f"{attempt.folder}/events-{number:05}"
            with PartWriter(lake.table(_EVENTS).root, part, schema, required=_KEY) as writer:
                writer.write(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            staged += writer.files
    intent = Intent(
        table=str(_EVENTS),
        batch=1,
        generation=1,
        mode="replace",
        attempt=attempt.id,
        schema=schema_json(schema),
        planned_version=0,
        required=_KEY,
        accepted=tuple(staged),
        returned=rows,
    )
    with _engine("embedded", folder) as engine:  # a table is made without one; it is never started
        apply_batch(lake, decide(lake, intent), engine=engine, recheck=lambda *_: True)


def _cleanse(folder: Path, work: Path, variant: str, tree: ProcessTree) -> str:
    from pyspark.sql import functions as F

    source, lake = Lake(folder / "lake"), Lake(work / "lake")
    with _engine(variant, folder) as engine:
        _warm_up(engine)
        with tree.counting():
            events = source.existing(_EVENTS).read(engine)
            clean = events.select(
                "event_id",
                "customer_id",
                F.lower(F.trim("email")).alias("email"),
                F.upper(F.trim("country")).alias("country"),
                F.lower(F.trim(F.coalesce("status", F.lit("unknown")))).alias("status"),
                F.col("amount").cast("decimal(12,2)").alias("amount"),
                "quantity",
                "ts",
                "note",
            )
            latest = keep_latest(clean, key=["customer_id"], order_by=["ts", "event_id"])
            bad = ~F.col("email").rlike(EMAIL) | (F.col("amount") <= 0)
            candidate = _stage(lake, latest, engine, rejects=bad)
            _publish(lake, candidate, "replace", engine)
    root = lake.table(_CLEAN).root
    accepted = [f"{root}/{file.path}" for file in candidate.accepted]
    return _contents(accepted, [f"{root}/{file.path}" for file in candidate.rejected])


def _cleanse_by_duckdb(folder: Path, work: Path, tree: ProcessTree) -> str:
    connection = _duckdb()
    with tree.counting():
        connection.execute(f"""
            COPY (
                SELECT *, NOT regexp_matches(email, '{EMAIL}') OR amount <= 0 AS rejected FROM (
                    SELECT event_id, customer_id,
                           lower(trim(email)) AS email, upper(trim(country)) AS country,
                           lower(trim(coalesce(status, 'unknown'))) AS status,
                           amount::DECIMAL(12, 2) AS amount, quantity, ts, note
                    FROM {_table(folder)}
                    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ts DESC, event_id DESC) = 1
                )
            ) TO '{work}/clean' (
                FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (rejected)
            )""")
    return _contents([f"{work}/clean/rejected=false/*.parquet"], [f"{work}/clean/rejected=true/*.parquet"])


def _merge(task: str) -> Callable[[Path, Path, str, ProcessTree], str]:
    def merge(folder: Path, work: Path, variant: str, tree: ProcessTree) -> str:
        # Its own copy of the table: files are linked, for no write changes one.
        copied = work / "lake" / _CLEAN.path
        shutil.copytree(folder / "lake" / _EVENTS.path, copied, copy_function=os.link)
        lake = Lake(work / "lake")
        changes = _changes(folder, task)
        with _engine(variant, folder) as engine:
            _warm_up(engine)
            with tree.counting():
                frame = engine.read_parquet([str(changes)], pq.read_schema(changes))
                candidate = _stage(lake, frame, engine)
                rows = read_staged(lake, _CLEAN, candidate.accepted, candidate.schema, engine)
                verify_keys(rows, _KEY, place=str(_CLEAN), shown=lambda _, value: str(value))
                _publish(lake, candidate, "merge", engine)
        return _contents([file.absolute for file in lake.existing(_CLEAN).files])

    return merge


def _merge_by_duckdb(task: str) -> Callable[[Path, Path, ProcessTree], str]:
    def merge(folder: Path, work: Path, tree: ProcessTree) -> str:
        changes = _changes(folder, task)
        connection = _duckdb()
        with tree.counting():
            connection.execute(f"""
                COPY (
                    SELECT old.* FROM {_table(folder)} AS old
                    ANTI JOIN read_parquet('{changes}') AS new USING (event_id)
                    UNION ALL BY NAME SELECT * FROM read_parquet('{changes}')
                ) TO '{work}/merged.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)""")
        return _contents([f"{work}/merged.parquet"])

    return merge


def _audit(folder: Path, work: Path, variant: str, tree: ProcessTree) -> str:  # noqa: ARG001, it writes nothing
    from clearwell.quality import count_failures, judge_rows, judge_table, load_suite, row_conditions
    from clearwell.quality.importing import import_great_expectations

    suite = load_suite(folder / "suite.yaml")
    import_great_expectations()  # once in a process, whatever is judged: `cold_run` measures it
    with _engine(variant, folder) as engine:
        _warm_up(engine)
        with tree.counting(), engine.work("the audit"):
            rows = Lake(folder / "lake").existing(_EVENTS).read(engine)
            conditions = row_conditions(suite, rows)
            judged = judge_rows(suite, *count_failures(rows, conditions))
            results = {result.name: result for result in (*judged, *judge_table(suite, rows))}
    return _verdicts(
        [int(results[check.name].success) for check in suite.checks],
        [results[name].unexpected_count or 0 for name in conditions],
    )


def _audit_by_duckdb(folder: Path, work: Path, tree: ProcessTree) -> str:  # noqa: ARG001, it writes nothing
    connection = _duckdb()
    with tree.counting():
        connection.execute(f"CREATE VIEW events AS SELECT * FROM {_table(folder)}")
        failing = ", ".join(f"count(*) FILTER ({condition})" for condition in _FAILING)
        counts = _row(connection, f"SELECT {failing} FROM events")
        holding = ", ".join(_HOLDING)
        rows = pq.read_metadata(folder / "events.parquet").num_rows
        holds = _row(connection, f"SELECT {holding} FROM events".replace("ROWS", str(rows)))
        distinct = _row(connection, "SELECT count(DISTINCT event_id) = count(*) FROM events")
        columns = connection.execute("DESCRIBE events").fetchall()
    verdicts = [count == 0 for count in counts]
    return _verdicts([*map(int, (*verdicts, *holds, *distinct, len(columns) == 9))], list(counts))


_FAILING = (
    "event_id IS NULL",
    "customer_id IS NULL",
    "status IS NULL",
    "NOT amount BETWEEN 0 AND 100000",
    "NOT quantity BETWEEN 1 AND 19",
    f"quantity NOT IN ({', '.join(map(str, range(1, 20)))})",
    "NOT regexp_matches(email, '^[0-9]+@[a-zA-Z.]+$')",
    "NOT length(note) BETWEEN 1 AND 100",
    "status NOT IN ('new', 'paid', 'SHIPPED', 'cancelled', 'returned')",
    "country NOT IN ('US', 'DE', 'FR', 'GB', 'IN', 'BR', 'CN', 'JP')",
    "customer_id < quantity",
)
_HOLDING = (
    "count(*) >= 1",
    "avg(amount) BETWEEN 190 AND 210",
    "stddev_samp(amount) BETWEEN 100 AND 130",
    "max(event_id) < ROWS",
    "min(event_id) >= 0",
    "sum(quantity) >= 1",
    "count(DISTINCT status) BETWEEN 3 AND 10",
)


def _suite(rows: int) -> str:
    """The same twenty as checks, in the same order."""

    def check(name: str, expectation: str, **kwargs: Any) -> str:
        return f"  - {{name: {name}, expectation: {expectation}, severity: info, kwargs: {kwargs}}}"

    checks = [
        *(
            check(f"{column}_present", "expect_column_values_to_not_be_null", column=column)
            for column in ("event_id", "customer_id", "status")
        ),
        check("amount", "expect_column_values_to_be_between", column="amount", min_value=0, max_value=100000),
        check("quantity", "expect_column_values_to_be_between", column="quantity", min_value=1, max_value=19),
        check(
            "quantities",
            "expect_column_values_to_be_in_set",
            column="quantity",
            value_set=list(range(1, 20)),
        ),
        check("email", "expect_column_values_to_match_regex", column="email", regex="^[0-9]+@[a-zA-Z.]+$"),
        check("note", "expect_column_value_lengths_to_be_between", column="note", min_value=1, max_value=100),
        check(
            "statuses",
            "expect_column_values_to_be_in_set",
            column="status",
            value_set=["new", "paid", "SHIPPED", "cancelled", "returned"],
        ),
        check(
            "countries",
            "expect_column_values_to_be_in_set",
            column="country",
            value_set=["US", "DE", "FR", "GB", "IN", "BR", "CN", "JP"],
        ),
        check(
            "pair",
            "expect_column_pair_values_a_to_be_greater_than_b",
            column_A="customer_id",
            column_B="quantity",
            or_equal=True,
        ),
        check("rows", "expect_table_row_count_to_be_between", min_value=1),
        check("mean", "expect_column_mean_to_be_between", column="amount", min_value=190, max_value=210),
        check("stdev", "expect_column_stdev_to_be_between", column="amount", min_value=100, max_value=130),
        check("greatest", "expect_column_max_to_be_between", column="event_id", max_value=rows - 1),
        check("least", "expect_column_min_to_be_between", column="event_id", min_value=0),
        check("total", "expect_column_sum_to_be_between", column="quantity", min_value=1),
        check(
            "kinds",
            "expect_column_unique_value_count_to_be_between",
            column="status",
            min_value=3,
            max_value=10,
        ),
        check("unique", "expect_column_values_to_be_unique", column="event_id"),
        check("columns", "expect_table_column_count_to_equal", value=9),
    ]
    return "\n".join(["checks:", *checks, ""])


BY_CLEARWELL = {"cleanse": _cleanse, **{task: _merge(task) for task in _MERGES}, "audit": _audit}
BY_DUCKDB = {
    "cleanse": _cleanse_by_duckdb,
    **{task: _merge_by_duckdb(task) for task in _MERGES},
    "audit": _audit_by_duckdb,
}


def _stage(lake: Lake, frame: DataFrame, engine: Engine, **options: Any) -> Candidate:
    batch = (snapshot.batch if (snapshot := lake.table(_CLEAN).snapshot()) else 0) + 1
    candidate = stage_frame(lake, _CLEAN, lake.begin(_CLEAN, batch), frame, engine, required=_KEY, **options)
    place = str(_CLEAN)
    verify_rows(candidate.returned, candidate.accepted_rows, candidate.rejected_rows, place=place)
    verify_files(lake.table(_CLEAN).root, candidate.accepted, candidate.schema, place=place)
    verify_required(candidate.accepted, _KEY, place=place)
    return candidate


def _publish(lake: Lake, candidate: Candidate, mode: str, engine: Engine) -> None:
    snapshot = lake.table(_CLEAN).snapshot()
    batch = candidate.attempt.batch
    intent = Intent(
        table=str(_CLEAN),
        batch=batch,
        generation=snapshot.generation if snapshot else batch,
        mode=mode,
        attempt=candidate.attempt.id,
        schema=schema_json(candidate.schema_with(_KEY)),
        planned_version=snapshot.version if snapshot else 0,
        key=_KEY,
        required=_KEY,
        accepted=candidate.accepted,
        returned=candidate.returned,
    )
    apply_batch(lake, decide(lake, intent), engine=engine, recheck=lambda *_: True)


def _engine(name: str, folder: Path) -> Engine:
    return open_engine(Settings(project=folder, lake=folder / "lake", engine=name, engine_memory=_MEMORY))


def _warm_up(engine: Engine) -> None:
    with engine.work("a first query"):
        engine.session().range(1_000).selectExpr("id % 10 AS k").groupBy("k").count().collect()


def _duckdb() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    connection.execute("SELECT 1")
    return connection


def _table(folder: Path) -> str:
    """The files of the table of events; the names of their folders hold no column."""
    return f"read_parquet('{folder}/lake/{_EVENTS.path}/*/*/*.parquet', hive_partitioning = false)"


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return row


def _changes(folder: Path, task: str) -> Path:
    return folder / f"{task.replace(' ', '-').replace('%', 'percent')}.parquet"


def _contents(accepted: list[str], rejected: list[str] | None = None) -> str:
    """Rows and two sums of the written files, counted by DuckDB."""
    connection = _duckdb()
    totals = "count(*), sum(event_id), sum(amount::DECIMAL(12, 2)), sum(length(note))"
    found = _row(connection, f"SELECT {totals} FROM read_parquet({accepted})")
    told = f"{found[0]:,} rows (ids {found[1]}, amounts {found[2]}, notes {found[3]})"
    if rejected is not None:
        told += f", {_row(connection, f'SELECT count(*) FROM read_parquet({rejected})')[0]:,} rejected"
    return told


def _verdicts(holds: list[int], failures: list[int]) -> str:
    return f"{sum(holds)} of {len(holds)} checks hold; failing rows {failures}"
