"""Put a case to an engine and compare the result. Errors pass ``Engine.work``, like those of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.errors import ClearwellError
from clearwell.testing.conformance.notation import name_type, spell_rows
from clearwell.testing.conformance.trial import Trial

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.testing.conformance.case import Ask, Case

__all__ = ["WrongAnswer", "run_case"]

_MOST_ROWS = 10


class WrongAnswer(AssertionError):
    """An engine returned wrong rows. ``found`` is what it returned, as one line."""

    def __init__(self, case: Case, found: str, wanted: str) -> None:
        self.found = found
        super().__init__(f"{case}: {case.says}\n  right: {wanted}\n  found: {found}")


def run_case(case: Case, engine: Engine, folder: Path) -> None:
    """Check that ``engine`` gives the answer of ``case``.

    Args:
        case: One of ``CASES``, or of your own.
        engine: The engine; it stays open.
        folder: An empty folder that this process and the engine both see under the same path.

    Raises:
        WrongAnswer: other rows were returned, or rows where an error is correct: a silent difference.
        ClearwellError: an error was raised where rows are correct: the engine refuses.
    """
    __tracebackhide__ = True
    trial = Trial(engine, folder)
    if case.control is not None:
        question, answer = case.control
        _judge(case, _collect(trial, case, question), answer)
    if case.answer is not None:
        _judge(case, _collect(trial, case, case.question), case.answer)
        return
    try:
        found = _collect(trial, case, case.question)
    except ClearwellError as error:
        if error.transient:  # it is not an answer
            raise
        return
    raise WrongAnswer(case, _show(_spell(found, ordered=case.ordered)), "an error")


def _collect(trial: Trial, case: Case, question: Ask) -> pa.Table:
    with trial.engine.work(str(case)):
        trial.engine.session()  # user functions find their session by it
        result = question(trial)
        return result if isinstance(result, pa.Table) else result.toArrow()


def _judge(case: Case, found: pa.Table, answer: pa.Table) -> None:
    seen, wanted = (_spell(rows, ordered=case.ordered) for rows in (found, answer))
    if seen != wanted:
        raise WrongAnswer(case, _show(seen), _show(wanted))


def _spell(rows: pa.Table, *, ordered: bool) -> tuple[str, list[str]]:
    columns = ", ".join(f"{field.name} {name_type(field.type)}" for field in rows.schema)
    return f"[{columns}]", spell_rows(rows, ordered=ordered)


def _show(spelled: tuple[str, list[str]]) -> str:
    columns, rows = spelled
    more = [f"and {len(rows) - _MOST_ROWS} more"] if len(rows) > _MOST_ROWS else []
    return f"{columns} {'; '.join([*rows[:_MOST_ROWS], *more])}"
