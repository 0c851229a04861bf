"""The results of a step as Dagster events: check results, and metadata that its pages plot over time.

They contain counts, names and types, and values of failing rows that may be shown (see ``evidence``):
Dagster's event log is never purged. A description states what failed, the consequence, and the next command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.display.evidence import evidence_of, fenced, rules_of, sample_table
from clearwell.components.display.lineage import (
    column_deps,
    columns_described,
    lineage_check_spec,
    lineage_numbers,
)
from clearwell.flow.landing.notes import NONE_ACCEPTED, OF_NEW_FILES
from clearwell.flow.publish import ReleaseResult
from clearwell.flow.report import ReportResult
from clearwell.model import BuildResult, Outcome, Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clearwell.flow.run_result import StepDetails
    from clearwell.model import CheckResult
    from clearwell.quality import Suite

__all__ = [
    "FILES_READABLE",
    "check_result",
    "check_results",
    "check_specs",
    "described",
    "unchanged",
    "what_failed",
]

FILES_READABLE = "files_readable"
"""The check of a bronze table: whether every raw file could be ingested."""

_SEVERITY = {
    Severity.CRITICAL: dg.AssetCheckSeverity.ERROR,
    Severity.WARNING: dg.AssetCheckSeverity.WARN,
    Severity.INFO: dg.AssetCheckSeverity.WARN,
}


def check_specs(
    key: dg.AssetKey, suite: Suite | None, *, reads_files: bool = False, has_lineage: bool = False
) -> list[dg.AssetCheckSpec]:
    """A spec for each check of ``suite``, plus the built-in check of an ingested or a computed table."""
    rules = rules_of(suite)
    specs = [
        dg.AssetCheckSpec(
            check.name,
            asset=key,
            description=check.why,
            blocking=check.severity is Severity.CRITICAL,
            metadata={
                "expectation": check.expectation,
                "severity": str(check.severity),
                "scope": str(check.scope),
                "rule": dg.MetadataValue.json(rules[check.name]),
            },
        )
        for check in (suite.checks if suite else ())
    ]
    if reads_files:
        told = {FILES_READABLE: "Every raw file could be ingested.", **OF_NEW_FILES}
        specs += [dg.AssetCheckSpec(name, asset=key, description=what) for name, what in told.items()]
    if has_lineage:
        specs.append(lineage_check_spec(key))
    return specs


def check_results(
    key: dg.AssetKey, result: StepDetails, suite: Suite | None = None
) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks in ``result``; may be more than an asset has declared."""
    if not isinstance(result, BuildResult):
        return
    rules = rules_of(suite)
    for check in result.checks:
        told = check.why or "passed" if check.success else _failed_description(check, result)
        yield check_result(key, check, told, rules.get(check.name), **lineage_numbers(check))
    yield _files_readable(key, result)
    for note in result.told:
        if note.name in OF_NEW_FILES:
            text = _of_new_files(note, result.table)
            yield check_result(key, note, text, None)


def described(
    key: dg.AssetKey, result: StepDetails, columns: Mapping[str, str] | None = None
) -> dg.MaterializeResult[Any]:
    """The materialization for ``result``; its data version changes only when the data does.

    ``columns`` are the descriptions of columns that the project has.
    """
    match result:
        case BuildResult():
            metadata, version = _of_table(result, columns or {}), f"{result.generation}.{result.batch}"
        case ReleaseResult():
            metadata, version = _of_release(result), f"v{result.version}"
        case ReportResult():
            metadata, version = _of_report(result), None
    return dg.MaterializeResult(
        asset_key=key,
        metadata={name: value for name, value in metadata.items() if value is not None},
        data_version=dg.DataVersion(version) if version else None,
    )


def check_result(
    key: dg.AssetKey, check: CheckResult, told: str, rule: dict[str, Any] | None, **more: Any
) -> dg.AssetCheckResult:
    """One check's result, with ``told`` as its description and ``more`` beside its evidence."""
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=check.success,
        severity=_SEVERITY[check.severity],
        description=f"{told}\n\n{sample_table(check.samples)}" if check.samples else told,
        metadata={**evidence_of(check, rule), **more},
    )


def what_failed(check: CheckResult) -> str:
    """The finding of a failed check, as a sentence."""
    return f"{(check.message or f'{check.expectation} does not hold').rstrip('.')}."


def unchanged(result: BuildResult) -> str:
    """The outcome of a blocked batch, and the state of the table."""
    table = "the published table is unchanged" if result.version is not None else "no table is published yet"
    return f"New data was rejected; {table}."


def _failed_description(check: CheckResult, result: BuildResult) -> str:
    said = [what_failed(check)]
    if check.blocks:
        said.append(unchanged(result))
        said.append(f"Next: `clearwell quarantine {result.table} --blocked`; correct the data or the check.")
    elif result.outcome is Outcome.BLOCKED:
        said.append("This batch was rejected by another check.")
    elif check.severity is Severity.WARNING and check.scope is Scope.ROW:
        said.append(f"These rows are in quarantine. Next: `clearwell quarantine {result.table}`.")
    return " ".join([*said, *([check.why] if check.why else [])])


def _files_readable(key: dg.AssetKey, result: BuildResult) -> dg.AssetCheckResult:
    """An error if files were set aside, a warning if some were not looked at."""
    aside = [note for note in result.notes if note.startswith("set aside")]
    quiet = {text for note in result.told if note.success for text in (note.message or "").split("\n")}
    left = [note for note in result.notes if ": skipped, " in note or ": still growing" in note]
    left = [note for note in left if note not in quiet]
    is_error = result.blocked or any(note.blocks for note in result.told if note.name not in OF_NEW_FILES)
    said = _aside(aside[:20], result.table) if aside else "Every raw file was ingested."
    if left:
        said = "\n\n".join([*([said] if aside else ["Raw files were left out:"]), *map(fenced, left[:20])])
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FILES_READABLE,
        passed=not result.blocked and not left,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "blocked_records": result.blocked,
            "files_set_aside": len(aside),
            "files_left_out": len(left),
        },
    )


def _of_new_files(note: CheckResult, table: str) -> str:
    if note.message is None:
        return OF_NEW_FILES[note.name]
    if note.success or note.name != NONE_ACCEPTED:
        return note.message
    way_out = f"`clearwell quarantine {table}` shows why; correct the file"
    return f"{note.message}\n\nNext: {way_out}, or take it back: `clearwell retract {table} FILE`."


def _aside(notes: list[str], table: str) -> str:
    said = [
        *map(fenced, notes),
        "The other files were ingested.",
        f"Next: `clearwell quarantine {table} --blocked`.",
    ]
    return "\n\n".join(said)


def _of_table(result: BuildResult, descriptions: Mapping[str, str]) -> dict[str, Any]:
    columns = columns_described(result.columns, result.lineage, descriptions)
    return {
        "dagster/row_count": result.rows,
        "dagster/column_schema": dg.TableSchema(columns) if columns else None,
        "dagster/column_lineage": column_deps(result.lineage),
        "outcome": str(result.outcome),
        "reason": result.reason or None,
        "accepted": result.accepted,
        "quarantined": result.quarantined,
        "blocked": result.blocked,
        "bytes": result.bytes,
        "generation": result.generation,
        "batch": result.batch,
        "delta_version": result.version,
        "notes": "\n".join(result.notes[:20]) or None,
    }


def _of_release(result: ReleaseResult) -> dict[str, Any]:
    return {
        "dagster/row_count": result.rows,
        "dagster/column_lineage": column_deps(result.lineage),
        "outcome": str(result.outcome),
        "reason": result.reason or None,
        "release": result.version,
        "bytes": result.bytes,
        "fingerprint": result.fingerprint,
        "path": dg.MetadataValue.path(result.path),
        "personal data": dg.MetadataValue.json(result.personal) if result.personal else None,
        **{f"rows_{split}": rows for split, rows in result.splits.items()},
    }


def _of_report(result: ReportResult) -> dict[str, Any]:
    return {
        "outcome": str(result.outcome),
        "summary": result.summary,
        "cost_per_month": float(result.cost_per_month),
        "bytes": result.bytes,
        "files": result.files,
        "rows": result.rows,
        "quarantined_rows": result.quarantined,
        "checks": result.checks,
        "failing_checks": result.failing_checks,
        "blocked_batches": result.blocked,
        "releases": result.releases,
        "page": dg.MetadataValue.path(result.html),
        **{f"bytes_{name}": size for name, size in result.categories.items()},
        **{f"cost_{name}": float(cost) for name, cost in result.costs.items()},
    }
