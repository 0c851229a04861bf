"""The metadata beside a check's verdict on its page: its rule, numbers to plot, and samples of failing rows.

Dagster's event log is never purged, so it must not contain personal data: a sample has only values that
``clearwell.quality.explain.redaction`` allows, and no other column of its row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.model import CheckResult, Sample
    from clearwell.quality import Suite

__all__ = ["evidence_of", "fenced", "rules_of", "sample_table"]

_LONGEST_OBSERVED = 500
_FENCES = re.compile("`+")
_NOT_TEXT = str.maketrans({"`": "'", "|": "\\|", "\n": " ", "\r": " ", "\t": " "})


def rules_of(suite: Suite | None) -> dict[str, dict[str, Any]]:
    """The rule of each check by name, as JSON: the expectation, its arguments, and where it is defined."""
    if suite is None:
        return {}
    rules: dict[str, dict[str, Any]] = {}
    for check in suite.checks:
        record = check.record()
        rules[check.name] = {
            "expectation": record["expectation"],
            "kwargs": record["kwargs"],
            "severity": record["severity"],
            "written at": f"{suite.file.parent.name}/{suite.file.name}:{check.line}",
        }
    return rules


def evidence_of(check: CheckResult, rule: dict[str, Any] | None) -> dict[str, Any]:
    """The metadata of a check's result."""
    found: dict[str, Any] = {"severity": str(check.severity), "expectation": check.expectation}
    if rule is not None:
        found["rule"] = dg.MetadataValue.json(rule)
    if check.samples:
        found["failing rows"] = dg.MetadataValue.md(sample_table(check.samples))
    if check.unexpected_count is not None:
        found["unexpected_count"] = check.unexpected_count
    if check.element_count is not None:
        found["element_count"] = check.element_count
        percent = 100 * (check.unexpected_count or 0) / max(check.element_count, 1)
        found["unexpected_percent"] = round(percent, 4)
    if check.observed is not None:
        plain = isinstance(check.observed, int | float) and not isinstance(check.observed, bool)
        found["observed"] = check.observed if plain else str(check.observed)[:_LONGEST_OBSERVED]
    return found


def sample_table(samples: Sequence[Sample]) -> str:
    """The samples as a Markdown table: file, record, and each checked column."""
    columns = list(dict.fromkeys(column for sample in samples for column, _ in sample.values))
    known = any(sample.file for sample in samples)
    numbered = any(sample.record is not None for sample in samples)
    head = [*(["file"] if known else []), *(["record"] if numbered else []), *map(_code, columns)]
    lines = [head, ["---"] * len(head)]
    for sample in samples:
        values = dict(sample.values)
        lines.append(
            [
                *([_code(sample.file or "")] if known else []),
                *([str(sample.record or "")] if numbered else []),
                *(_code(values.get(column, "")) for column in columns),
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(text: str) -> str:
    """``text``, such as a note that names a file, as code: nothing in it is Markdown, HTML or a link."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    fence = "`" * (1 + max((len(run) for run in _FENCES.findall(plain)), default=0))
    return f"{fence} {plain} {fence}" if "`" in plain else f"`{plain}`"


def _code(text: str) -> str:
    """``text`` as a cell with all Markdown and HTML escaped."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text.translate(_NOT_TEXT))
    return f"`{plain}`" if plain.strip() else "(empty)"
