"""The part of docs/reference/suites.md that is made from the code: keys, literals, and every expectation.

Each expectation has an example, and tests/unit/quality/test_examples.py runs them all. An expectation that
Great Expectations has and this page has not is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXAMPLES", "ON_SPARK_ALONE", "record", "write_suites"]

EXAMPLES = {
    "expect_column_distinct_values_to_be_in_set": "{column: drink, value_set: [latte, espresso, mocha]}",
    "expect_column_distinct_values_to_contain_set": "{column: drink, value_set: [latte]}",
    "expect_column_distinct_values_to_equal_set": "{column: drink, value_set: [latte, espresso]}",
    "expect_column_kl_divergence_to_be_less_than": (
        "{column: drink, partition_object: {values: [latte, espresso], weights: [0.5, 0.5]}, threshold: 0.1}"
    ),
    "expect_column_max_to_be_between": "{column: paid, max_value: 100}",
    "expect_column_mean_to_be_between": "{column: paid, min_value: 2, max_value: 5.5}",
    "expect_column_median_to_be_between": "{column: wait_seconds, max_value: 300}",
    "expect_column_min_to_be_between": "{column: day, min_value: 2026-01-01}",
    "expect_column_most_common_value_to_be_in_set": "{column: drink, value_set: [latte], ties_okay: true}",
    "expect_column_pair_values_a_to_be_greater_than_b": "{column_A: wait_seconds, column_B: queue}",
    "expect_column_pair_values_to_be_equal": "{column_A: cups, column_B: served}",
    "expect_column_pair_values_to_be_in_set": (
        "{column_A: drink, column_B: cups, value_pairs_set: [[latte, 1], [latte, 2], [espresso, 1]]}"
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": "{column: queue, min_value: 0.5}",
    "expect_column_proportion_of_unique_values_to_be_between": "{column: order_id, min_value: 1}",
    "expect_column_quantile_values_to_be_between": (
        "{column: wait_seconds, quantile_ranges: {quantiles: [0.5], value_ranges: [[60, 300]]}}"
    ),
    "expect_column_stdev_to_be_between": "{column: wait_seconds, max_value: 200}",
    "expect_column_sum_to_be_between": "{column: paid, min_value: 10}",
    "expect_column_to_exist": "{column: drink}",
    "expect_column_type_to_be": "{column: drink, type_: StringType}",
    "expect_column_unique_value_count_to_be_between": "{column: drink, min_value: 2}",
    "expect_column_value_lengths_to_be_between": "{column: drink, min_value: 3, max_value: 40}",
    "expect_column_value_lengths_to_equal": "{column: drink, value: 5, row_condition: \"drink = 'latte'\"}",
    "expect_column_value_z_scores_to_be_less_than": (
        "{column: wait_seconds, threshold: 3, double_sided: true}"
    ),
    "expect_column_values_to_be_between": "{column: cups, min_value: 1, max_value: 20}",
    "expect_column_values_to_be_dateutil_parseable": "{column: drink}",
    "expect_column_values_to_be_decreasing": "{column: cups}",
    "expect_column_values_to_be_in_set": "{column: drink, value_set: [latte, espresso, flat white]}",
    "expect_column_values_to_be_in_type_list": "{column: cups, type_list: [IntegerType, LongType]}",
    "expect_column_values_to_be_increasing": "{column: order_id}",
    "expect_column_values_to_be_json_parseable": "{column: receipt}",
    "expect_column_values_to_be_null": "{column: wait_seconds, row_condition: cups = 0}",
    "expect_column_values_to_be_of_type": "{column: cups, type_: IntegerType}",
    "expect_column_values_to_be_unique": "{column: order_id}",
    "expect_column_values_to_match_json_schema": "{column: receipt, json_schema: {type: object}}",
    "expect_column_values_to_match_like_pattern": "{column: drink, like_pattern: l%}",
    "expect_column_values_to_match_like_pattern_list": "{column: drink, like_pattern_list: [l%]}",
    "expect_column_values_to_match_regex": "{column: drink, regex: '^[a-z ]+$'}",
    "expect_column_values_to_match_regex_list": "{column: drink, regex_list: ['^latte', '^espresso']}",
    "expect_column_values_to_match_strftime_format": "{column: month, strftime_format: '%Y-%m'}",
    "expect_column_values_to_not_be_in_set": "{column: drink, value_set: [tea]}",
    "expect_column_values_to_not_be_null": "{column: order_id}",
    "expect_column_values_to_not_be_outliers": "{column: wait_seconds, method: iqr, multiplier: 3}",
    "expect_column_values_to_not_match_like_pattern": "{column: drink, like_pattern: t%}",
    "expect_column_values_to_not_match_like_pattern_list": "{column: drink, like_pattern_list: [t%]}",
    "expect_column_values_to_not_match_regex": "{column: drink, regex: '[0-9]'}",
    "expect_column_values_to_not_match_regex_list": "{column: drink, regex_list: ['[0-9]', '^ ']}",
    "expect_compound_columns_to_be_unique": "{column_list: [day, order_id]}",
    "expect_multicolumn_sum_to_equal": "{column_list: [cups, queue], sum_total: 3}",
    "expect_multicolumn_values_to_be_equal": "{column_list: [cups, served]}",
    "expect_query_results_to_match_comparison": (
        "{base_query: SELECT 1, comparison_data_source_name: other, comparison_query: SELECT 1}"
    ),
    "expect_select_column_values_to_be_unique_within_record": "{column_list: [order_id, wait_seconds]}",
    "expect_table_column_count_to_be_between": "{min_value: 5, max_value: 20}",
    "expect_table_column_count_to_equal": "{value: 10}",
    "expect_table_columns_to_match_ordered_list": (
        "{column_list: [order_id, day, drink, cups, served, queue, paid, wait_seconds, receipt, month]}"
    ),
    "expect_table_columns_to_match_set": "{column_set: [order_id, drink], exact_match: false}",
    "expect_table_row_count_to_be_between": "{min_value: 1}",
    "expect_table_row_count_to_equal": "{value: 4}",
    "expect_table_row_count_to_equal_other_table": "{other_table_name: bronze_orders}",
    "unexpected_rows_expectation": '{unexpected_rows_query: "SELECT * FROM {batch} WHERE cups > 20"}',
}
"""By expectation: keyword arguments that are right for the table of orders on the page."""

ON_SPARK_ALONE = {"expect_column_quantile_values_to_be_between"}
"""What the embedded engine cannot evaluate."""


def write_suites() -> Iterator[str]:
    """The tables; raises ValueError for an expectation without an example, and for one that is not there."""
    from clearwell.quality.schema import suite_schema

    check = suite_schema()["properties"]["checks"]["items"]["properties"]
    yield "## Keys of a check\n"
    yield "| key | meaning |"
    yield "| --- | --- |"
    for key, part in check.items():
        needed = " Required." if key == "expectation" else ""
        yield f"| `{key}` | {_cell(part['description'])}{needed} |"
    yield "\n## Severities\n"
    yield "| severity | when the check fails |"
    yield "| --- | --- |"
    for part in check["severity"]["anyOf"]:
        default = " The default." if part["const"] == check["severity"]["default"] else ""
        yield f"| `{part['const']}` | {part['description']}{default} |"
    yield from _literals()
    yield from _expectations({part["const"]: part["description"] for part in check["expectation"]["anyOf"]})


def _literals() -> Iterator[str]:
    """The table of the module's docstring."""
    import clearwell.quality.literals as module

    yield "\n## Literals by the type of their column\n"
    yield "| type of the column | what a literal is |"
    yield "| --- | --- |"
    for line in (module.__doc__ or "").splitlines():
        if line.startswith("    "):
            kinds, _, meaning = line.strip().partition("  ")
            yield f"| {kinds} | {_cell(meaning)} |"


def _expectations(known: dict[str, str]) -> Iterator[str]:
    from clearwell.model import Scope
    from clearwell.quality import suite_of
    from clearwell.quality.expectations import problems_of
    from clearwell.quality.fit import NEEDS

    if wrong := sorted(known.keys() ^ EXAMPLES.keys()):
        raise ValueError(f"expectations without an example, or examples of none: {', '.join(wrong)}")
    suite = suite_of("examples", (record(name) for name in sorted(EXAMPLES)))
    yield "\n## Expectations\n"
    yield "| expectation | what must hold | applies to | example of `kwargs` |"
    yield "| --- | --- | --- | --- |"
    for check in suite.checks:
        kind = check.expectation
        where = "each row" if check.scope is Scope.ROW else "the table"
        if kind in ON_SPARK_ALONE:
            where += "; with `--engine spark` or a cluster"
        if problems := problems_of(check, suite):
            where = f"refused: {problems[0].fact.partition(': ')[2].replace(f'no {kind}', 'none')}"
        types = f" Needs {NEEDS[kind][1]}." if kind in NEEDS else ""
        said = known[kind].removesuffix(".").split(". ")[0]
        yield f"| `{kind}` | {_cell(said)}.{types} | {where} | `{_cell(EXAMPLES[kind])}` |"


def record(expectation: str) -> dict[str, Any]:
    """The example of an expectation as a check of a suite."""
    return {
        "name": expectation,
        "expectation": expectation,
        "kwargs": yaml.safe_load(EXAMPLES[expectation]),
        "severity": "critical",
        "why": None,
        "line": 0,
    }


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
