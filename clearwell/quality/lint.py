"""Every problem of a suite that can be found without data, Great Expectations asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.errors import ProjectError
from clearwell.quality.expectations import problems_of, unknown_columns
from clearwell.quality.parse import parse_suite

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["check_suite"]


def check_suite(file: Path, columns: Collection[str] | None = None) -> list[ProjectError]:
    """The problems of the suite in ``file``, in the order of its lines; none when it is well.

    Args:
        file: The suite's YAML file.
        columns: The columns of the table, when they are known: then a check of another is a problem.
    """
    try:
        suite, problems = parse_suite(file)
    except ProjectError as error:
        return [error]
    for check in suite.checks:
        problems += problems_of(check, suite)
        if columns is not None:
            problems += unknown_columns(check, suite, columns)
    return sorted(problems, key=_line)


def _line(problem: ProjectError) -> int:
    return int((problem.place or ":0").rpartition(":")[2])
