"""Audit again: what Dagster does when a check is executed without its asset.

The published table is checked, and nothing is written to the lake. This happens when a check is executed on
its page, or with `dg launch` for a check alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.display.events import FILES_READABLE, check_result, what_failed
from clearwell.components.display.evidence import fenced, rules_of
from clearwell.components.display.lineage import lineage_numbers
from clearwell.flow.landing.notes import OF_NEW_FILES
from clearwell.flow.recheck import look_at_files, recheck
from clearwell.names import TableName, Zone
from clearwell.project.specs import CuratedSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from clearwell.flow.recheck import FilesNow, RecheckResult
    from clearwell.flow.run import Run
    from clearwell.model import CheckResult
    from clearwell.quality import Suite

__all__ = ["audit_again"]

_MOST_FILES = 20


def audit_again(
    run: Run, key: dg.AssetKey, spec: Any, suite: Suite | None, wanted: Collection[str]
) -> Iterator[dg.AssetCheckResult]:
    """The results of the checks in ``wanted`` on the published table.

    Raises:
        TableNotFound: the table was never built.
        ProjectError: an invalid check.
    """
    if not isinstance(spec, TableSpec | CuratedSpec):  # others have no checks
        return
    table = TableName.parse(key.to_user_string())
    if FILES_READABLE in wanted and isinstance(spec, TableSpec) and table.zone is Zone.BRONZE:
        yield _files(key, look_at_files(run, spec))
    if not (ours := set(wanted) - {FILES_READABLE, *OF_NEW_FILES}):  # these are about a run's new files
        return
    found, rules = recheck(run, spec, table, ours), rules_of(suite)
    for check in found.checks:
        yield check_result(
            key,
            check,
            _description(check, found),
            rules.get(check.name),
            judged="the published table",
            delta_version=found.version,
            **lineage_numbers(check),
        )


def _description(check: CheckResult, found: RecheckResult) -> str:
    where = f"The published table at version {found.version} ({found.rows:,} rows) was audited again"
    if check.success:
        said = f"{where}: the check holds. Nothing was written."
    else:
        said = (
            f"{where}: {what_failed(check)} Nothing was written and no row was taken out. Next: "
            f"correct the data upstream, or the check; `clearwell run {found.table}` applies a changed one."
        )
    return f"{said} {check.why}" if check.why else said


def _files(key: dg.AssetKey, found: FilesNow) -> dg.AssetCheckResult:
    counted = [
        f"{found.taken:,} files are in the table",
        *([f"{found.waiting:,} wait for the next run"] if found.waiting else []),
        *([f"{found.missing:,} ingested ones no longer exist"] if found.missing else []),
    ]
    said = [f"The raw files were checked again: {', '.join(counted)}. Nothing was written."]
    if found.refused:
        said += [fenced(f"set aside: {reason}") for reason in found.refused[:_MOST_FILES]]
        said.append(f"Next: `clearwell quarantine {key.to_user_string()} --blocked`.")
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FILES_READABLE,
        passed=not found.refused,
        severity=dg.AssetCheckSeverity.ERROR,
        description="\n\n".join(said),
        metadata={
            "judged": "the current raw files",
            "files_taken": found.taken,
            "files_set_aside": len(found.refused),
            "files_waiting": found.waiting,
            "files_missing": found.missing,
        },
    )
