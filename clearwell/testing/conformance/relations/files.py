"""Reading and writing Parquet: what is written is read back, from any path, and nothing else."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.testing.conformance.case import Case, ask, grouped
from clearwell.testing.conformance.notation import clock, moment, table

__all__ = ["CASES", "EVERY_TYPE"]

_NAN = math.nan
EVERY_TYPE = table(
    "n int, a boolean, b tinyint, c smallint, e bigint, f float, g double, h decimal(38,10), i string, "
    "j binary, k date, l timestamp, m timestamp_ntz, o array<struct<x:double>>, p map<string,decimal(20,2)>, "
    "q struct<x:struct<y:date>>",
    (1, True, -128, 32767, -(2**63), 0.5, _NAN, "3333333333.3333333333", "größe", b"\x00", dt.date(1, 1, 1),
     moment(1500, 1, 1, 1, 2, 3, 4), clock(1883, 11, 18, 12, 3, 58), [{"x": _NAN}, None], {"k": None},
     {"x": {"y": dt.date(9999, 12, 31)}}),
    (2, False, 127, -32768, 2**63 - 1, -0.0, -0.0, "-9999999999999999999999999999.9999999999", "", b"",
     dt.date(1582, 10, 10), moment(9999, 12, 31, 23, 59, 59, 999999), clock(1, 1, 1), [], {}, {"x": None}),
    (3, *[None] * 15),
)  # fmt: skip
_ONE = table("n bigint", (1,))


def _parts(folder: Any) -> list[str]:
    return sorted(str(file) for file in folder.rglob("*.parquet"))


def _round_trip(trial: Any) -> Any:
    target = trial.folder / "out"
    trial.engine.write_parquet(trial.frame(EVERY_TYPE), str(target))
    return trial.engine.read_parquet(_parts(target), EVERY_TYPE.schema)


def _written(trial: Any) -> Any:
    target = trial.folder / "out"
    trial.engine.write_parquet(trial.frame(EVERY_TYPE), str(target))
    return pa.concat_tables(pq.read_table(part, partitioning=None) for part in _parts(target))


def _no_statistics(trial: Any) -> Any:
    target = trial.folder / "out"
    trial.engine.write_parquet(trial.frame(EVERY_TYPE), str(target))
    unsafe = []
    for part in _parts(target):
        metadata = pq.read_metadata(part)
        for n in range(metadata.num_columns):
            kind, column = metadata.schema.column(n), metadata.row_group(0).column(n)
            if column.statistics and (kind.physical_type in {"FLOAT", "DOUBLE"} or kind.precision > 15):
                unsafe.append(kind.path)
    return table("unsafe array<string>", (unsafe,))


def _partitioned(trial: Any) -> Any:
    target = trial.folder / "out"
    rows = table(
        "n int, day date, k string",
        (1, dt.date(2024, 1, 1), "a/b=c"),
        (2, dt.date(2024, 1, 2), "ü %"),
        (3, dt.date(2024, 1, 2), "ü %"),
    )
    trial.engine.write_parquet(trial.frame(rows), str(target), partition_by=("day", "k"))
    from urllib.parse import unquote

    found = []
    for part in target.rglob("*.parquet"):
        day, k = (unquote(folder.partition("=")[2]) for folder in part.relative_to(target).parts[:2])
        columns = pq.read_table(part, partitioning=None)
        found += [(row["n"], day, k, ",".join(columns.column_names)) for row in columns.to_pylist()]
    return table("n int, day string, k string, columns string", *found)


def _odd_path(trial: Any) -> Any:
    folder = trial.folder / "a b%20c+d=ü#[x]{y}*?" / "out"
    trial.engine.write_parquet(trial.frame(_ONE), str(folder))
    return trial.engine.read_parquet(_parts(folder), _ONE.schema)


def _nothing(trial: Any) -> Any:
    target = trial.folder / "out"
    trial.engine.write_parquet(trial.frame(EVERY_TYPE).where("n > 9"), str(target))
    return trial.engine.read_parquet(_parts(target), EVERY_TYPE.schema)


def _odd_columns(trial: Any) -> Any:
    rows = pa.table({"a.b": [1], "c d": [2], "ü": [3]})
    return trial.frame(rows).selectExpr("cast(`a.b` as int) a", "cast(`c d` as int) b", "cast(`ü` as int) c")


def _listed(*names: str) -> Any:
    def question(trial: Any) -> Any:
        trial.write(_ONE, "here")
        return trial.engine.read_parquet(
            [str(trial.folder / f"{name}.parquet") for name in names], _ONE.schema
        )

    return question


def _unstorable(query: str) -> Any:
    def question(trial: Any) -> Any:
        target = trial.folder / query.replace(" ", "").replace("'", "")
        trial.engine.write_parquet(trial.sql(query, t=_ONE), str(target))
        return trial.engine.read_parquet(_parts(target), _ONE.schema)

    return question


def _twice(same: bool) -> Any:
    def question(trial: Any) -> Any:
        first, second = trial.folder / "one", trial.folder / ("one" if same else "two")
        for target in (first, second):
            trial.engine.write_parquet(trial.frame(_ONE), str(target))
        return trial.engine.read_parquet(_parts(second), _ONE.schema)

    return question


CASES = grouped(
    "files",
    ask(
        "round_trip",
        "every type is read back as it was written, NULL, NaN and -0.0 included",
        _round_trip,
        EVERY_TYPE,
    ),
    ask("written", "other readers see the written names, types and values", _written, EVERY_TYPE),
    ask(
        "no_statistics",
        "written files have no statistics of floats and wide decimals",
        _no_statistics,
        table("unsafe array<string>", ([],)),
    ),
    ask(
        "partitioned",
        "partitions are folders, their values percent-encoded, their columns not in the files",
        _partitioned,
        table(
            "n int, day string, k string, columns string",
            (1, "2024-01-01", "a/b=c", "n"),
            (2, "2024-01-02", "ü %", "n"),
            (3, "2024-01-02", "ü %", "n"),
        ),
    ),
    ask("odd_path", "any path is taken literally", _odd_path, _ONE),
    ask("nothing", "a frame without rows is written and read", _nothing, EVERY_TYPE.slice(0, 0)),
    ask(
        "no_files",
        "no files give a frame without rows",
        lambda t: t.engine.read_parquet([], EVERY_TYPE.schema),
        EVERY_TYPE.slice(0, 0),
    ),
    ask("odd_columns", "columns may have any name", _odd_columns, table("a int, b int, c int", (1, 2, 3))),
    Case(
        "missing",
        "a missing file is an error, not an empty frame",
        _listed("here", "gone"),
        None,
        control=(_listed("here"), _ONE),
    ),
    Case(
        "named_twice",
        "a file that is listed twice is an error",
        _listed("here", "here"),
        None,
        control=(_listed("here"), _ONE),
    ),
    Case(
        "written_over",
        "existing files are not overwritten",
        _twice(same=True),
        None,
        control=(_twice(same=False), _ONE),
    ),
    Case(
        "void",
        "a column without a type is not written",
        _unstorable("select n, null as v from t"),
        None,
        control=(_unstorable("select n from t"), _ONE),
    ),
    Case(
        "interval",
        "an interval is not written",
        _unstorable("select n, interval '1' day as v from t"),
        None,
        control=(_unstorable("select n from t"), _ONE),
    ),
    Case(
        "two_names",
        "two columns whose names differ only in case are not written",
        _unstorable("select n, n as N from t"),
        None,
        control=(_unstorable("select n from t"), _ONE),
    ),
)
