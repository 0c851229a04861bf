"""One capability of an engine, as a question and the correct answer.

The answer is taken from Spark's documentation and the SQL standard, or computed by Python: never copied from
an engine. If an error is the correct answer, the same query is first asked on harmless data, so that a query
that the engine does not support does not count as a refusal.

A transform can be written in SQL or in columns, and an engine may differ in only one of the two. So a case
may be asked both ways: its twin has its name and ``_in_columns``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.testing.conformance.trial import Trial

__all__ = ["Ask", "Case", "Columns", "ask", "grouped", "refused", "sql"]

Ask: TypeAlias = "Callable[[Trial], DataFrame | pa.Table]"
Columns: TypeAlias = "Callable[[DataFrame, Any], DataFrame]"
"""The frame of the table ``t`` and ``pyspark.sql.functions`` -> the frame of the query."""


@dataclass(frozen=True)
class Case:
    """A question to an engine.

    Args:
        name: Short, one word or several with ``_``; ``group/name`` identifies the case.
        says: The rule that a correct engine follows, a sentence without its full stop.
        question: Asks the engine.
        answer: The correct rows; None if only an error is correct.
        ordered: Whether the order of rows is part of the answer.
        control: For an error: a similar question that returns rows, and those rows.
        twin: The same question, in columns instead of SQL.
        group: The group of the case.
    """

    name: str
    says: str
    question: Ask
    answer: pa.Table | None
    ordered: bool = False
    control: tuple[Ask, pa.Table] | None = None
    twin: Case | None = None
    group: str = ""

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"


def grouped(group: str, *cases: Case) -> tuple[Case, ...]:
    """The cases and their twins, as members of ``group``."""
    return tuple(replace(one, group=group, twin=None) for case in cases for one in _twins(case))


def ask(name: str, says: str, question: Ask, answer: pa.Table, *, ordered: bool = False) -> Case:
    """A case whose question is a function of a :class:`Trial`."""
    return Case(name, says, question, answer, ordered)


def sql(
    name: str,
    says: str,
    query: str,
    answer: pa.Table,
    *,
    ordered: bool = False,
    columns: Columns | None = None,
    **tables: pa.Table,
) -> Case:
    """A case whose question is a query of ``tables``, which the engine reads from Parquet files.

    With ``columns`` it is also asked in columns, on the table ``t``.
    """
    case = Case(name, says, _query(query, tables), answer, ordered)
    return case if columns is None else replace(case, twin=_twin(case, _built(columns, tables["t"])))


def refused(
    name: str, says: str, query: str, *, bad: Any, good: Any, gives: pa.Table, columns: Columns | None = None
) -> Case:
    """A case where an error is correct: ``query`` of the table ``t`` fails on ``bad``; ``good`` has rows."""
    case = Case(name, says, _query(query, {"t": bad}), None, control=(_query(query, {"t": good}), gives))
    if columns is None:
        return case
    twin = replace(_twin(case, _built(columns, bad)), control=(_built(columns, good), gives))
    return replace(case, twin=twin)


def _twins(case: Case) -> Iterator[Case]:
    yield case
    if case.twin is not None:
        yield case.twin


def _twin(case: Case, question: Ask) -> Case:
    return replace(case, name=f"{case.name}_in_columns", question=question)


def _query(query: str, tables: dict[str, pa.Table]) -> Ask:
    return lambda trial: trial.sql(query, **tables)


def _built(columns: Columns, rows: pa.Table) -> Ask:
    def question(trial: Trial) -> DataFrame:
        from pyspark.sql import functions as F

        return columns(trial.frame(rows), F)

    return question
