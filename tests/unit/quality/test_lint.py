"""What ``clearwell check`` finds in a suite: everything at once, each with its line and a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.quality import check_suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.errors import ProjectError


def lines(problems: list[ProjectError]) -> list[tuple[int, str, str | None]]:
    return [(int((p.place or "").rpartition(":")[2]), p.fact, p.hint) for p in problems]


def test_a_good_suite_has_no_problem(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        checks:
          - expectation: expect_column_values_to_be_between
            kwargs: {column: a, min_value: 2013-01-01, row_condition: "b > 0"}
          - expectation: expect_column_pair_values_a_to_be_greater_than_b
            kwargs: {column_A: a, column_B: b, or_equal: true, ignore_row_if: either_value_is_missing}
          - expectation: expect_compound_columns_to_be_unique
            kwargs: {column_list: [a, b], mostly: 0.99}
          - expectation: expect_column_median_to_be_between
            kwargs: {column: a, min_value: 1}
          - expectation: unexpected_rows_expectation
            kwargs: {unexpected_rows_query: "SELECT * FROM {batch} WHERE a > b"}
          - expectation: expect_column_to_exist
            kwargs: {column: c}
    """)
    assert check_suite(file, ["a", "b"]) == []


def test_wrong_names_of_every_kind_are_found_in_one_go(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        checks:
          - name: one
            expectation: expect_column_values_to_be_betwen
            kwargs: {column: a}
          - name: two
            expectation: ExpectColumnValuesToNotBeNull
            kwargs: {column: a}
          - name: three
            expectation: expect_column_values_to_be_between
            kwargs:
              column: dep_tim
              max_valu: 3
          - name: num
            expectation: expect_column_values_to_be_between
            kwargs: {column: a, max_value: tall}
          - name: five
            expectation: expect_column_values_to_not_be_null
          - name: six
            expectation: expect_column_median_to_be_between
            kwargs: {column: a, min_value: 9007199254740993}
          - name: seven
            severity: fatal
            expectation: expect_column_values_to_not_be_null
    """)
    found = lines(check_suite(file, ["a", "dep_time"]))
    facts = [(line, fact) for line, fact, _ in found]
    not_a_bound = "value is not a valid float; invalid date format; invalid datetime format"
    assert facts == [
        (3, "check 'one': no expectation 'expect_column_values_to_be_betwen'"),
        (6, "check 'two': no expectation 'ExpectColumnValuesToNotBeNull'"),
        (11, "check 'three': no column 'dep_tim'"),
        (12, "check 'three': expect_column_values_to_be_between has no keyword argument 'max_valu'"),
        (
            15,
            f"check 'num': max_value: {not_a_bound}",
        ),
        (16, "check 'five': column: field required"),
        (20, "check 'six': min_value 9007199254740993 would be rounded to 9007199254740992.0"),
        (22, "no severity 'fatal'"),
    ]
    hints = [hint for _, _, hint in found]
    assert hints[0] == "did you mean 'expect_column_values_to_be_between'?"
    assert hints[1] == "did you mean 'expect_column_values_to_not_be_null'?"
    assert hints[2] == "did you mean 'dep_time'?"
    assert hints[3] == "did you mean 'max_value'?"


def test_a_bound_less_range_is_one_problem(suite_file: Callable[[str], Path]) -> None:
    text = "checks:\n- {name: a, expectation: expect_column_values_to_be_between, kwargs: {column: a}}\n"
    assert lines(check_suite(suite_file(text))) == [
        (2, "check 'a': min_value and max_value cannot both be None", None)
    ]


@pytest.mark.parametrize(
    ("expectation", "kwargs"),
    [
        ("expect_column_values_to_match_like_pattern", "{column: a, like_pattern: x%}"),
        ("expect_column_values_to_not_match_like_pattern_list", "{column: a, like_pattern_list: [x%]}"),
        ("expect_column_values_to_be_dateutil_parseable", "{column: a}"),
        ("expect_table_row_count_to_equal_other_table", "{other_table_name: b}"),
    ],
)
def test_what_great_expectations_has_not_for_spark_is_refused(
    suite_file: Callable[[str], Path], expectation: str, kwargs: str
) -> None:
    file = suite_file(f"checks:\n- {{name: a, expectation: {expectation}, kwargs: {kwargs}}}\n")
    ((line, fact, _),) = lines(check_suite(file))
    assert (line, fact) == (2, f"check 'a': Great Expectations has no {expectation} for Spark")


@pytest.mark.parametrize("way", ["increasing", "decreasing"])
def test_an_order_of_rows_is_refused_with_what_to_write_instead(
    suite_file: Callable[[str], Path], way: str
) -> None:
    check = f"{{name: a, expectation: expect_column_values_to_be_{way}, kwargs: {{column: x}}}}"
    ((line, fact, hint),) = lines(check_suite(suite_file(f"checks:\n- {check}\n")))
    assert (line, fact) == (2, "check 'a': rows of a table have no order, so no value comes before another")
    assert "ORDER BY COLUMN" in (hint or "")


def test_a_file_that_is_no_yaml_is_one_problem(suite_file: Callable[[str], Path]) -> None:
    ((line, fact, _),) = lines(check_suite(suite_file("checks:\n- {a: [\n")))
    assert line >= 2
    assert "not well-formed YAML" in fact


def test_columns_are_not_asked_when_they_are_not_known(suite_file: Callable[[str], Path]) -> None:
    file = suite_file(
        "checks:\n- {expectation: expect_column_values_to_not_be_null, kwargs: {column: s.x}}\n"
    )
    assert check_suite(file) == []
    assert check_suite(file, ["s"]) == []
    assert len(check_suite(file, ["t"])) == 1


def test_a_misspelt_argument_beside_a_good_one_is_found(suite_file: Callable[[str], Path]) -> None:
    file = suite_file("""
        checks:
          - name: one
            expectation: expect_column_values_to_be_between
            kwargs: {column: a, minvalue: 1, max_value: 3}
            severity: {critical: true}
    """)
    assert [fact for _, fact, _ in lines(check_suite(file))] == ["no severity {'critical': True}"]
    file.write_text(file.read_text().replace("{critical: true}", "critical"))
    ((_, fact, hint),) = lines(check_suite(file))
    assert "no keyword argument 'minvalue'" in fact
    assert hint == "did you mean 'min_value'?"
