"""Find every problem of a suite that shows without data, including those that Great Expectations knows."""

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
    """The problems of the suite in ``file``, ordered by line; none if it is valid.

    Args:
        file: The suite's YAML file.
        columns: The columns of the table, if known: then a check of any other column is a problem.
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
