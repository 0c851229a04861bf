"""What Clearwell's own engines lack or do differently, case by case: the gap's owner, and its guard.

A gap is *loud* if the engine, or a guard of Clearwell before it, ends the query with an error. It is *silent*
if other rows are returned; then a guard protects tables from it, or a sentence says why none is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from clearwell.engines.sail_guard.names import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KNOWN_GAPS", "Gap", "Owner"]


class Owner(StrEnum):
    """Who must close a gap."""

    UPSTREAM = "upstream"
    OURS = "ours"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Gap:
    """A case that an engine does not answer correctly.

    Args:
        owner: Who must close it.
        silent: Whether other rows are returned instead of an error.
        reason: What the engine does, in a sentence without its full stop.
        guard: What raises the error, or protects tables from a silent difference.
        accepted: Why a silent difference needs no guard.
    """

    owner: Owner
    silent: bool
    reason: str
    guard: Guard | None = None
    accepted: str = ""


def _gaps(gap: Gap, *cases: str) -> dict[str, Gap]:
    return dict.fromkeys(cases, gap)


def _lacks(reason: str, *cases: str) -> dict[str, Gap]:
    """The engine does not support it, and raises an error."""
    return _gaps(Gap(Owner.UPSTREAM, False, reason), *cases)


def _guarded(guard: Guard, reason: str, *cases: str) -> dict[str, Gap]:
    """The engine would return other rows, or fail later; a guard refuses the plan."""
    return _gaps(Gap(Owner.UPSTREAM, False, reason, guard), *cases)


def _differs(guard: Guard, reason: str, *cases: str) -> dict[str, Gap]:
    """Other rows are returned; a guard protects tables from them."""
    return _gaps(Gap(Owner.UPSTREAM, True, reason, guard), *cases)


def _accepted(reason: str, why: str, *cases: str, owner: Owner = Owner.UPSTREAM) -> dict[str, Gap]:
    """Other rows are returned, and no guard is needed."""
    return _gaps(Gap(owner, True, reason, accepted=why), *cases)


def _both(*cases: str) -> tuple[str, ...]:
    """Cases and their twins in columns."""
    return tuple(name for case in cases for name in (case, f"{case}_in_columns"))


_EMBEDDED = {
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "a union in SQL takes the types of its first query",
        "numbers/common_type_of_a_union",
    ),
    **_guarded(
        Guard.CHECKED_DECIMALS,
        "a decimal of more than 38 digits is truncated, or has too many digits",
        *_both(
            "numbers/wide_product",
            "numbers/wide_quotient",
            "overflow/decimal_add",
            "overflow/decimal_multiply",
        ),
        *_both("aggregates/wide_decimal_average"),
    ),
    **_guarded(
        Guard.CHECKED_INTEGERS,
        "the types within a lateral query are not known before it runs",
        "joins/lateral",
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "patterns are Rust's: other classes, other line ends, no possessive quantifier, no \\Q",
        *_both("regex/possessive"),
        "regex/dot_and_lines",
        "regex/quoted",
        "regex/by_column",
        "regex/broken",
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "a NULL in the string form of an array or a structure is spelled differently",
        *_both("numbers/nested_to_text"),
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "get_json_object returns a number as it is written",
        "nested/json_looked_into",
        *_both("nested/json_number_looked_into"),
    ),
    **_guarded(
        Guard.VERIFIED_FUNCTIONS,
        "percentile_cont(0.9) of integers is wrong in the seventh digit",
        "aggregates/percentiles",
    ),
    **_guarded(
        Guard.VERIFIED_FUNCTIONS,
        "regexp_instr counts characters, and Spark counts some of them twice",
        "regex/place_of_a_match",
    ),
    **_guarded(Guard.VERIFIED_FUNCTIONS, "a date and hours make a date", "times/hours_added"),
    **_guarded(
        Guard.VERIFIED_FUNCTIONS, "bround takes no decimals", *_both("numbers/rounding_decimals_to_even")
    ),
    **_guarded(Guard.VERIFIED_FUNCTIONS, "no hash of an array", "sql/hash_of_an_array"),
    **_guarded(Guard.VERIFIED_FUNCTIONS, "conv of a negative number is NULL", "numbers/bases"),
    **_guarded(
        Guard.VERIFIED_FUNCTIONS,
        "format_number of a decimal rounds half up, not half to even",
        "strings/formatted",
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "an empty pattern matches only between whole characters",
        *_both("regex/empty_pattern"),
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "the difference of two dates is a number",
        *_both("times/difference_of_dates"),
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "a NULL field is the greatest, not the least",
        *_both("aggregates/max_of_struct"),
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "approximate percentiles are interpolated doubles",
        *_both("aggregates/percentile_approx"),
    ),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "-0.0 is not 0.0 within an array or a struct, and as a key of a map",
        *_both("numbers/zeros_within_are_equal", "numbers/zero_as_a_key"),
        "nested/array_grouped",
    ),
    **_guarded(Guard.REFUSED_FUNCTIONS, "observe returns no metrics", "frames/observe"),
    **_guarded(Guard.REFUSED_FUNCTIONS, "INTERSECT ALL counts the left side alone", "joins/intersect_all"),
    **_guarded(
        Guard.REFUSED_FUNCTIONS,
        "NOT IN with a query ignores NULL as a part of a larger condition",
        "joins/not_in_null_or",
    ),
    **_guarded(Guard.REFUSED_FUNCTIONS, "a RANGE frame over dates has no bounds", "windows/range_of_days"),
    **_lacks("a string with an exponent is not a decimal", "numbers/text_with_exponent"),
    **_lacks("no number with a string", *_both("strings/number_plus_text")),
    **_lacks("no LIKE ANY, no LIKE ALL", "strings/like_any"),
    **_lacks(
        "patterns are Rust's: no look-around, no back-reference",
        *_both("regex/looking_around"),
        "regex/back_references",
    ),
    **_lacks("no such part of a date", "times/year_of_week"),
    **_lacks("date_trunc counts nanoseconds: from 1678 to 2262", "times/truncated_long_ago"),
    **_lacks("no try_to_date", "times/tried_dates"),
    **_lacks("WHERE does not see the columns of LATERAL VIEW", "nested/exploded_filter"),
    **_lacks("no zip_with", *_both("nested/zip_with")),
    **_lacks("an index must be a constant", *_both("nested/index_by_column")),
    **_lacks("a map of constants is not exploded", "nested/explode_literal_map"),
    **_lacks("no transform_keys, no transform_values", *_both("nested/map_transformed")),
    **_lacks("a column that one side lacks has no type to cast from", "joins/by_name"),
    **_lacks("percentile_approx takes one share", "aggregates/percentiles_approx"),
    **_lacks("no session_window", "windows/sessions"),
    **_lacks("no alias within its own SELECT", "sql/lateral_alias"),
    **_lacks("no GROUP BY ALL", "sql/group_by_all"),
    **_lacks("no PIVOT in SQL; groupBy().pivot() works", "sql/pivot"),
    **_lacks("no recursive WITH", "sql/recursive"),
    **_lacks("no pipe syntax", "sql/pipe"),
    **_lacks("no * EXCEPT", "sql/star_except"),
    **_lacks("no collations", "sql/collation"),
    **_lacks("decode takes two arguments", "sql/decode"),
    **_lacks("no transpose", "frames/transpose"),
    **_lacks("no approxQuantile", "frames/approx_quantile"),
    **_lacks("no functions written in SQL", "functions/sql_function"),
    **_lacks("no partitions for a table function", "functions/udtf_of_a_table"),
    **_lacks("a column that was a dictionary in Arrow is not read as text", "files/layouts"),
    **_lacks("no artifacts: functions run in a process that has the project anyway", "sessions/artifact"),
    **_lacks("checkpoints need a configured location", "sessions/checkpoint"),
    **_differs(
        Guard.SESSION_SETTINGS,
        "in a session with a zone other than UTC, differences of times and added days are computed in UTC",
        "zones/zone_taken_off",
        "zones/day_across_summer_time",
    ),
    **_differs(
        Guard.SAFE_STATISTICS,
        "values are computed from a file's statistics, which exclude NaN",
        "files/foreign_nan",
        "files/foreign_nan_filter",
        "files/foreign_nan_max",
    ),
    **_accepted(
        "a sum that is only compared is computed in more bits, and does not overflow",
        "the comparison is arithmetically correct; Spark's error only reports the overflow",
        *_both("overflow/nothing_is_lost_in_a_filter"),
        owner=Owner.NOBODY,
    ),
    **_accepted(
        "UNPIVOT in SQL keeps the rows of NULL",
        "there are more rows, never fewer, with a visible NULL; DataFrame.unpivot keeps them on every engine",
        "sql/unpivot",
    ),
}

_SPARK = {
    **_accepted(
        "infinity as a decimal is NULL, also in ANSI mode",
        "the reference does the same; a check for NULL finds it",
        *_both("casts/infinity_to_decimal"),
    ),
    **_accepted(
        "a filter skips a part of a file whose statistics exclude NaN",
        "Clearwell's files carry no such statistics, and from other files Spark returns its usual result",
        "files/foreign_nan_filter",
    ),
}

KNOWN_GAPS: Mapping[str, Mapping[str, Gap]] = {"embedded": _EMBEDDED, "spark": _SPARK, "connect": {**_SPARK}}
"""By engine (``connect`` is a Spark cluster), then by case."""
