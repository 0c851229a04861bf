"""Every expectation, type of column and literal: Clearwell says what Great Expectations says on pandas.

pandas has the values as Python has them (integers, decimals and times, of any size), and gets each literal as
what it means in its column. ``ROWS`` and ``OTHERWISE`` say where pandas needs other rows or literals than
Clearwell, and why; each reason is tried.
"""

from __future__ import annotations

import math
import time
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pytest
import yaml

from clearwell.errors import ProjectError
from clearwell.model import Scope
from clearwell.quality import Suite, count_failures, judge_table, row_conditions, suite_of
from clearwell.quality.fit import COMPARED, fit
from clearwell.quality.suites import ROW_EXPECTATIONS
from tests.unit.quality.pandas_peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

BIG = 2**53 + 1
"""A double rounds it, to this:"""
EVEN = 2**53
HUGE = 10**37 + 1
DAY, MIDNIGHT, SEVEN, EIGHT = (
    date(2013, 10, 31),
    *(datetime(2013, 10, 31, hour) for hour in (0, 7, 8)),
)


def single(value: float) -> float:
    return pa.scalar(value, pa.float32()).as_py()


COLUMNS: dict[str, list[Any]] = {
    "boolean": [True, False, True, None, True],
    "tinyint": [1, 2, 3, None, 3],
    "smallint": [1, 2, 3, None, 3],
    "int": [1, 2, 3, None, 3],
    "bigint": [BIG, 3, -BIG, None, 3],
    "float": [single(2.9), 2.5, 3.0, None, 3.0],
    "double": [2.9, 0.5, 3.0, None, 3.0],
    "decimal(10,2)": [Decimal("2.90"), Decimal("0.10"), Decimal("3.00"), None, Decimal("3.00")],
    "decimal(38,0)": [Decimal(HUGE), Decimal(3), Decimal(HUGE + 2), None, Decimal(3)],
    "string": ["a", "2.90", "2013-10-31", None, "2.90"],
    "date": [date(2013, 10, 30), DAY, date(2013, 11, 1), None, DAY],
    "timestamp": [MIDNIGHT, SEVEN, EIGHT, None, SEVEN],
    "timestamp_ntz": [MIDNIGHT, SEVEN, EIGHT, None, SEVEN],
    "binary": [b"a", b"b", b"", None, b"b"],
}

WHOLE = {"3": 3, "'3'": 3}
TIMES = {"2013-10-31": MIDNIGHT, "'2013-10-31'": MIDNIGHT, "2013-10-31 07:00:00": SEVEN}
ZONED = {"2013-10-31T12:45:00+05:45": SEVEN, "'2013-10-31 07:00:00Z'": SEVEN}
MEANS: dict[str, dict[str, Any]] = {
    "boolean": {"true": True},
    "tinyint": WHOLE,
    "smallint": WHOLE,
    "int": WHOLE,
    "bigint": WHOLE | {str(BIG): BIG, str(EVEN): EVEN},
    "float": WHOLE | {str(EVEN): float(EVEN), "2.9": single(2.9), "'2.90'": single(2.9), ".inf": math.inf},
    "double": WHOLE | {str(EVEN): float(EVEN), "2.9": 2.9, "'2.90'": 2.9, ".inf": math.inf},
    "decimal(10,2)": WHOLE | {"2.9": Decimal("2.9"), "'2.90'": Decimal("2.9")},
    "decimal(38,0)": WHOLE | {str(BIG): BIG, str(EVEN): EVEN},
    "string": {
        text: text.strip("'") for text in ("a", "'3'", "'2.90'", "'2013-10-31'", "'2013-10-31 07:00:00Z'")
    },
    "date": {"2013-10-31": DAY, "'2013-10-31'": DAY},
    "timestamp": TIMES | ZONED,
    "timestamp_ntz": TIMES,
    "binary": {"!!binary YQ==": b"a"},
}
"""What a literal is in a column of a type. What is not here is refused."""

ALONE = {str(BIG): BIG, str(EVEN): EVEN, ".inf": math.inf}
BETWEEN = {"2.9": Decimal("2.9"), "'2.90'": Decimal("2.9")} | ALONE
BOUNDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), BETWEEN),
    "decimal(10,2)": ALONE,
    "decimal(38,0)": {".inf": math.inf},
}
"""What no value of the type is, and can be a bound of one."""

LITERALS = sorted({text for means in (*MEANS.values(), *BOUNDS.values()) for text in means})

FORMS: dict[str, tuple[str, ...]] = {
    "expect_column_values_to_be_between": (
        "{column: c, min_value: LITERAL}",
        "{column: c, max_value: LITERAL}",
        "{column: c, max_value: LITERAL, strict_max: true}",
    ),
    "expect_column_max_to_be_between": ("{column: c, max_value: LITERAL}",),
    "expect_column_min_to_be_between": ("{column: c, min_value: LITERAL, strict_min: true}",),
    "expect_column_sum_to_be_between": ("{column: c, max_value: LITERAL}",),
    "expect_column_mean_to_be_between": ("{column: c, min_value: LITERAL}",),
    "expect_column_values_to_be_in_set": ("{column: c, value_set: [LITERAL, null]}",),
    "expect_column_values_to_not_be_in_set": ("{column: c, value_set: [null, LITERAL]}",),
    "expect_column_distinct_values_to_be_in_set": ("{column: c, value_set: [LITERAL]}",),
    "expect_column_distinct_values_to_contain_set": ("{column: c, value_set: [LITERAL]}",),
    "expect_column_distinct_values_to_equal_set": ("{column: c, value_set: [LITERAL]}",),
    "expect_column_most_common_value_to_be_in_set": ("{column: c, value_set: [LITERAL]}",),
    "expect_column_pair_values_to_be_in_set": (
        "{column_A: c, column_B: d, value_pairs_set: [[LITERAL, LITERAL], [LITERAL, null]]}",
    ),
    "expect_multicolumn_sum_to_equal": ("{column_list: [c, d], sum_total: LITERAL}",),
    "expect_column_kl_divergence_to_be_less_than": (
        "{column: c, tail_weight_holdout: 0.5, partition_object: {values: [LITERAL], weights: [1]}}",
    ),
}
"""Every expectation that compares values with literals."""

ALL = tuple(COLUMNS)
BOUNDED = (
    "expect_column_values_to_be_between",
    "expect_column_max_to_be_between",
    "expect_column_min_to_be_between",
)
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(38,0)")
TEXT = ("string",)
LONG = ("string", "binary")
PLAIN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "expect_column_values_to_be_null": (ALL, ("{column: c}",)),
    "expect_column_values_to_not_be_null": (ALL, ("{column: c}",)),
    "expect_column_values_to_be_unique": (ALL, ("{column: c}",)),
    "expect_column_unique_value_count_to_be_between": (ALL, ("{column: c, min_value: 4}",)),
    "expect_column_proportion_of_unique_values_to_be_between": (ALL, ("{column: c, min_value: 0.9}",)),
    "expect_column_proportion_of_non_null_values_to_be_between": (ALL, ("{column: c, min_value: 0.9}",)),
    "expect_column_pair_values_to_be_equal": (ALL, ("{column_A: c, column_B: d}",)),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        ALL,
        ("{column_A: c, column_B: d}", "{column_A: c, column_B: d, or_equal: true}"),
    ),
    "expect_multicolumn_values_to_be_equal": (ALL, ("{column_list: [c, d]}",)),
    "expect_select_column_values_to_be_unique_within_record": (ALL, ("{column_list: [c, d]}",)),
    "expect_compound_columns_to_be_unique": (ALL, ("{column_list: [c, d]}",)),
    "expect_column_stdev_to_be_between": (NUMBERS, ("{column: c, min_value: 1}",)),
    "expect_column_median_to_be_between": (NUMBERS, ("{column: c, min_value: 2.95}",)),
    "expect_column_value_lengths_to_equal": (LONG, ("{column: c, value: 1}",)),
    "expect_column_value_lengths_to_be_between": (LONG, ("{column: c, min_value: 1, max_value: 4}",)),
    "expect_column_values_to_match_regex": (TEXT, ("{column: c, regex: '^[a2]'}",)),
    "expect_column_values_to_not_match_regex": (TEXT, ("{column: c, regex: '9'}",)),
    "expect_column_values_to_match_regex_list": (TEXT, ("{column: c, regex_list: ['9', a]}",)),
    "expect_column_values_to_not_match_regex_list": (TEXT, ("{column: c, regex_list: ['9', b]}",)),
    "expect_column_values_to_match_strftime_format": (TEXT, ("{column: c, strftime_format: '%Y-%m-%d'}",)),
    "expect_column_values_to_be_json_parseable": (TEXT, ("{column: c}",)),
}
"""Every other expectation on values, and the types that it can judge."""

NOT_COMPARED = {
    "expect_column_quantile_values_to_be_between": "Sail has no quantiles",
    "expect_column_values_to_not_be_outliers": "Sail has no quantiles",
    "expect_column_value_z_scores_to_be_less_than": "its Spark condition divides by a window of all rows",
    "expect_column_values_to_be_increasing": "refused: rows of a table have no order",
    "expect_column_values_to_be_decreasing": "refused: rows of a table have no order",
    "expect_column_values_to_be_of_type": "its types are those of the engine",
    "expect_column_values_to_be_in_type_list": "its types are those of the engine",
    "expect_column_type_to_be": "its types are those of the engine",
    "expect_column_values_to_match_json_schema": "it has no verdict where a text is no JSON",
    "expect_query_results_to_match_comparison": "it needs a second source",
    "unexpected_rows_expectation": "its query is SQL",
}

ORDERED = (*NUMBERS, "date", "timestamp", "timestamp_ntz")
JUDGES = {
    "expect_column_values_to_be_between": ORDERED,
    "expect_column_max_to_be_between": ORDERED,
    "expect_column_min_to_be_between": ORDERED,
    "expect_column_sum_to_be_between": NUMBERS,
    "expect_column_mean_to_be_between": NUMBERS,
    "expect_multicolumn_sum_to_equal": NUMBERS,
} | {name: types for name, (types, _) in PLAIN.items()}
"""The types that an expectation can judge; those that are not here judge all."""

REFUSED = {("expect_multicolumn_sum_to_equal", "decimal(38,0)"): "a sum of two needs 39 digits"}

WIDE = {("expect_column_median_to_be_between", kind) for kind in ("bigint", "decimal(38,0)")}
"""What is refused where the values are wider than doubles: see test_statistics.py."""

ROUNDED = {("expect_column_sum_to_be_between", "decimal(38,0)"): "pandas adds decimals as doubles"}
"""What pandas observes with fewer digits than Clearwell."""

Rows = list[tuple[Any, Any]]


def whole_rows(rows: Rows) -> Rows:
    return [row for row in rows if None not in row]


def with_value(rows: Rows) -> Rows:
    return [row for row in rows if row[0] is not None]


def zero_for_null(rows: Rows) -> Rows:
    return [(c or 0, d or 0) for c, d in rows]


ROWS: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "expect_column_max_to_be_between": (with_value, "pandas compares None with dates"),
    "expect_column_min_to_be_between": (with_value, "pandas compares None with dates"),
    "expect_column_mean_to_be_between": (with_value, "pandas divides decimals by the number of all rows"),
    "expect_column_stdev_to_be_between": (with_value, "pandas has no deviation of None"),
    "expect_column_sum_to_be_between": (with_value, "pandas adds None to decimals"),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        whole_rows,
        "for pandas None is not greater: it fails",
    ),
    "expect_multicolumn_sum_to_equal": (
        zero_for_null,
        "NULL counts as zero in SQL, and has no sum on pandas",
    ),
}
"""Expectations that pandas gets other rows for, and why: each reason is tried below."""


class Cell(NamedTuple):
    """A check of the table, and its literal as it is written; None where it has none."""

    expectation: str
    template: str
    literal: str | None

    def kwargs(self, value: Any = None) -> dict[str, Any]:
        """Its keyword arguments, with ``value`` for the literal."""
        if self.literal is None or value is None:
            return yaml.safe_load(self.template.replace("LITERAL", self.literal or ""))
        return replaced(yaml.safe_load(self.template), value)


def replaced(part: Any, value: Any) -> Any:
    if isinstance(part, dict):
        return {key: replaced(item, value) for key, item in part.items()}
    if isinstance(part, list):
        return [replaced(item, value) for item in part]
    return value if part == "LITERAL" else part


CELLS = [
    *(Cell(name, form, text) for name, forms in FORMS.items() for form in forms for text in LITERALS),
    *(Cell(name, form, None) for name, (_, forms) in PLAIN.items() for form in forms),
]


def meaning(cell: Cell, kind: str) -> Any:
    """What its literal is in a column of this type; raises KeyError where the check is refused."""
    if kind not in JUDGES.get(cell.expectation, ALL):
        raise KeyError(kind)
    if cell.literal is None:
        return None
    if (cell.expectation, kind) in REFUSED:
        raise KeyError(kind)
    bounds = {"min_value", "max_value", "sum_total"} & {*COMPARED[cell.expectation]}
    return (MEANS[kind] | (BOUNDS.get(kind, {}) if bounds else {}))[cell.literal]


def rows_of(kind: str) -> Rows:
    values = COLUMNS[kind]
    return list(zip(values, [*values[1:], values[0]], strict=True))


def peer_of(rows: Rows) -> Peer:
    return Peer({"c": [c for c, _ in rows], "d": [d for _, d in rows]})


def suite_with(cells: list[Cell]) -> Suite:
    whole = {"severity": "warning", "why": None, "line": 1}
    records = [
        whole | {"name": f"check_{n}", "expectation": cell.expectation, "kwargs": cell.kwargs()}
        for n, cell in enumerate(cells)
    ]
    return suite_of("s", records)


@pytest.fixture(scope="module")
def frames(engine: Engine) -> Iterator[dict[str, DataFrame]]:
    with engine.work("a test"):
        session = engine.session()
        yield {kind: session.createDataFrame(rows_of(kind), f"c {kind}, d {kind}") for kind in COLUMNS}


def verdicts(suite: Suite, frame: DataFrame) -> list[tuple[bool, int | None, Any]]:
    """Clearwell's, in the suite's order: whether it holds, how many rows fail, what was observed."""
    _, failing = count_failures(frame, row_conditions(suite, frame))
    results = {result.name: result for result in judge_table(suite, frame)}
    found: list[tuple[bool, int | None, Any]] = []
    for check in suite.checks:
        if check.scope is Scope.ROW:
            found.append((not failing[check.name], failing[check.name], None))
        else:
            result = results[check.name]
            found.append((result.success, result.unexpected_count, result.observed))
    return found


def told(value: Any, *, rounded: bool = False) -> Any:
    """An observation in a form that both have: numbers as fractions, times as text, lists in one order."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return sorted((told(item) for item in value), key=str)
    try:
        return Fraction(Decimal(f"{float(value):.12g}" if rounded else str(value)))
    except (InvalidOperation, OverflowError, TypeError, ValueError):
        return None if value is None else str(value)


def observed(result: dict[str, Any]) -> Any:
    if result.get("observed_value") is not None:
        return result["observed_value"]
    lists = {
        "unexpected": result.get("partial_unexpected_list"),
        "missing": result.get("partial_missing_list"),
    }
    return {key: values for key, values in lists.items() if values} or None


def refused(cell: Cell, kind: str) -> bool:
    try:
        meaning(cell, kind)
    except KeyError:
        return True
    return False


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_literal_means_what_its_column_makes_of_it(frames: dict[str, DataFrame], kind: str) -> None:
    suite = suite_with(CELLS)
    wrong: list[Any] = []
    for cell, check in zip(CELLS, suite.checks, strict=True):
        try:
            fitted = fit(check, suite, frames[kind])
        except ProjectError as error:
            fits = refused(cell, kind) and f"check {check.name!r}: " in error.fact and error.hint
            wrong += [] if fits else [(cell, error.fact, error.hint)]
            continue
        if refused(cell, kind) or fitted != expected(cell, kind):
            wrong.append((cell, fitted))
    assert not wrong, "\n".join(map(str, wrong))


def expected(cell: Cell, kind: str) -> dict[str, Any]:
    """The keyword arguments that have its literal, with its meaning; NULL is dropped from sets."""
    kwargs = cell.kwargs(meaning(cell, kind))
    found = {key: kwargs[key] for key in COMPARED.get(cell.expectation, ()) if key in kwargs}
    if "value_set" in found:
        found["value_set"] = [item for item in found["value_set"] if item is not None]
    if "value_pairs_set" in found:
        found["value_pairs_set"] = [tuple(pair) for pair in found["value_pairs_set"]]
    return found


@pytest.mark.variants
@pytest.mark.parametrize("kind", sorted(COLUMNS, key=lambda kind: kind != "decimal(10,2)"))
def test_a_check_says_what_pandas_says(frames: dict[str, DataFrame], kind: str) -> None:
    judged = {
        (cell.template, cell.expectation, repr(meaning(cell, kind))): cell
        for cell in CELLS
        if not refused(cell, kind) and (cell.expectation, kind) not in WIDE
    }
    cells = [*judged.values()]
    peers = {
        change: peer_of(change(rows_of(kind))) for change in (list, whole_rows, with_value, zero_for_null)
    }
    wrong: list[Any] = []
    for cell, (holds, failing, seen) in zip(cells, verdicts(suite_with(cells), frames[kind]), strict=True):
        peer = peers[ROWS[cell.expectation][0] if cell.expectation in ROWS else list]
        theirs = peer.judge(cell.expectation, cell.kwargs(), compared(cell, kind))
        if theirs.error or (holds, failing) != (theirs.success, theirs.unexpected):
            wrong.append((cell, holds, failing, theirs))
        elif cell.expectation not in ROW_EXPECTATIONS and kind != "binary":  # Clearwell shows no bytes
            rounded = "mean" in cell.expectation or "stdev" in cell.expectation
            same = told(seen, rounded=rounded) == told(observed(theirs.observed or {}), rounded=rounded)
            if same is ((cell.expectation, kind) in ROUNDED):
                wrong.append((cell, seen, theirs))
    assert not wrong, "\n".join(map(str, wrong))


def compared(cell: Cell, kind: str) -> dict[str, Any]:
    kwargs = cell.kwargs(meaning(cell, kind))
    return {key: kwargs[key] for key in COMPARED.get(cell.expectation, ()) if key in kwargs}


OTHERWISE: dict[str, set[tuple[str, str]]] = {
    "a text in a set is no number, date or time": {
        *((kind, "'3'") for kind in NUMBERS),
        *((kind, "'2.90'") for kind in ("float", "double", "decimal(10,2)")),
        *((kind, "'2013-10-31'") for kind in ("date", "timestamp", "timestamp_ntz")),
        ("timestamp", "'2013-10-31 07:00:00Z'"),
    },
    "a decimal or a float of 32 bits is no double": {("decimal(10,2)", "2.9"), ("float", "2.9")},
    "a date is no time": {("timestamp", "2013-10-31"), ("timestamp_ntz", "2013-10-31")},
    "a time with a zone is none without": {("timestamp", "2013-10-31T12:45:00+05:45")},
}
"""Literals that pandas takes for something else, so that it finds none of them in a set."""


def test_pandas_takes_a_literal_for_something_else_exactly_where_it_is_said() -> None:
    form = FORMS["expect_column_values_to_be_in_set"][0]
    found: set[tuple[str, str]] = set()
    for kind in COLUMNS:
        peer = peer_of(rows_of(kind))
        for cell in (Cell("expect_column_values_to_be_in_set", form, text) for text in MEANS[kind]):
            written = peer.judge(cell.expectation, cell.kwargs())
            meant = peer.judge(cell.expectation, cell.kwargs(), compared(cell, kind))
            if written != meant:
                found.add((kind, str(cell.literal)))
                assert written.unexpected == 4
    assert found == set[tuple[str, str]]().union(*OTHERWISE.values())


@pytest.mark.parametrize("expectation", ROWS)
def test_pandas_needs_other_rows(expectation: str) -> None:
    change, _ = ROWS[expectation]
    for kind in ("date", "decimal(10,2)"):
        cell = next(cell for cell in CELLS if cell.expectation == expectation)
        cell = next((c for c in CELLS if c.expectation == expectation and not refused(c, kind)), cell)
        if refused(cell, kind):
            continue
        judged = [peer_of(rows) for rows in (rows_of(kind), change(rows_of(kind)))]
        these, others = (peer.judge(expectation, cell.kwargs(), compared(cell, kind)) for peer in judged)
        assert others.success is not None
        if these[:2] != others[:2]:
            return
    raise AssertionError("no longer")


def test_every_expectation_on_values_is_in_the_table() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = {name for name in list_registered_expectation_implementations() if "_table_" not in name}
    known -= {name for name in known if "like_pattern" in name or "dateutil" in name}  # not on Spark
    assert known - {"expect_column_to_exist"} == {*FORMS, *PLAIN, *NOT_COMPARED}
    assert {*FORMS} == {*COMPARED}


@pytest.mark.parametrize("literal", [*TIMES, *ZONED])
def test_a_time_is_the_same_on_every_machine(
    frames: dict[str, DataFrame], monkeypatch: pytest.MonkeyPatch, literal: str
) -> None:
    cells = [Cell(name, FORMS[name][0], literal) for name in (*BOUNDED, "expect_column_values_to_be_in_set")]
    here = verdicts(suite_with(cells), frames["timestamp"])
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        there = verdicts(suite_with(cells), frames["timestamp"])
    time.tzset()
    assert there == here
    midnight = MEANS["timestamp"][literal] == MIDNIGHT
    assert [failing for _, failing, _ in here] == ([0, None, None, 3] if midnight else [1, None, None, 2])
