"""User functions in Python: of values and columns, and the errors that they raise."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

from clearwell.testing.conformance.case import Case, ask, grouped
from clearwell.testing.conformance.notation import moment, table

__all__ = ["CASES"]

_NUMBERS = table("n int, x double", (1, 1.5), (2, math.nan), (3, None))
_GROUPS = table("k string, v bigint", ("a", 1), ("a", 3), ("b", 5))
_TYPES = table(
    "d decimal(20,4), day date, at timestamp, b binary, l array<int>, m map<string,int>, s "
    "struct<x:int,y:string>",
    (
        Decimal("12345678901234.5678"),
        dt.date(1500, 1, 1),
        moment(2024, 7, 1, 12, 0, 0, 5),
        b"\x00\xff",
        [1, None],
        {"k": 1},
        {"x": 1, "y": None},
    ),
    (None, None, None, None, None, None, None),
)


def _functions() -> Any:
    """Without type hints, which cannot refer to a nested function."""
    from pyspark.sql import functions

    return functions


# These are nested functions, so they are sent by value, not as the name of a module.


def _scalar(trial: Any) -> Any:
    F = _functions()

    twice = F.udf(lambda n: n * 2, "int")
    seen = F.udf(lambda x: "NULL" if x is None else str(x), "string")
    return trial.frame(_NUMBERS).select(twice("n").alias("n"), seen("x").alias("x"))


def _identity(trial: Any) -> Any:
    F = _functions()

    frame = trial.frame(_TYPES)
    return frame.select(
        *(
            F.udf(lambda value: value, field.dataType)(field.name).alias(field.name)
            for field in frame.schema.fields
        )
    )


def _by_arrow(trial: Any) -> Any:
    F = _functions()

    join = F.udf(lambda n, x: f"{n}/{x}", "string", useArrow=True)
    return trial.frame(_NUMBERS).where("n = 1").select(join("n", "x").alias("t"))


def _arrow(trial: Any) -> Any:
    import pyarrow as pa

    F = _functions()

    def more(values: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        return pc.add(values, 1)

    more.__annotations__ = {"values": pa.Array, "return": pa.Array}
    return trial.frame(_NUMBERS).select(F.arrow_udf(more, "int")("n").alias("n"))


def _pandas(trial: Any) -> Any:
    import pandas as pd

    F = _functions()

    def more(values: pd.Series) -> pd.Series:
        return values + 1

    more.__annotations__ = {"values": pd.Series, "return": pd.Series}
    return trial.frame(_GROUPS).select(F.pandas_udf(more, "bigint")("v").alias("v"))


def _pandas_iterator(trial: Any) -> Any:
    from collections.abc import Iterator

    import pandas as pd

    F = _functions()

    def more(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for batch in batches:
            yield batch * 10

    more.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.Series]}
    return trial.frame(_GROUPS).select(F.pandas_udf(more, "bigint")("v").alias("v"))


def _registered(trial: Any) -> Any:
    trial.session.udf.register("plus_one", lambda n: n + 1, "int")
    return trial.sql("select plus_one(n) n from t", t=_NUMBERS)


def _sql_function(trial: Any) -> Any:
    trial.session.sql("create or replace temporary function plus_two(n int) returns int return n + 2")
    return trial.sql("select plus_two(n) n from t", t=_NUMBERS)


def _closure(trial: Any) -> Any:
    F = _functions()

    names = {1: "one", 2: "two"}
    return trial.frame(_NUMBERS).select(
        F.udf(lambda n: names[n] if n < 3 else None, "string")("n").alias("name")
    )


def _filter(trial: Any) -> Any:
    F = _functions()

    odd = F.udf(lambda n: n % 2 == 1, "boolean").asNondeterministic()
    return trial.frame(_NUMBERS).where(odd("n")).select("n")


def _raising(limit: int) -> Any:
    def question(trial: Any) -> Any:
        F = _functions()

        # Without type hints, which PySpark interprets as batch types.
        def careful(n):  # noqa: ANN001, ANN202 # pyright: ignore[reportMissingParameterType]
            if n > limit:
                raise ValueError("too much for me")
            return n

        return trial.frame(_NUMBERS).select(F.udf(careful, "int")("n").alias("n"))

    return question


def _wrong_type(value: Any) -> Any:
    def question(trial: Any) -> Any:
        F = _functions()

        return trial.frame(_NUMBERS).select(F.udf(lambda _: value, "int", useArrow=True)("n").alias("n"))

    return question


def _message(trial: Any) -> Any:
    from clearwell.errors import ClearwellError

    try:
        with trial.engine.work("the user's function"):
            _raising(0)(trial).collect()
    except ClearwellError as error:
        return table(
            "kind boolean, words boolean", ("ValueError" in str(error), "too much for me" in str(error))
        )
    except Exception as error:  # noqa: BLE001, within work the engine's own error passes
        return table(
            "kind boolean, words boolean", ("ValueError" in str(error), "too much for me" in str(error))
        )
    return table("kind boolean, words boolean", (False, False))


_INTS = table("n int", (1,), (2,), (3,))

CASES = grouped(
    "functions",
    ask(
        "scalar",
        "a Python function of values sees None for NULL",
        _scalar,
        table("n int, x string", (2, "1.5"), (4, "nan"), (6, "NULL")),
    ),
    ask("types", "values of every type return unchanged from Python", _identity, _TYPES),
    ask(
        "by_arrow",
        "a Python function of values may use Arrow",
        _by_arrow,
        table("t string", ("1/1.5",)),
    ),
    ask("arrow", "a function of Arrow arrays", _arrow, table("n int", (2,), (3,), (4,))),
    ask("pandas", "a function of pandas series", _pandas, table("v bigint", (2,), (4,), (6,))),
    ask(
        "pandas_iterator",
        "a function of an iterator of pandas series",
        _pandas_iterator,
        table("v bigint", (10,), (30,), (50,)),
    ),
    ask(
        "registered",
        "a registered function can be used in SQL",
        _registered,
        table("n int", (2,), (3,), (4,)),
    ),
    ask("sql_function", "a function written in SQL", _sql_function, table("n int", (3,), (4,), (5,))),
    ask(
        "closure",
        "a function includes the variables that it refers to",
        _closure,
        table("name string", ("one",), ("two",), (None,)),
    ),
    ask("filter", "a function in a filter", _filter, table("n int", (1,), (3,))),
    Case(
        "exception",
        "an exception in a function fails the query",
        _raising(2),
        None,
        control=(_raising(9), _INTS),
    ),
    Case(
        "wrong_type",
        "a value of another type than declared fails the query",
        _wrong_type("text"),
        None,
        control=(_wrong_type(1), table("n int", (1,), (1,), (1,))),
    ),
    ask(
        "message",
        "the error contains the exception's name and message",
        _message,
        table("kind boolean, words boolean", (True, True)),
    ),
)
