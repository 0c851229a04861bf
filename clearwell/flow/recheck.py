"""Check a published table again, and write nothing: no file of the lake, not even its history.

It shows what a changed suite would report, or whether an old verdict still holds. The result changes nothing:
rows that fail stay where they are until the next build.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clearwell.errors import TableNotFound
from clearwell.flow.build.audit import Audit
from clearwell.flow.landing.deliveries import known_files, retracted_ids
from clearwell.flow.run import log
from clearwell.lineage import judge_lineage
from clearwell.names import COLUMN_LINEAGE
from clearwell.sources import discover
from clearwell.tables import edges_of, files_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from clearwell.flow.run import Run
    from clearwell.model import CheckResult
    from clearwell.names import TableName
    from clearwell.project.specs import CuratedSpec, TableSpec
    from clearwell.tables import Snapshot

__all__ = ["FilesNow", "RecheckResult", "look_at_files", "recheck"]


@dataclass(frozen=True)
class FilesNow:
    """The raw files of a source compared with the table that was made from them.

    ``refused`` are those that could not be ingested and still exist, each with the reason; ``waiting`` counts
    those that no run has seen yet, ``missing`` those that were ingested and no longer exist.
    """

    taken: int
    waiting: int
    missing: int
    refused: tuple[str, ...]


@dataclass(frozen=True)
class RecheckResult:
    """The results of the checks of a table on its published rows at ``version``."""

    table: str
    version: int
    rows: int
    checks: tuple[CheckResult, ...]


def recheck(
    run: Run, spec: TableSpec | CuratedSpec, table: TableName, checks: Collection[str]
) -> RecheckResult:
    """Check the published rows of ``table`` with those of its checks that are named.

    Its column lineage is checked as its builds recorded it: no code of the project runs here.

    Raises:
        TableNotFound: it was never built, so there is nothing to check.
        ProjectError: an invalid check, or one that names a column which the table lacks.
    """
    snapshot = _published(run, table)
    suite = run.suite(spec)
    if suite is not None:
        suite = replace(suite, checks=tuple(check for check in suite.checks if check.name in checks))
    with run.lake.reading(snapshot):
        results = Audit(run, table, suite).judge_published(snapshot) if suite and suite.checks else ()
        snapshot.require_files()
    if COLUMN_LINEAGE in checks:
        results = (*results, judge_lineage(edges_of(run.lake, str(table))))
    passed = Counter(result.success for result in results)
    log.info(
        "%s: audited as it is, version %d: %d checks hold, %d fail; nothing was written",
        table,
        snapshot.version,
        passed[True],
        passed[False],
    )
    return RecheckResult(str(table), snapshot.version, snapshot.rows, results)


def look_at_files(run: Run, spec: TableSpec) -> FilesNow:
    """Compare the current raw files of ``spec`` with those that its bronze table contains.

    Raises:
        TableNotFound: the table was never built.
        SourceError: the source's folder is missing.
    """
    lake, name = run.lake, spec.bronze_table
    source = run.project.source(spec)
    known = files_of(lake, _published(run, name))
    found = discover(source, run.project.root, known_files(known), retracted=retracted_ids(known))
    there = {file.file_id: file.path for file in (*found.new, *(change.file for change in found.changed))}
    refused: dict[str, str] = {}
    for blocked in lake.control.blocked(name):
        reasons = blocked.reason.split("\n")
        for file in blocked.files:
            if there.get(file.file_id) == file.path:
                refused[file.path] = next((r for r in reasons if r.startswith(f"{file.path}:")), file.path)
    if source.on_change != "replace":
        for change in found.changed:
            refused.setdefault(change.file.path, f"{change.file.path}: was taken before with other content")
    return FilesNow(
        taken=len([f for f in known if not f.is_retracted]),
        waiting=len([path for path in there.values() if path not in refused]) + len(found.growing),
        missing=len(found.missing),
        refused=tuple(refused[path] for path in sorted(refused)),
    )


def _published(run: Run, table: TableName) -> Snapshot:
    snapshot = run.lake.table(table).snapshot()
    if snapshot is None:
        raise TableNotFound(
            f"no table {str(table)!r} in this lake, so there is nothing to audit",
            place=run.lake.address,
            hint=f"build it with `clearwell run +{table}`, or with Materialize on its page",
        )
    return snapshot
