"""What a suite's file promises, and how a wrong one is told, without Great Expectations."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.model import Scope, Severity
from clearwell.quality import load_suite
from clearwell.quality.parse import parse_suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIND = """
    # what the weather must be
    checks:
      - name: wind_speed_plausible
        expectation: expect_column_values_to_be_between
        kwargs: {column: wind_speed, max_value: 120}
        severity: warning
        why: Above any wind ever measured.
      - expectation: expect_compound_columns_to_be_unique
        kwargs:
          column_list: [origin, time_hour]
"""


def test_a_suite_has_its_checks_in_order_with_scope_severity_and_line(
    suite_file: Callable[[str], Path],
) -> None:
    suite = load_suite(suite_file(WIND))
    first, second = suite.checks
    assert suite.name == "silver_flights"
    assert (first.name, first.scope, first.severity, first.line) == (
        "wind_speed_plausible",
        Scope.ROW,
        Severity.WARNING,
        3,
    )
    assert first.why == "Above any wind ever measured."
    assert first.kwargs == {"column": "wind_speed", "max_value": 120}
    assert (second.scope, second.severity, second.why) == (Scope.TABLE, Severity.CRITICAL, None)
    assert suite.place(second, "column_list") == f"{suite.file}:10"
    assert suite.place(second) == f"{suite.file}:8"


@pytest.mark.parametrize(
    ("expectation", "kwargs", "name"),
    [
        ("expect_column_values_to_not_be_null", "{column: origin}", "origin_not_null"),
        ("expect_column_values_to_be_between", "{column: Dep Time, min_value: 0}", "dep_time_between"),
        ("expect_compound_columns_to_be_unique", "{column_list: [a, b]}", "a_b_compound_unique"),
        ("expect_table_row_count_to_be_between", "{min_value: 1}", "row_count_between"),
        ("expect_column_values_to_not_be_null", "{column: 2nd}", "check_2nd_not_null"),
    ],
)
def test_a_check_without_a_name_is_named_by_its_columns_and_expectation(
    suite_file: Callable[[str], Path], expectation: str, kwargs: str, name: str
) -> None:
    suite = load_suite(suite_file(f"checks:\n- {{expectation: {expectation}, kwargs: {kwargs}}}\n"))
    assert suite.checks[0].name == name


def test_a_share_of_the_rows_is_a_claim_about_the_table(suite_file: Callable[[str], Path]) -> None:
    text = "checks:\n- {expectation: expect_column_values_to_not_be_null, kwargs: {column: a, mostly: %s}}\n"
    assert load_suite(suite_file(text % 0.9)).checks[0].scope is Scope.TABLE
    assert load_suite(suite_file(text % 1.0)).checks[0].scope is Scope.ROW


def test_all_problems_are_found_at_once_each_with_its_line(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        check: []
        checks:
          - name: Bad-Name
            expectation: expect_column_values_to_not_be_null
            kwargs: {column: a}
          - name: one
            expection: expect_column_values_to_not_be_null
          - name: two
            expectation: expect_column_values_to_not_be_null
            kwargs:
              column: a
              severity: warning
              result_format: COMPLETE
              mostly: 0.9
            severity: waning
          - name: three
            expectation: expect_column_values_to_be_between
            kwargs: {column: a, mostly: 0.9}
            severity: warning
            why: [no]
          - just text
          - name: four
            expectation: expect_column_to_exist
            kwargs: [a]
          - name: five
            expectation: expect_column_values_to_be_between
            kwargs: {column: a, min_value: {$PARAMETER: x}, condition_parser: pandas, row_condition: 3}
    """)
    suite, problems = parse_suite(file)
    assert suite.checks == ()
    told = [(int((p.place or "").rpartition(":")[2]), p.fact, p.hint or "") for p in problems]
    assert [(line, fact) for line, fact, _ in told] == [
        (1, "a suite has no key 'check'"),
        (3, "'Bad-Name' is not a valid name for a check"),
        (7, "a check has no key 'expection'"),
        (6, "a check needs an `expectation`"),
        (15, "no severity 'waning'"),
        (12, "`severity` is not a keyword argument here"),
        (13, "`result_format` is set by Clearwell"),
        (20, "`why` must be text"),
        (18, "with `mostly` a check applies to all rows together and rejects none"),
        (21, "a check is a mapping with the key `expectation`"),
        (24, "`kwargs` must be a mapping"),
        (27, "suite parameters are not supported"),
        (27, "a row_condition is Spark SQL"),
        (27, "a row_condition must be a string of Spark SQL"),
    ]
    hints = {fact: hint for _, fact, hint in told}
    assert hints["a suite has no key 'check'"] == "did you mean 'checks'?"
    assert hints["a check has no key 'expection'"] == "did you mean 'expectation'?"
    assert hints["no severity 'waning'"] == "did you mean 'warning'?"


def test_two_checks_of_one_name_are_refused_at_the_second(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        checks:
          - {expectation: expect_column_values_to_not_be_null, kwargs: {column: a}}
          - {expectation: expect_column_values_to_not_be_null, kwargs: {column: a}}
    """)
    with pytest.raises(ProjectError, match="two checks are named 'a_not_null'") as caught:
        load_suite(file)
    assert caught.value.place == f"{file}:3"
    assert "line 2" in (caught.value.hint or "")


def test_the_name_of_the_check_that_every_table_has_is_taken(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        checks:
          - name: column_lineage
            expectation: expect_column_values_to_not_be_null
            kwargs: {column: a}
    """)
    with pytest.raises(ProjectError, match="'column_lineage' is a reserved check name") as caught:
        load_suite(file)
    assert caught.value.place == f"{file}:2"


@pytest.mark.parametrize(
    "text", ["", "[]", "checks:", "checks: []", "checks: {a: 1}", "checks: [a]\n---\nchecks: [b]"]
)
def test_a_suite_that_checks_nothing_is_refused(suite_file: Callable[[str], Path], text: str) -> None:
    with pytest.raises(ProjectError):
        load_suite(suite_file(text))


def test_reading_a_suite_imports_neither_great_expectations_nor_spark(
    suite_file: Callable[[str], Path],
) -> None:
    code = (
        "import sys, pathlib; from clearwell.quality import load_suite;"
        "load_suite(pathlib.Path(sys.argv[1]));"
        "sys.exit(bool({'great_expectations', 'pyspark', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(suite_file(WIND))], check=False).returncode == 0
