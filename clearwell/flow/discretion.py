"""What is told of an error of a table with personal columns: all but the words of others.

An engine, a library and a user's function may quote any value, in any form, and no pattern finds a name. So
these words are withheld from the terminal, from Dagster's log and from alerts, wherever the table or an input
of it has personal columns. What was done, the kind of error, its place and the next step are ours, and stay.
The whole text with its traceback goes to LAKE/errors/DAY.log, which only its owner can read.
"""

from __future__ import annotations

import logging
import os
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.errors import ClearwellError
from clearwell.names import ERRORS
from clearwell.project.personal_data import PersonalData
from clearwell.project.specs import CuratedSpec, DatasetSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from clearwell.project.load import Project
    from clearwell.tables import Lake

__all__ = ["UnexpectedError", "discreet", "discreetly"]

_log = logging.getLogger("clearwell")


class UnexpectedError(Exception):
    """An error that nobody foresaw, by its class and its place alone."""


def discreet(project: Project | None, lake: Lake, spec: object, error: Exception) -> Exception:
    """``error``, or where its step has to do with personal columns, what may be told of it.

    ``spec`` is that of the step; of work on several tables it is a list of their names.
    It has no cause then, because whoever shows an error shows its causes.
    """
    quotes = not isinstance(error, ClearwellError) or error.quotes or error.__cause__ or error.__context__
    if not quotes or not _has_personal_data(project, lake, spec):
        return error
    file = _keep(lake.root / ERRORS, error)
    whole = f"its whole text: {file}" if file else "its text could not be kept"
    if not isinstance(error, ClearwellError):
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return UnexpectedError(f"{type(error).__name__}{place}; {whole}")
    hint = "; ".join(part for part in (error.hint, whole) if part) if error.quotes else error.hint
    told = type(error)(error.own_fact, place=error.place, hint=hint)
    for name in ("result", "again"):
        if name in vars(error):
            setattr(told, name, getattr(error, name))
    return told


@contextmanager
def discreetly(
    project: Callable[[], Project | None], lake: Lake, tables: Iterable[object]
) -> Generator[None]:
    """Errors of work on ``tables`` outside of a step are told as those of a run are.

    ``project`` is asked after an error; None: which columns are personal is not known, so all may be.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - of any kind, for it may quote a row
        raise discreet(project(), lake, [*tables], error) from None


def _has_personal_data(project: Project | None, lake: Lake, spec: object) -> bool:
    """Whether a table that the step of ``spec`` reads or writes has personal columns, as far as is known."""
    if project is None:
        return True
    match spec:
        case TableSpec():
            tables = [str(table) for table in (spec.bronze_table, spec.silver_table) if table]
        case CuratedSpec():
            tables = [str(spec.table), *spec.inputs]
        case DatasetSpec():
            tables = [spec.from_table]
        case [*names]:
            tables = [str(name) for name in names]
        case _:
            return False
    try:
        return bool(PersonalData.of(project, lake).of_all(tables))
    except ClearwellError:  # the lineage cannot be read: it is not known to be harmless
        return True


def _keep(folder: Path, error: Exception) -> Path | None:
    """Add the whole error to the file of the day; None if that is not possible."""
    now = datetime.now(UTC)
    file = folder / f"{now.date().isoformat()}.log"
    text = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write(f"{now.isoformat(timespec='seconds')} {text}\n")
    except OSError as why:
        _log.warning("the whole text of an error could not be kept: %s", why)
        return None
    return file
