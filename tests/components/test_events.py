"""What a step found stands in Dagster's words as it was: results, severities, numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from clearwell.components.display.events import FILES_READABLE, check_results, check_specs, described
from clearwell.components.display.evidence import fenced
from clearwell.flow.landing.notes import Note, results_of
from clearwell.flow.publish import ReleaseResult
from clearwell.model import BuildResult, CheckResult, Outcome, Sample, Scope, Severity
from clearwell.quality import suite_of

if TYPE_CHECKING:
    from clearwell.quality import Suite

KEY = dg.AssetKey("silver_orders")


def check(severity: Severity, *, success: bool, scope: Scope = Scope.ROW, **more: object) -> CheckResult:
    counts = {"element_count": 200, "unexpected_count": 0 if success else 3} if scope is Scope.ROW else {}
    return CheckResult("amount", "expect_x", severity, scope, success, why="Because.", **{**counts, **more})


def only(result: CheckResult, suite: Suite | None = None, **build: Any) -> dg.AssetCheckResult:
    built = BuildResult("silver_orders", build.pop("outcome", Outcome.BUILT), checks=(result,), **build)
    return next(r for r in check_results(KEY, built, suite) if r.check_name == result.name)


@pytest.mark.parametrize(
    ("severity", "shown"),
    [
        (Severity.CRITICAL, dg.AssetCheckSeverity.ERROR),
        (Severity.WARNING, dg.AssetCheckSeverity.WARN),
        (Severity.INFO, dg.AssetCheckSeverity.WARN),
    ],
)
@pytest.mark.parametrize("success", [True, False])
def test_only_a_critical_check_is_an_error(
    severity: Severity, shown: dg.AssetCheckSeverity, success: bool
) -> None:
    found = only(check(severity, success=success))
    assert (found.passed, found.severity) == (success, shown)


def test_the_numbers_of_a_row_check_can_be_plotted() -> None:
    metadata = only(check(Severity.WARNING, success=False)).metadata
    assert {
        name: metadata[name].value for name in ("unexpected_count", "element_count", "unexpected_percent")
    } == {
        "unexpected_count": 3,
        "element_count": 200,
        "unexpected_percent": 1.5,
    }


def test_a_check_of_no_rows_has_no_failed_percent() -> None:
    found = only(check(Severity.WARNING, success=True, element_count=0))
    assert found.metadata["unexpected_percent"].value == 0


@pytest.mark.parametrize(
    ("observed", "shown"), [(11458, 11458), (0.5, 0.5), (["a", "b"], "['a', 'b']"), (True, "True")]
)
def test_what_a_table_check_observed_is_shown(observed: object, shown: object) -> None:
    found = only(check(Severity.INFO, success=False, scope=Scope.TABLE, observed=observed))
    assert found.metadata["observed"].value == shown


def test_a_failed_check_says_what_follows_from_it_and_what_to_type() -> None:
    critical = check(Severity.CRITICAL, success=False, message="3 of 200 rows fail")
    assert only(critical, outcome=Outcome.BLOCKED, version=4).description == (
        "3 of 200 rows fail. New data was rejected; the published table is unchanged. "
        "Next: `clearwell quarantine silver_orders --blocked`; correct the data or the check. Because."
    )
    assert "no table is published yet" in (only(critical, outcome=Outcome.BLOCKED).description or "")
    warning = only(check(Severity.WARNING, success=False), version=4).description or ""
    assert "These rows are in quarantine. Next: `clearwell quarantine silver_orders`." in warning


def test_rows_of_a_batch_that_another_check_rejected_are_not_said_to_be_in_quarantine() -> None:
    warning = only(check(Severity.WARNING, success=False), outcome=Outcome.BLOCKED, version=4)
    assert "in quarantine" not in (warning.description or "")
    assert "rejected by another check" in (warning.description or "")


def test_failing_rows_stand_below_what_is_said_of_them() -> None:
    samples = (Sample("raw/a.csv", 7, (("amount", "-1.0"),)),)
    found = only(check(Severity.WARNING, success=False, samples=samples), version=4)
    assert (found.description or "").endswith(f"\n\n{found.metadata['failing rows'].value}")
    assert "| `raw/a.csv` | 7 | `-1.0` |" in (found.description or "")


def test_a_result_shows_its_rule_as_json() -> None:
    record = {"name": "amount", "expectation": "expect_x", "kwargs": {"column": "amount", "min_value": 0}}
    suite = suite_of("silver_orders", [{**record, "severity": "warning", "why": None, "line": 7}])
    rule = only(check(Severity.WARNING, success=True), suite).metadata["rule"].value
    assert rule == {
        "expectation": "expect_x",
        "kwargs": {"column": "amount", "min_value": 0},
        "severity": "warning",
        "written at": "/silver_orders:7",
    }


def test_files_that_were_set_aside_fail_their_check() -> None:
    note = "set aside: raw/a.csv: not UTF-8"
    result = BuildResult("bronze_orders", Outcome.UNCHANGED, blocked=7, notes=(note,))
    found = next(r for r in check_results(KEY, result) if r.check_name == FILES_READABLE)
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert (found.description or "").startswith(f"`{note}`")
    assert "clearwell quarantine" in (found.description or "")
    assert found.metadata["blocked_records"].value == 7


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[pay](https://example.org).csv", "`{}`"),
        ("<img src=x>.csv", "`{}`"),
        ("a`b``c.csv", "``` {} ```"),
    ],
)
@pytest.mark.parametrize("why", ["set aside: {}: not UTF-8", "{}: skipped, a broken link"])
def test_the_name_of_a_file_is_code_and_nothing_else(why: str, name: str, shown: str) -> None:
    note = why.format(name)
    (found,) = check_results(KEY, BuildResult("bronze_orders", Outcome.BUILT, blocked=1, notes=(note,)))
    assert shown.format(note) in (found.description or "").split("\n\n")
    assert fenced("a\nb.csv") == "`a b.csv`"


def test_the_data_version_moves_only_with_the_data() -> None:
    built = BuildResult("silver_orders", Outcome.BUILT, version=7, batch=5, generation=2, rows=10)
    compacted = BuildResult("silver_orders", Outcome.UNCHANGED, version=8, batch=5, generation=2, rows=10)
    assert (
        described(KEY, built).data_version == described(KEY, compacted).data_version == dg.DataVersion("2.5")
    )


def test_a_table_shows_its_rows_columns_and_books() -> None:
    result = BuildResult(
        "silver_orders",
        Outcome.BUILT,
        version=3,
        batch=2,
        generation=1,
        rows=10,
        accepted=4,
        quarantined=1,
        bytes=999,
        columns=(("order_id", "int64"),),
    )
    metadata = described(KEY, result).metadata or {}
    assert metadata["dagster/row_count"] == 10
    assert metadata["dagster/column_schema"].columns == [dg.TableColumn("order_id", "int64")]
    assert {k: metadata[k] for k in ("outcome", "accepted", "quarantined", "blocked", "delta_version")} == {
        "outcome": "built",
        "accepted": 4,
        "quarantined": 1,
        "blocked": 0,
        "delta_version": 3,
    }


def test_a_table_that_was_never_built_shows_no_columns() -> None:
    assert "dagster/column_schema" not in (described(KEY, BuildResult("x", Outcome.UNCHANGED)).metadata or {})


def test_a_release_shows_its_version_and_the_rows_of_each_split() -> None:
    result = ReleaseResult(
        "late", Outcome.BUILT, 3, Path("/lake/releases/late/v3"), 30, 999, "f" * 64, {"train": 20, "test": 10}
    )
    shown = described(dg.AssetKey("late"), result)
    assert shown.data_version == dg.DataVersion("v3")
    assert {
        k: (shown.metadata or {})[k] for k in ("dagster/row_count", "release", "rows_train", "rows_test")
    } == {
        "dagster/row_count": 30,
        "release": 3,
        "rows_train": 20,
        "rows_test": 10,
    }


@pytest.mark.parametrize(
    ("notes", "blocked", "passed", "severity", "left"),
    [
        ((), 0, True, dg.AssetCheckSeverity.WARN, 0),
        (("b.csv: same content as a.csv, nothing to add",), 0, True, dg.AssetCheckSeverity.WARN, 0),
        (("b.csv: skipped, a broken link",), 0, False, dg.AssetCheckSeverity.WARN, 1),
        (("b.csv: still growing, left for the next run",), 0, False, dg.AssetCheckSeverity.WARN, 1),
        (("set aside: a.csv: no", "b.csv: skipped, a folder"), 3, False, dg.AssetCheckSeverity.ERROR, 1),
    ],
)
def test_files_that_were_left_out_are_a_warning(
    notes: tuple[str, ...], blocked: int, passed: bool, severity: dg.AssetCheckSeverity, left: int
) -> None:
    built = BuildResult("bronze_orders", Outcome.BUILT, blocked=blocked, notes=notes)
    (found,) = check_results(KEY, built)
    assert (found.check_name, found.passed, found.severity) == (FILES_READABLE, passed, severity)
    assert found.metadata["files_left_out"].value == left
    for note in notes if left else ():
        assert note in (found.description or "")


def test_what_is_told_of_files_is_a_check_by_the_severity_in_yaml() -> None:
    notes = (Note("new_columns", "new: 'tip'"), Note("skipped", "d: skipped, a folder"), Note("", "x"))
    severities = {
        "new_columns": "critical",
        "missing_columns": "warning",
        "none_accepted": "critical",
        "left_for_later": "warning",
        "skipped": "info",
    }
    told = results_of(notes, severities, has_new_files=True)
    built = BuildResult("bronze_orders", Outcome.BUILT, notes=tuple(n.text for n in notes), told=told)
    found = {result.check_name: result for result in check_results(KEY, built)}
    assert {name: (result.passed, result.severity) for name, result in found.items()} == {
        FILES_READABLE: (True, dg.AssetCheckSeverity.WARN),
        "new_columns": (False, dg.AssetCheckSeverity.ERROR),
        "missing_columns": (True, dg.AssetCheckSeverity.WARN),
        "none_accepted": (True, dg.AssetCheckSeverity.ERROR),
    }
    assert found["new_columns"].description == "new: 'tip'"
    assert set(found) == {spec.name for spec in check_specs(KEY, None, reads_files=True)}
    severe = results_of(notes, {**severities, "skipped": "critical"}, has_new_files=False)
    later = BuildResult("bronze_orders", Outcome.UNCHANGED, notes=tuple(n.text for n in notes), told=severe)
    (readable,) = check_results(KEY, later)
    assert (readable.passed, readable.severity) == (False, dg.AssetCheckSeverity.ERROR)
