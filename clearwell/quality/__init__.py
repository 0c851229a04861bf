"""Quality: suites of Great Expectations, checked row by row in the pass that stages a batch, then as a table.

Great Expectations is imported when the first check runs or is linted, never by reading a suite.
"""

from __future__ import annotations

from clearwell.quality.conditions import count_failures, row_conditions
from clearwell.quality.explain.redaction import WITHHELD, is_personal, shown_value
from clearwell.quality.explain.samples import sample_failures
from clearwell.quality.explain.wording import failure_of
from clearwell.quality.lint import check_suite
from clearwell.quality.parse import load_suite
from clearwell.quality.suites import Check, Suite, suite_of
from clearwell.quality.verdicts import judge_rows, judge_table

__all__ = [
    "WITHHELD",
    "Check",
    "Suite",
    "check_suite",
    "count_failures",
    "failure_of",
    "is_personal",
    "judge_rows",
    "judge_table",
    "load_suite",
    "row_conditions",
    "sample_failures",
    "shown_value",
    "suite_of",
]
