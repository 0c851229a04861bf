"""What a step found, in Dagster's words: check results, and metadata that its pages plot over time.

Counts, names and types only: Dagster's event log is never purged, so nothing of the data goes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import dagster as dg

from clearwell.flow.publish import ReleaseResult
from clearwell.flow.report import ReportResult
from clearwell.model import BuildResult, Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.model import CheckResult
    from clearwell.quality import Suite

__all__ = ["FILES_READABLE", "StepResult", "check_results", "check_specs", "described"]

FILES_READABLE = "files_readable"
"""The check of a bronze table: whether every raw file could be taken."""

StepResult: TypeAlias = "BuildResult | ReleaseResult | ReportResult"

_SEVERITY = {
    Severity.CRITICAL: dg.AssetCheckSeverity.ERROR,
    Severity.WARNING: dg.AssetCheckSeverity.WARN,
    Severity.INFO: dg.AssetCheckSeverity.WARN,
}
_CONSEQUENCE = {
    (Severity.CRITICAL, Scope.ROW): "New data was rejected; the published table is unchanged.",
    (Severity.CRITICAL, Scope.TABLE): "New data was rejected; the published table is unchanged.",
    (Severity.WARNING, Scope.ROW): "These rows are in quarantine.",
}


def check_specs(
    key: dg.AssetKey, suite: Suite | None, *, reads_files: bool = False
) -> list[dg.AssetCheckSpec]:
    """A spec for each check of ``suite``, and for a table that reads raw files the one of those."""
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
            },
        )
        for check in (suite.checks if suite else ())
    ]
    if reads_files:
        specs.append(
            dg.AssetCheckSpec(
                FILES_READABLE, asset=key, description="Every raw file could be taken as it is."
            )
        )
    return specs


def check_results(key: dg.AssetKey, result: StepResult) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks that ``result`` knows of; more than an asset may have declared."""
    if not isinstance(result, BuildResult):
        return
    for check in result.checks:
        yield _check_result(key, check)
    yield _files_readable(key, result)


def described(key: dg.AssetKey, result: StepResult) -> dg.MaterializeResult[Any]:
    """The materialization that ``result`` amounts to; its data version moves only when the data does."""
    match result:
        case BuildResult():
            metadata, version = _of_table(result), f"{result.generation}.{result.batch}"
        case ReleaseResult():
            metadata, version = _of_release(result), f"v{result.version}"
        case ReportResult():
            metadata, version = _of_report(result), None
    return dg.MaterializeResult(
        asset_key=key,
        metadata={name: value for name, value in metadata.items() if value is not None},
        data_version=dg.DataVersion(version) if version else None,
    )


def _check_result(key: dg.AssetKey, check: CheckResult) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"expectation": check.expectation, "severity": str(check.severity)}
    if check.unexpected_count is not None:
        metadata["unexpected_count"] = check.unexpected_count
    if check.element_count is not None:
        metadata["element_count"] = check.element_count
        metadata["unexpected_percent"] = 100 * (check.unexpected_count or 0) / max(check.element_count, 1)
    if check.observed is not None:
        plain = isinstance(check.observed, int | float) and not isinstance(check.observed, bool)
        metadata["observed"] = check.observed if plain else str(check.observed)[:500]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=check.success,
        severity=_SEVERITY[check.severity],
        description=_told(check),
        metadata=metadata,
    )


def _told(check: CheckResult) -> str:
    if check.success:
        return check.why or "passed"
    what = check.message or f"{check.expectation} does not hold"
    return " ".join(
        part for part in (f"{what}.", _CONSEQUENCE.get((check.severity, check.scope)), check.why) if part
    )


def _files_readable(key: dg.AssetKey, result: BuildResult) -> dg.AssetCheckResult:
    aside = [note for note in result.notes if note.startswith("set aside")]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FILES_READABLE,
        passed=not result.blocked,
        severity=dg.AssetCheckSeverity.ERROR,
        description="\n".join(aside[:20]) or "every raw file was taken",
        metadata={"blocked_records": result.blocked, "files_set_aside": len(aside)},
    )


def _of_table(result: BuildResult) -> dict[str, Any]:
    columns = [dg.TableColumn(name, kind) for name, kind in result.columns]
    return {
        "dagster/row_count": result.rows,
        "dagster/column_schema": dg.TableSchema(columns) if columns else None,
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
        "outcome": str(result.outcome),
        "reason": result.reason or None,
        "release": result.version,
        "bytes": result.bytes,
        "fingerprint": result.fingerprint,
        "path": dg.MetadataValue.path(result.path),
        **{f"rows_{split}": rows for split, rows in result.splits.items()},
    }


def _of_report(result: ReportResult) -> dict[str, Any]:
    return {
        "outcome": str(result.outcome),
        "summary": result.summary,
        "cost_per_month": float(result.cost_per_month),
        "bytes": result.bytes,
        "files": result.files,
        "page": dg.MetadataValue.path(result.html),
        **{f"bytes_{name}": size for name, size in result.categories.items()},
    }
