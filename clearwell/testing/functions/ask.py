"""Put questions about functions to an engine: many at once, and each alone, row by row, where that fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.testing.functions.grid import groups_of, table_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

__all__ = ["Answer", "Question", "answer", "answer_only"]

_AT_ONCE = 50
_MOST_TRIES = 10


@dataclass(frozen=True)
class Question:
    """A function with its arguments.

    Args:
        name: The function, as in SQL; ``cast:int`` is a cast.
        columns: The columns ``a``, ``b``, ``c`` of the grid: a kind each, and the number of its type.
        arguments: ``a``, ``b``, ``c`` for a column; a literal is in a tuple of one.
        over: Whether it is a function over many rows.
    """

    name: str
    columns: tuple[tuple[str, int], ...]
    arguments: tuple[str | tuple[Any], ...]
    over: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each argument."""
        kinds = dict(zip("abc", (kind for kind, _ in self.columns), strict=False))
        return tuple(kinds[a] if isinstance(a, str) else _LITERALS[type(a[0])] for a in self.arguments)

    def rows(self) -> pa.Table:
        """What it is asked of; ``n`` numbers the rows, or the groups of rows."""
        return groups_of(self.columns) if self.over else table_of(self.columns)


_LITERALS: dict[type, str] = {
    bool: "boolean",
    int: "int",
    float: "double",
    str: "string",
    Decimal: "decimal",
    date: "date",
    datetime: "timestamp",
    timedelta: "interval",
}


@dataclass(frozen=True)
class Answer:
    """The type of a result, and its values by ``n``; rows that fail are missing."""

    kind: str
    values: Mapping[int, Any]


def answer(session: SparkSession, questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answer of each question that has one: the values of all rows that can be computed."""
    return _Asked(session, row_by_row=True).of(_grouped(questions))


def answer_only(session: SparkSession, answers: Mapping[Question, Answer]) -> dict[Question, Answer]:
    """The answers to the same questions for the same rows; without values where one of the rows fails."""
    return _Asked(session, row_by_row=False).of(_grouped(answers, {q: a.values for q, a in answers.items()}))


_Groups = Mapping[tuple[Any, ...], list[Question]]


def _grouped(
    questions: Iterable[Question], rows: Mapping[Question, Collection[int]] | None = None
) -> _Groups:
    """Questions of the same rows of the same columns."""
    groups: dict[tuple[Any, ...], list[Question]] = {}
    for question in questions:
        chosen = None if rows is None else tuple(sorted(rows[question]))
        groups.setdefault((question.columns, question.over, chosen), []).append(question)
    return groups


class _Asked:
    def __init__(self, session: SparkSession, *, row_by_row: bool) -> None:
        self._session = session
        self._row_by_row = row_by_row
        self._found: dict[Question, Answer] = {}

    def of(self, groups: _Groups) -> dict[Question, Answer]:
        """The answers to all of them."""
        for (_, _, chosen), questions in groups.items():
            rows = questions[0].rows()
            if chosen is not None:
                rows = _only(rows, chosen)
            accepted = [question for question in questions if self._is_accepted(question, rows)]
            for start in range(0, len(accepted), _AT_ONCE):
                self._ask(accepted[start : start + _AT_ONCE], rows)
        return self._found

    def _is_accepted(self, question: Question, rows: pa.Table) -> bool:
        return _or_none(lambda: self._frame([question], rows.slice(0, 1)).schema) is not None

    def _ask(self, questions: Sequence[Question], rows: pa.Table) -> None:
        found = _or_none(lambda: self._answers(questions, rows))
        if found is not None:
            self._found |= found
        elif len(questions) > 1:
            self._ask(questions[: len(questions) // 2], rows)
            self._ask(questions[len(questions) // 2 :], rows)
        elif self._row_by_row:
            self._halve(questions[0], rows)
        else:
            kind = self._frame(questions, rows.slice(0, 1)).schema["x0"].dataType.simpleString()
            self._found[questions[0]] = Answer(kind, {})

    def _halve(self, question: Question, rows: pa.Table) -> None:
        """The rows that can be computed, found in some tries; the others stay unknown."""
        values: dict[int, Any] = {}
        waiting = [sorted(set(rows["n"].to_pylist()))]
        kind = ""
        for _ in range(_MOST_TRIES):
            if not waiting:
                break
            numbers = waiting.pop(0)
            if found := _or_none(lambda some=numbers: self._answers([question], _only(rows, some))):
                kind = found[question].kind
                values |= found[question].values
            elif len(numbers) > 1:
                waiting += [numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]]
        if values:
            self._found[question] = Answer(kind, values)

    def _frame(self, questions: Sequence[Question], rows: pa.Table) -> DataFrame:
        frame = self._session.createDataFrame(rows)
        columns = [_column(question).alias(f"x{at}") for at, question in enumerate(questions)]
        return frame.groupBy("n").agg(*columns) if questions[0].over else frame.select("n", *columns)

    def _answers(self, questions: Sequence[Question], rows: pa.Table) -> dict[Question, Answer]:
        frame = self._frame(questions, rows)
        kinds, result = frame.schema, frame.toArrow()
        numbers = result["n"].to_pylist()
        return {
            question: Answer(
                kinds[f"x{at}"].dataType.simpleString(),
                dict(zip(numbers, result[f"x{at}"].to_pylist(), strict=True)),
            )
            for at, question in enumerate(questions)
        }


def _only(rows: pa.Table, numbers: Sequence[int]) -> pa.Table:
    return rows.filter(pc.is_in(rows["n"], pa.array(numbers, pa.int64())))


def _or_none(work: Callable[[], Any]) -> Any:
    """What ``work`` returns; None for an error, which is an engine's plain answer to most questions."""
    try:
        return work()
    except Exception:  # noqa: BLE001 - of any kind
        return None


def _column(question: Question) -> Column:
    from pyspark.sql import functions as F

    given = [F.col(a) if isinstance(a, str) else F.lit(a[0]) for a in question.arguments]
    name, _, kind = question.name.partition(":")
    if kind:
        return given[0].cast(kind) if name == "cast" else given[0].try_cast(kind)
    if name == "when":
        made = F.when(given[0], given[1])
        return made.otherwise(given[2]) if len(given) > 2 else made
    if name == "in":
        return given[0].isin(*given[1:])
    if name in _OPERATORS:
        return _OPERATORS[name](*given)
    return F.call_function(name, *given)


_OPERATORS: dict[str, Callable[..., Column]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<=>": lambda a, b: a.eqNullSafe(b),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": lambda a: ~a,
    "&": lambda a, b: a.bitwiseAND(b),
    "|": lambda a, b: a.bitwiseOR(b),
    "^": lambda a, b: a.bitwiseXOR(b),
    "negative": lambda a: -a,
}
