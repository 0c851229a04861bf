"""What a suite is known by: a fingerprint that follows its meaning, and records that JSON can hold."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.model import Scope, Severity
from clearwell.quality import Check, Suite, load_suite, suite_of
from clearwell.quality.suites import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = """
    checks:
      - name: a_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: a, min_value: 0, max_value: 10}
        severity: warning
        why: It is small.
      - name: b_known
        expectation: expect_column_values_to_be_in_set
        kwargs: {column: b, value_set: [2013-10-31, x]}
"""


def test_comments_order_and_wording_do_not_change_the_fingerprint(suite_file: Callable[[str], Path]) -> None:
    before = load_suite(suite_file(TEXT)).fingerprint()
    other = """
        # another file
        checks:
          - kwargs: {value_set: [2013-10-31, x], column: b}
            expectation: expect_column_values_to_be_in_set
            severity: critical
            name: b_known

          - name: a_small
            expectation: expect_column_values_to_be_between
            kwargs: {max_value: 10, column: a, min_value: 0}
            severity: warning
            why: It is very small.
    """
    assert load_suite(suite_file(other)).fingerprint() == before


@pytest.mark.parametrize(
    ("this", "that"),
    [
        ("a_small", "a_little"),
        ("max_value: 10", "max_value: 11"),
        ("severity: warning", "severity: critical"),
        ("to_be_in_set", "to_not_be_in_set"),
        ("2013-10-31", '"2013-10-31"'),
        ("column: b", "column: c"),
    ],
)
def test_whatever_could_judge_otherwise_changes_it(
    suite_file: Callable[[str], Path], this: str, that: str
) -> None:
    before = load_suite(suite_file(TEXT)).fingerprint()
    assert load_suite(suite_file(TEXT.replace(this, that))).fingerprint() != before


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.binary()
    | st.sets(st.integers()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcxyz", min_size=1), inner),
    max_leaves=10,
)


@given(
    kwargs=st.dictionaries(st.sampled_from(["column", "value_set", "min_value", "mostly"]), values),
    expectation=st.sampled_from(["expect_column_values_to_be_in_set", "expect_column_max_to_be_between"]),
    severity=st.sampled_from(Severity),
)
def test_a_recorded_check_comes_back_the_same(
    kwargs: dict[str, object], expectation: str, severity: Severity
) -> None:
    scope = scope_of(expectation, kwargs)
    check = Check("c", expectation, kwargs, severity, None, scope, line=7)
    suite = suite_of("silver_flights", json.loads(json.dumps([check.record()])))
    assert suite.checks == (check,)
    assert suite.fingerprint() == Suite("other", suite.file, (check,)).fingerprint()
    assert suite.place(suite.checks[0]) == "silver_flights:7"


def test_the_columns_of_a_check_are_those_that_must_exist() -> None:
    def columns(expectation: str, **kwargs: object) -> list[str]:
        check = Check("c", expectation, kwargs, Severity.INFO, None, Scope.TABLE, line=1)
        return list(check.columns)

    assert columns("expect_column_values_to_not_be_null", column="a", value=date(2013, 1, 1)) == ["a"]
    assert columns("expect_column_pair_values_to_be_equal", column_A="a", column_B="b") == ["a", "b"]
    assert columns("expect_compound_columns_to_be_unique", column_list=["a", "b"]) == ["a", "b"]
    assert columns("expect_column_to_exist", column="a") == []
    assert columns("expect_table_columns_to_match_ordered_list", column_list=["a"]) == []
