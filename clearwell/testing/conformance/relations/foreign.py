"""Files of other writers: with statistics, other layouts, older columns."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.testing.conformance.case import Case, ask, grouped
from clearwell.testing.conformance.notation import moment, table

__all__ = ["CASES"]

_NAN = math.nan
_ONE = table("n bigint", (1,))
_X = table("n int, x double", (1, 1.0), (2, _NAN), (3, 1.0))
_NESTED_OLD = table("s struct<a:int>, l array<struct<a:int>>", ({"a": 1}, [{"a": 1}]))
_NESTED_NEW = table(
    "s struct<a:int,b:string>, l array<struct<a:int,b:string>>", ({"a": 1, "b": None}, [{"a": 1, "b": None}])
)
_WIDE = table("d decimal(38,10)", ("3333333333.3333333333",), ("3333333333.3333333333",))
_WIDE_NUMBER = table("n bigint, x double", (1, 1.5))
_NARROW_NUMBER = table("n int, x float", (1, 1.5))


def _foreign(rows: pa.Table, schema: pa.Schema | None = None, **options: Any) -> Any:
    """A question that reads a file of ``rows`` as other writers make it: with statistics of every column."""

    def question(trial: Any) -> Any:
        file = trial.folder / "foreign.parquet"
        pq.write_table(rows, file, **options)
        return trial.engine.read_parquet([str(file)], schema or rows.schema)

    return question


def _query(rows: pa.Table, query: str) -> Any:
    def question(trial: Any) -> Any:
        _foreign(rows)(trial).createOrReplaceTempView("t")
        return trial.session.sql(query)

    return question


def _several(trial: Any) -> Any:
    old, new = (
        trial.write(table("n int", (1,)), "old"),
        trial.write(table("x string, n int", ("b", 2)), "new"),
    )
    return trial.engine.read_parquet([old, new], table("n int, x string").schema)


CASES = grouped(
    "files",
    ask(
        "foreign_nan",
        "a foreign file with statistics of a column with NaN is read correctly",
        _foreign(_X),
        _X,
    ),
    ask(
        "foreign_nan_filter",
        "a filter of such a file finds NaN",
        _query(_X, "select n from t where x > 5"),
        table("n int", (2,)),
    ),
    ask(
        "foreign_nan_max",
        "the maximum of such a file is NaN",
        _query(_X, "select max(x) x from t"),
        table("x double", (_NAN,)),
    ),
    ask(
        "foreign_decimal",
        "a foreign file with statistics of a wide decimal is read correctly",
        _foreign(_WIDE),
        _WIDE,
    ),
    ask(
        "foreign_zero",
        "a foreign file with one zero of each sign keeps both",
        _foreign(table("x double", (-0.0,), (0.0,))),
        table("x double", (-0.0,), (0.0,)),
    ),
    ask(
        "foreign_texts",
        "strings of foreign files: long ones, and those that statistics truncate",
        _query(table("s string", ("ü" * 100,), ("",), (None,)), "select length(s) n from t where s > 'a'"),
        table("n int", (100,)),
    ),
    ask(
        "lacking_column",
        "a column that a file lacks is NULL, and columns are matched by name",
        _several,
        table("n int, x string", (1, None), (2, "b")),
    ),
    ask(
        "lacking_field",
        "a field that a file's structure lacks is NULL, also within arrays",
        _foreign(_NESTED_OLD, _NESTED_NEW.schema),
        _NESTED_NEW,
    ),
    ask(
        "surplus_field",
        "an extra field is dropped",
        _foreign(_NESTED_NEW, _NESTED_OLD.schema),
        _NESTED_OLD,
    ),
    ask(
        "case_of_columns",
        "columns are matched without case",
        _foreign(pa.table({"N": pa.array([1], pa.int64())}), _ONE.schema),
        _ONE,
    ),
    ask(
        "widened",
        "an int is read as bigint, a float as double",
        _foreign(_NARROW_NUMBER, _WIDE_NUMBER.schema),
        _WIDE_NUMBER,
    ),
    Case(
        "narrowed",
        "a bigint is not read as int",
        _foreign(_WIDE_NUMBER, _NARROW_NUMBER.schema),
        None,
        control=(_foreign(_NARROW_NUMBER), _NARROW_NUMBER),
    ),
    Case(
        "other_type",
        "a string is not read as a number",
        _foreign(table("n string", ("1",)), _ONE.schema),
        None,
        control=(_foreign(_ONE), _ONE),
    ),
    ask(
        "layouts",
        "dictionaries, large strings and old timestamps of other writers are read",
        _foreign(
            pa.table(
                {
                    "s": pa.array(["a", "b", "a"]).dictionary_encode(),
                    "l": pa.array(["x", None, ""], pa.large_string()),
                    "at": pa.array([moment(2024, 1, 1)] * 3, pa.timestamp("us", "UTC")),
                }
            ),
            table("s string, l string, at timestamp").schema,
            use_deprecated_int96_timestamps=True,
        ),
        table(
            "s string, l string, at timestamp",
            *[(short, long, moment(2024, 1, 1)) for short, long in (("a", "x"), ("b", None), ("a", ""))],
        ),
    ),
)
