"""Put a case to an engine and judge what comes back.

The engine is met where a pipeline meets it: tables are Parquet files that ``Engine.read_parquet`` reads, and
errors pass ``Engine.work``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from clearwell.errors import ClearwellError, EngineLost
from clearwell.testing.conformance.notation import name_type, spell_rows

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines import Engine
    from clearwell.testing.conformance.case import Ask, Case

__all__ = ["Trial", "WrongAnswer", "run_case"]

_MOST_ROWS = 10


class WrongAnswer(AssertionError):
    """An engine gave rows, and they are not the right ones. ``found`` is what it gave, as one line."""

    def __init__(self, case: Case, found: str, wanted: str) -> None:
        self.found = found
        super().__init__(f"{case}: {case.says}\n  right: {wanted}\n  found: {found}")


@dataclass(frozen=True)
class Trial:
    """What a question may use: an engine, and a folder that the engine can read and write."""

    engine: Engine
    folder: Path

    @property
    def session(self) -> SparkSession:
        """The engine's session."""
        return self.engine.session()

    def frame(self, rows: pa.Table) -> DataFrame:
        """``rows`` as a frame, by way of a file as Clearwell writes it: without statistics that mislead."""
        return self.engine.read_parquet([self.write(rows)], rows.schema)

    def write(self, rows: pa.Table, name: str = "") -> str:
        """Write ``rows`` into one Parquet file of the folder; its path."""
        file = self.folder / f"{name or uuid4().hex}.parquet"
        pq.write_table(rows, file, write_statistics=False)
        return str(file)

    def sql(self, query: str, **tables: pa.Table) -> DataFrame:
        """The frame of ``query``, in which ``tables`` have their names."""
        for name, rows in tables.items():
            self.frame(rows).createOrReplaceTempView(name)
        return self.session.sql(query)

    @contextmanager
    def zone(self, name: str) -> Generator[None]:
        """Have the session in another time zone. Ask and collect within: frames are computed late."""
        conf = self.session.conf
        conf.set("spark.sql.session.timeZone", name)
        try:
            yield
        finally:
            conf.set("spark.sql.session.timeZone", "UTC")


def run_case(case: Case, engine: Engine, folder: Path) -> None:
    """Pass if ``engine`` gives the answer of ``case``.

    Args:
        case: One of ``CASES``, or of your own.
        engine: The engine; it stays open.
        folder: An empty folder that this process and the engine both see under the same path.

    Raises:
        WrongAnswer: other rows came, or rows where an error is right. The engine is wrong silently.
        ClearwellError: an error came where rows are right. The engine refuses, aloud.
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
    except EngineLost:
        raise
    except ClearwellError:
        return
    raise WrongAnswer(case, _show(_spell(found, ordered=case.ordered)), "an error")


def _collect(trial: Trial, case: Case, question: Ask) -> pa.Table:
    with trial.engine.work(str(case)):
        trial.engine.session()  # functions of the user's know their session by it
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
