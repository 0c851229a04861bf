"""The checks of a table's suite as its Data Docs show them: what each promises, and how it went so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.model import Severity
from clearwell.reports.render.markup import Html, el, join
from clearwell.reports.render.sparkline import Bar, strip

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CheckDoc", "CheckRun", "check_list"]

_MEANS = {
    Severity.CRITICAL: "blocks the batch",
    Severity.WARNING: "quarantines the row",
    Severity.INFO: "only reports",
}


@dataclass(frozen=True)
class CheckRun:
    """One result: of which batch, when, and the counts of ``what``. ``observed`` is a number of the table."""

    batch: int
    when: str
    success: bool
    failed: int | None = None
    of: int | None = None
    observed: float | None = None
    what: str = "rows"
    is_blocked: bool = False


@dataclass(frozen=True)
class CheckDoc:
    """A check and its results, the oldest first. ``arguments`` are those that its author wrote."""

    name: str
    expectation: str
    severity: Severity
    scope: str
    arguments: str = ""
    why: str = ""
    runs: tuple[CheckRun, ...] = ()
    is_gone: bool = False


def check_list(checks: Sequence[CheckDoc], suite: str) -> Html:
    """The list; a sentence where there is no suite."""
    if not checks:
        return el("p", "No suite judges this table.", class_="faint")
    where = el("p", el("code", suite), class_="faint") if suite else None
    return join(where, el("ul", [_check(check) for check in checks], class_="checks"))


def _check(check: CheckDoc) -> Html:
    last = check.runs[-1] if check.runs else None
    state, word, sign = _state(check, last)
    effect = _MEANS[check.severity]
    if check.severity is Severity.WARNING and check.scope == "table":
        effect = "reports"
    return el(
        "li",
        el(
            "div",
            el("span", sign, class_=f"sign {state}", aria_hidden="true"),
            el("strong", check.name, class_="what"),
            el("span", word, class_=f"word {state}"),
            class_="name",
        ),
        el("p", check.why, class_="why") if check.why else None,
        el("p", el("code", check.expectation), " ", el("code", check.arguments, class_="with"), class_="how"),
        el(
            "p",
            el("b", f"{check.severity}: {effect}", class_="mark"),
            " ",
            el("b", f"of {'each row' if check.scope == 'row' else 'the table'}", class_="mark"),
            el("b", "no longer in the suite", class_="mark") if check.is_gone else None,
            class_="marks",
        ),
        _history(check),
        class_=f"check {state}",
    )


def _state(check: CheckDoc, last: CheckRun | None) -> tuple[str, str, str]:
    if last is None:
        return "none", "not judged yet", "?"
    said = _counts(last)
    if last.success:
        return "good", f"passes{said}", "✓"
    state = "bad" if check.severity is Severity.CRITICAL else "warn"
    return state, f"fails{said}", "✕" if state == "bad" else "!"


def _counts(run: CheckRun) -> str:
    if run.failed is not None and run.of is not None:
        return f": {run.failed:,} of {run.of:,} {run.what} fail"
    if run.observed is not None:
        value = run.observed
        return f": observed {value:,.6g}" if isinstance(value, float) else f": observed {value:,}"
    return ""


def _history(check: CheckDoc) -> Html | None:
    last = check.runs[-1] if check.runs else None
    if last is None:
        return None
    passed = sum(run.success for run in check.runs)
    label = f"passed in {passed} of the last {len(check.runs)} batches" if len(check.runs) > 1 else ""
    if not label:
        return el("p", f"judged once, {last.when}", class_="history faint")
    bars = [
        Bar(
            height=0.25 if run.success else 0.45 + 0.55 * _share(run),
            colour="good" if run.success else "bad" if check.severity is Severity.CRITICAL else "warn",
            title=f"batch {run.batch}, {run.when}: {'passed' if run.success else 'failed'}{_counts(run)}"
            + (", kept out" if run.is_blocked else ""),
        )
        for run in check.runs
    ]
    return el(
        "div", strip(bars, f"{check.name} {label}"), el("span", label, class_="faint"), class_="history"
    )


def _share(run: CheckRun) -> float:
    return run.failed / run.of if run.failed is not None and run.of else 0.0
