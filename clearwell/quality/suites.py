"""Suites and checks, as records: what a table promises, and the consequence of a failure.

A check of *row scope* checks each candidate row alone: ``critical`` blocks the batch, ``warning`` quarantines
the row, ``info`` is only reported. Every other check is of *table scope* and checks all rows together, so it
never rejects one of them: ``critical`` blocks, ``warning`` and ``info`` report. A check with ``mostly`` is of
table scope too, because a fraction is a claim about all rows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.model import Scope, Severity
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ROW_EXPECTATIONS", "Check", "Suite", "columns_of", "scope_of", "suite_of"]

ROW_EXPECTATIONS = frozenset(
    {
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_json_parseable",
        "expect_column_values_to_be_null",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_match_strftime_format",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
        "expect_multicolumn_sum_to_equal",
        "expect_multicolumn_values_to_be_equal",
        "expect_select_column_values_to_be_unique_within_record",
    }
)
"""Expectations that check a row by its own values alone. A test compares the list with Great Expectations:
its map metrics whose Spark condition has no window and no statistic of the column.
``expect_column_values_to_match_json_schema`` is excluded, because it raises at the first value that is not
JSON, which would stop the batch instead of rejecting the row."""


@dataclass(frozen=True)
class Check:
    """One expectation of one table, and what happens when it fails."""

    name: str
    expectation: str
    kwargs: Mapping[str, Any] = field(hash=False)
    severity: Severity
    why: str | None
    scope: Scope
    line: int = field(compare=False)
    kwarg_lines: Mapping[str, int] = field(default_factory=dict[str, int], repr=False, compare=False)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that must exist for the check to make sense, by the keyword that names them."""
        return columns_of(self.expectation, self.kwargs)

    @property
    def is_of_null(self) -> bool:
        """Whether only NULL fails it."""
        return self.expectation == "expect_column_values_to_not_be_null"

    def record(self) -> dict[str, Any]:
        """The check as a JSON-compatible record; ``suite_of`` reads it back unchanged."""
        return {
            "name": self.name,
            "expectation": self.expectation,
            "kwargs": _to_json(self.kwargs),
            "severity": str(self.severity),
            "why": self.why,
            "line": self.line,
        }


@dataclass(frozen=True)
class Suite:
    """All checks of one table, in the order of its file."""

    name: str
    file: Path
    checks: tuple[Check, ...]

    def of(self, scope: Scope) -> tuple[Check, ...]:
        """The checks of one scope."""
        return tuple(check for check in self.checks if check.scope is scope)

    def place(self, check: Check, kwarg: str | None = None) -> str:
        """``file:line`` of a check, of its ``expectation``, or of one of its keyword arguments."""
        return f"{shown(self.file)}:{check.kwarg_lines.get(kwarg or '', check.line)}"

    def fingerprint(self) -> str:
        """Hex digits that change if and only if the suite could give other verdicts.

        Comments, order, wording and the file's name do not matter.
        """
        judged = sorted(
            json.dumps([c.name, c.expectation, c.severity, _to_json(c.kwargs)], sort_keys=True)
            for c in self.checks
        )
        return hashlib.sha256(json.dumps(judged).encode()).hexdigest()


def suite_of(name: str, records: Iterable[Mapping[str, Any]]) -> Suite:
    """The suite of recorded checks (``Check.record``), for a later audit."""
    return Suite(name, Path(name), tuple(_check_of(record) for record in records))


def scope_of(expectation: str, kwargs: Mapping[str, Any]) -> Scope:
    """What a check applies to: each row alone, or all rows together."""
    each = expectation in ROW_EXPECTATIONS and kwargs.get("mostly", 1) == 1
    return Scope.ROW if each else Scope.TABLE


def columns_of(expectation: str, kwargs: Mapping[str, Any]) -> dict[str, str]:
    """The columns that ``kwargs`` name, each with its keyword; none if the check is about column names."""
    if expectation == "expect_column_to_exist" or expectation.startswith("expect_table_"):
        return {}
    listed = kwargs.get("column_list")
    named = [(kwargs.get(key), key) for key in ("column", "column_A", "column_B")]
    named += [(column, "column_list") for column in (listed if isinstance(listed, list) else ())]
    return {column: key for column, key in named if isinstance(column, str)}


def _check_of(record: Mapping[str, Any]) -> Check:
    expectation, kwargs = record["expectation"], _from_json(record["kwargs"])
    return Check(
        name=record["name"],
        expectation=expectation,
        kwargs=kwargs,
        severity=Severity(record["severity"]),
        why=record["why"],
        scope=scope_of(expectation, kwargs),
        line=record["line"],
    )


def _to_json(value: Any) -> Any:
    """``value`` with types that JSON lacks (dates, sets, bytes) as a mapping with one tag."""
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, set):
        return {"!set": sorted((_to_json(item) for item in value), key=json.dumps)}
    if isinstance(value, datetime):
        return {"!datetime": value.isoformat()}
    if isinstance(value, date):
        return {"!date": value.isoformat()}
    if isinstance(value, bytes):
        return {"!bytes": value.hex()}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag, item = next(iter(value.items()), ("", None))
    if len(value) != 1 or tag not in _TAGS:
        return {key: _from_json(item) for key, item in value.items()}
    return _TAGS[tag](item)


_TAGS: dict[str, Any] = {
    "!set": lambda items: {_from_json(item) for item in items},
    "!datetime": datetime.fromisoformat,
    "!date": date.fromisoformat,
    "!bytes": bytes.fromhex,
}
